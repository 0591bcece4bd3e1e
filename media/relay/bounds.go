package relay

import (
	"net/netip"

	"golang.org/x/time/rate"

	"strowger/media"
)

// bounds are the addresses that an endpoint may exchange sound with: those that its
// network lists, or where its party's signalling comes from, as far as they are
// among its sources.
type bounds struct {
	network   *network
	signalled netip.Addr
	sources   []netip.Prefix // empty means no bound beside the network's
	setting   string         // that sources come from
}

func (b *bounds) permit(a netip.Addr) bool {
	return b.reach(a) && (len(b.sources) == 0 || contains(b.sources, a))
}

// reach tells whether the network may send there.
func (b *bounds) reach(a netip.Addr) bool {
	return contains(b.network.Allow, a) || a.IsValid() && a == b.signalled
}

// missing names the setting that would have to list an address that is not
// permitted.
func (b *bounds) missing(a netip.Addr) string {
	if b.reach(a) {
		return b.setting
	}
	return b.network.setting
}

// screen leaves what is permitted of where SDP wants RTP and RTCP. refused is an
// address that is not, or invalid.
func (b *bounds) screen(rtp, rtcp netip.AddrPort) (toRTP, toRTCP, refused netip.AddrPort) {
	if rtcp.IsValid() && !b.permit(rtcp.Addr()) {
		rtcp, refused = netip.AddrPort{}, rtcp
	}
	if rtp.IsValid() && !b.permit(rtp.Addr()) {
		rtp, refused = netip.AddrPort{}, rtp
	}
	return rtp, rtcp, refused
}

// destinations are where SDP wants RTP and RTCP; invalid means nowhere.
func destinations(r media.Remote) (rtp, rtcp netip.AddrPort) {
	rtp, rtcp = unmap(r.RTP), unmap(r.RTCP)
	switch {
	case !reachable(rtp):
		return netip.AddrPort{}, netip.AddrPort{}
	case r.Mux:
		rtcp = rtp
	case !rtcp.IsValid() || rtcp.Port() == 0:
		rtcp = above(rtp)
	case !reachable(rtcp):
		rtcp = netip.AddrPort{}
	}
	return rtp, rtcp
}

// refuse writes a line about an address that a setting keeps out, if it is time
// for one.
func (e *endpoint) refuse(lines *rate.Sometimes, what string, a netip.AddrPort, setting string) {
	lines.Do(func() {
		e.plane.log.Warn(what+" an address that the setting does not list; add it there if it is the party's",
			"setting", setting, "address", a, "call", e.label)
	})
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
