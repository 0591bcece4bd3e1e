package configs

import (
	"net/netip"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/service"
	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/trunk/channel"
)

// Config is a node's configuration, complete and checked.
type Config struct {
	File         string // as given to Load
	Node         Node
	Networks     []Network // at least one, names unique
	Tenants      []Tenant  // at least one, names unique
	Trunks       []Trunk   // names unique
	Groups       []Group   // names unique, other than those of the trunks
	Store        Store
	Admin        Admin
	Cluster      *Cluster // nil: the node is alone
	Registration Registration
	Media        Media
	Musics       []Music // classes unique
	// DNS are the servers that a trunk's target is asked of that is a name, as servers
	// of the block dns; at most 3. Default: those of /etc/resolv.conf.
	DNS       []netip.AddrPort
	Session   Session
	Limits    Limits
	Log       Log
	Retention Retention
	Trace     Trace
	// Recording is where the sound of calls is kept.
	Recording Recording
	Homer     *Homer // nil: no messages are sent to a capture server
}

// Node is the block node.
type Node struct {
	// Name tells nodes of a cluster apart, in records and logs. Default "strowger".
	// Letters, digits and "-", at most 63.
	Name string
	// Data is the folder of the node's state, relative to the working directory.
	// Default "./data".
	Data string
}

// Network is a block network "NAME": listeners, and where sound goes. Trunks and
// seats belong to one.
type Network struct {
	Name      string
	Listeners []Listener // at least one
	RTP       []RTP      // at least one
	// Allow lists where the network may send requests and sound. Answers go to whoever
	// asked, and so may the sound of a call to the address it is signalled from.
	// Default, also of an empty list: the sources and media of its trunks, those of
	// their targets that are addresses, and the machine's subnets that its own
	// addresses lie in. An address that a target's name resolves to is not called
	// unless it is in the list.
	Allow []netip.Prefix
	// Proxies are addresses that pass on what others send, such as a load balancer:
	// who guesses passwords behind one is told apart by its Via, and the proxy itself
	// is never blocked. Default: none.
	Proxies []netip.Prefix
	// Sites are never blocked for wrong passwords, but an alarm tells of them.
	// Default: none.
	Sites []netip.Prefix
	// DSCPSIP and DSCPRTP mark what is sent, 0 to 63 (RFC 2474). Default 24 (CS3)
	// and 46 (EF); 0 is best effort.
	DSCPSIP, DSCPRTP int
	// Sound is how the sound of its seats is secured that say nothing else.
	Sound Sound
}

// Sound are the settings latch, srtp and srtp_without_tls of a network, for its seats,
// and of a trunk.
type Sound struct {
	// Latch says which source sound is taken from: the address of SDP ("strict"), or
	// another that proves itself in the first seconds and then no other ("locked"), or
	// one that goes on with the stream after a silence too ("latch"). Default locked.
	Latch media.Latch
	// SRTP says whether sound is encrypted: "off", "optional" or "required". Default off.
	SRTP sdp.Security
	// WithoutTLS says that the keys of SRTP may be sent by UDP and TCP, where others can
	// read them. Default false: there is no SRTP without TLS.
	WithoutTLS bool
}

// Listener is a block listener "NAME" of a network.
type Listener struct {
	Name string // "network/name", unique in the node
	// Proto is "udp", "tcp" or "tls". Default: the listener's name, if it is one of them.
	Proto string
	// Certificates are what a TLS listener shows, chosen by the name that is asked for;
	// the first, of cert_file and key_file, is for who asks for none that is here. At
	// least one of a TLS listener, none of another.
	Certificates []Certificate
	// ClientCAFile holds the authorities of who connects to a TLS listener, in PEM; who
	// shows no certificate of theirs is not let in. Default "": everybody is.
	ClientCAFile string
	// Bind is the address and port of the socket. No default.
	Bind netip.AddrPort
	// Advertised is what Via and Contact say. Default: Bind, which then must not be
	// 0.0.0.0 or [::]. A port of 0 means that of Bind.
	Advertised netip.AddrPort
	// Tenant is whose seats are meant by phones that name no tenant: whose domain is
	// neither the realm nor the name of one, but, for example, the node's address.
	// Default: the only tenant; with several "", which refuses such phones.
	Tenant string
	// Readers are the sockets on which a UDP listener reads at once, 1 to 16. What comes
	// from one phone always comes to the same one. Default 0: by the processors, one on
	// two of them, up to four on eight.
	Readers int
	// Algorithms are the digests offered, the preferred first: "md5", "sha-256"
	// (RFC 7616, 8760). Default sha-256, then md5.
	Algorithms []string
}

// Certificate names the PEM files of a certificate, with its intermediates, and of its
// key. They are read again when they change.
type Certificate struct{ CertFile, KeyFile string }

// RTP is a block rtp of a network: one address for sound and its ports.
type RTP struct {
	// Bind is the address of the sockets. No default.
	Bind netip.Addr
	// Advertised is what SDP says. Default: Bind, which then must not be 0.0.0.0 or [::].
	Advertised netip.Addr
	// From and To are the ports, both included; From is even. A call takes four, a
	// pair for each of its two legs. Default 20000 to 29999.
	From, To int
}

// Tenant is a block tenant "NAME": owner of seats, numbers and figures.
type Tenant struct {
	Name string
	// Realm is the digest realm; stored HA1 values depend on it, so it is never
	// changed. Default: the tenant's name.
	Realm string
	// Numbering says how numbers are written and what seats dial for a line.
	// Default: the United Kingdom's, with 9.
	Numbering dialplan.Numbering
	// Emergency recognises emergency numbers: 999, 112 and 18000, and what the list
	// adds to them.
	Emergency dialplan.Emergency
	// EmergencyTrunks are tried first, in their order; the tenant's other trunks
	// follow. At least one.
	EmergencyTrunks []string
	// Presents are the numbers that its seats may present: E.164, the last digits of
	// which may be X for any digit. None, the default, means those of its seats.
	Presents []string
	// Presentation is presented for a seat that has no number of Presents. Default "":
	// the number of the seat's site is.
	Presentation string
	// Service says what seats may call, by their class, and when an alarm tells of it.
	// Default: everything, and never.
	Service *service.Policy
	// SeatCalls is how many calls at once a seat may have that says nothing else;
	// emergency calls beside them. Default 0: as many as it likes.
	SeatCalls int
	Seed      Seed
	Heard     Heard
	// Limits is the block limits: as of a trunk, for all its trunks together.
	Limits channel.Limits
}

// Seed is a block seed of a tenant: what an empty store starts with. "" means nothing.
type Seed struct {
	Plan  string // path of a dialplan
	Seats string // path of a CSV file of seats
}

// Registration is the block registration: how long a REGISTER lasts. A shorter wish
// than Min is refused with 423, a longer one than Max is shortened.
type Registration struct {
	Min     time.Duration // default 60s, at least 10s
	Default time.Duration // of a REGISTER that wishes nothing; default 600s
	Max     time.Duration // default 3600s
}

// Session is the block session: when a call ends whose other side is gone without a
// word (RFC 4028).
type Session struct {
	// Expires is how long a leg lives without a refresh, if its party knows session
	// timers and asks for nothing shorter. Default 30m, at least 90s; 0 means that the
	// switch asks for no timer and keeps those that a party asks for.
	Expires time.Duration
	// Min is the shortest such time that the switch takes when a party asks for one
	// (Min-SE). Default and least 90s; not above Expires unless that is 0.
	Min time.Duration
}

// Limits is the block limits.
type Limits struct {
	// Registers is how many REGISTERs a second one address may send; who sends more
	// is told to come back later. Default 200.
	Registers int
	// Calls at once, emergency calls beside them. Default 2000; Fit lowers it to
	// what the machine can hold.
	Calls int
	// Load is the part of what the node's relay can carry, as measured, from which on new
	// calls are refused, emergency calls excepted: percent, 0 for never. Default 85.
	Load int
	// Subscriptions is how many lamps of phones the node serves at once, for colleagues
	// and for messages (RFC 6665). Default 200,000.
	Subscriptions int
	// SeatSubscriptions is the same of one seat. Default 200; not above Subscriptions.
	SeatSubscriptions int
	// Notifies is how many NOTIFYs a second all of them together are sent; what is more
	// waits and tells the newest state. Default 2000.
	Notifies int
}

// Overrides are what the command line says. A zero field says nothing.
type Overrides struct {
	NodeName  string
	Data      string         // folder of the state
	SIPPort   int            // of every listener of the first network; by TLS the next one
	RTPFrom   int            // with RTPTo: the ports of every rtp block
	RTPTo     int            // included
	AdminHTTP netip.AddrPort // of the admin API
	TrunkPort int            // of every target of every trunk
	// Env looks up env.NAME; nil means the process's environment.
	Env func(string) (string, bool)
	// Subnets are those of the machine; nil means that its interfaces are asked.
	Subnets []netip.Prefix
}
