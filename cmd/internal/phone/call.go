package phone

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/ua"
)

// maxDigits bounds the digits that wait in Call.Digits; more are left out.
const maxDigits = 64

// ErrOver says that the call has ended.
var ErrOver = errors.New("the call is over")

// silence is what a call speaks that was told nothing else.
var silence = &media.Prompt{Name: "silence", PCM: make([]int16, 160), Loop: true}

// Call is one call of a Phone. Its methods may be called from any goroutine.
type Call struct {
	Number   string // of the other side
	Outgoing bool

	phone    *Phone
	sip      *ua.Call
	ringing  chan struct{}
	answered chan struct{}
	ended    chan struct{}
	digits   chan byte

	mu       sync.Mutex
	port     media.Endpoint
	session  sdp.Session
	ours     bool // our 2xx made the offer: its ACK has the answer
	codecs   []sdp.Codec
	speaks   media.Source
	played   chan struct{} // closed when the prompt that is played ends; nil for none
	change   chan error    // result of a Hold or Resume under way; nil for none
	report   Report
	started  time.Time
	answerAt time.Time
}

func (p *Phone) newCall(number string, outgoing bool) *Call {
	c := &Call{
		Number: number, Outgoing: outgoing, phone: p,
		ringing: make(chan struct{}), answered: make(chan struct{}), ended: make(chan struct{}),
		digits: make(chan byte, maxDigits), started: time.Now(), codecs: sdp.Defaults(), speaks: silence,
		session: sdp.NewSession("", rand.Uint64()>>2),
		report:  Report{Phone: p.cfg.User, Number: number, Outgoing: outgoing},
	}
	if p.cfg.SRTP != sdp.Plain {
		secret := make([]byte, 32)
		_, _ = crand.Read(secret) // it never fails
		c.session.Secure(p.cfg.SRTP, secret)
	}
	return c
}

// Ringing is closed when the other side rings, or has answered.
func (c *Call) Ringing() <-chan struct{} { return c.ringing }

// Answered is closed when both sides may talk.
func (c *Call) Answered() <-chan struct{} { return c.answered }

// Ended is closed when the call is over, for whatever reason.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// Digits gives what the other side pressed, by RFC 4733 or INFO.
func (c *Call) Digits() <-chan byte { return c.digits }

// Answer accepts a call that came in.
func (c *Call) Answer() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return ErrOver
	}
	body, err := c.answerTo(c.sip.Offer)
	if err != nil {
		c.sip.Refuse(488)
		c.end(cause.New(488, err.Error(), cause.Peer), false)
		return err
	}
	c.sip.Answer(body)
	return nil
}

// Refuse refuses a call that came in: 486 is busy, 603 declined.
func (c *Call) Refuse(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sip.Refuse(status)
	c.end(cause.New(status, "", cause.Callee), true)
}

// Hangup ends the call. Ended is closed at once.
func (c *Call) Hangup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sip.Hangup()
	c.end(cause.Verdict{}, true)
}

// Hold asks the other side to be silent, and returns when it agreed.
func (c *Call) Hold(ctx context.Context) error { return c.reoffer(ctx, sdp.SendOnly) }

// Resume takes Hold back.
func (c *Call) Resume(ctx context.Context) error { return c.reoffer(ctx, sdp.SendRecv) }

func (c *Call) reoffer(ctx context.Context, dir sdp.Direction) error {
	c.mu.Lock()
	if c.port == nil || c.change != nil {
		c.mu.Unlock()
		return errors.Join(leg.ErrPending, ctx.Err())
	}
	change := make(chan error, 1)
	before := c.session
	c.change = change
	c.sip.Reoffer(c.session.Offer(c.port.Local(), c.codecs, dir))
	c.mu.Unlock()
	var err error
	select {
	case err = <-change:
	case <-c.ended:
		return ErrOver
	case <-ctx.Done():
		return ctx.Err()
	}
	if err != nil {
		c.mu.Lock()
		c.session = before
		c.mu.Unlock()
	}
	return err
}

// happened takes what the agent tells of the call.
func (c *Call) happened(e leg.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return
	}
	switch e.Kind {
	case leg.Rings:
		_ = c.accept(e.Body) // the answer of the 2xx decides
		c.rings()
	case leg.Accepts:
		c.answeredBy(e.Body)
	case leg.Acked:
		if c.ours {
			c.ours = false
			c.answeredBy(e.Body)
			return
		}
		c.talks()
	case leg.Reoffers:
		c.reoffered(e.Body)
	case leg.Reanswers:
		c.settle(c.accept(e.Body))
	case leg.ReofferFail:
		c.settle(e.Verdict)
	case leg.Refreshes:
		c.sip.Reoffer(c.session.Repeat(c.port.Local()))
	case leg.Digit:
		c.digit(e.Digit)
	case leg.Ends:
		c.end(e.Verdict, false)
	case leg.Retries, leg.Refers, leg.Reported, leg.Again, leg.Unfit, leg.Unkeyed, leg.Nothing: // who held or resumed was told, and may try again
	}
}

// answeredBy takes the answer to our first offer.
func (c *Call) answeredBy(body []byte) {
	if err := c.accept(body); err != nil {
		c.sip.Hangup()
		c.end(cause.New(488, err.Error(), cause.Peer), true)
		return
	}
	c.rings()
	c.talks()
}

// settle ends a Hold or Resume.
func (c *Call) settle(err error) {
	if c.change != nil {
		c.change <- err
		c.change = nil
	}
}

func (c *Call) rings() {
	if !c.report.Rang {
		c.report.Rang = true
		c.report.SetupMs = milliseconds(time.Since(c.started))
		close(c.ringing)
	}
}

func (c *Call) talks() {
	if c.answerAt.IsZero() {
		c.answerAt = time.Now()
		c.report.Answered = true
		close(c.answered)
	}
}

func (c *Call) digit(d byte) {
	select {
	case c.digits <- d:
		c.report.Digits += string(d)
	default:
	}
}

// end closes the ports and tells that the call is over. The agent goes on by
// itself until the other side has confirmed.
func (c *Call) end(v cause.Verdict, byUs bool) {
	if c.port == nil {
		return
	}
	c.report.Status, c.report.Reason, c.report.ByUs = v.Status, v.Phrase(), byUs
	if !c.answerAt.IsZero() {
		c.report.Duration = time.Since(c.answerAt).Seconds()
	}
	c.close()
	close(c.ended)
	go func() { // it ends with the signalling, 32 s later at most
		<-c.sip.Done()
		c.phone.remove(c)
	}()
}
