// Package overload decides what a node takes when more comes than it can handle: by
// a bounded look at a message before it is parsed. It opens no socket and reads no
// clock; package transport asks it.
//
// # Order
//
// What waits is taken by class: what belongs to calls that stand, and emergency
// calls, before what begins something; known sources before others: trunks, by their
// addresses, those of the registrars that we register with, or the certificate of a
// connection, and flows by which a seat has registered. Within a class the order of
// arrival is kept, and whatever concerns one request that begins something (its CANCEL,
// its repetition) is of its class.
//
// # Shedding
//
// A Detector is told how long messages waited. Once each one waited longer than
// Target for Interval, there is a standing queue and the node is overloaded: what
// begins something and has waited longer than Target is refused (503 with
// Retry-After), which costs a small part of handling it. Waits then stay about
// Target, below the 500 ms after which a peer would send again, and what is taken is
// as much as the node can handle. This is CoDel (RFC 8289) with its time limit in
// place of its growing rate of drops, which is too slow for twice the load.
// Messages that are late one by one, as on a machine that is busy with other things, are
// no queue, and where nothing was late for Target nothing is refused.
//
// A request that was taken is never refused when it comes again (Recent): its transaction
// stands, and what that says is final.
//
// # Sound
//
// Sound judges how near the relay is to what it can carry, by what packets cost here and
// now. It is no queue: a call that is taken brings its packets much later, and those of
// calls that ring are counted before they come. The exchange refuses by it what begins a
// call, before anybody is rung.
//
// # Contract
//
// A refusal is written from the lines of the request (RFC 3261 section 8.2.6) and
// keeps nothing (section 8.2.7). It is never much longer than the request. Its To
// tag tells its ACK.
//
// A class is a matter of order and of nothing else: our mark in a tag is no proof of
// who sent it, and neither is a source.
package overload

import "time"

// Target and Interval make a standing queue: all of Interval nothing waited for less
// than Target.
const (
	Target   = 100 * time.Millisecond
	Interval = 500 * time.Millisecond
)

// Class is the order in which messages that wait are taken.
type Class uint8

// The classes, the first one first.
const (
	Standing  Class = iota // of a call that stands: responses, requests with our tag
	Emergency              // calls to emergency numbers
	Known                  // from a trunk or a registered flow
	Unknown                // from anybody else
	Classes                // how many there are
)

// Judge tells what the look at a message cannot. No function may wait.
type Judge struct {
	Mine      func(token string) bool // a tag, or a branch behind its cookie, is one of ours
	Emergency func(user string) bool  // the user part of a Request-URI is an emergency number
}

// Class of a message from a known source or another.
func (j Judge) Class(h *Head, known bool) Class {
	switch {
	case h.Method == nil:
		if j.Mine(string(h.token())) {
			return Standing
		}
	case len(h.ToTag) > 0 && j.Mine(string(h.ToTag)):
		if known {
			return Standing
		}
		return Known // a phone that moved within a call
	case known && is(h.Method, "OPTIONS"):
		return Standing // a carrier whose pings are late gives the node up
	case (is(h.Method, "INVITE") || is(h.Method, "CANCEL")) && j.Emergency(string(h.User)):
		return Emergency
	case known:
		return Known
	}
	return Unknown
}

// Refusable tells whether a request can be refused: it begins something, and its
// sender waits for a response.
func (h *Head) Refusable() bool {
	return h.Method != nil && !is(h.Method, "ACK") && !is(h.Method, "CANCEL")
}

func is(method []byte, name string) bool { return string(method) == name }
