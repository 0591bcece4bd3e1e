package exchange_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"strowger/sip/exchange"
	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// TestForward: a message goes to the node that its token names, but one that
// another node forwarded goes no further.
func TestForward(t *testing.T) {
	key := make([]byte, mark.KeySize)
	minter := func(node uint16) *mark.Minter {
		m, err := mark.NewMinter(key, node)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var forwarded []uint16
	x := exchange.New(exchange.Config{
		Minter: minter(1), Log: slog.New(slog.DiscardHandler), Strands: 1, Workers: 1,
		Forward: func(node uint16, _ transport.Received) bool {
			forwarded = append(forwarded, node)
			return node == 2
		},
	})
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := x.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	receive := func(text, from string) {
		t.Helper()
		msg, err := message.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		x.Receive(transport.Received{Msg: msg, Flow: transport.Flow{Node: from, Proto: transport.UDP}})
	}
	head := "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK%s\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=%s\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n"
	receive("SIP/2.0 200 OK\r\n"+fmt.Sprintf(head, minter(2).Token(0), "2"), "")
	receive("BYE sip:c@d SIP/2.0\r\n"+fmt.Sprintf(head, "x", minter(3).Token(0)), "")
	receive("BYE sip:c@d SIP/2.0\r\n"+fmt.Sprintf(head, "x", minter(2).Token(0)), "node-3")
	if got := fmt.Sprint(forwarded); got != "[2 3]" {
		t.Errorf("forwarded to %s, want [2 3]", got)
	}
	if n := x.Counters().Unforwarded.Load(); n != 2 {
		t.Errorf("%d counted as not forwarded, want 2: for node 3, and from node 3", n)
	}
}
