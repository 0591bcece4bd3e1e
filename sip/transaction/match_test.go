package transaction

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// TestServerKey changes a request and tells whether it still belongs to the same
// transaction.
func TestServerKey(t *testing.T) {
	const modernBranch, oldBranch = "z9hG4bKabc", "1"
	for _, c := range []struct {
		name, branch string
		from, to     string // what to replace
		same         bool
	}{
		{"branch", modernBranch, "z9hG4bKabc", "z9hG4bKabd", false},
		{"case of branch", modernBranch, "z9hG4bKabc", "Z9HG4BKABC", true},
		{"name of branch", modernBranch, "branch=", "Branch=", true},
		{"sent-by host", modernBranch, "127.0.0.2:5070;", "127.0.0.3:5070;", false},
		{"sent-by port", modernBranch, "127.0.0.2:5070;", "127.0.0.2:5071;", false},
		{"transport and other parameters", modernBranch, "127.0.0.2:5070;", "127.0.0.2:5070;rport=9;", true},
		{"Call-ID", modernBranch, "one@", "other@", true},
		{"ACK is the INVITE's", modernBranch, "INVITE", "ACK", true},
		{"CANCEL has its own", modernBranch, "INVITE", "CANCEL", false},
		{"old: Call-ID", oldBranch, "one@", "other@", false},
		{"old: case of Call-ID", oldBranch, "one@", "ONE@", false},
		{"old: From tag", oldBranch, "tag=them", "tag=others", false},
		{"old: case of From tag", oldBranch, "tag=them", "tag=THEM", true},
		{"old: CSeq", oldBranch, "CSeq: 1", "CSeq: 2", false},
		{"old: Request-URI", oldBranch, "sip:bob@127.0.0.1 ", "sip:eve@127.0.0.1 ", false},
		{"old: Via", oldBranch, "branch=1", "branch=2", false},
		{"old: ACK is the INVITE's", oldBranch, "INVITE", "ACK", true},
		{"old: ACK has a To tag", oldBranch, "To: <sip:bob@127.0.0.1>", "To: <sip:bob@127.0.0.1>;tag=us", true},
		{"cookie alone is no branch", "z9hG4bK", "one@", "other@", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := func(text string) string {
				req := parse(t, text).(*sip.Request)
				method := req.Method
				if method == sip.ACK {
					method = sip.INVITE
				}
				k, ok := appendServerKey(nil, req, method)
				if !ok {
					t.Fatalf("no key for\n%s", text)
				}
				return string(k)
			}
			a := text(sip.INVITE, c.branch)
			if !strings.Contains(a, c.from) {
				t.Fatalf("%q is not in\n%s", c.from, a)
			}
			b := strings.ReplaceAll(a, c.from, c.to)
			if same := key(a) == key(b); same != c.same {
				t.Errorf("same transaction: %v, want %v\n%s", same, c.same, b)
			}
		})
	}
}

func TestDefaultPortIsThePort(t *testing.T) {
	key := func(via string) string {
		req := parse(t, strings.Replace(text(sip.OPTIONS, "z9hG4bK1"), "UDP 127.0.0.2:5070", via, 1)).(*sip.Request)
		k, _ := appendServerKey(nil, req, req.Method)
		return string(k)
	}
	if key("UDP Host.Example") != key("UDP host.example:5060") {
		t.Error("5060 is not the default of UDP")
	}
	if key("TLS host.example") != key("TLS host.example:5061") {
		t.Error("5061 is not the default of TLS")
	}
}

func TestOldPeerHasTransactions(t *testing.T) {
	b := newBench(t)
	f := flowOf(udp)
	b.receive(f, text(sip.INVITE, "1"))
	b.respond(0, 486)
	b.receive(f, text(sip.INVITE, "1"))
	b.receive(f, text(sip.ACK, "1"))
	b.run(never)
	b.expect("0s request INVITE", "0s send 486", "0s send 486")
	b.empty()
}

func TestMergedRequestIsALoop(t *testing.T) {
	b := newBench(t)
	f := flowOf(udp)
	b.receive(f, text(sip.INVITE, "z9hG4bKa"))
	b.receive(f, text(sip.INVITE, "z9hG4bKb"))
	loop := parse(t, b.wire[0]).(*sip.Response)
	ack := strings.Replace(text(sip.ACK, "z9hG4bKb"), "tag=us", "tag="+message.ToTag(loop), 1)
	b.receive(f, ack)
	b.receive(f, strings.Replace(text(sip.INVITE, "z9hG4bKc"), "CSeq: 1", "CSeq: 2", 1))
	b.receive(f, strings.Replace(text(sip.INVITE, "z9hG4bKd"), "127.0.0.1>", "127.0.0.1>;tag=us", 1))
	b.receive(f, text(sip.OPTIONS, "z9hG4bKe"))
	b.expect("0s request INVITE", "0s send 482", "0s request INVITE", "0s request INVITE", "0s request OPTIONS")
	for n := range 4 {
		b.respond(n, 200)
	}
	b.run(never)
	b.empty()
	c := b.table.Counters()
	if c.RequestsMerged.Load() != 1 || c.AcksAbsorbed.Load() != 1 {
		t.Errorf("%d merged and %d ACKs absorbed, want 1 and 1", c.RequestsMerged.Load(), c.AcksAbsorbed.Load())
	}
}

func TestFullTableRefuses(t *testing.T) {
	b := newBench(t)
	b.table.limit = 1
	f := flowOf(udp)
	b.receive(f, text(sip.INVITE, "z9hG4bKa"))
	b.receive(f, strings.Replace(text(sip.OPTIONS, "z9hG4bKb"), "one@", "other@", 1))
	b.receive(f, text(sip.CANCEL, "z9hG4bKa"))
	b.receive(f, text(sip.CANCEL, "z9hG4bKa"))
	b.table.Start(b.now, outgoing(t, sip.OPTIONS, "z9hG4bKc"), f, nil)
	b.respond(0, 487)
	b.receive(f, text(sip.ACK, "z9hG4bKa"))
	b.run(never)
	b.expect("0s request INVITE", "0s send 503", "0s send 200", "0s cancelled", "0s send 200", "0s send 487",
		"0s client failed: "+ErrFull.Error())
	b.empty()
	c := b.table.Counters()
	if c.RequestsRefused.Load() != 1 || c.ClientsRefused.Load() != 1 {
		t.Errorf("%d and %d refused, want 1 and 1", c.RequestsRefused.Load(), c.ClientsRefused.Load())
	}
}

func TestBadRequestsOfTheUserFail(t *testing.T) {
	b := newBench(t)
	f := flowOf(tcp)
	b.table.Start(b.now, outgoing(t, sip.OPTIONS, "z9hG4bK1"), f, nil)
	b.table.Start(b.now, outgoing(t, sip.OPTIONS, "z9hG4bK1"), f, nil)
	b.table.Start(b.now, outgoing(t, sip.INVITE, "1"), f, nil)
	b.run(0)
	b.expect("0s send OPTIONS", "0s client failed: "+ErrBranchInUse.Error(), "0s client failed: "+ErrNoBranch.Error())
	b.table.Broken(b.now, f, errGone)
	b.expect("0s client failed: gone")
	b.empty()
}

func TestMessagesWithoutKeyAreDropped(t *testing.T) {
	b := newBench(t)
	f := flowOf(udp)
	b.table.Receive(b.now, transport.Received{Msg: sip.NewRequest(sip.OPTIONS, sip.Uri{}), Flow: f})
	b.table.Receive(b.now, transport.Received{Msg: sip.NewResponse(200, "OK"), Flow: f})
	b.expect()
	if got := b.table.Counters().Unkeyed.Load(); got != 2 {
		t.Errorf("%d unkeyed, want 2", got)
	}
}
