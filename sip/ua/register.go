package ua

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/leg"
	"strowger/sip/message"
)

// ErrPassword says that the server challenged us again after our answer.
var ErrPassword = errors.New("the password is wrong, or there is no such user")

// RefusedError is a final response other than 200.
type RefusedError struct {
	Status int
	Reason string
}

// Error is the status line.
func (r *RefusedError) Error() string { return fmt.Sprintf("%d %s", r.Status, r.Reason) }

// binding is our registration.
type binding struct {
	callID, tag, user string // user of our Contact
	seq               uint32
	wish              uint32 // seconds; 0 removes the binding
	tries             int
	refresh           time.Time // when to register again; zero for never
	waits             func(granted time.Duration, err error)
}

func (b *binding) start() {
	b.callID, b.tag, b.user = token(), token(), token()
}

// retry is how long after a failed refresh the next one comes.
const retry = 30 * time.Second

// failed tells whoever waits; a refresh that nobody waits for is tried again.
func (b *binding) failed(now time.Time, err error) {
	if b.waits == nil && b.wish > 0 {
		b.refresh = now.Add(retry)
	}
	b.finish(0, err)
}

// finish tells whoever waits.
func (b *binding) finish(granted time.Duration, err error) {
	if b.waits != nil {
		b.waits(granted, err)
		b.waits = nil
	}
}

// Register binds our address to us for a time, which must be whole seconds, and
// keeps it bound until Unregister or Close. It returns what the server granted.
// Errors are ErrPassword, *RefusedError, ErrClosed, the transport's and ctx's.
func (a *Agent) Register(ctx context.Context, wish time.Duration) (time.Duration, error) {
	type outcome struct {
		granted time.Duration
		err     error
	}
	result := make(chan outcome, 1)
	ok := a.post(func(now time.Time) {
		b := &a.binding
		b.finish(0, errors.New("another registration took its place"))
		b.wish, b.tries = uint32(wish/time.Second), 0
		b.waits = func(granted time.Duration, err error) { result <- outcome{granted, err} }
		a.register(now, nil)
	})
	if !ok {
		return 0, ErrClosed
	}
	select {
	case o := <-result:
		if o.err != nil && a.isClosed() { // its socket failed for that reason
			return 0, ErrClosed
		}
		return o.granted, o.err
	case <-ctx.Done():
		return 0, fmt.Errorf("no answer from %s: %w", a.cfg.Server, ctx.Err())
	}
}

// Unregister takes the binding back.
func (a *Agent) Unregister(ctx context.Context) error {
	_, err := a.Register(ctx, 0)
	return err
}

// refresh registers again before the binding expires.
func (a *Agent) refresh(now time.Time) {
	b := &a.binding
	if b.refresh.IsZero() || now.Before(b.refresh) {
		return
	}
	b.refresh, b.tries = time.Time{}, 0
	a.register(now, nil)
}

// register sends a REGISTER, with the answer to a challenge if there was one.
func (a *Agent) register(now time.Time, credentials sip.Header) {
	b := &a.binding
	flow, err := a.flow()
	if err != nil {
		b.failed(now, err)
		return
	}
	us := a.name()
	req := sip.NewRequest(sip.REGISTER, a.registrar())
	req.AppendHeader(dialog.Via(flow, "z9hG4bK"+a.Token()))
	forwards := sip.MaxForwardsHeader(dialog.MaxForwards)
	req.AppendHeader(&forwards)
	req.AppendHeader(&sip.FromHeader{DisplayName: us.Display, Address: us.URI, Params: sip.HeaderParams{{K: "tag", V: b.tag}}})
	req.AppendHeader(&sip.ToHeader{Address: us.URI})
	callID := sip.CallIDHeader(b.callID)
	req.AppendHeader(&callID)
	b.seq++
	req.AppendHeader(&sip.CSeqHeader{SeqNo: b.seq, MethodName: sip.REGISTER})
	req.AppendHeader(&sip.ContactHeader{Address: dialog.ContactFor(flow, b.user)})
	req.AppendHeader(sip.NewHeader("Expires", strconv.FormatUint(uint64(b.wish), 10)))
	req.AppendHeader(sip.NewHeader("User-Agent", leg.Product))
	if credentials != nil {
		req.AppendHeader(credentials)
	}
	req.SetBody(nil)
	a.table.Start(now, req, flow, b)
}

// registrar is the request URI of a REGISTER.
func (a *Agent) registrar() sip.Uri { return sip.Uri{Scheme: "sip", Host: a.cfg.Domain} }

// registered takes the response to a REGISTER.
func (a *Agent) registered(now time.Time, res *sip.Response) {
	b := &a.binding
	switch {
	case res.StatusCode < 200:
	case res.StatusCode < 300:
		granted := a.granted(res)
		b.refresh = time.Time{}
		if b.wish > 0 && granted > 0 {
			b.refresh = now.Add(granted / 2)
		}
		b.finish(granted, nil)
	default:
		if h := a.answer(res, sip.REGISTER, a.registrar(), b.tries); h != nil && b.tries < maxTries {
			b.tries++
			a.register(now, h)
			return
		}
		b.failed(now, refusal(res, b.tries))
	}
}

func refusal(res *sip.Response, tries int) error {
	if res.StatusCode == 401 && tries > 0 {
		return ErrPassword
	}
	return &RefusedError{Status: res.StatusCode, Reason: res.Reason}
}

// granted is the time that the server gave to our contact.
func (a *Agent) granted(res *sip.Response) time.Duration {
	for _, c := range message.Contacts(res) {
		if c.Address.User == a.binding.user {
			seconds, ok := message.ContactExpires(c)
			if !ok {
				seconds, _ = message.Expires(res)
			}
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}
