package admin

import (
	"net/http"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/seat"
)

// setFeatures changes what is set for calls to the seat of the path.
func (s *Server) setFeatures(_ http.ResponseWriter, r *request) (any, error) {
	var edit api.FeatureEdit
	if err := decode(r, &edit); err != nil {
		return nil, err
	}
	return s.edit(r, "seat.features", func(one *seat.Seat) {
		f := one.Set()
		edit.Apply(&f)
		*one = one.With(f)
	})
}

// setMessages sets what waits for the seat of the path.
func (s *Server) setMessages(_ http.ResponseWriter, r *request) (any, error) {
	var in seat.Messages
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.New < 0 || in.Old < 0 || in.New > seat.MaxMessages || in.Old > seat.MaxMessages {
		return nil, fail(http.StatusUnprocessableEntity, "give 0 to %d messages, new and old", seat.MaxMessages)
	}
	found, _, err := s.find(r)
	if err != nil {
		return nil, err
	}
	before, err := s.cfg.Directory.Messages(r.Context(), r.tenant, found.Number)
	if err != nil {
		return nil, err
	}
	c := change{action: "seat.messages", object: found.Number, before: before, after: in}
	return in, s.change(r, c, func() error { return s.cfg.Directory.PutMessages(r.Context(), r.tenant, found.Number, in) })
}
