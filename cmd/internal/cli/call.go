package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/b2bua"
	"strowger/sip/edition"
	"strowger/sip/ledger"
)

func newCallCommand() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "call", Short: "Calls: now, and why they went where they went"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(callList(n), callShow(n), callExplain(n), callLadder(n), callHangup(n), callTransfer(n), callSupervise(n, b2bua.Listen),
		callSupervise(n, b2bua.Whisper), callSupervise(n, b2bua.Barge), callJoin(n), callRecord(n), callMask(n), callUnmask(n))
	return c
}

func callList(n *connection) *cobra.Command {
	var session string
	c := &cobra.Command{
		Use: "list", Short: "List the calls of all nodes that are not over",
		Example: "  strowger call list\n  strowger call list --session ab30317f1a784dc48ff824d0d3715d86",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list api.Calls
			if err := n.do(c.Context(), "GET", n.path("calls"), nil, &list); err != nil {
				return err
			}
			if session != "" {
				list.Calls = slices.DeleteFunc(list.Calls, func(one api.Call) bool { return !hasSession(one, session) })
			}
			err := n.show(c, list, func(w io.Writer) {
				t := newTable("CALL", "NODE", "STATE", "FROM", "TO", "PARTIES", "FOR")
				for _, one := range list.Calls {
					var parties []string
					for _, l := range one.Legs {
						parties = append(parties, l.Party)
					}
					t.add(one.ID, one.Node, one.State, one.From, one.To, strings.Join(parties, " "), time.Since(one.Started).Round(time.Second).String())
				}
				t.print(w)
			})
			return errors.Join(err, api.Unanswered(list.Missing))
		},
	}
	c.Flags().StringVar(&session, "session", "", "only calls with this UUID in a Session-ID of theirs")
	return c
}

// hasSession tells whether a party of the call has the UUID in its Session-ID.
func hasSession(c api.Call, uuid string) bool {
	uuid = strings.ToLower(strings.ReplaceAll(uuid, "-", ""))
	return slices.ContainsFunc(c.Legs, func(l b2bua.LegInfo) bool { return l.SessionID == uuid })
}

func callShow(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "show CALL", Short: "Show a call that is not over, with its sound",
		Example:           "  strowger call show 1123-101500-k3vq9x2m",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Call
			if err := n.do(c.Context(), "GET", n.path("calls", args[0]), nil, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) { printCall(w, one) })
		},
	}
}

func printCall(w io.Writer, c api.Call) {
	fields(w, "call", c.ID, "node", c.Node, "state", c.State, "from", c.From, "to", c.To, "entry", c.Entry,
		"started", at(c.Started), "answered", at(c.Answered))
	if c.Recording != nil {
		fields(w, "recording", c.Recording.ID+", "+tapeState(c.Recording))
	}
	t := newTable("LEG", "PARTY", "STATE", "REMOTE", "CODEC", "HELD", "ROLE")
	for _, l := range c.Legs {
		t.add(strconv.Itoa(l.ID), l.Party, l.State, l.Remote, l.Codec, yes(l.Held), roleOf(l))
	}
	fmt.Fprintln(w)
	t.print(w)
	printSound(w, c)
	t = newTable("LEG", "SESSION-ID", "SIP CALL-ID")
	for _, l := range c.Legs {
		t.add(strconv.Itoa(l.ID), l.SessionID, l.CallID)
	}
	fmt.Fprintln(w)
	t.print(w)
}

// roleOf is what a leg does beside talking.
func roleOf(l b2bua.LegInfo) string {
	switch {
	case l.Supervises != "":
		return l.Supervises + " on " + strconv.Itoa(l.Of)
	case l.Muted:
		return "muted"
	}
	return ""
}

func callHangup(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "hangup CALL", Short: "End a call",
		Example:           "  strowger call hangup 1123-101500-k3vq9x2m",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Call
			if err := n.do(c.Context(), "DELETE", n.path("calls", args[0]), nil, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) { fmt.Fprintf(w, "call %s is hung up\n", one.ID) })
		},
	}
}

func callExplain(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "explain CALL", Short: "Tell why a call went where it went, now or in the past",
		Example:           "  strowger call explain 1123-101500-k3vq9x2m\n  strowger dialplan explain 1123-101500-k3vq9x2m",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var rec api.CallRecord
			err := n.do(c.Context(), "GET", n.path("calls", args[0], "events"), nil, &rec)
			var refused *api.RefusedError
			if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
				return fmt.Errorf("%w; the calls of now are in: strowger call list; those that ended in the cdr files of the data folder", err)
			}
			if err != nil {
				return err
			}
			return n.show(c, rec, func(w io.Writer) { printEvents(w, rec) })
		},
	}
}

// printEvents tells the story of a call, with the seconds since it began.
func printEvents(w io.Writer, rec api.CallRecord) {
	for _, e := range rec.Events {
		since := time.Duration(e.Mono - rec.Events[0].Mono).Seconds()
		lines := strings.Split(story(e), "; ")
		fmt.Fprintf(w, "%9.3f  %-9s  %s\n", since, e.Kind, lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(w, "%9s  %-9s  %s\n", "", "", line)
		}
	}
}

// story is an event in words.
func story(e ledger.Event) string {
	leg := "leg " + strconv.Itoa(e.Leg)
	switch e.Kind {
	case ledger.Arrived:
		return fmt.Sprintf("%s, %s calls %s; at %s on %s", e.Party, orWithheld(e.From), e.To, at(e.At), e.Node) + numbers(e)
	case ledger.Recording:
		return recorded(e)
	case ledger.Decided:
		if e.Version != "" {
			return e.Detail + "; version " + edition.Short(e.Version) + " of the plan"
		}
		return e.Detail
	case ledger.Alarm:
		return e.Detail
	case ledger.Rang, ledger.Answered:
		return strings.TrimSuffix(leg+", "+e.Party, ", ")
	case ledger.Transferred:
		return fmt.Sprintf("leg %d is to talk to %s instead of %s", e.Peer, cmp.Or(e.To, "who is rung"), leg)
	case ledger.Moved:
		return leg + " goes to another call"
	case ledger.Joined:
		return fmt.Sprintf("%s, %s, was %s", leg, e.Party, e.Detail)
	case ledger.Placed:
		return fmt.Sprintf("%s, %s, takes the place of %s", leg, e.Party, e.Detail)
	case ledger.Masked:
		return fmt.Sprintf("%s: nobody hears it and its digits; leg %d hears a tone", leg, e.Peer)
	case ledger.Unmasked:
		return fmt.Sprintf("%s is heard again, after %d digits, by %s", leg, e.Digits, e.By)
	case ledger.Supervised:
		return fmt.Sprintf("%s, %s: %s on leg %d, as %s wants", leg, e.Party, e.Detail, e.Peer, e.By)
	case ledger.Conference:
		return fmt.Sprintf("%s, %s, %s%s", leg, e.Party, e.Detail, strings.TrimSuffix(" conference "+e.To, " conference "))
	case ledger.Segment:
		if e.Peer == 0 {
			return leg + " hears nobody"
		}
		return fmt.Sprintf("%s and leg %d hear each other", leg, e.Peer)
	case ledger.LegEnded:
		text := leg + verdict(e)
		if m := e.Media; m != nil {
			text += sounded(m)
		}
		return text
	case ledger.Orphaned:
		return orphaned(e)
	case ledger.Ended:
		return fmt.Sprintf("by %s%s (Q.850 cause %d)", e.By, verdict(e), e.Q850)
	}
	return e.Detail
}

// orphaned is what became of sound that outlived its process.
func orphaned(e ledger.Event) string {
	text := fmt.Sprintf("sound to %s flowed on in the kernel and was ended%s (Q.850 cause %d)", e.Detail, verdict(e), e.Q850)
	if m := e.Media; m != nil {
		text += fmt.Sprintf("; %d packets in, %d carried on", m.Received, m.Sent)
	}
	return text
}

// recorded is what became of a recording.
func recorded(e ledger.Event) string {
	text := e.Detail
	if e.Party != "" {
		text += fmt.Sprintf(": leg %d, %s", e.Leg, e.Party)
	}
	if e.By != "" {
		text += ", by " + e.By
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// verdict is a SIP status in words, behind what it is about.
func verdict(e ledger.Event) string {
	if e.Status == 0 {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf(": %d %s", e.Status, e.Reason), " ")
}

// numbers are those that a call came by, where they say more than who called.
func numbers(e ledger.Event) string {
	text := ""
	if e.Network != "" && e.Network != e.From {
		text += "; network number " + e.Network
	}
	if e.Presentation != "" && e.Presentation != e.From {
		text += "; presentation number " + e.Presentation
	}
	if e.Withheld {
		text += "; withheld from the called party"
	}
	if e.SessionID != "" {
		text += "; session " + e.SessionID
	}
	return text
}

func orWithheld(number string) string {
	if number == "" {
		return "a withheld number"
	}
	return number
}
