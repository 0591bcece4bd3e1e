package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func newConferenceCommand() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "conference", Short: "Conferences and three-way calls: who is in them"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(conferenceList(n), conferenceShow(n), conferenceMute(n), conferenceKick(n))
	return c
}

// conferences are the calls that are, on all nodes.
func (n *connection) conferences(ctx context.Context) (api.Calls, error) {
	var list api.Calls
	err := n.do(ctx, "GET", n.path("calls"), nil, &list)
	list.Calls = slices.DeleteFunc(list.Calls, func(c api.Call) bool { return !c.Conference })
	return list, err
}

// conference is that of a room, or of a call's ID.
func (n *connection) conference(ctx context.Context, name string) (api.Call, error) {
	list, err := n.conferences(ctx)
	if err != nil {
		return api.Call{}, err
	}
	for _, c := range list.Calls {
		if c.Room == name || c.ID == name {
			return c, nil
		}
	}
	err = api.Unanswered(list.Missing)
	return api.Call{}, errors.Join(fmt.Errorf("there is no conference %q now; see: strowger conference list", name), err)
}

func conferenceList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the conferences of all nodes",
		Example: "  strowger conference list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := n.conferences(c.Context())
			if err != nil {
				return err
			}
			err = n.show(c, list, func(w io.Writer) {
				t := newTable("ROOM", "CALL", "NODE", "MEMBERS", "FOR")
				for _, one := range list.Calls {
					t.add(one.Room, one.ID, one.Node, strconv.Itoa(members(one)), time.Since(one.Started).Round(time.Second).String())
				}
				t.print(w)
			})
			return errors.Join(err, api.Unanswered(list.Missing))
		},
	}
}

// members counts the legs that are not over.
func members(c api.Call) int {
	n := 0
	for _, l := range c.Legs {
		if l.State == "answered" || l.State == "confirmed" {
			n++
		}
	}
	return n
}

func conferenceShow(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "show ROOM", Short: "Show who is in a conference",
		Example: "  strowger conference show 801",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			one, err := n.conference(c.Context(), args[0])
			if err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) {
				fields(w, "room", one.Room, "call", one.ID, "node", one.Node, "since", at(one.Started))
				t := newTable("LEG", "PARTY", "STATE", "CODEC", "MUTED")
				for _, l := range one.Legs {
					t.add(strconv.Itoa(l.ID), l.Party, l.State, l.Codec, yes(l.Muted))
				}
				fmt.Fprintln(w)
				t.print(w)
			})
		},
	}
}

// changeMember makes a change to a member.
func (n *connection) changeMember(c *cobra.Command, room, what string, m api.Member, done string) error {
	if m.Leg < 1 {
		return usageError{errors.New("--leg: give the number of the member's leg; see: strowger conference show " + room)}
	}
	one, err := n.conference(c.Context(), room)
	if err != nil {
		return err
	}
	if err := n.do(c.Context(), "POST", n.path("calls", one.ID, what), m, &one); err != nil {
		return err
	}
	return n.show(c, one, func(w io.Writer) { fmt.Fprintf(w, "leg %d of conference %s %s\n", m.Leg, room, done) })
}

func conferenceMute(n *connection) *cobra.Command {
	m := api.Member{}
	var off bool
	c := &cobra.Command{
		Use: "mute ROOM", Short: "Have a member not be heard, as *6 on its phone does",
		Example: "  strowger conference mute 801 --leg 3\n  strowger conference mute 801 --leg 3 --off",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			m.On = !off
			return n.changeMember(c, args[0], "mute", m, map[bool]string{true: "is muted", false: "is heard again"}[m.On])
		},
	}
	c.Flags().IntVar(&m.Leg, "leg", 0, "the member's leg")
	c.Flags().BoolVar(&off, "off", false, "have it be heard again")
	return c
}

func conferenceKick(n *connection) *cobra.Command {
	m := api.Member{}
	c := &cobra.Command{
		Use: "kick ROOM", Short: "Have a member leave",
		Example: "  strowger conference kick 801 --leg 3",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return n.changeMember(c, args[0], "kick", m, "has left")
		},
	}
	c.Flags().IntVar(&m.Leg, "leg", 0, "the member's leg")
	return c
}
