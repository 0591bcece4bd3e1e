// Package node is the composition root: it builds the object graph of a node from
// its configuration and knows in which order things start, drain and stop.
// Nothing else does.
//
// Start order: store, cluster, seed, ledger, media, recordings, transport, trunks,
// admission, exchange, admin API; the sockets read last, when everything behind them
// stands. Stop order is the reverse: no new calls, registrations with carriers given
// up, calls hung up, sockets closed, then ledger and store.
package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"strowger/cmd/internal/admin"
	"strowger/configs"
	"strowger/media/recording"
	"strowger/media/relay"
	"strowger/media/sound"
	"strowger/sip/admission"
	"strowger/sip/auth"
	"strowger/sip/carrier"
	"strowger/sip/cluster"
	"strowger/sip/exchange"
	"strowger/sip/guard"
	"strowger/sip/hep"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/meter"
	"strowger/sip/news"
	"strowger/sip/overload"
	"strowger/sip/override"
	"strowger/sip/registrar"
	"strowger/sip/resolve"
	"strowger/sip/seat"
	"strowger/sip/security"
	"strowger/sip/state"
	"strowger/sip/subscribe"
	"strowger/sip/trace"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/usage"
)

// Node is a running node. The parts are there for the admin API to look into.
type Node struct {
	Config    *configs.Config
	Started   time.Time
	Store     state.Store
	Directory *seat.Directory
	Attempts  *seat.Attempts
	Plans     *Plans
	Overrides *override.Board
	Ledger    *ledger.Ledger
	Media     *relay.Plane
	Recorder  *recording.Recorder
	Sounds    *sound.Book
	Transport *transport.Layer
	Admission *admission.Admission
	Exchange  *exchange.Exchange
	Registrar *registrar.Registrar
	Auth      *auth.Authenticator
	Guard     *guard.Gate
	Usage     *usage.Meter
	Events    *security.Log
	Resolver  *resolve.Resolver
	Trunks    *trunk.Set
	Desk      *carrier.Desk
	Trace     *trace.Ring
	Delays    *meter.Delays
	Quality   *meter.Quality
	Messages  *meter.Messages
	Sweeper   Sweeper
	Homer     *hep.Sender // nil without a capture server
	Admin     *admin.Server

	Membership *cluster.Membership // nil on a single node
	Link       *cluster.Link       // nil on a single node
	Notices    []string            // lines for the operator who started the node

	mint     *mark.Minter
	tls      *wireTLS
	unwatch  []func() // end what watches certificates, blocks and waiting messages
	blocks   *news.Topic[guard.Place, guard.News]
	uses     *news.Topic[usage.Place, usage.News]
	keys     cluster.Keys
	log      *slog.Logger
	load     atomic.Pointer[overload.Load]
	stopping atomic.Bool
}

// Start builds a node and lets it take calls. On an error everything that was
// begun is closed again. A nil log means slog.Default().
func Start(ctx context.Context, cfg *configs.Config, log *slog.Logger) (*Node, error) {
	n := &Node{Config: cfg, Started: time.Now(), Attempts: &seat.Attempts{}, log: cmp.Or(log, slog.Default())}
	for _, step := range []func(context.Context) error{
		n.fit, n.openSounds, n.openStore, n.openCluster, n.seed, n.guardDemo, n.openLedger, n.openMedia, n.openRecorder, n.openMeters, n.openTrace, n.openHomer, n.openGuard,
		n.openTransport, n.openTrunks, n.openCalls, n.recognise, n.openAdmin,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, n.close())
		}
	}
	n.startCluster()
	n.openLoad()
	n.watchCertificates()
	n.watch(blockTick, n.Guard.Tick)
	n.shareWithNodes()
	n.watch(usageTick, n.Usage.Tick)
	n.keepSweeping()
	n.resolved(time.Now())
	n.watch(resolvedEvery, n.resolved)
	n.Transport.Start()
	n.Desk.Start(n.Exchange)
	n.Admin.Start()
	return n, nil
}

// Stop ends the node: calls are hung up, at most until ctx is done.
func (n *Node) Stop(ctx context.Context) error {
	var err error
	n.stopping.Store(true)
	if n.Exchange != nil {
		n.Exchange.Drain()
		n.Desk.Leave(ctx)
		if e := n.Exchange.Close(ctx); e != nil {
			err = fmt.Errorf("some calls did not end in time: %w", e)
		}
	}
	return errors.Join(err, n.close())
}

// close releases what stands, in reverse order of its start.
func (n *Node) close() error {
	var errs []error
	if n.Admin != nil {
		ctx, cancel := context.WithTimeout(context.Background(), adminStop)
		errs = append(errs, n.Admin.Close(ctx))
		cancel()
	}
	for _, end := range n.unwatch {
		end()
	}
	if n.Desk != nil {
		n.Desk.Close()
	}
	if n.Transport != nil {
		errs = append(errs, n.Transport.Close())
	}
	if n.Resolver != nil {
		n.Resolver.Close()
	}
	errs = append(errs, n.closeCluster()...)
	if n.Homer != nil {
		errs = append(errs, n.Homer.Close())
	}
	if n.Trace != nil {
		errs = append(errs, n.Trace.Close())
	}
	if n.Media != nil {
		errs = append(errs, n.Media.Close())
	}
	if n.Recorder != nil {
		errs = append(errs, n.closeRecorder())
	}
	if n.Ledger != nil {
		errs = append(errs, n.Ledger.Close())
	}
	if n.Events != nil {
		errs = append(errs, n.Events.Close())
	}
	if n.Plans != nil {
		n.Plans.close()
	}
	if n.Overrides != nil {
		n.Overrides.Close()
	}
	if n.Store != nil {
		errs = append(errs, n.Store.Close())
	}
	return errors.Join(errs...)
}

func (n *Node) openStore(ctx context.Context) error {
	var err error
	if n.Config.Store.URL != "" {
		n.Store, err = state.OpenRedis(ctx, n.Config.Store.URL, state.Options{Logger: n.log, PasswordFile: n.Config.Store.PasswordFile})
	} else {
		n.Store, err = state.OpenEmbedded(n.Config.Node.Data, state.Options{Logger: n.log})
	}
	if err != nil {
		n.Store = nil // not a typed nil
		if errors.Is(err, state.ErrUnavailable) {
			err = fmt.Errorf("%w: start Redis there, or correct the store's URL", err)
		}
		return err
	}
	n.Directory = seat.NewDirectory(n.Store)
	return nil
}

func (n *Node) openLedger(context.Context) error {
	l, lost, err := ledger.Open(filepath.Join(n.Config.Node.Data, "ledger"), n.Config.Node.Name, time.Now(), n.log)
	if err != nil {
		return err
	}
	n.Ledger = l
	if lost > 0 {
		n.notice("%d calls that were open when the node ended were closed as \"node lost\"", lost)
	}
	return nil
}

func (n *Node) openCalls(context.Context) error {
	n.Registrar = registrar.New(registrar.Config{
		Node: n.Config.Node.Name, Auth: n.Auth, Guard: n.Guard, Directory: n.Directory, Attempts: n.Attempts,
		Domain: n.domain, Lifetimes: registrar.Lifetimes(n.Config.Registration), Log: n.log,
	})
	n.Usage = usage.New(n.Config.Node.Name, uint64(n.Started.UnixNano()), n.Ledger, n.policy, n.tollAlarm)
	n.shareUsage()
	n.Admission = admission.New(admission.Config{
		Node: n.Config.Node.Name, Tenants: n.Plans.tenants, Trunks: n.Trunks, Desk: n.Desk, Directory: n.Directory,
		Store: n.Store, Local: n.Config.Store.URL == "", Auth: n.Auth, Guard: n.Guard, Registrar: n.Registrar,
		Overrides: n.Overrides, Attempts: n.Attempts, Sender: n.Transport, Calls: n.Usage.Calls, Events: n.Events,
		Algorithms: n.algorithms, Home: n.home, Sound: n.seatSound, Log: n.log,
	})
	var err error
	if n.mint, err = n.minter(); err != nil {
		return err
	}
	rules, err := n.recordRules()
	if err != nil {
		return err
	}
	c := exchange.Config{
		Recorder: n.Recorder, Record: rules,
		Minter: n.mint, Sender: n.Transport, Media: n.Media, Prompts: n.Sounds.Find, Ledger: n.Usage,
		Admission: n.Admission, Trunks: n.Desk, Instant: n.Admission.Instant, Trace: n.Trace, Delays: n.Delays, Quality: n.Quality, Full: func() bool { return n.Load().Full }, Log: n.log, MaxCalls: n.Config.Limits.Calls,
		Registers: n.Config.Limits.Registers, Delayed: n.Transport.Delayed, Registered: n.Transport.Know, Events: n.Events,
		Session:      leg.SessionTimer{Expires: n.Config.Session.Expires, Min: n.Config.Session.Min},
		Convert:      conversion(n.Config.Media),
		MediaTimeout: n.Config.Media.Timeout, HeldTimeout: n.Config.Media.HeldTimeout,
	}
	l := n.Config.Limits
	c.Messages, c.Hosts = n.messages, n.Resolver.Glance
	c.Subscriptions = subscribe.Limits{Subscriptions: l.Subscriptions, PerSeat: l.SeatSubscriptions, Rate: l.Notifies}
	if n.Link != nil {
		c.Forward, c.Node, c.Peers = n.Link.Forward, n.Link.Node, peers{n}
		c.Places = places{n.Store, n.Config.Node.Name, peers{n}.Nodes}
	}
	n.Exchange = exchange.New(c)
	n.unwatch = append(n.unwatch, n.Directory.WatchMessages(n.Exchange.MessagesChanged))
	return nil
}

func (n *Node) notice(format string, args ...any) {
	n.Notices = append(n.Notices, fmt.Sprintf(format, args...))
}
