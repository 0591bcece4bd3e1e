package kernel

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Limits.
const (
	// Lifetime is how long an entry carries after Install and after each Refresh. A
	// process that was killed may be started again within it without a gap in sound.
	Lifetime = 30 * time.Second
	// MaxEntries bounds Config.Entries.
	MaxEntries = 1 << 20
)

// ErrFull says that as many entries are installed as there may be.
var ErrFull = errors.New("the kernel plane has no entry free")

// Attach says by what the program is attached to an interface.
type Attach uint8

// The ways.
const (
	Auto   Attach = iota // TCX, or clsact where the kernel has no TCX
	TCX                  // since kernel 6.6
	Clsact               // a filter of traffic control
)

// Config describes a plane.
type Config struct {
	// Pins is a directory in a bpffs, for this node alone; it is made if absent.
	Pins string
	// Addresses are those that RTP comes to. The interfaces that have them get the
	// program.
	Addresses []netip.Addr
	// Entries is how many directions of sound can be carried at once, up to MaxEntries.
	Entries int
	// Ring is how large the ring is in which copies of packets wait to be read, in bytes,
	// MinRing to MaxRing; it is rounded up to a power of two. 0 means 1 KiB for each entry,
	// 256 KiB at least: 100 ms of everything.
	Ring int
	// Attach is by what.
	Attach Attach
	// Loopback lets addresses of this machine's loopback be carried too.
	Loopback bool
}

// Plane is a loaded program with its maps. It is safe for concurrent use.
type Plane struct {
	log     *slog.Logger
	cfg     Config
	objects *objects
	memory  *ebpf.Memory // of the figures
	copies  *copies
	pins    pins
	routes  *routes
	changes changes
	at      []attachment

	mu         sync.Mutex
	generation uint32
	free       []uint32          // slots
	survivors  map[key]*Survivor // what nobody has installed anew since Open
	closed     bool
}

// Open loads the program, tests it with a packet and attaches it. An error says why
// there can be no kernel plane here. A nil logger means slog.Default.
func Open(cfg Config, log *slog.Logger) (*Plane, error) {
	if log == nil {
		log = slog.Default()
	}
	if cfg.Entries < 1 || cfg.Entries > MaxEntries {
		return nil, fmt.Errorf("kernel plane: %d entries are not in 1 to %d", cfg.Entries, MaxEntries)
	}
	if cfg.Ring != 0 && (cfg.Ring < MinRing || cfg.Ring > MaxRing) {
		return nil, fmt.Errorf("kernel plane: a ring of %d bytes is not in %d to %d", cfg.Ring, MinRing, MaxRing)
	}
	p := &Plane{log: log, cfg: cfg, pins: pins{root: cfg.Pins, log: log}, generation: rand.Uint32(), survivors: map[key]*Survivor{}}
	if err := p.open(); err != nil {
		p.release()
		return nil, fmt.Errorf("kernel plane: %w", err)
	}
	return p, nil
}

func (p *Plane) open() error {
	// Before kernel 5.11 maps count against this limit. Where it may not be raised,
	// making a map tells.
	_ = rlimit.RemoveMemlock()
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	p.routes = &routes{handle: handle, local: p.cfg.Loopback, known: map[route]answer{}}
	if err := p.changes.watch(); err != nil {
		return err
	}
	links, err := p.interfaces()
	if err != nil {
		return err
	}
	if err := p.pins.open(); err != nil {
		return err
	}
	survived := p.pins.maps(p.cfg.Entries)
	p.objects, err = load(p.cfg.Entries, p.cfg.ringSize(), survived)
	for _, m := range survived {
		_ = m.Close() // a descriptor; the program has its own
	}
	if err != nil {
		return err
	}
	if p.memory, err = p.objects.Figures.Memory(); err != nil {
		return fmt.Errorf("map the figures: %w", err)
	}
	if p.copies, err = newCopies(p.objects.Copies, p.giveBack); err != nil {
		return err
	}
	if err := p.pins.keep(p.objects); err != nil {
		return err
	}
	if err := p.survive(); err != nil {
		return err
	}
	if err := p.test(); err != nil {
		return fmt.Errorf("self-test: %w", err)
	}
	return p.attach(links)
}

// Close detaches the program and removes all pins: nothing is carried any more.
func (p *Plane) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	var errs []error
	for _, a := range p.at {
		errs = append(errs, a.detach())
	}
	errs = append(errs, p.pins.remove())
	p.release()
	return errors.Join(errs...)
}

// release lets go of descriptors. What is pinned stays.
func (p *Plane) release() {
	for _, a := range p.at {
		a.release()
	}
	if p.copies != nil {
		p.copies.close()
	}
	if p.objects != nil {
		p.objects.close()
	}
	p.changes.close()
	if p.routes != nil {
		p.routes.handle.Close()
	}
}

// Covers tells whether packets to an address come by the program.
func (p *Plane) Covers(a netip.Addr) bool {
	return slices.Contains(p.cfg.Addresses, a) && (p.cfg.Loopback || !a.IsLoopback())
}

// String names the attachments, such as "tcx on eth0, eth1".
func (p *Plane) String() string {
	var names []string
	for _, a := range p.at {
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}
