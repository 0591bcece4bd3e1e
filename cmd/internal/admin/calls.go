package admin

import (
	"cmp"
	"net/http"
	"slices"

	"strowger/cmd/internal/admin/api"
)

func (s *Server) callEndpoints() []endpoint {
	const calls = "/v1/tenants/{tenant}/calls"
	return []endpoint{
		{"GET " + calls, viewer, api.MaxBody, s.listCalls},
		{"GET " + calls + "/{call}", viewer, api.MaxBody, s.showCall},
		{"DELETE " + calls + "/{call}", operator, api.MaxBody, s.hangup},
		{"POST " + calls + "/{call}/transfer", operator, api.MaxBody, s.transfer},
		{"POST " + calls + "/{call}/mask", operator, api.MaxBody, s.mask},
		{"DELETE " + calls + "/{call}/mask", operator, api.MaxBody, s.unmask},
		{"POST " + calls + "/{call}/supervise", supervise, api.MaxBody, s.supervise},
		{"POST " + calls + "/{call}/join", operator, api.MaxBody, s.joinCalls},
		{"POST " + calls + "/{call}/mute", operator, api.MaxBody, s.muteMember},
		{"POST " + calls + "/{call}/kick", operator, api.MaxBody, s.kickMember},
		{"GET " + calls + "/{call}/events", viewer, api.MaxBody, s.callEvents},
		{"GET " + calls + "/{call}/messages", viewer, api.MaxBody, s.callMessages},
		{"GET /v1/messages", viewer, api.MaxBody, s.searchMessages},
	}
}

func (s *Server) listCalls(_ http.ResponseWriter, r *request) (any, error) {
	found, missing, err := s.everywhere(r.Context(), question{About: everyCall, Tenant: r.tenant})
	list := api.Calls{Calls: []api.Call{}, Missing: missing}
	for _, k := range found {
		for _, c := range k.Calls {
			list.Calls = append(list.Calls, api.Call{Node: k.node, Call: c})
		}
	}
	slices.SortFunc(list.Calls, func(a, b api.Call) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// findCall asks for the call of the path until a node knows it. That no node does is
// certain only if all have answered.
func (s *Server) findCall(r *request, what about, unknown error) (knowledge, error) {
	q := question{About: what, Tenant: r.tenant, Call: r.PathValue("call")}
	found, missing, err := s.everywhere(r.Context(), q)
	if err != nil {
		return knowledge{}, err
	}
	for _, k := range found {
		if len(k.Calls)+len(k.Events) > 0 {
			return k, nil
		}
	}
	if len(missing) > 0 {
		return knowledge{}, fail(http.StatusServiceUnavailable, "the nodes that answered do not know call %s, and %v", quoted(q.Call), api.Unanswered(missing))
	}
	return knowledge{}, unknown
}

func (s *Server) call(r *request) (api.Call, error) {
	k, err := s.findCall(r, oneCall, noCall(r))
	if err != nil {
		return api.Call{}, err
	}
	return api.Call{Node: k.node, Call: k.Calls[0]}, nil
}

func noCall(r *request) error {
	id := r.PathValue("call")
	return fail(http.StatusNotFound, "there is no call %s now; if it has ended see: strowger call explain %s", quoted(id), id)
}

func (s *Server) showCall(_ http.ResponseWriter, r *request) (any, error) { return s.call(r) }

func (s *Server) hangup(_ http.ResponseWriter, r *request) (any, error) {
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	before := map[string]string{"node": c.Node, "from": c.From, "to": c.To, "state": c.State}
	err = s.change(r, change{action: "call.hangup", object: c.ID, before: before}, func() error {
		k, err := s.ask(r.Context(), c.Node, question{About: callHangup, Tenant: r.tenant, Call: c.ID})
		switch {
		case err != nil && c.Node != s.cfg.Node.Node.Name:
			return fail(http.StatusServiceUnavailable, "node %s was told and did not answer (%v); look again with: strowger call show %s", c.Node, err, c.ID)
		case err == nil && len(k.Calls) == 0:
			return noCall(r)
		}
		return err
	})
	return c, err
}

func (s *Server) callEvents(_ http.ResponseWriter, r *request) (any, error) {
	id := r.PathValue("call")
	k, err := s.findCall(r, callEvents, fail(http.StatusNotFound, "the ledger has no call %s of tenant %s", quoted(id), r.tenant))
	if err != nil {
		return nil, err
	}
	return api.CallRecord{ID: id, Events: k.Events}, nil
}
