package admin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// request is a request of a known identity.
type request struct {
	*http.Request
	who    identity
	from   string // remote address; "" is the unix socket
	tenant string // of the path; "" is the node
}

type identified struct {
	who  identity
	from string
	err  error // why there is no identity
}

type identityKey struct{}

// overUnix identifies who asks on the unix socket.
func (s *Server) overUnix(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.counters.Requests.Add(1)
		if r.Header.Get("Origin") != "" {
			s.foreign(w, "the unix socket is not for browsers")
			return
		}
		id := identified{err: errors.New("the system does not tell who asks")}
		if cred, ok := r.Context().Value(peerKey{}).(*unix.Ucred); ok {
			id = identified{who: s.people.identify(cred.Uid, cred.Gid)}
		}
		next.ServeHTTP(w, with(r, id))
	})
}

// overHTTP refuses what a browser was lured into, and identifies who asks by the
// bearer token.
func (s *Server) overHTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.counters.Requests.Add(1)
		if !s.ours(r.Host) {
			s.foreign(w, "Host "+quoted(r.Host)+" is not this node; use its address")
			return
		}
		if o := r.Header.Get("Origin"); o != "" && o != s.scheme()+"://"+r.Host {
			s.foreign(w, "Origin "+quoted(o)+" may not use this API")
			return
		}
		id := identified{from: r.RemoteAddr}
		secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if ok {
			id.who, id.err = s.tokens.identify(r.Context(), time.Now(), strings.TrimSpace(secret))
		} else {
			id.err = errNoToken
		}
		next.ServeHTTP(w, with(r, id))
	})
}

func (s *Server) foreign(w http.ResponseWriter, why string) {
	s.counters.ForeignHost.Add(1)
	s.refuse(w, fail(http.StatusForbidden, "%s", why))
}

func (s *Server) scheme() string {
	if s.cfg.Node.Admin.CertFile != "" {
		return "https"
	}
	return "http"
}

// ours tells whether a Host may be this node. An address cannot be a name that
// somebody else's DNS leads here, so any address is good.
func (s *Server) ours(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return strings.EqualFold(host, "localhost") || s.names != nil &&
		slices.ContainsFunc(s.names(), func(n string) bool { return strings.EqualFold(n, host) })
}

// identityOf returns who asks, or a refusal.
func (s *Server) identityOf(r *http.Request) (identified, error) {
	id, ok := r.Context().Value(identityKey{}).(identified)
	switch {
	case !ok:
		id.err = errNoToken
	case errors.Is(id.err, errNoToken), errors.Is(id.err, errExpired):
	case id.err != nil:
		return id, id.err
	default:
		return id, nil
	}
	s.counters.Unauthorized.Add(1)
	return id, fail(http.StatusUnauthorized, "%v; send: Authorization: Bearer TOKEN; make one with: strowger access add NAME", id.err)
}

// authorize tells whether the identity has the role for the tenant.
func (s *Server) authorize(id identified, need role, tenant string) error {
	if id.who.may(need, tenant) {
		return nil
	}
	s.counters.Forbidden.Add(1)
	whose := "every tenant"
	if tenant != "" {
		whose = "tenant " + tenant
	}
	return fail(http.StatusForbidden, "%s has not the role %s for %s", id.who.name, need, whose)
}

func with(r *http.Request, id identified) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), identityKey{}, id))
}
