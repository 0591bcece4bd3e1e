package transaction

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// cancel lets the CANCEL of the request under test come.
func (b *bench) cancel() { b.receive(b.flow, text(sip.CANCEL, "z9hG4bK1")) }

// newInvite is a bench whose user has got an INVITE.
func newInvite(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(udp)
	b.again()
	return b
}

func TestCancelCrossesFinalResponse(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(b *bench)
		want   []string
	}{
		{"CANCEL first, the user says 487", func(b *bench) {
			b.onCancel = func(tx *Server) { b.table.Respond(b.now, tx, answer(487)) }
			b.cancel()
			b.respond(0, 200)
			b.ack()
		}, []string{"0s request INVITE", "0s send 200", "0s cancelled", "0s send 487"}},
		{"CANCEL first, the user is faster", func(b *bench) {
			b.cancel()
			b.respond(0, 200)
			b.respond(0, 487)
		}, []string{"0s request INVITE", "0s send 200", "0s cancelled", "0s send 200"}},
		{"200 first", func(b *bench) {
			b.respond(0, 200)
			b.cancel()
			b.respond(0, 487)
		}, []string{"0s request INVITE", "0s send 200", "0s send 200"}},
		{"486 first", func(b *bench) {
			b.respond(0, 486)
			b.cancel()
			b.ack()
		}, []string{"0s request INVITE", "0s send 486", "0s send 200"}},
		{"CANCEL repeated and with another branch's CSeq", func(b *bench) {
			b.respond(0, 180)
			b.cancel()
			b.run(500 * time.Millisecond)
			b.cancel()
			b.respond(0, 487)
			b.ack()
		}, []string{
			"0s request INVITE", "0s send 180", "0s send 200", "0s cancelled", "500ms send 200", "500ms send 487",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newInvite(t)
			c.script(b)
			b.run(never)
			b.expect(c.want...)
			b.empty()
		})
	}
}

func TestCancelWithoutInvite(t *testing.T) {
	b := newBench(t)
	b.flow = flowOf(udp)
	b.cancel()
	b.cancel()
	b.run(never)
	b.expect("0s send 481", "0s send 481")
	if got := b.table.Counters().CancelsUnmatched.Load(); got != 1 {
		t.Errorf("%d CANCELs unmatched, want 1", got)
	}
	b.empty()
}

func TestCancelAnswerHasTheTagOfTheInvite(t *testing.T) {
	tagOf := func(msg string) string {
		res := parse(t, msg).(*sip.Response)
		return message.ToTag(res)
	}
	t.Run("of the responses", func(t *testing.T) {
		b := newInvite(t)
		b.respond(0, 180)
		b.cancel()
		if got := tagOf(b.wire[1]); got != "us" {
			t.Errorf("tag %q, want us", got)
		}
	})
	t.Run("of the user", func(t *testing.T) {
		b := newInvite(t)
		b.txs[0].Tag = "mine"
		b.cancel()
		if got := tagOf(b.wire[0]); got != "mine" {
			t.Errorf("tag %q, want mine", got)
		}
	})
	t.Run("chosen by the CANCEL", func(t *testing.T) {
		b := newInvite(t)
		b.cancel()
		if got := tagOf(b.wire[0]); got == "" || got != b.txs[0].Tag {
			t.Errorf("tag %q, want %q", got, b.txs[0].Tag)
		}
	})
}

func TestClientCancel(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(b *bench, tx *Client)
		want   []string
	}{
		{"waits for the first provisional response", func(b *bench, tx *Client) {
			b.table.Cancel(b.now, tx, "")
			b.run(time.Second)
			b.reply(180)
			b.table.Cancel(b.now, tx, "")
			b.reply(183)
			b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bK1"))
			b.reply(487)
		}, []string{
			"0s send INVITE", "500ms send INVITE", "1s send CANCEL", "1s response 180", "1s response 183",
			"1s send ACK", "1s response 487",
		}},
		{"that waited fails 64*T1 after it went out", func(b *bench, tx *Client) {
			b.table.Cancel(b.now, tx, "")
			b.run(time.Second)
			b.reply(180)
			b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bK1"))
		}, []string{
			"0s send INVITE", "500ms send INVITE", "1s send CANCEL", "1s response 180",
			"33s client failed: " + ErrTimeout.Error(),
		}},
		{"goes out at once while it rings", func(b *bench, tx *Client) {
			b.reply(180)
			b.table.Cancel(b.now, tx, "")
			b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bK1"))
			b.reply(487)
			b.reply(487)
		}, []string{"0s send INVITE", "0s response 180", "0s send CANCEL", "0s send ACK", "0s response 487", "0s send ACK"}},
		{"crosses a 200", func(b *bench, tx *Client) {
			b.reply(180)
			b.table.Cancel(b.now, tx, "")
			b.reply(200)
			b.receive(b.flow, reply(481, sip.CANCEL, "z9hG4bK1"))
		}, []string{"0s send INVITE", "0s response 180", "0s send CANCEL", "0s response 200"}},
		{"after the final response does nothing", func(b *bench, tx *Client) {
			b.reply(486)
			b.table.Cancel(b.now, tx, "")
			b.run(never)
			b.table.Cancel(b.now, tx, "")
		}, []string{"0s send INVITE", "0s send ACK", "0s response 486"}},
		{"before any response ends with timer B", func(b *bench, tx *Client) {
			b.run(31 * time.Second)
			b.log = nil
			b.table.Cancel(b.now, tx, "")
		}, []string{"31.5s send INVITE", "32s client failed: " + ErrTimeout.Error()}},
		{"fails 64*T1 after CANCEL", func(b *bench, tx *Client) {
			b.reply(180)
			b.run(time.Minute)
			b.table.Cancel(b.now, tx, "")
			b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bK1"))
		}, []string{
			"0s send INVITE", "0s response 180", "1m0s send CANCEL", "1m32s client failed: " + ErrTimeout.Error(),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.method, b.flow = sip.INVITE, flowOf(udp)
			tx := b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1"), b.flow, nil)
			c.script(b, tx)
			b.run(never)
			b.expect(c.want...)
			b.empty()
		})
	}
}

// TestAdopted: an INVITE that another has sent is cancelled and never sent again.
func TestAdopted(t *testing.T) {
	for _, c := range []struct {
		name   string
		rings  bool
		script func(b *bench)
		want   []string
	}{
		{"rings", true, func(b *bench) {
			b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bK1"))
			b.reply(487)
			b.reply(487)
		}, []string{"0s send CANCEL", "0s send ACK", "0s response 487", "0s send ACK"}},
		{"rings later", false, func(b *bench) {
			b.run(20 * time.Second)
			b.reply(180)
			b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bK1"))
			b.reply(487)
		}, []string{"20s send CANCEL", "20s response 180", "20s send ACK", "20s response 487"}},
		{"answers", true, func(b *bench) {
			b.receive(b.flow, reply(481, sip.CANCEL, "z9hG4bK1"))
			b.reply(200)
			b.reply(200)
		}, []string{"0s send CANCEL", "0s response 200", "0s response 200"}},
		{"never came", false, func(*bench) {}, []string{"32s client failed: " + ErrTimeout.Error()}},
		{
			"its connection breaks", true, func(b *bench) { b.table.Broken(b.now, b.flow, errGone) },
			[]string{"0s send CANCEL", "0s client failed: " + errGone.Error()},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.method, b.flow = sip.INVITE, flowOf(udp)
			if strings.Contains(c.name, "connection") {
				b.flow = flowOf(tcp)
			}
			tx := b.table.Adopt(b.now, outgoing(t, sip.INVITE, "z9hG4bK1"), b.flow, c.rings, nil)
			b.table.Cancel(b.now, tx, "")
			c.script(b)
			b.run(never)
			b.expect(c.want...)
			b.empty()
		})
	}
}

func TestAckAndCancelRepeatTheInvite(t *testing.T) {
	b := newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(udp)
	req := outgoing(t, sip.INVITE, "z9hG4bK1",
		"Route: <sip:127.0.0.9;lr>", "Route: <sip:127.0.0.8;lr>",
		`Authorization: Digest username="u", response="r"`,
		"Contact: <sip:us@127.0.0.1>", "Require: 100rel")
	tx := b.table.Start(b.now, req, b.flow, nil)
	b.reply(180)
	b.table.Cancel(b.now, tx, "Q.850;cause=16\r\nX: y")
	b.reply(487)
	common := []string{
		"Max-Forwards: 70",
		"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1",
		"From: <sip:us@127.0.0.1>;tag=us",
		"Call-ID: two@127.0.0.1",
		"Route: <sip:127.0.0.9;lr>", "Route: <sip:127.0.0.8;lr>",
	}
	join := func(first string, rest ...string) string {
		lines := append([]string{first + " sip:bob@127.0.0.2:5070 SIP/2.0"}, common...)
		return strings.Join(append(append(lines, rest...), "Content-Length: 0", "", ""), "\r\n")
	}
	if want := join("CANCEL", "To: <sip:bob@127.0.0.2>", "Reason: Q.850;cause=16  X: y", "CSeq: 1 CANCEL"); b.wire[1] != want {
		t.Errorf("got %s\nwant %s", b.wire[1], want)
	}
	want := join("ACK", "To: <sip:bob@127.0.0.2>;tag=them",
		`Authorization: Digest username="u", response="r"`, "CSeq: 1 ACK")
	if b.wire[2] != want {
		t.Errorf("got %s\nwant %s", b.wire[2], want)
	}
}
