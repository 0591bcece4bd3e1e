package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/cause"
)

// transfer connects a party of a call to somebody else.
func (s *Server) transfer(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Transfer
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.To == "" {
		return nil, fail(http.StatusBadRequest, "to is empty: say whom to connect, such as a seat's number")
	}
	in.Leg = cmp.Or(in.Leg, 1)
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	before := map[string]string{"node": c.Node, "from": c.From, "to": c.To, "state": c.State}
	err = s.change(r, change{action: "call.transfer", object: c.ID, before: before, after: in}, func() error {
		return s.changeCall(r, c, question{About: callMove, Transfer: &in}, " cannot be transferred")
	})
	return c, err
}

// changeCall has the node of a call do to it what a question asks for; refused is what to
// say of the call if it cannot be.
func (s *Server) changeCall(r *request, c api.Call, q question, refused string) error {
	q.Tenant, q.Call = r.tenant, c.ID
	k, err := s.ask(r.Context(), c.Node, q)
	switch {
	case err != nil && c.Node != s.cfg.Node.Node.Name:
		return fail(http.StatusServiceUnavailable, "node %s was told and did not answer (%v); look again with: strowger call show %s", c.Node, err, c.ID)
	case err == nil && len(k.Calls) == 0:
		return noCall(r)
	case k.Refused != "":
		return fail(http.StatusConflict, "call %s%s: %s; see: strowger call show %s", c.ID, refused, k.Refused, c.ID)
	}
	return err
}

// transferHere does so on this node, or tells why it cannot be.
func (s *Server) transferHere(ctx context.Context, id string, t *api.Transfer) (refused string, err error) {
	if t == nil {
		return "nobody to connect is named", nil
	}
	err = s.cfg.Calls.Transfer(ctx, id, t.Leg, t.To)
	if v, ok := errors.AsType[cause.Verdict](err); ok {
		return v.Phrase(), nil
	}
	return "", err
}
