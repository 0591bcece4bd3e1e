package cli

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/seat"
)

func newSeat() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "seat", Short: "Seats: who may register and call"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(
		seatAdd(n), seatSet(n), seatRemove(n), seatSwitch(n, "enable", false), seatSwitch(n, "disable", true),
		seatList(n), seatShow(n), seatWhy(n), seatBindings(n), seatUnregister(n), seatPasswd(n),
		seatForward(n), seatQuiet(n), seatMessages(n), seatImport(n), seatExport(n),
	)
	return c
}

// seatFields are the flags of what a seat has, by the name of its column.
type seatFields struct {
	texts map[string]*string
	calls *int
}

func addSeatFields(c *cobra.Command) seatFields {
	f := seatFields{texts: map[string]*string{}}
	f.calls = c.Flags().Int("calls", 0, "calls that it may have at once; 0 is what the tenant says")
	for _, field := range []struct{ name, usage string }{
		{"name", "name shown to who is called"},
		{"network", "network where its phone sits"},
		{"presentation", "number shown to carriers, as +441632960101"},
		{"site-number", "number of its site, shown to emergency services"},
		{"address", "reference of the site's address for emergency services"},
		{"desk", "seat or number that is rung when emergency services call back"},
		{"reached", "number elsewhere, as trunk:+441632960123, instead of a phone"},
		{"class", "class of service: internal, national, mobile, international, premium, or one of the tenant's"},
		{"music", "music on hold, heard by whom it holds: a class of the configuration, or off"},
		{"pickup", "group whose ringing phones it may answer"},
		{"ring", "how its phones ring, as Bellcore-dr2"},
		{"dtmf", "how its phones say digits: auto, rfc4733, info or inband"},
		{"srtp", "encrypted sound: off, optional or required; default: what its network says"},
		{"latch", "where its sound may come from: locked, strict or latch; default: the same"},
	} {
		f.texts[field.name] = c.Flags().String(field.name, "", field.usage)
	}
	c.Flags().Bool("auto-answer", false, "have its phones answer by themselves")
	return f
}

// edit is what the flags change.
func (f seatFields) edit(c *cobra.Command) api.SeatEdit {
	given := func(name string) *string {
		if !c.Flags().Changed(name) {
			return nil
		}
		return f.texts[name]
	}
	var auto *bool
	if yes, err := c.Flags().GetBool("auto-answer"); err == nil && c.Flags().Changed("auto-answer") {
		auto = &yes
	}
	edit := api.SeatEdit{
		AutoAnswer: auto, Pickup: given("pickup"), Ring: given("ring"), DTMF: given("dtmf"), Name: given("name"), Network: given("network"), Presentation: given("presentation"),
		SiteNumber: given("site-number"), Address: given("address"), Desk: given("desk"), Reached: given("reached"),
		Class: given("class"), Music: given("music"), SRTP: given("srtp"), Latch: given("latch"),
	}
	if c.Flags().Changed("calls") {
		edit.Calls = f.calls
	}
	return edit
}

func seatAdd(n *connection) *cobra.Command {
	var stdin bool
	c := &cobra.Command{
		Use: "add NUMBER", Short: "Add a seat; its generated password is shown once",
		Example: "  strowger seat add 1021 --network local --name 'Una Field' --site-number +441632960100\n" +
			"  strowger seat add 1022 --network local --password-stdin < password.txt",
		Args: cobra.ExactArgs(1),
	}
	given := addSeatFields(c)
	c.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	c.RunE = func(c *cobra.Command, args []string) error {
		in := api.NewSeat{Seat: seat.Seat{Number: args[0]}}
		given.edit(c).Apply(&in.Seat)
		var err error
		if in.Password, err = password(c, stdin); err != nil {
			return err
		}
		var out api.Password
		if err := n.do(c.Context(), "POST", n.path("seats"), in, &out); err != nil {
			return err
		}
		if in.Seat.SiteNumber == "" {
			fmt.Fprintf(c.ErrOrStderr(), "seat %s has no site number: emergency services could not ring back; set it with: strowger seat set %s --site-number NUMBER\n", args[0], args[0])
		}
		return n.showPassword(c, "added", out)
	}
	return c
}

// password reads one from standard input, if that is wanted.
func password(c *cobra.Command, stdin bool) (string, error) {
	if !stdin {
		return "", nil
	}
	const longest = 1024
	text, err := io.ReadAll(io.LimitReader(c.InOrStdin(), longest+1))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" || len(line) > longest {
		return "", fmt.Errorf("the password on standard input is empty or longer than %d bytes", longest)
	}
	return line, nil
}

func (n *connection) showPassword(c *cobra.Command, done string, p api.Password) error {
	return n.show(c, p, func(w io.Writer) {
		fmt.Fprintf(w, "seat %s %s\n", p.Seat, done)
		if p.Password != "" {
			fmt.Fprintf(w, "password, shown only now: %s\n", p.Password)
		}
	})
}

func seatPasswd(n *connection) *cobra.Command {
	var stdin bool
	c := &cobra.Command{
		Use: "passwd NUMBER", Short: "Give a seat another password, shown once",
		Example:           "  strowger seat passwd 1001\n  strowger seat passwd 1001 --password-stdin < password.txt",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			given, err := password(c, stdin)
			if err != nil {
				return err
			}
			var out api.Password
			in := map[string]string{"password": given}
			if err := n.do(c.Context(), "POST", n.path("seats", args[0], "password"), in, &out); err != nil {
				return err
			}
			return n.showPassword(c, "has another password", out)
		},
	}
	c.Flags().BoolVar(&stdin, "password-stdin", false, "read the password from standard input")
	return c
}

func seatSet(n *connection) *cobra.Command {
	c := &cobra.Command{
		Use: "set NUMBER", Short: "Change a seat; an empty text clears",
		Example:           "  strowger seat set 1001 --presentation +441632960101 --desk ''",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
	}
	given := addSeatFields(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		edit := given.edit(c)
		if edit == (api.SeatEdit{}) {
			return usageError{errors.New("nothing to change")}
		}
		return n.changeSeat(c, "PATCH", n.path("seats", args[0]), edit, "changed")
	}
	return c
}

func seatSwitch(n *connection, verb string, disabled bool) *cobra.Command {
	short := "Let a disabled seat register and call again"
	if disabled {
		short = "Keep a seat from calls; emergency numbers stay reachable"
	}
	return &cobra.Command{
		Use: verb + " NUMBER", Short: short,
		Example:           "  strowger seat " + verb + " 1001",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			return n.changeSeat(c, "POST", n.path("seats", args[0], "state"), api.SeatState{Disabled: disabled}, verb+"d")
		},
	}
}

func seatRemove(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "rm NUMBER", Short: "Remove a seat and its registrations",
		Example:           "  strowger seat rm 1021",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			return n.changeSeat(c, "DELETE", n.path("seats", args[0]), nil, "removed")
		},
	}
}

func (n *connection) changeSeat(c *cobra.Command, method, path string, in any, done string) error {
	var out api.Seat
	if err := n.do(c.Context(), method, path, in, &out); err != nil {
		return err
	}
	return n.show(c, out, func(w io.Writer) { fmt.Fprintf(w, "seat %s %s\n", out.Number, done) })
}

func seatList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the seats",
		Example: "  strowger seat list\n  strowger seat list -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var seats []api.Seat
			if err := n.do(c.Context(), "GET", n.path("seats"), nil, &seats); err != nil {
				return err
			}
			return n.show(c, seats, func(w io.Writer) {
				t := newTable("SEAT", "NAME", "NETWORK", "PHONES", "DISABLED", "PRESENTATION", "SITE NUMBER")
				for _, s := range seats {
					t.add(s.Number, s.Name, s.Network, strconv.Itoa(s.Registered), yes(s.Disabled), s.Presentation, s.SiteNumber)
				}
				t.print(w)
			})
		},
	}
}

func seatShow(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "show NUMBER", Short: "Show one seat",
		Example:           "  strowger seat show 1001",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			var s api.Seat
			if err := n.do(c.Context(), "GET", n.path("seats", args[0]), nil, &s); err != nil {
				return err
			}
			return n.show(c, s, func(w io.Writer) { printSeat(w, s) })
		},
	}
}

func printSeat(w io.Writer, s api.Seat) {
	fields(w, "seat", s.Number, "tenant", s.Tenant, "name", s.Name, "network", s.Network, "disabled", yes(s.Disabled),
		"phones", strconv.Itoa(s.Registered), "presentation", s.Presentation, "site number", s.SiteNumber,
		"address", s.Address, "desk", s.Desk, "reached", s.Reached, "class", s.Class, "calls at once", number(s.Calls), "secrets", strings.Join(s.Credentials, ", "),
		"music", s.Music, "pickup", s.Pickup, "ring", s.Ring, "dtmf", s.DTMF, "srtp", s.SRTP, "latch", s.Latch, "auto-answer", only(s.AutoAnswer), "do not disturb", only(s.Set().DoNotDisturb),
		"forward", forwards(s.Set().Forward), "messages", messages(s.Messages))
}

func seatUnregister(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "unregister NUMBER", Short: "Forget where a seat is registered",
		Example:           "  strowger seat unregister 1001",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			var gone []seat.Binding
			if err := n.do(c.Context(), "DELETE", n.path("seats", args[0], "bindings"), nil, &gone); err != nil {
				return err
			}
			return n.show(c, gone, func(w io.Writer) { fmt.Fprintf(w, "seat %s: %d registrations removed\n", args[0], len(gone)) })
		},
	}
}

// number is a number, "" for zero.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
