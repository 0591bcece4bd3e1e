// Package api is the language of the admin API: what the server answers and the
// command line shows, and the client that carries it.
//
// # Contract
//
// The API is HTTP and JSON below /v1. A tenant stands in the path of everything
// that is a tenant's: /v1/tenants/TENANT/seats; "-" is the only tenant there is.
// An answer of 400 and above carries an Error. Times are RFC 3339 in UTC.
//
//	GET    /v1/status                               viewer of any tenant
//	GET    /v1/access                               admin; POST adds, DELETE /NAME revokes
//	GET    /v1/blocks                               viewer of every tenant: of all nodes
//	DELETE /v1/blocks/ADDRESS                       operator of every tenant; ?user=1001
//	GET    /v1/tenants/T/usage                      viewer: of all nodes, the last hour
//	POST   /v1/state/backup, /v1/state/restore      admin of every tenant; ?replace=1
//	GET    /v1/tenants/T/seats                      viewer; ?prefix=10; POST adds (admin)
//	GET    /v1/tenants/T/seats/N                    viewer; PATCH, DELETE (admin)
//	GET    /v1/tenants/T/seats/N/why, /bindings     viewer; DELETE /bindings (operator)
//	POST   /v1/tenants/T/seats/N/state              operator: enables or disables
//	POST   /v1/tenants/T/seats/N/password           admin
//	POST   /v1/tenants/T/import                     admin; CSV; ?dry_run=1 writes nothing
//	GET    /v1/tenants/T/export                     viewer; CSV; ?secrets=1 admin
//	GET    /v1/tenants/T/trunks, /trunks/NAME       viewer: as each node sees them
//	POST   /v1/tenants/T/trunks/NAME/ping           operator: OPTIONS to every address
//	POST   /v1/tenants/T/trunks/NAME/state          operator: disables or enables
//	GET    /v1/tenants/T/calls, /calls/ID           viewer; DELETE /calls/ID hangs up (operator)
//	POST   /v1/tenants/T/calls/ID/supervise         supervise: a seat listens, whispers, barges in
//	POST   /v1/tenants/T/calls/ID/join, /mute, /kick   operator: three-way calls, conferences
//	GET    /v1/tenants/T/calls/ID/events            viewer: the call in the ledger of its node
//	GET    /v1/tenants/T/calls/ID/messages          viewer: its SIP messages, of every node
//	POST   /v1/tenants/T/calls/ID/recording         operator: start, pause, resume, mask, unmask, stop
//	GET    /v1/tenants/T/recordings                 recordings: of all nodes; ?call=&seat=&number=&from=&to=&limit=
//	GET    /v1/tenants/T/recordings/ID, /sound      recordings: WAV, of its node; ?mixed=1&export=1
//	DELETE /v1/tenants/T/recordings/ID              recordings: ?reason=
//	POST   /v1/tenants/T/privacy/find, /export, /erase   admin: what this node has of a number
//	GET    /v1/tenants/T/plan                       viewer; PUT publishes (admin)
//	POST   /v1/tenants/T/plan/check, /diff, /simulate   viewer
//	GET    /v1/messages                             viewer of every tenant; ?source=&text=&last=10m
//	GET    /metrics                                 viewer of every tenant
//	GET    /health/live, /health/ready              anybody
//
// # Decisions
//
//   - A client never chooses its identity: on the unix socket it is the peer's, on
//     HTTP its token's.
//   - Calls are those of all nodes of the cluster, whichever is asked. Nodes that do
//     not answer are named beside the list (200), or, if the call may be theirs,
//     in the refusal (503).
//   - A password goes out once, in the answer to the request that made it.
package api

import (
	"fmt"
	"strings"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
	"strowger/sip/overload"
	"strowger/sip/seat"
	"strowger/sip/trace"
)

// Error is the body of an answer of 400 and above.
type Error struct {
	Message string          `json:"error"`           // what is wrong and what to do
	Lines   []seat.RowError `json:"lines,omitempty"` // of an import: every bad line
}

// Status is a node at a glance.
type Status struct {
	Node       string        `json:"node"`
	Version    string        `json:"version"`
	Identity   string        `json:"identity"` // who asks
	Started    time.Time     `json:"started"`
	Ready      bool          `json:"ready"`
	Store      string        `json:"store"` // "embedded" or "redis"
	Listeners  []Listener    `json:"listeners"`
	Tenants    []string      `json:"tenants"` // that the asker may see
	Calls      int           `json:"calls"`
	CallLimit  int           `json:"call_limit"`
	Load       overload.Load `json:"load"`       // of the sound
	LoadLimit  int           `json:"load_limit"` // percent, from which on calls are refused; 0: never
	Registered int           `json:"registered"` // seats with a living binding, of all tenants
	Ports      Ports         `json:"ports"`
	Plane      Plane         `json:"media_plane"`
	Targets    []TrunkTarget `json:"targets"` // of the trunks of those tenants
}

// TrunkTarget is where calls to a trunk go.
type TrunkTarget struct {
	Tenant    string   `json:"tenant"`
	Trunk     string   `json:"trunk"`
	Name      string   `json:"name"`      // as configured
	Addresses []string `json:"addresses"` // in order of priority, as "192.0.2.1:5060/udp"
	Stale     bool     `json:"stale"`     // they are older than DNS allows, as no server answers
	Error     string   `json:"error,omitempty"`
}

// Listener is a SIP socket of the node.
type Listener struct {
	Name       string `json:"name"`
	Transport  string `json:"transport"`
	Address    string `json:"address"`
	Advertised string `json:"advertised"`
}

// Ports are the RTP ports of the node, in pairs.
type Ports struct {
	Free    int `json:"free"`
	Resting int `json:"resting"`
	Total   int `json:"total"`
}

// Plane is what carries sound.
type Plane struct {
	Name     string `json:"name"`               // "ebpf" or "userspace"
	Attached string `json:"attached,omitempty"` // such as "tcx on eth0"
	Carried  int    `json:"carried"`            // streams in the kernel now, one for each direction
}

// Token is a named access without its secret.
type Token struct {
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Tenant   string    `json:"tenant,omitempty"` // "" is every tenant
	Created  time.Time `json:"created"`
	By       string    `json:"by"`
	Expires  time.Time `json:"expires,omitzero"` // zero is never
	LastUsed time.Time `json:"last_used,omitzero"`
}

// NewToken is a request for a token, and with Secret the answer to it.
type NewToken struct {
	Name   string        `json:"name"`
	Role   string        `json:"role"`
	Tenant string        `json:"tenant,omitempty"`
	Life   time.Duration `json:"life,omitempty"` // 0 is for ever
	Secret string        `json:"secret,omitempty"`
}

// Call is a call that is not over, and the node that has it.
type Call struct {
	Node string `json:"node"`
	exchange.Call
}

// Transfer connects a party of a call to somebody else.
type Transfer struct {
	To  string `json:"to"`            // as it would be dialled by the party that is let go
	Leg int    `json:"leg,omitempty"` // who goes on; 0 means 1, the caller
}

// Mask opens a payment window in a call: what a party says and presses reaches nobody. If
// it collects, the answer comes when the window is closed, and has the digits.
type Mask struct {
	Leg     int    `json:"leg,omitempty"`     // whose digits; 0 means 1, the caller
	Collect int    `json:"collect,omitempty"` // digits that are wanted, 32 at most; the last one closes it. 0 collects none
	Until   string `json:"until,omitempty"`   // key that closes it sooner and is none of the digits
	Seconds int    `json:"seconds,omitempty"` // it closes by itself then, 600 at most; 0 means 120
}

// Masked is a payment window.
type Masked struct {
	Call string `json:"call"`
	b2bua.Collected
}

// Calls are those of a tenant on every node that answered, oldest first.
type Calls struct {
	Calls   []Call    `json:"calls"`
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is a node of the cluster that did not answer: the answer lacks what it knows.
type Missing struct {
	Node string `json:"node"`
	Why  string `json:"why"`
}

// Unanswered is an error that says which nodes did not answer, nil if all did.
func Unanswered(missing []Missing) error {
	var nodes []string
	for _, m := range missing {
		nodes = append(nodes, m.Node+" ("+m.Why+")")
	}
	if nodes == nil {
		return nil
	}
	return fmt.Errorf("these nodes did not answer: %s; ask again, or ask them", strings.Join(nodes, ", "))
}

// CallRecord is a call in the ledger.
type CallRecord struct {
	ID     string         `json:"id"`
	Events []ledger.Event `json:"events"`
}

// Trace is the messages of a call, or those that were searched for, on every node that
// answered, in order of time.
type Trace struct {
	ID       string          `json:"id,omitempty"`
	Legs     []trace.Leg     `json:"legs"`
	Messages []trace.Message `json:"messages"`
	Missing  []Missing       `json:"missing,omitempty"`
}
