package transaction

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

// never is later than any timer.
const never = 100 * timerD

const (
	udp = transport.UDP
	tcp = transport.TCP
)

func TestClientTimers(t *testing.T) {
	timeout := "32s client failed: " + ErrTimeout.Error()
	for _, c := range []struct {
		name   string
		method sip.RequestMethod
		proto  transport.Proto
		script func(b *bench)
		want   []string
	}{
		{"INVITE unanswered", sip.INVITE, udp, nil, []string{
			"0s send INVITE", "500ms send INVITE", "1.5s send INVITE", "3.5s send INVITE", "7.5s send INVITE",
			"15.5s send INVITE", "31.5s send INVITE", timeout,
		}},
		{"INVITE unanswered on TCP", sip.INVITE, tcp, nil, []string{"0s send INVITE", timeout}},
		{"OPTIONS unanswered", sip.OPTIONS, udp, nil, []string{
			"0s send OPTIONS", "500ms send OPTIONS", "1.5s send OPTIONS", "3.5s send OPTIONS", "7.5s send OPTIONS",
			"11.5s send OPTIONS", "15.5s send OPTIONS", "19.5s send OPTIONS", "23.5s send OPTIONS", "27.5s send OPTIONS",
			"31.5s send OPTIONS", timeout,
		}},
		{"OPTIONS unanswered on TCP", sip.OPTIONS, tcp, nil, []string{"0s send OPTIONS", timeout}},
		{"OPTIONS in Proceeding repeats each T2", sip.OPTIONS, udp, func(b *bench) {
			b.run(600 * time.Millisecond)
			b.reply(100)
		}, []string{
			"0s send OPTIONS", "500ms send OPTIONS", "600ms response 100", "1.5s send OPTIONS", "5.5s send OPTIONS",
			"9.5s send OPTIONS", "13.5s send OPTIONS", "17.5s send OPTIONS", "21.5s send OPTIONS", "25.5s send OPTIONS",
			"29.5s send OPTIONS", timeout,
		}},
		{"INVITE rings for as long as the user likes", sip.INVITE, udp, func(b *bench) {
			b.run(time.Second)
			b.reply(180)
			b.run(10 * time.Minute)
			b.reply(486)
		}, []string{
			"0s send INVITE", "500ms send INVITE", "1s response 180", "10m0s send ACK", "10m0s response 486",
		}},
		{"timer D absorbs 3xx-6xx for 32 s", sip.INVITE, udp, func(b *bench) {
			b.reply(486)
			b.run(32*time.Second - 1)
			b.reply(486)
			b.reply(200)
			b.reply(180)
			b.run(32 * time.Second)
			b.reply(486)
		}, []string{
			"0s send INVITE", "0s send ACK", "0s response 486", "31.999999999s send ACK", "32s stray 486",
		}},
		{"timer D is zero on TCP", sip.INVITE, tcp, func(b *bench) {
			b.reply(486)
			b.reply(486)
		}, []string{"0s send INVITE", "0s send ACK", "0s response 486", "0s stray 486"}},
		{"timer M passes every 2xx for 32 s", sip.INVITE, tcp, func(b *bench) {
			b.reply(200)
			b.run(32*time.Second - 1)
			b.reply(200)
			b.reply(486)
			b.run(32 * time.Second)
			b.reply(200)
		}, []string{"0s send INVITE", "0s response 200", "31.999999999s response 200", "32s stray 200"}},
		{"timer K absorbs for T4", sip.OPTIONS, udp, func(b *bench) {
			b.reply(200)
			b.run(T4 - 1)
			b.reply(200)
			b.run(T4)
			b.reply(200)
		}, []string{"0s send OPTIONS", "0s response 200", "5s stray 200"}},
		{"timer K is zero on TCP", sip.OPTIONS, tcp, func(b *bench) {
			b.reply(404)
			b.reply(404)
		}, []string{"0s send OPTIONS", "0s response 404", "0s stray 404"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.method, b.flow = c.method, flowOf(c.proto)
			b.table.Start(b.now, outgoing(t, c.method, "z9hG4bK1"), b.flow, nil)
			if c.script != nil {
				c.script(b)
			}
			b.run(never)
			b.expect(c.want...)
			b.empty()
		})
	}
}

func TestServerTimers(t *testing.T) {
	timeout := "server failed: " + ErrTimeout.Error()
	for _, c := range []struct {
		name   string
		method sip.RequestMethod
		proto  transport.Proto
		script func(b *bench)
		want   []string
	}{
		{"automatic 100 and its repetition", sip.INVITE, udp, func(b *bench) {
			b.run(100 * time.Millisecond)
			b.again()
			b.run(300 * time.Millisecond)
			b.again()
			b.respond(0, 200)
		}, []string{"0s request INVITE", "200ms send 100", "300ms send 100", "300ms send 200"}},
		{"no automatic 100 after an answer", sip.INVITE, udp, func(b *bench) {
			b.respond(0, 180)
			b.run(time.Minute)
			b.again()
			b.respond(0, 200)
		}, []string{"0s request INVITE", "0s send 180", "1m0s send 180", "1m0s send 200"}},
		{"timers G and H", sip.INVITE, udp, func(b *bench) { b.respond(0, 486) }, []string{
			"0s request INVITE", "0s send 486", "500ms send 486", "1.5s send 486", "3.5s send 486", "7.5s send 486",
			"11.5s send 486", "15.5s send 486", "19.5s send 486", "23.5s send 486", "27.5s send 486", "31.5s send 486",
			"32s " + timeout,
		}},
		{"timer H on TCP", sip.INVITE, tcp, func(b *bench) { b.respond(0, 486) }, []string{
			"0s request INVITE", "0s send 486", "32s " + timeout,
		}},
		{"ACK stops G; timer I absorbs for T4", sip.INVITE, udp, func(b *bench) {
			b.respond(0, 486)
			b.run(time.Second)
			b.ack()
			b.ack()
			b.again()
			b.respond(0, 200)
			b.run(6*time.Second - 1)
			b.ack()
			b.run(6 * time.Second)
			b.ack()
		}, []string{"0s request INVITE", "0s send 486", "500ms send 486", "6s request ACK"}},
		{"timer I is zero on TCP", sip.INVITE, tcp, func(b *bench) {
			b.respond(0, 486)
			b.ack()
			b.ack()
		}, []string{"0s request INVITE", "0s send 486", "0s request ACK"}},
		{"a repeated INVITE gets the final response again", sip.INVITE, udp, func(b *bench) {
			b.respond(0, 486)
			b.run(100 * time.Millisecond)
			b.again()
			b.ack()
		}, []string{"0s request INVITE", "0s send 486", "100ms send 486"}},
		{"timer L absorbs INVITE and passes ACK", sip.INVITE, tcp, func(b *bench) {
			b.respond(0, 200)
			b.again()
			b.ack()
			b.run(32*time.Second - 1)
			b.again()
			b.ack()
			b.run(32 * time.Second)
			b.again()
			b.respond(1, 486)
			b.ack()
		}, []string{
			"0s request INVITE", "0s send 200", "0s request ACK", "31.999999999s request ACK",
			"32s request INVITE", "32s send 486",
		}},
		{"the user sends its 2xx again, but no other", sip.INVITE, udp, func(b *bench) {
			b.respond(0, 200)
			b.respond(0, 200)
			b.respond(0, 202)
			b.respond(0, 486)
			b.respond(0, 180)
		}, []string{"0s request INVITE", "0s send 200", "0s send 200"}},
		{"timer J", sip.OPTIONS, udp, func(b *bench) {
			b.respond(0, 200)
			b.run(32*time.Second - 1)
			b.again()
			b.run(32 * time.Second)
			b.again()
			b.respond(1, 200)
		}, []string{
			"0s request OPTIONS", "0s send 200", "31.999999999s send 200", "32s request OPTIONS", "32s send 200",
		}},
		{"timer J is zero on TCP", sip.OPTIONS, tcp, func(b *bench) {
			b.respond(0, 200)
			b.respond(0, 200)
		}, []string{"0s request OPTIONS", "0s send 200"}},
		{"RFC 4320: 100 after 3.5 s, nothing after 32 s", sip.OPTIONS, udp, func(b *bench) {
			b.run(time.Second)
			b.again()
			b.run(4 * time.Second)
			b.again()
			b.run(32 * time.Second)
			b.respond(0, 200)
		}, []string{"0s request OPTIONS", "3.5s send 100", "4s send 100", "32s " + timeout}},
		{"RFC 4320: no 408, no 1xx, no early 100", sip.OPTIONS, udp, func(b *bench) {
			b.respond(0, 180)
			b.respond(0, 408)
			b.respond(0, 100)
			b.run(3400 * time.Millisecond)
			b.respond(0, 100)
			b.run(3600 * time.Millisecond)
			b.respond(0, 100)
			b.respond(0, 200)
		}, []string{"0s request OPTIONS", "3.5s send 100", "3.6s send 100", "3.6s send 200"}},
		{"RFC 4320: 100 at once on TCP", sip.OPTIONS, tcp, func(b *bench) {
			b.respond(0, 100)
			b.run(5 * time.Second)
			b.respond(0, 200)
		}, []string{"0s request OPTIONS", "0s send 100", "5s send 200"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.method, b.flow = c.method, flowOf(c.proto)
			b.again()
			c.script(b)
			b.run(never)
			b.expect(c.want...)
			b.empty()
		})
	}
}
