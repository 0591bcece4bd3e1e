// Package admin is the admin API of a node: who asks, whether that one may, what
// was changed by whom; and metrics and health. The words on the wire are package
// api's.
//
// # Contract
//
//   - On the unix socket the identity is the peer's user (SO_PEERCRED): root and
//     the node's own user are admin, others have the roles that the configuration
//     gives to their name or groups. On HTTP it is a bearer token's.
//   - Roles are viewer, operator and admin, each with all that the former may; a
//     role holds for one tenant or for every one, which is also the node itself. What
//     was said in calls is for the role recordings, which may nothing else, and admins.
//   - A change is written to the audit file before it is made, with the
//     identity and what it was before and will be, without secrets; one that cannot
//     be written is refused. One that fails has a second line that says so.
//   - A browser is no way in: a Host that is a foreign name (DNS rebinding) and an
//     Origin that is not the API's own (CSRF) are refused.
//   - Bodies, headers, connections and times are bounded by named limits.
//   - Calls are the whole cluster's, whichever node is asked: it authorizes and
//     audits, and asks the others over the link. An answer names every node whose
//     calls it lacks.
//
// # Tokens
//
// A token is NAME and 256 random bits; the store has its SHA-256, role, tenant,
// expiry and last use. The first start writes one, admin.token in the data folder,
// to make named ones with; it is for bootstrap only and is revoked like any other.
//
// # Files
//
// In the data folder: admin.sock (0660, of the node's user and group; Socket in the
// configuration puts it where other groups may enter), admin.token and
// audit-DATE.jsonl (0600).
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan/plan"
	"strowger/media"
	"strowger/media/recording"
	"strowger/sip/carrier"
	"strowger/sip/certificate"
	"strowger/sip/edition"
	"strowger/sip/exchange"
	"strowger/sip/guard"
	"strowger/sip/ledger"
	"strowger/sip/overload"
	"strowger/sip/override"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/trace"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/usage"
)

// Limits of the server.
const (
	maxConns      = 256 // at once, of each listener
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 60 * time.Second
	writeTimeout  = 120 * time.Second
	idleTimeout   = 120 * time.Second
	// BootstrapFile is the first token's, in the data folder.
	BootstrapFile = "admin.token"
)

// Plans are the dialplans of a node's tenants.
type Plans interface {
	// Current returns the published plan of a tenant, or state.ErrNotFound.
	Current(ctx context.Context, tenant string) (api.Plan, error)
	// Check parses and checks a text for a tenant.
	Check(tenant, file, text string) (*plan.Plan, *plan.Table, error)
	// Apply publishes a text.
	Apply(ctx context.Context, tenant string, in api.PlanText, author string) (edition.Head, error)
	// Rollback publishes a former version, if it can still be used.
	Rollback(ctx context.Context, tenant, id string, by edition.By) (edition.Head, error)
}

// Config is what the server needs. Every field but Peers, Certificates and Log must be set.
type Config struct {
	Node      *configs.Config
	Version   string
	Started   time.Time
	Store     state.Store
	Tables    []state.Table // of a backup, without those of this package
	Directory *seat.Directory
	Attempts  *seat.Attempts
	Plans     Plans
	Editions  *edition.Archive // of the plans
	Overrides *override.Board
	Calls     *exchange.Exchange
	Peers     Peers // nil on a single node
	Ledger    *ledger.Ledger
	Media     media.Plane
	Recorder  *recording.Recorder  // nil: nothing is recorded
	Load      func() overload.Load // of the sound
	Listeners []transport.Bound
	Trunks    *trunk.Set
	Desk      *carrier.Desk
	Guard     *guard.Guard
	Usage     *usage.Meter
	Trace     *trace.Ring
	// Counters are the Counters structs of the node's parts, by the part's name;
	// several of one name are summed.
	Counters map[string][]any
	// Meters are further figures.
	Meters []prometheus.Collector
	// Ready tells whether the node takes calls.
	Ready func(ctx context.Context) error
	// Certificates keeps the certificate of the API; nil reads it once.
	Certificates *certificate.Keeper
	Log          *slog.Logger // nil means slog.Default()
}

// Counters of the admin API.
type Counters struct {
	Requests     atomic.Uint64 // requests taken
	Unauthorized atomic.Uint64 // without a valid token
	Forbidden    atomic.Uint64 // of an identity without the role
	ForeignHost  atomic.Uint64 // for a Host that is not ours, or from a foreign Origin
	TooLarge     atomic.Uint64 // with a body beyond the limit
	Changes      atomic.Uint64 // changes audited
	AuditErrors  atomic.Uint64 // changes refused because the audit line could not be written
	PeersMissing atomic.Uint64 // answers without what another node knows, because it did not answer
	// SoundsRefused are recordings of other nodes that were not fetched: too many were.
	SoundsRefused atomic.Uint64
}

// Server is the admin API of a node.
type Server struct {
	cfg      Config
	log      *slog.Logger
	tokens   *tokens
	audit    *auditFile
	people   *people
	fetching chan struct{} // has one for each recording that is fetched from another node
	counters Counters

	unix, web net.Listener // web is nil if the configuration has none
	unixHTTP  *http.Server
	webHTTP   *http.Server
	names     func() []string // of the certificate; nil without one
	running   sync.WaitGroup
}

// New opens the listeners and the audit file, and writes the bootstrap token of a
// first start. Nothing is answered before Start. An address in use is a
// *transport.BusyError.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Server{
		cfg: cfg, log: cfg.Log,
		tokens: newTokens(cfg.Store),
		audit:  &auditFile{dir: cfg.Node.Node.Data},
		people: newPeople(cfg.Node.Admin.Roles), fetching: make(chan struct{}, maxFetched),
	}
	err := s.tokens.bootstrap(ctx, time.Now(), filepath.Join(cfg.Node.Node.Data, BootstrapFile))
	if err == nil {
		err = s.listen(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// Start answers requests until Close.
func (s *Server) Start() {
	h := s.routes()
	s.unixHTTP = s.server(s.overUnix(h))
	s.unixHTTP.ConnContext = withPeer
	s.serve(s.unixHTTP, s.unix)
	if s.web != nil {
		s.webHTTP = s.server(s.overHTTP(h))
		s.serve(s.webHTTP, s.web)
	}
}

func (s *Server) serve(h *http.Server, l net.Listener) {
	s.running.Go(func() {
		if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the admin API ended", "address", l.Addr(), "error", err)
		}
	})
}

func (s *Server) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerTimeout,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// Addr is the address of HTTP, nil if there is none.
func (s *Server) Addr() net.Addr {
	if s.web == nil {
		return nil
	}
	return s.web.Addr()
}

// Close ends what is being answered, at the latest when ctx is done, and removes
// the socket.
func (s *Server) Close(ctx context.Context) error {
	var errs []error
	for _, h := range []*http.Server{s.unixHTTP, s.webHTTP} {
		if h == nil {
			continue
		}
		if err := h.Shutdown(ctx); err != nil {
			errs = append(errs, h.Close())
		}
	}
	for _, l := range []net.Listener{s.unix, s.web} {
		if l != nil {
			_ = l.Close() // the HTTP server has closed it, if it was started
		}
	}
	s.running.Wait()
	return errors.Join(append(errs, s.audit.close())...)
}
