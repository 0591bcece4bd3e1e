// Package seat knows the provisioned SIP endpoints (Seat) and where they can be
// reached now (Binding). Both live in package state, under the tenant and the
// seat's number; this package gives them types, checks and limits.
//
// # Decisions
//
//   - Seats are grouped by tenant, so that an import is one change; bindings are
//     spread, one record a seat, and expire with the last of them.
//   - A tenant's realm never changes while it has seats: HA1 contains it.
//   - Only HA1 is stored, one for each algorithm; a password is seen once.
//   - Records of seats are JSON, which people may read in a backup; records of
//     bindings are binary, because a node reads and writes thousands a second.
//   - Removals and changed secrets are on disk before the call returns.
package seat

import (
	"time"

	"strowger/sip/transport"
)

// Seat is a provisioned SIP endpoint.
type Seat struct {
	Tenant      string       `json:"tenant"`
	Number      string       `json:"number"` // user part of the address of record; digits, 2 to 15
	Name        string       `json:"name,omitempty"`
	Network     string       `json:"network"` // where its phone sits
	Disabled    bool         `json:"disabled,omitempty"`
	Credentials []Credential `json:"credentials,omitempty"`
	// Presentation is the E.164 number that carriers present for its calls.
	Presentation string `json:"presentation,omitempty"`
	// SiteNumber is the E.164 number of its site, presented to emergency services.
	SiteNumber string `json:"site_number,omitempty"`
	// Address is the reference to the site's address for emergency services.
	Address string `json:"address,omitempty"`
	// Desk, a seat or an E.164 number, is rung when emergency services call back
	// and the seat does not answer.
	Desk string `json:"desk,omitempty"`
	// Reached, "trunk:+441632960123", makes the seat a number elsewhere (an old
	// PBX, a mobile): calls go out by any trunk, or by the one named instead of
	// "trunk", and whoever answers confirms with a key. "" means by registration.
	Reached string `json:"reached,omitempty"`
	// Class is its class of service: what it may call. "" means the tenant's default.
	Class string `json:"class,omitempty"`
	// Calls is how many calls it may have at once, emergency calls beside them. 0 means
	// what the tenant says.
	Calls int `json:"calls,omitempty"`
	// SRTP says whether its sound is encrypted, "off", "optional" or "required", and Latch
	// which source it is taken from, "locked", "strict" or "latch". "" means what its
	// network says.
	SRTP  string `json:"srtp,omitempty"`
	Latch string `json:"latch,omitempty"`
	// Pickup is the group whose ringing phones it may answer; "" for none.
	Pickup string `json:"pickup,omitempty"`
	// Ring is how its phones ring, a word that they know, such as Bellcore-dr2; ""
	// as they like.
	Ring string `json:"ring,omitempty"`
	// DTMF is how its phones say digits, and want them said: "rfc4733", "info", "inband", or
	// "auto", which "" means: telephone-event if that is negotiated, else INFO if they
	// take it, else tones.
	DTMF string `json:"dtmf,omitempty"`
	// AutoAnswer has its phones answer by themselves.
	AutoAnswer bool `json:"auto_answer,omitempty"`
	// Music is the class of music on hold that is heard by whom its phone holds, "off"
	// for none; "" means the tenant's.
	Music string `json:"music,omitempty"`
	// Features are what was set for calls to it; nil for nothing. They are shared and
	// not to be changed: see With.
	Features *Features `json:"features,omitempty"`
}

// MusicOff is the Music of a seat whose phone is heard while it holds.
const MusicOff = "off"

// Credential is a stored digest secret: HA1 of RFC 7616, lower-case hex.
type Credential struct {
	Algorithm string `json:"algorithm"` // "md5" or "sha-256"
	Realm     string `json:"realm"`
	HA1       string `json:"ha1"`
}

// Binding is one contact of a seat (RFC 3261 section 10).
type Binding struct {
	Contact    string         `json:"contact"` // URI as registered
	Flow       transport.Flow `json:"flow"`    // by which it is reached
	Path       []string       `json:"path,omitempty"`
	Instance   string         `json:"instance,omitempty"` // +sip.instance (RFC 5626)
	RegID      int            `json:"reg_id,omitempty"`
	Q          float64        `json:"q"` // 0 to 1; 1 if not given
	CallID     string         `json:"call_id"`
	CSeq       uint32         `json:"cseq"`
	UserAgent  string         `json:"user_agent,omitempty"`
	Registered time.Time      `json:"registered"`
	Expires    time.Time      `json:"expires"`
}

// AnyTrunk in Seat.Reached leaves the choice of the trunk to the switch.
const AnyTrunk = "trunk"
