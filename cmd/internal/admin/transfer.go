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
		k, err := s.ask(r.Context(), c.Node, question{About: callMove, Tenant: r.tenant, Call: c.ID, Transfer: &in})
		switch {
		case err != nil && c.Node != s.cfg.Node.Node.Name:
			return fail(http.StatusServiceUnavailable, "node %s was told and did not answer (%v); look again with: strowger call show %s", c.Node, err, c.ID)
		case err == nil && len(k.Calls) == 0:
			return noCall(r)
		case k.Refused != "":
			return fail(http.StatusConflict, "call %s cannot be transferred: %s; see: strowger call show %s", c.ID, k.Refused, c.ID)
		}
		return err
	})
	return c, err
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
