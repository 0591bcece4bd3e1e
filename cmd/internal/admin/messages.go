package admin

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/ledger"
	"strowger/sip/trace"
)

// Margins of a call's time: what came before it (a challenge, a clock that differs
// between nodes) and what is sent again after its end.
const (
	beforeCall = 10 * time.Second
	afterCall  = 64 * time.Second
)

// maxSearch bounds the text that is searched for, in bytes.
const maxSearch = 256

// maxDialogs bounds the legs of a call whose messages are looked for.
const maxDialogs = 256

// callMessages finds the messages of a call, or of one that has ended, on every node:
// a node that owns a phone's connection has that phone's messages.
func (s *Server) callMessages(_ http.ResponseWriter, r *request) (any, error) {
	id := r.PathValue("call")
	k, err := s.findCall(r, callEvents, fail(http.StatusNotFound, "the ledger has no call %s of tenant %s", quoted(id), r.tenant))
	if err != nil {
		return nil, err
	}
	span := spanOf(k.Events, time.Now())
	found, missing, err := s.everywhere(r.Context(), question{About: callLegs, Tenant: r.tenant, Call: id, Past: &past{Span: span}})
	if err != nil {
		return nil, err
	}
	out := api.Trace{ID: id, Legs: []trace.Leg{}, Messages: []trace.Message{}, Missing: missing}
	var dialogs []string
	for _, k := range found {
		for _, l := range k.Legs {
			if !slices.Contains(dialogs, l.CallID) && len(dialogs) < maxDialogs {
				dialogs = append(dialogs, l.CallID)
				out.Legs = append(out.Legs, l)
			}
		}
	}
	if len(dialogs) == 0 {
		return nil, fail(http.StatusNotFound, "the messages of call %s are gone; the configuration says how many are kept, now %d MiB (trace) and %d days (retention)",
			quoted(id), s.cfg.Node.Trace.MiB, s.cfg.Node.Retention.Ladder)
	}
	found, missing, err = s.everywhere(r.Context(), question{About: messages, Tenant: r.tenant, Past: &past{CallIDs: dialogs, Span: span}})
	for _, k := range found {
		out.Messages = append(out.Messages, k.Messages...)
	}
	out.Messages, out.Missing = trace.Merge(out.Messages), missing
	return out, err
}

// spanOf is the time that a call's messages are of.
func spanOf(events []ledger.Event, now time.Time) trace.Span {
	span := trace.Span{From: events[0].At.Add(-beforeCall), To: now}
	if last := events[len(events)-1]; last.Kind == ledger.Ended {
		span.To = last.At.Add(afterCall)
	}
	return span
}

// searchMessages finds messages of the recent past, whosever they are.
func (s *Server) searchMessages(_ http.ResponseWriter, r *request) (any, error) {
	if err := s.authorize(identified{who: r.who}, viewer, ""); err != nil {
		return nil, err
	}
	form, now := r.URL.Query(), time.Now()
	p := past{Text: form.Get("text"), Span: trace.Span{To: now.Add(beforeCall)}}
	last, err := time.ParseDuration(cmp.Or(form.Get("last"), "10m"))
	if err != nil || last <= 0 {
		return nil, fail(http.StatusBadRequest, "last is %s; write how far to look back, such as 10m", quoted(form.Get("last")))
	}
	p.Span.From = now.Add(-last)
	if text := form.Get("source"); text != "" {
		if p.Remote, err = netip.ParseAddr(text); err != nil {
			return nil, fail(http.StatusBadRequest, "source %s is no address", quoted(text))
		}
	}
	if len(p.Text) > maxSearch {
		return nil, fail(http.StatusBadRequest, "text has more than %d bytes", maxSearch)
	}
	found, missing, err := s.everywhere(r.Context(), question{About: search, Past: &p})
	out := api.Trace{Legs: []trace.Leg{}, Messages: []trace.Message{}, Missing: missing}
	for _, k := range found {
		out.Messages = append(out.Messages, k.Messages...)
	}
	out.Messages = trace.Merge(out.Messages)
	return out, err
}
