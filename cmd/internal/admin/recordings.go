package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/recording"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
)

// Limits of what is asked about recordings.
const (
	listedRecordings = 100  // by default
	maxRecordings    = 1000 // of one node, in one answer
	maxReason        = 500  // bytes of why one is erased
)

func (s *Server) recordingEndpoints() []endpoint {
	const all = "/v1/tenants/{tenant}/recordings"
	return []endpoint{
		{"POST /v1/tenants/{tenant}/calls/{call}/recording", operator, api.MaxBody, s.tape},
		{"GET " + all, recordings, api.MaxBody, s.listRecordings},
		{"GET " + all + "/{recording}", recordings, api.MaxBody, s.showRecording},
		{"GET " + all + "/{recording}/sound", recordings, api.MaxBody, s.recordingSound},
		{"DELETE " + all + "/{recording}", recordings, api.MaxBody, s.eraseRecording},
	}
}

// tape does something about the recording of a call that is not over.
func (s *Server) tape(_ http.ResponseWriter, r *request) (any, error) {
	var in api.TapeOrder
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if !slices.Contains(api.TapeActions, string(in.Action)) {
		return nil, fail(http.StatusBadRequest, "action %s: give start, pause, resume, mask, unmask or stop", quoted(string(in.Action)))
	}
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	var out exchange.Tape
	err = s.change(r, change{action: "call.record", object: c.ID, before: c.Recording, after: in}, func() error {
		q := question{About: callTape, Tenant: r.tenant, Call: c.ID, Tape: in.Action, Who: r.who.name}
		k, err := s.ask(r.Context(), c.Node, q)
		switch {
		case err != nil && c.Node != s.cfg.Node.Node.Name:
			return fail(http.StatusServiceUnavailable, "node %s was told and did not answer (%v); look again with: strowger call show %s", c.Node, err, c.ID)
		case err != nil:
			return err
		case k.Refused != "":
			return fail(http.StatusConflict, "%s of the recording of call %s is not possible: %s", in.Action, c.ID, k.Refused)
		case k.Tape == nil:
			return noCall(r)
		}
		out = *k.Tape
		return nil
	})
	return out, err
}

// tapeHere does so on this node, or tells why it cannot be.
func (s *Server) tapeHere(ctx context.Context, q question, k *knowledge) error {
	t, err := s.cfg.Calls.Tape(ctx, q.Call, q.Tape, q.Who)
	switch {
	case errors.Is(err, exchange.ErrNoCall), errors.Is(err, context.DeadlineExceeded):
		return err
	case err != nil:
		k.Refused = err.Error()
	default:
		k.Tape = &t
	}
	return nil
}

// query reads which recordings are asked for.
func query(r *request) (recording.Query, error) {
	form := r.URL.Query()
	q := recording.Query{Tenant: r.tenant, Call: form.Get("call"), Seat: form.Get("seat"), Number: form.Get("number"), Limit: listedRecordings}
	for name, at := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text := form.Get(name); text != "" {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return q, fail(http.StatusBadRequest, "%s is %s; write a time as 2026-11-30T09:00:00Z", name, quoted(text))
			}
			*at = t
		}
	}
	if text := form.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxRecordings {
			return q, fail(http.StatusBadRequest, "limit is %s; give 1 to %d", quoted(text), maxRecordings)
		}
		q.Limit = n
	}
	return q, nil
}

// listRecordings lists those of all nodes, the newest first.
func (s *Server) listRecordings(_ http.ResponseWriter, r *request) (any, error) {
	q, err := query(r)
	if err != nil {
		return nil, err
	}
	out := api.Recordings{Recordings: []recording.Info{}}
	err = s.change(r, change{action: "recording.list", after: r.URL.Query()}, func() error {
		found, missing, err := s.everywhere(r.Context(), question{About: everyRecording, Tenant: r.tenant, Recordings: &q})
		for _, k := range found {
			out.Recordings = append(out.Recordings, k.Recordings...)
			out.More = out.More || k.More
		}
		out.Missing = missing
		return err
	})
	slices.SortFunc(out.Recordings, func(a, b recording.Info) int { return b.Began.Compare(a.Began) })
	if len(out.Recordings) > q.Limit {
		out.Recordings, out.More = out.Recordings[:q.Limit], true
	}
	return out, err
}

// findRecording asks for the recording of the path until a node knows it.
func (s *Server) findRecording(r *request) (recording.Info, error) {
	id := r.PathValue("recording")
	found, missing, err := s.everywhere(r.Context(), question{About: oneRecording, Tenant: r.tenant, Recording: id})
	if err != nil {
		return recording.Info{}, err
	}
	for _, k := range found {
		if len(k.Recordings) > 0 {
			return k.Recordings[0], nil
		}
	}
	if len(missing) > 0 {
		return recording.Info{}, fail(http.StatusServiceUnavailable, "the nodes that answered do not know recording %s, and %v", quoted(id), api.Unanswered(missing))
	}
	return recording.Info{}, fail(http.StatusNotFound, "there is no recording %s; see: strowger recording list", quoted(id))
}

func (s *Server) showRecording(_ http.ResponseWriter, r *request) (any, error) {
	i, err := s.findRecording(r)
	if err != nil {
		return nil, err
	}
	return i, s.change(r, change{action: "recording.show", object: i.ID}, func() error { return nil })
}

// eraseRecording removes a recording for a reason.
func (s *Server) eraseRecording(_ http.ResponseWriter, r *request) (any, error) {
	reason := r.URL.Query().Get("reason")
	if reason == "" || len(reason) > maxReason {
		return nil, fail(http.StatusBadRequest, "say why in 1 to %d bytes: --reason \"...\"", maxReason)
	}
	i, err := s.findRecording(r)
	if err != nil {
		return nil, err
	}
	c := change{action: "recording.erase", object: i.ID, before: map[string]any{"call": i.Call, "sha256": i.SHA256}, after: map[string]string{"reason": reason}}
	return i, s.change(r, c, func() error {
		q := question{About: eraseOne, Tenant: r.tenant, Recording: i.ID, Who: r.who.name, Reason: reason}
		k, err := s.ask(r.Context(), i.Node, q)
		if err == nil && k.Refused != "" {
			return fail(http.StatusConflict, "recording %s cannot be erased: %s", i.ID, k.Refused)
		}
		return err
	})
}

// recordingsHere answers for this node what is asked about recordings.
func (s *Server) recordingsHere(ctx context.Context, q question, k *knowledge) (err error) {
	if s.cfg.Recorder == nil {
		return nil
	}
	var i recording.Info
	switch q.About {
	case everyRecording:
		if q.Recordings != nil {
			q.Recordings.Tenant = q.Tenant
			k.Recordings, k.More, err = s.cfg.Recorder.List(ctx, *q.Recordings)
		}
		return err
	case oneRecording:
		i, err = s.cfg.Recorder.Find(q.Tenant, q.Recording)
	default:
		i, err = s.eraseHere(q)
	}
	switch {
	case errors.Is(err, recording.ErrUnknown):
		return nil
	case errors.Is(err, recording.ErrActive):
		k.Refused = err.Error()
	case err != nil:
		return err
	}
	k.Recordings = []recording.Info{i}
	return nil
}

// eraseHere removes a recording of this node, and has the ledger know.
func (s *Server) eraseHere(q question) (recording.Info, error) {
	i, err := s.cfg.Recorder.Erase(q.Tenant, q.Recording)
	if err == nil {
		s.cfg.Ledger.Record(ledger.Event{
			Kind: ledger.Recording, At: time.Now(), Tenant: q.Tenant, Call: i.Call, Detail: i.ID + " erased", By: q.Who, Reason: q.Reason,
		})
	}
	return i, err
}
