package b2bua

import (
	"strowger/sip/cause"
	"strowger/sip/leg"
)

// refused tells whether the callee itself said no, so that asking elsewhere is
// not what the caller wants.
func refused(v cause.Verdict) bool {
	switch v.Status {
	case 408, 430, 480, 0:
		return false
	}
	return v.Status < 500 || v.Status >= 600
}

// unreached tells whether another way to the same party may lead to it (RFC 3263
// section 4.3): the one that was tried failed, and not the party. A timeout after
// it rang is the party's.
func unreached(v cause.Verdict, rang bool) bool {
	return v.Status == 408 && !rang || v.Status >= 500 && v.Status < 600
}

// absent is a seat whose phone is not there, whatever its registration says (Q.850:
// subscriber absent).
var absent = cause.Verdict{Status: 480, Q850: 20, Reason: "Cannot be reached", Fault: cause.Peer}

// carried is what the other party is told of a party's refusal: a redirection that we
// do not follow and a challenge that is ours to answer say nothing to the caller. A
// phone's 503, or that it cannot be reached, is none of this switch: a carrier would
// take its calls elsewhere for a while (RFC 3261 section 21.5.4).
func carried(kind leg.Kind, v cause.Verdict) cause.Verdict {
	switch {
	case kind == leg.Seat && v.Status == 503:
		return absent
	case v.Status >= 300 && v.Status < 400:
		return cause.Verdict{Status: 480, Q850: v.Q850, Fault: v.Fault}
	case v.Status == 401 || v.Status == 407:
		return cause.Verdict{Status: 502, Q850: v.Q850, Fault: cause.Us}
	}
	return v
}

// better chooses the outcome that tells the caller most: a refusal by a person
// before a failure on the way (RFC 3261 section 16.7, step 6, in spirit).
func better(a, b cause.Verdict) cause.Verdict {
	if a.Status == 0 || rank(b) < rank(a) {
		return b
	}
	return a
}

func rank(v cause.Verdict) int {
	switch status := v.Status; {
	case v == absent:
		return 4
	case status >= 600:
		return 0
	case status == 486:
		return 1
	case status == 480:
		return 2
	case status >= 400 && status < 500 && status != 408:
		return 3
	case status >= 500:
		return 4
	case status == 408: // silence
		return 5
	default:
		return 6
	}
}
