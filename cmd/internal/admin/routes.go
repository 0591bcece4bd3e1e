package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/plan"
	"strowger/media/recording"
	"strowger/sip/edition"
	"strowger/sip/exchange"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// endpoint is one thing that can be asked for.
type endpoint struct {
	pattern string
	need    role
	body    int64 // limit of the body, in bytes
	do      func(w http.ResponseWriter, r *request) (any, error)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, list := range [][]endpoint{
		s.nodeEndpoints(), s.seatEndpoints(), s.callEndpoints(), s.planEndpoints(), s.versionEndpoints(), s.overrideEndpoints(), s.profileEndpoints(),
		s.blockEndpoints(), s.trunkEndpoints(), s.recordingEndpoints(), s.privacyEndpoints(),
	} {
		for _, e := range list {
			mux.HandleFunc(e.pattern, s.endpoint(e))
		}
	}
	metrics := s.metrics()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		id, err := s.identityOf(r)
		if err == nil {
			err = s.authorize(id, viewer, "")
		}
		if err != nil {
			s.refuse(w, err)
			return
		}
		metrics.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) { s.answer(w, map[string]bool{"live": true}) })
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, r *http.Request) {
		if err := s.cfg.Ready(r.Context()); err != nil {
			s.refuse(w, fail(http.StatusServiceUnavailable, "not ready: %v", err))
			return
		}
		s.answer(w, map[string]bool{"ready": true})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, fail(http.StatusNotFound, "there is no %s %s", r.Method, r.URL.Path))
	})
	return mux
}

// endpoint wraps an endpoint in identity, role, tenant and limit.
func (s *Server) endpoint(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		id, err := s.identityOf(req)
		if err != nil {
			s.refuse(w, err)
			return
		}
		r := &request{Request: req, who: id.who, from: id.from}
		if r.tenant, err = s.allowed(id, e, req.PathValue("tenant")); err != nil {
			s.refuse(w, err)
			return
		}
		r.Body = http.MaxBytesReader(w, req.Body, e.body)
		out, err := e.do(w, r)
		switch {
		case err != nil:
			s.refuse(w, err)
		case out != nil:
			s.answer(w, out)
		}
	}
}

// allowed returns the tenant of a path that names one, if the identity has the
// role for it. An endpoint of the node that needs less than an admin decides by
// itself what the identity may see.
func (s *Server) allowed(id identified, e endpoint, name string) (string, error) {
	if name == "" {
		if e.need == admin {
			return "", s.authorize(id, admin, "")
		}
		return "", nil
	}
	tenant, err := s.tenantOf(name)
	if err != nil {
		// Who has no role for every tenant does not learn which there are.
		if name != "-" && !id.who.may(e.need, "") {
			return "", s.authorize(id, e.need, "")
		}
		return "", err
	}
	return tenant, s.authorize(id, e.need, tenant)
}

// tenantOf resolves the tenant of a path: "-" is the only one.
func (s *Server) tenantOf(name string) (string, error) {
	all := s.cfg.Node.Tenants
	if name == "-" {
		if len(all) == 1 {
			return all[0].Name, nil
		}
		return "", fail(http.StatusBadRequest, "there are %d tenants; name one with: --tenant NAME", len(all))
	}
	if _, ok := s.cfg.Node.Tenant(name); !ok {
		return "", fail(http.StatusNotFound, "there is no tenant %s", quoted(name))
	}
	return name, nil
}

// refusal is an error with its HTTP status.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func fail(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func quoted(s string) string { return strconv.Quote(s[:min(len(s), 200)]) }

// refuse answers with an error.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	status, body := http.StatusInternalServerError, api.Error{Message: err.Error()}
	var known *refusal
	var large *http.MaxBytesError
	var version *edition.RequestError
	var overtaken *edition.OvertakenError
	var busy *edition.BusyError
	var faults plan.Diagnostics
	switch {
	case errors.As(err, &known):
		status = known.status
	case errors.As(err, &version), errors.As(err, &faults):
		status = http.StatusUnprocessableEntity
	case errors.As(err, &overtaken):
		status = http.StatusConflict
	case errors.As(err, &busy):
		status = http.StatusLocked
	case errors.As(err, &large):
		s.counters.TooLarge.Add(1)
		status, body.Message = http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", large.Limit)
	case errors.Is(err, state.ErrNotFound), errors.Is(err, exchange.ErrNoCall):
		status = http.StatusNotFound
	case errors.Is(err, recording.ErrActive):
		status, body.Message = http.StatusConflict, "the recording is under way; wait for the end of its call"
	case errors.Is(err, state.ErrConflict):
		status, body.Message = http.StatusConflict, "it was changed meanwhile; look again and repeat"
	case errors.Is(err, state.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		status = http.StatusServiceUnavailable
	case errors.Is(err, seat.ErrImport), errors.Is(err, seat.ErrRealm), errors.Is(err, state.ErrNotEmpty):
		status = http.StatusUnprocessableEntity
	default:
		s.log.Error("an admin request failed", "error", err)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="strowger"`)
	}
	s.send(w, status, body)
}

func (s *Server) answer(w http.ResponseWriter, v any) { s.send(w, http.StatusOK, v) }

func (s *Server) send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.log.Debug("an answer of the admin API was not taken", "error", err)
	}
}

// decode reads a body of JSON that has nothing unknown.
func decode(r *request, v any) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return fail(http.StatusUnsupportedMediaType, "send the body as application/json")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("there is more behind it")
	}
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return fail(http.StatusBadRequest, "the body cannot be read: %v", err)
	}
	return err
}

// change is something that an identity does to something.
type change struct {
	action, object string
	before, after  any // without secrets
}

// change writes the audit line, then makes the change.
func (s *Server) change(r *request, c change, do func() error) error {
	e := entry{
		At: time.Now(), Who: r.who.name, From: r.from, Action: c.action, Tenant: r.tenant,
		Object: c.object, Before: c.before, After: c.after,
	}
	if err := s.audit.write(e); err != nil {
		s.counters.AuditErrors.Add(1)
		return fmt.Errorf("nothing was changed, because the audit line cannot be written: %w", err)
	}
	s.counters.Changes.Add(1)
	err := do()
	if err == nil {
		return nil
	}
	e.At, e.Failed, e.Before, e.After = time.Now(), err.Error(), nil, nil
	if bad := s.audit.write(e); bad != nil {
		s.counters.AuditErrors.Add(1)
	}
	return err
}
