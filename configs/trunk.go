package configs

import (
	"net"
	"net/netip"
	"strconv"
	"time"

	"strowger/sip/trunk/channel"
)

// Trunk is a block trunk "NAME": a carrier.
type Trunk struct {
	Name    string
	Tenant  string // default: the only tenant
	Network string // default: the only network
	// Sources recognise its calls; no two trunks of a network share an address. At
	// least one.
	Sources []netip.Prefix
	// Targets are where calls go out to, in order of trying. None means that it only
	// brings calls.
	Targets []Target
	// Media lists the addresses that its sound comes from and goes to; any other is
	// sent nothing and not heard. The network must allow them. Empty, the default,
	// means Sources, the address that a call is signalled with, and what the trunk's
	// SDP names as far as the network allows it.
	Media []netip.Prefix
	// Proto is how it is called: "udp", "tcp" or "tls". Default udp.
	Proto string
	// AnyProto tells that proto is not written: of a target that is a name without a
	// port, DNS says how it is called.
	AnyProto bool
	// Trusted says that what it asserts of a caller is believed, and that it is told
	// what is private. Default false.
	Trusted bool
	// RemotePartyID says that it also knows Remote-Party-ID. Default false.
	RemotePartyID bool
	// Transfers says that its REFERs are followed, to numbers that it may call. Default
	// false: they are refused.
	Transfers bool
	// Music is as that of a tenant, for whom the trunk holds. Default: its tenant's.
	Music string
	// RingingTone is for a trunk whose network makes no tones: its calls hear ringing as a
	// tone, in early media, until somebody answers or sends sound. ringback = "tone";
	// default "signal": the response says that it rings.
	RingingTone bool
	// FailureTones says that a call of the trunk that fails hears busy, congestion or
	// unobtainable for some seconds before the response. failure_tones = "on"; default
	// off.
	FailureTones bool
	TLS          TrunkTLS // all zero unless Proto is "tls"
	// NoHomer tells that its messages are not sent to the capture server: homer =
	// "off". Default: they are, if there is a block homer.
	NoHomer bool
	// ClientNames are those of the certificate by which its calls are recognised, beside
	// Sources, on a listener of its network that has a ClientCAFile: a domain of SIP
	// URIs, else a DNS name. No two trunks of a network share one. Default: none; with
	// one, sources may be empty.
	ClientNames []string
	// Health is the block health: how its addresses are asked by OPTIONS. By default
	// they are, but for those on loopback; enabled = false leaves it zero, so that only
	// calls tell how they do.
	Health Health
	// Limits is the block limits: channels (calls at once), channels_in, channels_out,
	// reserved, calls_per_second_in and calls_per_second_out, of all nodes together. A
	// call that is refused before, such as to no number of the plan, is not counted.
	// Each 0, which is the default and no limit, or 1 to 100,000; reserved is less than
	// channels.
	Limits channel.Limits
	// DTMF is how it says digits, and wants them said: "rfc4733" (telephone-event), "info"
	// (SIP INFO), "inband" (tones in the sound), or "auto", the default: telephone-event
	// if it negotiates that, else INFO if its Allow has that, else tones.
	DTMF string
	// Profile is the block profile: what the trunk wants in calls that go out to it.
	Profile Profile
	Sound   Sound
	// Redirects is how many 3xx in a row are followed, to the trunk's own addresses.
	// Default 0: none, 0 to 5.
	Redirects int
	// Account is the block credentials: what the trunk's challenges, of our calls and of
	// our registration, are answered by. nil, the default, answers none.
	Account *Account
	// Registration is the block registration: we register with the trunk, and calls to
	// our contact are its calls. nil, the default, means that we do not. With one,
	// sources may be empty.
	Registration *TrunkRegistration
}

// Target is where calls to a trunk go.
type Target struct {
	Host string // an address, or a name that DNS is asked for
	Port int    // of an address 5060 by default, by TLS 5061; 0, of a name: DNS says, else the same
}

// Addr is the address of a target; not valid for a name.
func (t Target) Addr() netip.Addr {
	a, _ := netip.ParseAddr(t.Host)
	return a
}

// String is as it could be written.
func (t Target) String() string {
	if t.Port == 0 {
		return t.Host
	}
	return net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
}

// Group is a block trunk_group "NAME": trunks that share calls. A plan names it like a
// trunk.
type Group struct {
	Name    string
	Tenant  string   // default: the only tenant
	Members []Member // at least one
}

// Member is a block member "TRUNK" of a trunk_group.
type Member struct {
	Trunk    string
	Priority int // lower ones are tried first; default 1, 1 to 100
	// Weight is its share of the calls among members of one priority. Default 1, 0 to
	// 1000; with 0 it has those that no other takes.
	Weight int
}

// Profile is a block profile of a trunk.
type Profile struct {
	// Codecs are offered, in this order, and no others: "PCMA", "PCMU", "G722", "G729",
	// "opus", "telephone-event". Default: the caller's, then ours.
	Codecs []string
	// Number is how called numbers are written: "plus" (+441632960123), "bare"
	// (441632960123) or "national" (01632960123). Default plus.
	Number    string
	UserPhone bool // user_phone = true: they have user=phone. Default false
	// Strip are headers of the caller's identity that are left out. Default: none.
	Strip []string
	// Add are headers that are added, as "X-Account: 42": X- and P- ones, Subject,
	// Organization and Priority. Default: none.
	Add []string
}

// Account is a block credentials of a trunk.
type Account struct {
	User         string // no default
	PasswordFile string // holds the password in its first line. No default
	// Realm is the only one whose challenges are answered. Default: that of the first
	// challenge of the trunk.
	Realm string
}

// TrunkRegistration is a block registration of a trunk.
type TrunkRegistration struct {
	User    string        // of the address of record; default: that of the credentials
	Domain  string        // of the same, and the registrar's; default: the host of the first target
	Expires time.Duration // asked for; default 10m, 1m to 24h
}

// Health says how the addresses of a trunk are watched.
type Health struct {
	// Interval is between two OPTIONS to an address. Default 30s, 5s to 1h.
	Interval time.Duration
	// Down is how many failures in a row, of OPTIONS or calls, have an address tried
	// last. Default 3, 1 to 20.
	Down int
	// Up is how many answers in a row have it used again. Default 2, 1 to 20.
	Up int
	// Answers tells that the block is written: the trunk is stated to answer OPTIONS, so
	// that its silence counts from the first one, and loopback addresses are asked too.
	// By default silence counts once it has answered any.
	Answers bool
}

// TrunkTLS is how a trunk that is called by TLS is verified.
type TrunkTLS struct {
	// ServerName is what its certificate must be for. Default: the target, as it is
	// written: a name and not those of the hosts that DNS has for it (RFC 5922).
	ServerName string
	// CAFile holds its authorities, in PEM. Default "": the system's.
	CAFile string
	// Certificate is shown to it if it asks. Default: the first of the network's first
	// TLS listener.
	Certificate Certificate
}
