package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/ladder"
)

func callLadder(n *connection) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "ladder CALL", Short: "Draw the SIP messages of a call, now or in the recent past",
		Long: `Draws the SIP messages of a call, of every node: the caller's at the left, those of
the other legs at the right. Messages are kept in memory, as many and as long as
the block trace of the configuration says; digest responses, SRTP keys and digits
in INFO are masked. --pcap writes them for Wireshark as well, each as a UDP
datagram, also those that came by TCP or TLS.`,
		Example:           "  strowger call ladder 1123-101500-k3vq9x2m --pcap call.pcap",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var t api.Trace
			if err := n.do(c.Context(), "GET", n.path("calls", args[0], "messages"), nil, &t); err != nil {
				return err
			}
			if err := writePCAP(file, t); err != nil {
				return err
			}
			err := n.show(c, t, func(w io.Writer) { ladder.Draw(w, t) })
			return errors.Join(err, api.Unanswered(t.Missing))
		},
	}
	c.Flags().StringVar(&file, "pcap", "", "file for the messages, as a capture")
	return c
}

// writePCAP writes the messages to a file that only its owner reads; "" is none.
func writePCAP(name string, t api.Trace) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err == nil {
		err = errors.Join(ladder.WritePCAP(f, t.Messages), f.Close())
	}
	if err != nil {
		return fmt.Errorf("the capture cannot be written: %w", err)
	}
	return nil
}
