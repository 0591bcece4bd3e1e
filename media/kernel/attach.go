package kernel

import (
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"net/netip"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ErrNoInterface says that no interface has one of the addresses, or only loopback.
var ErrNoInterface = errors.New("no Ethernet interface has an RTP address")

// attachment is the program at one interface.
type attachment interface {
	fmt.Stringer
	detach() error
	release() // lets go of what the process holds of it
}

// attach puts the program at the interfaces that have the addresses, in place of what
// a former process left there.
func (p *Plane) attach(links []netlink.Link) error {
	var keep []string
	for _, l := range links {
		a, err := p.attachTo(l, true)
		if err != nil {
			return fmt.Errorf("attach to %s: %w", l.Attrs().Name, err)
		}
		p.at = append(p.at, a)
		if t, ok := a.(*tcx); ok {
			keep = append(keep, t.pin)
		}
	}
	return p.pins.clear(linkPrefix, keep...)
}

// interfaces lists those that have the addresses.
func (p *Plane) interfaces() ([]netlink.Link, error) {
	addresses, err := p.routes.handle.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	links, err := p.routes.handle.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	var found []netlink.Link
	for _, l := range links {
		loopback := l.Attrs().Flags&net.FlagLoopback != 0
		has := loopback && slices.ContainsFunc(p.cfg.Addresses, func(a netip.Addr) bool { return a.IsLoopback() })
		for _, a := range addresses {
			ip, ok := addrOf(a.IP)
			has = has || ok && a.LinkIndex == l.Attrs().Index && slices.Contains(p.cfg.Addresses, ip)
		}
		ethernet := l.Attrs().EncapType == "ether" || loopback && p.cfg.Loopback
		if has && ethernet {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return nil, ErrNoInterface
	}
	return found, nil
}

// attachTo attaches to one interface; pinned, it outlives the process.
func (p *Plane) attachTo(l netlink.Link, pinned bool) (attachment, error) {
	if p.cfg.Attach != Clsact {
		t, err := p.attachTCX(l, pinned)
		if err == nil {
			_ = p.filter(l).remove() // one of a former process that used clsact
			return t, nil
		}
		if p.cfg.Attach == TCX || !errors.Is(err, ebpf.ErrNotSupported) {
			return nil, err
		}
	}
	f := p.filter(l)
	return f, f.attach()
}

// tcx is an attachment by TCX.
type tcx struct {
	link link.Link
	name string // of the interface
	pin  string // file name
}

func (t *tcx) String() string { return "tcx on " + t.name }

func (t *tcx) detach() error { return t.link.Unpin() }

func (t *tcx) release() { _ = t.link.Close() } // a descriptor

func (p *Plane) attachTCX(l netlink.Link, pinned bool) (*tcx, error) {
	t := &tcx{name: l.Attrs().Name, pin: fmt.Sprintf("%s%d-%s", linkPrefix, l.Attrs().Index, l.Attrs().Name)}
	path := p.pins.path(t.pin)
	if pinned {
		if former, err := link.LoadPinnedLink(path, nil); err == nil {
			if err := former.Update(p.objects.Forward); err == nil {
				t.link = former
				return t, nil
			}
			// Its interface went away and one of the same number and name came.
			_ = errors.Join(former.Unpin(), former.Close())
		}
	}
	options := link.TCXOptions{Interface: l.Attrs().Index, Program: p.objects.Forward, Attach: ebpf.AttachTCXIngress}
	if !pinned {
		options.Anchor = link.Head() // the program of a former process has a ring of its own
	}
	var err error
	if t.link, err = link.AttachTCX(options); err != nil {
		return nil, err
	}
	if pinned {
		if err := t.link.Pin(path); err != nil {
			return nil, errors.Join(fmt.Errorf("pin: %w", err), t.link.Close())
		}
	}
	return t, nil
}

// filter is an attachment by clsact. The kernel holds it without a pin.
type filter struct {
	plane *Plane
	link  netlink.Link
	made  bool // the qdisc is ours
}

// priority of the filter: low numbers come first, and others may want to see a packet
// before us.
const priority = 49000

// filter is what is, or may be, at an interface. Its handle is that of the pins, so
// that nodes on one machine have one each.
func (p *Plane) filter(l netlink.Link) *filter { return &filter{plane: p, link: l} }

func (f *filter) spec() *netlink.BpfFilter {
	return &netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: f.link.Attrs().Index, Parent: netlink.HANDLE_MIN_INGRESS, Priority: priority, Protocol: unix.ETH_P_ALL,
			Handle: crc32.ChecksumIEEE([]byte(f.plane.cfg.Pins))&0x7fffffff | 1,
		},
		Fd: f.plane.objects.Forward.FD(), Name: "strowger", DirectAction: true,
	}
}

func (f *filter) qdisc() *netlink.GenericQdisc {
	return &netlink.GenericQdisc{QdiscType: "clsact", QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: f.link.Attrs().Index, Parent: netlink.HANDLE_CLSACT, Handle: netlink.MakeHandle(0xffff, 0),
	}}
}

func (f *filter) String() string { return "clsact on " + f.link.Attrs().Name }

func (f *filter) attach() error {
	h := f.plane.routes.handle
	err := h.QdiscAdd(f.qdisc())
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add clsact: %w", err)
	}
	f.made = err == nil
	if err := h.FilterReplace(f.spec()); err != nil {
		return fmt.Errorf("add a filter: %w", err)
	}
	return nil
}

func (f *filter) remove() error { return f.plane.routes.handle.FilterDel(f.spec()) }

func (f *filter) detach() error {
	if err := f.remove(); err != nil {
		return fmt.Errorf("remove the filter of %s: %w", f.link.Attrs().Name, err)
	}
	if !f.made {
		return nil
	}
	others, err := f.plane.routes.handle.FilterList(f.link, netlink.HANDLE_MIN_INGRESS)
	if err != nil {
		return fmt.Errorf("list the filters of %s: %w", f.link.Attrs().Name, err)
	}
	if len(others) > 0 {
		return nil
	}
	return f.plane.routes.handle.QdiscDel(f.qdisc())
}

func (f *filter) release() {}
