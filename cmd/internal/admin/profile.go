package admin

import (
	"net/http"
	"net/http/pprof"

	"strowger/cmd/internal/admin/api"
)

// profileEndpoints are the profiles of the Go runtime, for `go tool pprof`. They
// hold stacks and sizes, never what is in memory.
func (s *Server) profileEndpoints() []endpoint {
	return []endpoint{
		{"GET /debug/pprof/profile", admin, api.MaxBody, profiled(pprof.Profile)},
		{"GET /debug/pprof/{profile}", admin, api.MaxBody, func(w http.ResponseWriter, r *request) (any, error) {
			pprof.Handler(r.PathValue("profile")).ServeHTTP(w, r.Request)
			return nil, nil //nolint:nilnil // it has answered
		}},
	}
}

// profiled lets a handler of net/http answer.
func profiled(h http.HandlerFunc) func(http.ResponseWriter, *request) (any, error) {
	return func(w http.ResponseWriter, r *request) (any, error) {
		h(w, r.Request)
		return nil, nil //nolint:nilnil // it has answered
	}
}
