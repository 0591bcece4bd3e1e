package cli

import (
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/ladder"
)

func newTrace() *cobra.Command {
	n := &connection{}
	var source, text, file string
	var last time.Duration
	c := &cobra.Command{
		Use: "trace", Short: "List the SIP messages of the recent past, also those of no call",
		Long: `Lists the SIP messages that the nodes have kept: registrations, OPTIONS and what was
refused before it became a call, too. It needs a viewer of every tenant, as nobody
knows whose a stranger's message is. --pcap writes them for Wireshark as well.`,
		Example: "  strowger trace --source 192.0.2.9 --text REGISTER --last 5m",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var t api.Trace
			form := url.Values{"source": {source}, "text": {text}, "last": {last.String()}}
			if err := n.do(c.Context(), "GET", "/v1/messages?"+form.Encode(), nil, &t); err != nil {
				return err
			}
			if err := writePCAP(file, t); err != nil {
				return err
			}
			err := n.show(c, t, func(w io.Writer) { printMessages(w, t) })
			return errors.Join(err, api.Unanswered(t.Missing))
		},
	}
	n.add(c)
	c.Flags().StringVar(&source, "source", "", "of this address, and what was sent to it (default: any)")
	c.Flags().StringVar(&text, "text", "", "that have this text in them (default: all)")
	c.Flags().DurationVar(&last, "last", 10*time.Minute, "how far to look back")
	c.Flags().StringVar(&file, "pcap", "", "file for the messages, as a capture")
	return c
}

func printMessages(w io.Writer, t api.Trace) {
	table := newTable("TIME", "WAY", "BY", "REMOTE", "MESSAGE", "CALL-ID")
	for i := range t.Messages {
		m := &t.Messages[i]
		way := "in"
		if m.Sent {
			way = "out"
		}
		table.add(m.At.Format("15:04:05.000"), way, m.Proto, m.Remote.String(), ladder.What(m), ladder.Printable(m.CallID))
	}
	table.print(w)
}
