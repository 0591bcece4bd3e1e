package transaction

import "time"

// eventKind says what happened to a transaction.
type eventKind uint8

const (
	started   eventKind = iota // it was created
	adopted                    // it was created for what another has sent (INVITE client)
	repeated                   // its request came again
	acked                      // an ACK came for it
	cancelled                  // it is to be cancelled: by the peer (server), by the user (client)
	responded                  // the user answers (server)
	received                   // a response came (client)
	fired                      // its deadline has come
	unsent                     // the transport refused a message
	broken                     // its stream is gone
)

// event is the input of a machine.
type event struct {
	kind   eventKind
	status int // of responded and received, and of what came before adopted
}

// action is a set of things to do, in this order.
type action uint16

const (
	send       action = 1 << iota // send the message of the event (started, responded)
	keep                          // keep the sent response for retransmission
	forget                        // drop the kept message
	resend                        // send the kept message again, if there is one
	sendTrying                    // send 100 and keep it
	sendAck                       // send ACK for the response of the event and keep it
	sendCancel                    // send CANCEL
	absorb                        // count a retransmission that the user does not see
	refuse                        // count a response that must not be sent
	end                           // the transaction is over
	pass                          // tell the user of the event
	fail                          // tell the user that the transaction failed
)

// has tells whether any action of b is in a.
func (a action) has(b action) bool { return a&b != 0 }

// machine is one transaction without its messages. Step takes what happened and
// returns what to do and the next deadline (zero: none).
type machine interface {
	Step(now time.Time, e event) (action, time.Time)
}

// state is a state of a machine. trying is also Calling of the INVITE client.
type state uint8

const (
	trying state = iota
	proceeding
	completed
	confirmed
	accepted
	terminated
)

// timers are the two clocks of a machine. A zero time is a clock that is off.
type timers struct {
	again    time.Time     // the next retransmission (A, E, G) or the automatic 100
	interval time.Duration // the last distance between retransmissions
	end      time.Time     // the end of a state (B, D, F, H, I, J, K, L, M)
}

// next is the earlier of both clocks.
func (t *timers) next() time.Time {
	if t.again.IsZero() || !t.end.IsZero() && t.end.Before(t.again) {
		return t.end
	}
	return t.again
}

// over tells whether the end has come.
func (t *timers) over(now time.Time) bool { return !t.end.IsZero() && !now.Before(t.end) }

// due tells whether the other clock has come.
func (t *timers) due(now time.Time) bool { return !t.again.IsZero() && !now.Before(t.again) }

// repeat sets the next retransmission after d.
func (t *timers) repeat(now time.Time, d time.Duration) {
	t.interval = d
	t.again = now.Add(d)
}

// linger stops retransmissions and sets the end after d.
func (t *timers) linger(now time.Time, d time.Duration) {
	t.again = time.Time{}
	t.end = now.Add(d)
}

// lingering ends a client that only waits for what may still come.
func (t *timers) lingering(now time.Time, e event) action {
	if e.kind == broken || e.kind == fired && t.over(now) {
		return end
	}
	return 0
}

// stop turns both clocks off.
func (t *timers) stop() { t.again, t.end = time.Time{}, time.Time{} }
