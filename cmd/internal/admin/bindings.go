package admin

import (
	"net/http"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/seat"
	"strowger/sip/state"
)

func (s *Server) why(_ http.ResponseWriter, r *request) (any, error) {
	number := r.PathValue("seat")
	attempts := s.cfg.Attempts.Last(r.tenant, number)
	found, _, err := s.find(r)
	if err != nil {
		// What was tried for a seat that does not exist is the answer to why.
		if len(attempts) == 0 {
			return nil, err
		}
		found = seat.Seat{Tenant: r.tenant, Number: number}
	}
	b, _, err := s.cfg.Directory.Bindings(r.Context(), r.tenant, number)
	return api.Why{Seat: public(found, len(b)), Attempts: attempts, Bindings: b}, err
}

func (s *Server) bindings(_ http.ResponseWriter, r *request) (any, error) {
	_, b, err := s.bound(r)
	if err != nil {
		return nil, err
	}
	if b == nil {
		b = []seat.Binding{}
	}
	return b, nil
}

func (s *Server) unregister(_ http.ResponseWriter, r *request) (any, error) {
	found, b, err := s.bound(r)
	if err != nil {
		return nil, err
	}
	contacts := make([]string, 0, len(b))
	for _, one := range b {
		contacts = append(contacts, one.Contact)
	}
	c := change{action: "seat.unregister", object: found.Number, before: contacts}
	err = s.change(r, c, func() error {
		return s.cfg.Directory.PutBindings(r.Context(), r.tenant, found.Number, nil, state.Any, false)
	})
	return b, err
}
