// Package cause is the one place where call outcomes are named: a Verdict says
// with which SIP status a call or request ends, which Q.850 cause that means,
// and whose fault it was. Errors that know their verdict carry it up; only the
// edge turns it into a response, a ledger entry and a metric.
//
// The two mapping tables follow RFC 3398 (sections 7.2.4.1 and 8.2.6.1).
package cause

import (
	"errors"
	"fmt"
	"time"
)

// Fault says who has to act for the outcome to be another one.
type Fault string

// The parties that can be at fault.
const (
	Nobody Fault = ""       // a normal end
	Caller Fault = "caller" // what was asked for was wrong or is not allowed
	Callee Fault = "callee" // the called party was busy, away or refused
	Peer   Fault = "peer"   // a carrier or phone broke the protocol or went away
	Us     Fault = "us"     // this switch: overload, store away, bug
)

// Verdict is an outcome. The zero Verdict is a normal end (Q.850 16).
type Verdict struct {
	Status int    // SIP status, 300 to 699; 0 for an end by BYE
	Q850   int    // ITU-T Q.850 cause, 1 to 127; 0 means "derive it from Status"
	Reason string // SIP reason phrase; "" means the standard one of Status
	Fault  Fault
	Wait   time.Duration // who is told may try again after it (Retry-After); 0 says nothing
	Why    string        // for the operator; "" if the status says it
	Said   string        // the Reason header (RFC 3326) that a party gave, to be passed on; "" if it gave none
}

// New is a Verdict with its cause derived from the status.
func New(status int, reason string, fault Fault) Verdict {
	return Verdict{Status: status, Q850: FromStatus(status), Reason: reason, Fault: fault}
}

// Of returns the verdict that an error carries, or 500 and our fault.
func Of(err error) Verdict {
	if v, ok := errors.AsType[Verdict](err); ok {
		return v
	}
	return New(500, "", Us)
}

// Error makes a Verdict usable as an error.
func (v Verdict) Error() string {
	return fmt.Sprintf("%d %s (Q.850 %d)", v.Status, v.Phrase(), v.Cause())
}

// Cause is the Q.850 cause, derived from the status when none is set.
func (v Verdict) Cause() int {
	if v.Q850 != 0 {
		return v.Q850
	}
	return FromStatus(v.Status)
}

// Phrase is the SIP reason phrase.
func (v Verdict) Phrase() string {
	if v.Reason != "" {
		return v.Reason
	}
	return Phrase(v.Status)
}

// FromStatus maps a SIP status to a Q.850 cause (RFC 3398 section 8.2.6.1). An
// unknown status maps as the x00 of its class does; 0 to 16, normal clearing.
func FromStatus(status int) int {
	if c, ok := fromStatus[status]; ok {
		return c
	}
	switch {
	case status == 0 || status >= 200 && status < 300:
		return 16
	case status < 500:
		return 127
	case status < 600:
		return 41
	default:
		return 21
	}
}

// ToStatus maps a Q.850 cause to a SIP status (RFC 3398 section 7.2.4.1). An
// unknown cause maps to 500.
func ToStatus(q850 int) int {
	if s, ok := toStatus[q850]; ok {
		return s
	}
	return 500
}

// Phrase is the standard reason phrase of a status, or "" if it has none.
func Phrase(status int) string { return phrases[status] }
