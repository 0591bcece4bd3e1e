package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/exchange"
	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// carrier is node 2, by which calls of node 1 ring a phone.
type carrier struct {
	*exchange.Exchange
	t      *testing.T
	near   *mark.Minter // of node 1
	branch string       // of the last INVITE
	cut    bool         // node 1 cannot be reached

	mu   sync.Mutex
	told []string // what went to the phone ("-> CANCEL 1") and to node 1 ("=> 180")
}

// Send writes to the phone.
func (c *carrier) Send(_ transport.Flow, data []byte) error {
	msg, err := message.Parse(data)
	if err != nil {
		c.t.Errorf("%v in\n%s", err, data)
	}
	if req, ok := msg.(*sip.Request); ok {
		c.note(fmt.Sprintf("-> %s %d to %s", req.Method, req.CSeq().SeqNo, req.Recipient.Host))
		if req.Method == sip.CANCEL && (message.ViaBranch(req) != c.branch || message.ToTag(req) != "") {
			c.t.Errorf("the CANCEL is not of the INVITE:\n%s", data)
		}
	}
	return nil
}

func (c *carrier) FlowTo(string, transport.Proto, netip.AddrPort) (transport.Flow, error) {
	return transport.Flow{}, transport.ErrNoListener
}

func (c *carrier) Stands(transport.Flow) bool { return true }

func (c *carrier) note(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, what)
}

// expect wants this to have been sent since it was asked last.
func (c *carrier) expect(want ...string) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.told, want) {
		c.t.Errorf("sent\n%s\nwant\n%s", strings.Join(c.told, "\n"), strings.Join(want, "\n"))
	}
	c.told = nil
}

func newCarrier(t *testing.T) *carrier {
	t.Helper()
	minter := func(node uint16) *mark.Minter {
		m, err := mark.NewMinter(make([]byte, mark.KeySize), node)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	c := &carrier{t: t, near: minter(1)}
	c.Exchange = exchange.New(exchange.Config{
		Minter: minter(2), Sender: c, Log: slog.New(slog.DiscardHandler), Strands: 3, Workers: 1,
		Forward: func(node uint16, r transport.Received) bool {
			res := r.Msg.(*sip.Response)
			if !c.cut {
				c.note(fmt.Sprintf("=> %d (%s)", res.StatusCode, res.CSeq().MethodName))
			}
			return node == 1 && !c.cut
		},
	})
	return c
}

func (c *carrier) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		c.t.Error(err)
	}
}

// invite has a node ring the phone; tag is that of To.
func (c *carrier) invite(node, tag string) {
	c.t.Helper()
	c.branch = "z9hG4bK" + c.near.Token(0)
	if err := c.again(node, tag); err != nil {
		c.t.Error(err)
	}
	c.expect("-> INVITE 7 to 10.0.0.2")
}

// again sends the INVITE once more.
func (c *carrier) again(node, tag string) error {
	return c.Carry(node, flowTo(netip.MustParseAddrPort("10.0.0.2:5060")), fmt.Appendf(nil,
		"INVITE sip:1002@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=%s;rport\r\nMax-Forwards: 69\r\n"+
			"From: <sip:alice@demo>;tag=near\r\nTo: <sip:1002@demo>%s\r\nCall-ID: id\r\nCSeq: 7 INVITE\r\nContact: <sip:x@192.0.2.1>\r\nContent-Length: 0\r\n\r\n",
		c.branch, tag))
}

// answers has the phone respond to the INVITE, or to its CANCEL.
func (c *carrier) answers(status int, method string) {
	c.t.Helper()
	msg, err := message.Parse(fmt.Appendf(nil,
		"SIP/2.0 %d Said\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=%s;rport\r\nFrom: <sip:alice@demo>;tag=near\r\n"+
			"To: <sip:1002@demo>;tag=phone\r\nCall-ID: id\r\nCSeq: 7 %s\r\nContact: <sip:1002@10.0.0.3>\r\nContent-Length: 0\r\n\r\n",
		status, c.branch, method))
	if err != nil {
		c.t.Fatal(err)
	}
	c.Receive(transport.Received{Msg: msg, Flow: flowTo(netip.MustParseAddrPort("10.0.0.2:5060")), At: time.Now()})
}

// lose cuts the link to a node.
func (c *carrier) lose(node string) {
	c.cut = c.cut || node == "node-1"
	c.Lost(node, errors.New("cut"))
}

// TestNodeLost: what a phone rings for a node that is lost is ended by the node
// that reaches the phone.
func TestNodeLost(t *testing.T) {
	const cancel, ack = "-> CANCEL 7 to 10.0.0.2", "-> ACK 7 to 10.0.0.2"
	for name, c := range map[string]struct {
		story func(c *carrier)
		taken uint64
	}{
		"rings": {func(c *carrier) {
			c.invite("node-1", "")
			c.answers(100, "INVITE")
			c.answers(180, "INVITE")
			c.expect("=> 100 (INVITE)", "=> 180 (INVITE)")
			c.lose("node-1")
			c.expect(cancel)
			c.answers(200, "CANCEL")
			c.answers(487, "INVITE")
			c.answers(487, "INVITE") // the ACK was lost
			c.expect(ack, ack)
			c.lose("node-1")
			<-time.After(time.Minute)
			c.expect()
		}, 1},
		"has said nothing yet": {func(c *carrier) {
			c.invite("node-1", "")
			c.lose("node-1")
			c.expect()
			c.answers(180, "INVITE")
			c.expect(cancel)
			c.answers(200, "CANCEL")
			c.answers(487, "INVITE")
			c.expect(ack)
		}, 1},
		"answers as it is cancelled": {func(c *carrier) {
			c.invite("node-1", "")
			c.answers(180, "INVITE")
			c.lose("node-1")
			c.expect("=> 180 (INVITE)", cancel)
			c.answers(481, "CANCEL")
			c.answers(200, "INVITE")
			c.answers(200, "INVITE")
			c.expect("-> ACK 7 to 10.0.0.3", "-> BYE 8 to 10.0.0.3", "-> ACK 7 to 10.0.0.3")
		}, 1},
		"is asked again": {func(c *carrier) {
			c.invite("node-1", "")
			c.answers(180, "INVITE")
			if err := c.again("node-1", ""); err != nil {
				c.t.Error(err)
			}
			c.lose("node-1")
			c.expect("=> 180 (INVITE)", "-> INVITE 7 to 10.0.0.2", cancel)
		}, 1},
		"has answered": {func(c *carrier) {
			c.invite("node-1", "")
			c.answers(200, "INVITE")
			c.lose("node-1")
			c.expect("=> 200 (INVITE)")
		}, 0},
		"its refusal did not get through": {func(c *carrier) {
			c.invite("node-1", "")
			c.answers(180, "INVITE")
			c.cut = true
			c.answers(486, "INVITE")
			c.lose("node-1")
			c.expect("=> 180 (INVITE)", cancel)
			c.answers(486, "INVITE")
			c.expect(ack)
		}, 1},
		"for another node": {func(c *carrier) {
			c.invite("node-3", "")
			c.answers(180, "INVITE")
			c.lose("node-1")
			c.expect("=> 180 (INVITE)")
		}, 0},
		"talks, and is asked to hold": {func(c *carrier) {
			c.invite("node-1", ";tag=phone")
			c.answers(100, "INVITE")
			c.lose("node-1")
			c.expect("=> 100 (INVITE)")
		}, 0},
		"was rung long ago": {func(c *carrier) {
			c.invite("node-1", "")
			for range 2 { // what is forgotten is forgotten in bulk
				<-time.After(16 * time.Minute)
				c.invite("node-3", "")
			}
			c.lose("node-1")
			c.expect()
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newCarrier(t)
				c.story(n)
				if got := n.Counters().TakenOver.Load(); got != c.taken {
					t.Errorf("%d INVITEs were taken over, want %d", got, c.taken)
				}
				n.close()
			})
		})
	}
}

// TestStopCancels: a node that stops leaves no phone ringing for another.
func TestStopCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newCarrier(t)
		n.invite("node-1", "")
		n.answers(180, "INVITE")
		n.close()
		n.expect("=> 180 (INVITE)", "-> CANCEL 7 to 10.0.0.2")
	})
}
