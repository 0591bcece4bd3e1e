package configs

import (
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/service"
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
	// DNS are the servers that a trunk's target is asked of that is a name, as servers
	// of the block dns; at most 3. Default: those of /etc/resolv.conf.
	DNS     []netip.AddrPort
	Session Session
	Limits  Limits
	Log     Log
	Records Records
	Trace   Trace
	Homer   *Homer // nil: no messages are sent to a capture server
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
	// Limits is the block limits: as of a trunk, for all its trunks together.
	Limits channel.Limits
}

// Seed is a block seed of a tenant: what an empty store starts with. "" means nothing.
type Seed struct {
	Plan  string // path of a dialplan
	Seats string // path of a CSV file of seats
}

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
	TLS       TrunkTLS // all zero unless Proto is "tls"
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
	// Profile is the block profile: what the trunk wants in calls that go out to it.
	Profile Profile
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

// Store is the block store.
type Store struct {
	// URL is that of Redis, in the forms that state.OpenRedis documents: one server, a
	// cluster, or sentinels, in plain or by TLS. Default "": embedded, in the data
	// folder. From the environment it may hold a password: it is never logged.
	URL string
	// PasswordFile holds the password of Redis. Default "": none.
	PasswordFile string
}

// Admin is the block admin.
type Admin struct {
	// HTTP is the address of the admin API. Off loopback it needs TLS. Default
	// 127.0.0.1:8080; "off" leaves it zero, which means none.
	HTTP netip.AddrPort
	// Socket is the path of the API's unix socket. Default admin.sock in the data folder.
	Socket string
	// CertFile and KeyFile are the PEM files of TLS. Default "": plain HTTP.
	CertFile, KeyFile string
	// Roles give unix users and groups their role on the socket. Default: root and
	// the user that runs the node are admin.
	Roles []Role
}

// Role is a block role "viewer", "operator" or "admin" of admin.
type Role struct {
	Role    string
	Users   []string // unix user names
	Groups  []string // unix group names
	Tenants []string // whose; empty, the default, means every tenant's
}

// Cluster is the block cluster. It needs a store that nodes share. Nodes find each
// other through it.
type Cluster struct {
	// Link is where other nodes connect to. No default.
	Link netip.AddrPort
	// Advertised is the address that the node gives to others. Default: Link.
	Advertised netip.AddrPort
	// KeyFile holds the secret that all nodes of the cluster share. No default.
	KeyFile string
	// Network is the name of the network by whose RTP addresses sound goes from node to
	// node, where the parties of a call are on two. Default: the first.
	Network string
}

// Registration is the block registration: how long a REGISTER lasts. A shorter wish
// than Min is refused with 423, a longer one than Max is shortened.
type Registration struct {
	Min     time.Duration // default 60s, at least 10s
	Default time.Duration // of a REGISTER that wishes nothing; default 600s
	Max     time.Duration // default 3600s
}

// Media is the block media: when a call without sound ends.
type Media struct {
	// Timeout is without RTP and RTCP. Default 60s; 0 means never.
	Timeout time.Duration
	// HeldTimeout is the same while held, inactive or after comfort noise. Default
	// 2h; 0 means never.
	HeldTimeout time.Duration
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
	// Subscriptions is how many lamps of phones the node serves at once, for colleagues
	// and for messages (RFC 6665). Default 200,000.
	Subscriptions int
	// SeatSubscriptions is the same of one seat. Default 200; not above Subscriptions.
	SeatSubscriptions int
	// Notifies is how many NOTIFYs a second all of them together are sent; what is more
	// waits and tells the newest state. Default 2000.
	Notifies int
}

// Log is the block log.
type Log struct {
	// Level is "debug", "info", "warn" or "error". Default info.
	Level slog.Level
	// JSON tells that lines are JSON: format = "json". Default "text".
	JSON bool
	// Numbers is how telephone numbers are written: "full", "masked" (without their last
	// four digits) or "hashed" (a word for each, another one after every start).
	// Default full.
	Numbers string
}

// Records is the block records.
type Records struct {
	// Days is how many days call records and the events behind them are kept after
	// that of the call, up to 3650. Default 0, which keeps them until somebody removes
	// them.
	Days int
}

// Trace is the block trace: the SIP messages that are kept for the ladders of calls.
type Trace struct {
	// MiB is the memory for them, 4 to 65536, taken when the node starts. Default 64,
	// which is some 4,000 calls.
	MiB int
	// Keep is how long they are shown at most. Default 24h, at least 1m.
	Keep time.Duration
	// Digits tells that digits in INFO are shown. Default false.
	Digits bool
}

// Homer is the block homer: the server that the messages of calls are sent to by HEP
// version 3 over UDP.
type Homer struct {
	// Server is its address and port. No default; the port is 9060 if it is not written.
	Server netip.AddrPort
	// Percent is the share of the calls that are sent, each whole, 1 to 100. Default 100.
	Percent int
	// Agent is the number of this node there, 0 to 4294967295. Default 1.
	Agent uint32
	// KeyFile holds the key that the server wants. Default "": none.
	KeyFile string
	// NoSeats tells that the legs of seats are not sent: seats = "off". Default: they are.
	NoSeats bool
	// Registrations and Options tell that REGISTER and OPTIONS are sent too, which are of
	// no call: registrations = "on", options = "on". Default: they are not.
	Registrations, Options bool
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
