package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/dtmf"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/exchange"
)

// collectEvery is how often a node is asked whether a payment window is closed.
const collectEvery = 200 * time.Millisecond

// payment is what is asked about a payment window.
type payment struct {
	Leg    int           `json:"leg"`
	Window *b2bua.Window `json:"window,omitempty"` // callMask
	ID     string        `json:"id,omitempty"`     // callDigits: of the window
}

// mask opens a payment window in a call. Digits that it collects are in the answer, and
// nowhere else.
func (s *Server) mask(w http.ResponseWriter, r *request) (any, error) {
	var in api.Mask
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	window, err := windowOf(in)
	if err != nil {
		return nil, err
	}
	in.Leg = cmp.Or(in.Leg, 1)
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	err = s.change(r, change{action: "call.mask", object: c.ID, after: in}, func() error {
		_, err := s.askPayment(r, c, callMask, payment{Leg: in.Leg, Window: &window})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := api.Masked{Call: c.ID, Collected: b2bua.Collected{Leg: in.Leg, Open: true}}
	if in.Collect == 0 {
		return out, nil
	}
	// The server's limit is shorter than a window may be; an error is told by the answer.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(window.For + time.Minute))
	out.Collected, err = s.collect(r, c, payment{Leg: in.Leg, ID: window.ID})
	return out, err
}

// windowOf is the window that is asked for, with a name that nobody guesses.
func windowOf(in api.Mask) (b2bua.Window, error) {
	w := b2bua.Window{ID: rand.Text(), Collect: in.Collect, For: time.Duration(in.Seconds) * time.Second}
	if w.For == 0 {
		w.For = b2bua.DefaultFor
	}
	if in.Collect < 0 || in.Collect > b2bua.MaxCollect {
		return w, fail(http.StatusBadRequest, "collect is %d: between 1 and %d digits can be collected, and 0 collects none", in.Collect, b2bua.MaxCollect)
	}
	if w.For < time.Second || w.For > b2bua.MaxMask {
		return w, fail(http.StatusBadRequest, "seconds is %d: a window is open for 1 to %d", in.Seconds, int(b2bua.MaxMask.Seconds()))
	}
	if in.Until == "" {
		return w, nil
	}
	code, ok := dtmf.Code(in.Until[0])
	if !ok || len(in.Until) != 1 {
		return w, fail(http.StatusBadRequest, "until is no key: write one of %s", dtmf.Digits)
	}
	w.Until = dtmf.Digits[code]
	return w, nil
}

// unmask closes a payment window.
func (s *Server) unmask(_ http.ResponseWriter, r *request) (any, error) {
	leg := 1
	if text := r.URL.Query().Get("leg"); text != "" {
		var err error
		if leg, err = strconv.Atoi(text); err != nil {
			return nil, fail(http.StatusBadRequest, "leg is no number")
		}
	}
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	err = s.change(r, change{action: "call.unmask", object: c.ID, after: map[string]int{"leg": leg}}, func() error {
		_, err := s.askPayment(r, c, callUnmask, payment{Leg: leg})
		return err
	})
	return api.Masked{Call: c.ID, Collected: b2bua.Collected{Leg: leg}}, err
}

// askPayment asks the call's node.
func (s *Server) askPayment(r *request, c api.Call, what about, p payment) (knowledge, error) {
	k, err := s.ask(r.Context(), c.Node, question{About: what, Tenant: r.tenant, Call: c.ID, Payment: &p})
	switch {
	case err != nil && c.Node != s.cfg.Node.Node.Name:
		return k, fail(http.StatusServiceUnavailable, "node %s was told and did not answer (%v); look again with: strowger call show %s", c.Node, err, c.ID)
	case err != nil:
		return k, err
	case len(k.Calls) == 0:
		return k, noCall(r)
	case k.Refused != "":
		return k, fail(http.StatusConflict, "call %s: %s; see: strowger call show %s", c.ID, k.Refused, c.ID)
	}
	return k, nil
}

// collect waits until a window is closed. If who waits goes away, it stays open for its
// time, and its digits are forgotten.
func (s *Server) collect(r *request, c api.Call, p payment) (b2bua.Collected, error) {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		k, err := s.askPayment(r, c, callDigits, p)
		if err != nil || k.Collected != nil && !k.Collected.Open {
			return *cmp.Or(k.Collected, new(b2bua.Collected)), err
		}
		select {
		case <-r.Context().Done():
			return b2bua.Collected{}, fail(http.StatusRequestTimeout, "nobody waits for the digits of call %s any more", c.ID)
		case <-tick.C:
		}
	}
}

// paymentHere does what is asked about a payment window, or tells why it cannot be done.
func (s *Server) paymentHere(ctx context.Context, call string, what about, p *payment) (k *b2bua.Collected, refused string, err error) {
	switch {
	case p == nil:
		return nil, "no leg is named", nil
	case what == callDigits:
		var one b2bua.Collected
		one, err = s.cfg.Calls.Collected(ctx, call, p.ID)
		k = &one
	case what == callUnmask:
		err = s.cfg.Calls.Unmask(ctx, call, p.Leg)
	case p.Window != nil:
		err = s.cfg.Calls.Mask(ctx, call, p.Leg, *p.Window)
	}
	if v, ok := errors.AsType[cause.Verdict](err); ok {
		return nil, v.Phrase(), nil
	}
	if errors.Is(err, exchange.ErrNoWindow) {
		return nil, err.Error(), nil
	}
	return k, "", err
}
