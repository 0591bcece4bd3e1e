package hep

import (
	"hash/fnv"
	"math"
	"time"

	"strowger/sip/trace"
)

// Limits of what is known and waits.
const (
	// maxDialogs is how many dialogs of each of two generations are known; beyond it
	// the older generation is forgotten, and what it still says is not of a call.
	maxDialogs = 1 << 16
	// patience is how long a message waits until it is known which call it is of.
	patience = 5 * time.Second
	// maxWaiting bounds the bytes of messages that wait.
	maxWaiting = 4 << 20
)

// dialog is what is known of one.
type dialog struct {
	call  string
	wants bool // its messages are sent
}

// capture decides what is sent, and what belongs together.
type capture struct {
	part       float64 // of the calls
	wants      func(party string) bool
	send       func(m *trace.Message, correlation string)
	young, old map[string]dialog // by Call-ID
	waiting    []held
	bytes      int // of waiting
}

// held is a message that waits.
type held struct {
	message trace.Message
	since   time.Time
}

func newCapture(part float64, wants func(string) bool, send func(*trace.Message, string)) *capture {
	return &capture{part: part, wants: wants, send: send, young: map[string]dialog{}, old: map[string]dialog{}}
}

// leg learns which call a dialog is of, and sends what has waited for that.
func (c *capture) leg(call string, l trace.Leg) {
	if _, known := c.find(l.CallID); known {
		return
	}
	d := dialog{call, c.wants(l.Party) && c.sampled(call)}
	c.young[l.CallID] = d
	c.turn()
	rest := c.waiting[:0]
	for i := range c.waiting {
		h := &c.waiting[i]
		if h.message.CallID != l.CallID {
			rest = append(rest, *h)
			continue
		}
		c.bytes -= len(h.message.Text)
		c.tell(d, &h.message)
	}
	clear(c.waiting[len(rest):])
	c.waiting = rest
}

// message takes a message.
func (c *capture) message(now time.Time, m trace.Message) {
	if d, known := c.find(m.CallID); known {
		c.tell(d, &m)
		return
	}
	c.waiting = append(c.waiting, held{m, now})
	c.bytes += len(m.Text)
	for c.bytes > maxWaiting {
		c.giveUp()
	}
}

// due sends what has waited in vain: it is of another node's call.
func (c *capture) due(now time.Time) {
	for len(c.waiting) > 0 && now.Sub(c.waiting[0].since) >= patience {
		c.giveUp()
	}
}

// giveUp sends the oldest message that waits as one of no call.
func (c *capture) giveUp() {
	m := c.waiting[0].message
	c.waiting[0] = held{}
	c.waiting = c.waiting[1:]
	c.bytes -= len(m.Text)
	c.tell(dialog{m.CallID, c.sampled(m.CallID)}, &m)
}

func (c *capture) tell(d dialog, m *trace.Message) {
	if d.wants {
		c.send(m, d.call)
	}
}

// find finds a dialog; one that is used stays young.
func (c *capture) find(callID string) (dialog, bool) {
	if d, ok := c.young[callID]; ok {
		return d, true
	}
	d, ok := c.old[callID]
	if ok {
		c.young[callID] = d
		c.turn()
	}
	return d, ok
}

func (c *capture) turn() {
	if len(c.young) > maxDialogs {
		c.young, c.old = map[string]dialog{}, c.young
	}
}

// sampled tells whether a call is one of those that are sent: the same on every node.
func (c *capture) sampled(call string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(call)) // never fails
	return float64(h.Sum64()>>11)/math.Exp2(53) < c.part
}
