package admin

import (
	"net/http"
	"net/netip"
	"time"

	"strowger/cmd/internal/admin/api"
)

func (s *Server) blockEndpoints() []endpoint {
	return []endpoint{
		{"GET /v1/blocks", viewer, api.MaxBody, s.listBlocks},
		{"DELETE /v1/blocks/{source}", viewer, api.MaxBody, s.removeBlocks},
		{"GET /v1/tenants/{tenant}/usage", viewer, api.MaxBody, s.usage},
	}
}

// listBlocks lists what the node blocks, of every tenant: in a cluster what all do.
func (s *Server) listBlocks(_ http.ResponseWriter, r *request) (any, error) {
	if err := s.authorize(identified{who: r.who}, viewer, ""); err != nil {
		return nil, err
	}
	return s.cfg.Guard.Blocks(time.Now()), nil
}

func (s *Server) removeBlocks(_ http.ResponseWriter, r *request) (any, error) {
	if err := s.authorize(identified{who: r.who}, operator, ""); err != nil {
		return nil, err
	}
	text, user := r.PathValue("source"), r.URL.Query().Get("user")
	source, err := netip.ParseAddr(text)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "%s is no address; give one such as 192.0.2.7, as: strowger block list", quoted(text))
	}
	var ended any
	err = s.change(r, change{action: "block.rm", object: source.String(), before: map[string]string{"user": user}}, func() error {
		blocks := s.cfg.Guard.Unblock(time.Now(), source, user)
		if len(blocks) == 0 {
			return fail(http.StatusNotFound, "%s is not blocked; see: strowger block list", source)
		}
		ended = blocks
		return nil
	})
	return ended, err
}

// usage lists what the parties of a tenant called in the last hour: in a cluster at
// all nodes.
func (s *Server) usage(_ http.ResponseWriter, r *request) (any, error) {
	return s.cfg.Usage.Uses(time.Now(), r.tenant), nil
}
