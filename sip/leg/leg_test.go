package leg_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// What legs do is told by the stories of package exchange; here is what they cannot
// reach.

// wire keeps the flow of the last request.
type wire struct {
	tokens int
	flow   transport.Flow
	// response is the last one.
	response *sip.Response
}

func (w *wire) Respond(_ time.Time, _ *transaction.Server, res *sip.Response) { w.response = res }

func (w *wire) Start(_ time.Time, _ *sip.Request, f transport.Flow, _ any) *transaction.Client {
	w.flow = f
	return &transaction.Client{Flow: f}
}

func (w *wire) Cancel(time.Time, *transaction.Client, string) {}

func (w *wire) Random(n int) int { return n - 1 }

func (w *wire) Token() string {
	w.tokens++
	return strconv.Itoa(w.tokens)
}

// TestFlow: a leg goes by the connection that was made for it, and by none that it
// has left meanwhile.
func TestFlow(t *testing.T) {
	flow := func(proto transport.Proto, remote string, conn uint64) transport.Flow {
		return transport.Flow{Proto: proto, Remote: netip.MustParseAddrPort(remote), Conn: conn}
	}
	for name, c := range map[string]struct {
		calls    transport.Flow
		answered transport.Flow // of the transaction, by then
		moved    transport.Flow // before the response, if valid
		want     transport.Flow
	}{
		"udp":                {flow("udp", "10.0.0.2:5060", 0), flow("udp", "10.0.0.2:5060", 0), transport.Flow{}, flow("udp", "10.0.0.2:5060", 0)},
		"new connection":     {flow("tcp", "10.0.0.2:5060", 0), flow("tcp", "10.0.0.2:5060", 7), transport.Flow{}, flow("tcp", "10.0.0.2:5060", 7)},
		"its own connection": {flow("tcp", "10.0.0.2:5060", 7), flow("tcp", "10.0.0.2:5060", 7), transport.Flow{}, flow("tcp", "10.0.0.2:5060", 7)},
		"moved":              {flow("udp", "10.0.0.2:5060", 0), flow("udp", "10.0.0.2:5060", 0), flow("udp", "10.0.0.3:5060", 0), flow("udp", "10.0.0.3:5060", 0)},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			u := sip.Uri{Scheme: "sip", User: "1002", Host: "10.0.0.2"}
			l := leg.Calling(1, leg.Address{Party: leg.Party{Kind: leg.Trunk}, Flow: c.calls, Target: u, To: dialog.Name{URI: u}, From: dialog.Name{URI: u}}, w)
			now := time.Now()
			l.Invite(now, w, nil, nil)
			if c.moved.Remote.IsValid() {
				l.Moved(c.moved)
			}
			msg, err := message.Parse([]byte(strings.Join([]string{
				"SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa", "From: <sip:1002@10.0.0.2>;tag=" + l.Dialog.LocalTag,
				"To: <sip:1002@10.0.0.2>;tag=b", "Call-ID: " + l.Dialog.CallID, "CSeq: 1 INVITE", "Contact: <sip:1002@10.0.0.2>", "Content-Length: 0", "", "",
			}, "\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			l.Response(now, w, &transaction.Client{Flow: c.answered}, msg.(*sip.Response))
			if w.flow != c.want || l.Flow != c.want {
				t.Errorf("the ACK goes by %+v, the leg by %+v, want %+v", w.flow, l.Flow, c.want)
			}
		})
	}
}

// TestRandom: the first number of a reliable response is at most 2^31-1 (RFC 3262
// section 3), and comes from the source of chance.
func TestRandom(t *testing.T) {
	text := strings.Join([]string{
		"INVITE sip:b@h SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1", "From: <sip:a@h>;tag=a", "To: <sip:b@h>",
		"Call-ID: c", "CSeq: 1 INVITE", "Contact: <sip:a@10.0.0.2>", "Require: 100rel", "Content-Length: 0", "", "",
	}, "\r\n")
	msg, err := message.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	l := leg.Answering(1, leg.Party{}, new(transaction.Server), msg.(*sip.Request), transport.Flow{}, w)
	l.Progress(time.Now(), w, 180, nil)
	if rseq, ok := message.RSeq(w.response); !ok || rseq != 1<<31-1 {
		t.Errorf("RSeq %d", rseq)
	}
}
