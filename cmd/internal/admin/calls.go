package admin

import (
	"errors"
	"net/http"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/exchange"
)

func (s *Server) callEndpoints() []endpoint {
	const calls = "/v1/tenants/{tenant}/calls"
	return []endpoint{
		{"GET " + calls, viewer, api.MaxBody, s.listCalls},
		{"GET " + calls + "/{call}", viewer, api.MaxBody, s.showCall},
		{"DELETE " + calls + "/{call}", operator, api.MaxBody, s.hangup},
		{"GET " + calls + "/{call}/events", viewer, api.MaxBody, s.callEvents},
	}
}

func (s *Server) listCalls(_ http.ResponseWriter, r *request) (any, error) {
	all, err := s.cfg.Calls.Calls(r.Context())
	own := []exchange.Call{}
	for _, c := range all {
		if c.Tenant == r.tenant {
			own = append(own, c)
		}
	}
	return own, err
}

// call returns the live call of the path, if it is the tenant's.
func (s *Server) call(r *request) (exchange.Call, error) {
	c, err := s.cfg.Calls.Call(r.Context(), r.PathValue("call"))
	if errors.Is(err, exchange.ErrNoCall) || err == nil && c.Tenant != r.tenant {
		id := r.PathValue("call")
		err = fail(http.StatusNotFound, "there is no call %s now; if it has ended see: strowger call explain %s", quoted(id), id)
	}
	return c, err
}

func (s *Server) showCall(_ http.ResponseWriter, r *request) (any, error) { return s.call(r) }

func (s *Server) hangup(_ http.ResponseWriter, r *request) (any, error) {
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	before := map[string]string{"from": c.From, "to": c.To, "state": c.State}
	err = s.change(r, change{action: "call.hangup", object: c.ID, before: before}, func() error {
		return s.cfg.Calls.Hangup(r.Context(), c.ID)
	})
	return c, err
}

func (s *Server) callEvents(_ http.ResponseWriter, r *request) (any, error) {
	id := r.PathValue("call")
	events, err := s.cfg.Ledger.Call(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 || events[0].Tenant != r.tenant {
		return nil, fail(http.StatusNotFound, "the ledger has no call %s of tenant %s", quoted(id), r.tenant)
	}
	return api.CallRecord{ID: id, Events: events}, nil
}
