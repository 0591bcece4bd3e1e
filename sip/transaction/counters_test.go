package transaction

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// figures are counters that a story moves.
type figures struct {
	requestsAbsorbed, responsesAbsorbed, acksAbsorbed, responsesRefused uint64
	serverTimeouts, clientTimeouts, transportFailures, sendErrors       uint64
}

func (b *bench) figures() figures {
	c := b.table.Counters()
	return figures{
		c.RequestsAbsorbed.Load(), c.ResponsesAbsorbed.Load(), c.AcksAbsorbed.Load(), c.ResponsesRefused.Load(),
		c.ServerTimeouts.Load(), c.ClientTimeouts.Load(), c.TransportFailures.Load(), c.SendErrors.Load(),
	}
}

// TestCounters: each thing that happens moves its own counter, and no other.
func TestCounters(t *testing.T) {
	server := func(b *bench) { b.again() }
	client := func(b *bench) { b.table.Start(b.now, outgoing(b.t, b.method, "z9hG4bK1"), b.flow, nil) }
	for _, c := range []struct {
		name   string
		method sip.RequestMethod
		begin  func(b *bench)
		script func(b *bench)
		want   figures
	}{
		{"a request comes again", sip.INVITE, server, func(b *bench) {
			b.again()
			b.respond(0, 200)
			b.again()
		}, figures{requestsAbsorbed: 2}},
		{"an ACK of a 486 comes twice", sip.INVITE, server, func(b *bench) {
			b.respond(0, 486)
			b.ack()
			b.ack()
		}, figures{acksAbsorbed: 2}},
		{"the user answers again", sip.INVITE, server, func(b *bench) {
			b.respond(0, 200)
			b.respond(0, 202)
			b.respond(0, 300)
			b.respond(0, 180)
		}, figures{responsesRefused: 3}},
		{"no ACK comes", sip.INVITE, server, func(b *bench) { b.respond(0, 486) }, figures{serverTimeouts: 1}},
		{"the user never answers", sip.OPTIONS, server, func(*bench) {}, figures{serverTimeouts: 1}},
		{"a response comes again", sip.OPTIONS, client, func(b *bench) {
			b.reply(200)
			b.reply(200)
		}, figures{responsesAbsorbed: 1}},
		{"no response comes", sip.INVITE, client, func(*bench) {}, figures{clientTimeouts: 1}},
		{"the transport fails a client", sip.INVITE, client, func(b *bench) {
			b.err = errGone
			b.run(time.Second)
		}, figures{transportFailures: 1, sendErrors: 1}},
		{"the transport fails a server", sip.OPTIONS, server, func(b *bench) {
			b.err = errGone
			b.respond(0, 200)
		}, figures{transportFailures: 1, sendErrors: 1}},
		{"the transport takes no 503", sip.OPTIONS, client, func(b *bench) {
			b.table.limit = 1
			b.err = errGone
			b.again()
			b.err = nil
			b.reply(200)
		}, figures{sendErrors: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.method, b.flow = c.method, flowOf(udp)
			c.begin(b)
			c.script(b)
			b.run(never)
			b.empty()
			if got := b.figures(); got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestEqualDeadlines: what is due at one time goes in order of age.
func TestEqualDeadlines(t *testing.T) {
	for _, methods := range [][2]sip.RequestMethod{{sip.INVITE, sip.OPTIONS}, {sip.OPTIONS, sip.INVITE}} {
		b := newBench(t)
		var want []string
		for i, m := range methods {
			b.table.Start(b.now, outgoing(t, m, "z9hG4bK"+string(rune('1'+i))), flowOf(udp), nil)
			want = append(want, "500ms send "+string(m))
		}
		b.log = nil
		b.run(T1)
		b.expect(want...)
	}
}

// TestLimitIsOfBothKinds: servers and clients share the limit.
func TestLimitIsOfBothKinds(t *testing.T) {
	b := newBench(t)
	b.table.limit = 2
	b.method, b.flow = sip.OPTIONS, flowOf(udp)
	b.again()
	b.table.Start(b.now, outgoing(t, sip.OPTIONS, "z9hG4bKa"), b.flow, nil)
	b.table.Start(b.now, outgoing(t, sip.OPTIONS, "z9hG4bKb"), b.flow, nil)
	b.run(0)
	b.expect("0s request OPTIONS", "0s send OPTIONS", "0s client failed: "+ErrFull.Error())
}
