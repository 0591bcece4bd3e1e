package identity

import (
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// Reason is why a call was diverted, as RFC 5806 writes it.
type Reason string

// The reasons.
const (
	Unconditional Reason = "unconditional"
	UserBusy      Reason = "user-busy"
	NoAnswer      Reason = "no-answer"
	Unavailable   Reason = "unavailable"
	Deflection    Reason = "deflection"
	DoNotDisturb  Reason = "do-not-disturb"
)

// cause is the reason as RFC 4458 section 2 writes it in a URI.
func (r Reason) cause() string {
	switch r {
	case UserBusy, DoNotDisturb:
		return "486"
	case NoAnswer:
		return "408"
	case Unavailable:
		return "503"
	case Deflection:
		return "480"
	default:
		return "302"
	}
}

// way is where a call was diverted. It is never changed: copies of a Caller share it.
type way struct {
	diversion []string // Diversion as it came, the newest first
	history   []string // History-Info as it came, the oldest first
	diverted  []diverted
}

// diverted is a diversion by this switch.
type diverted struct {
	by, to string
	reason Reason
}

// Divert is the caller of a call that this switch diverts from one number to
// another.
func (c Caller) Divert(by, to string, reason Reason) Caller {
	if by == "" {
		return c
	}
	var w way
	if c.way != nil {
		w = *c.way
	}
	w.diverted = append(slices.Clip(w.diverted), diverted{by, to, reason})
	c.way = &w
	return c
}

// Instead is who is shown in the caller's place, of a call that was diverted as often.
func (c Caller) Instead(presentation, network string) Caller {
	return Caller{Presentation: presentation, Network: network, way: c.way}
}

// path adds Diversion and History-Info for a trunk that is trusted.
func (c *Caller) path(headers []sip.Header, host string) []sip.Header {
	if c.way == nil {
		return headers
	}
	for _, value := range c.way.diversions(host) {
		headers = append(headers, sip.NewHeader("Diversion", value))
	}
	for _, value := range c.way.histories(host) {
		headers = append(headers, sip.NewHeader("History-Info", value))
	}
	return headers
}

// diversions are the values of Diversion, the newest first (RFC 5806 section 4).
func (w *way) diversions(host string) []string {
	if len(w.diverted) == 0 {
		return w.diversion
	}
	values := make([]string, 0, len(w.diverted)+len(w.diversion))
	for _, d := range slices.Backward(w.diverted) {
		values = append(values, uri(d.by, host)+";reason="+string(d.reason)+";privacy=off;counter=1")
	}
	return append(values, w.diversion...)
}

// public tells whether a seat may see where a call was diverted.
func public(diversion string) bool {
	for one := range message.Values(diversion) {
		a, err := message.ParseAddress(one)
		if err != nil {
			return false
		}
		if privacy, ok := message.Param(a.Params, "privacy"); ok && !strings.EqualFold(privacy, "off") {
			return false
		}
	}
	return true
}

// histories are the values of History-Info, the oldest first. A diversion of ours is
// an entry below the one of where the call was going (RFC 7044 section 10.3).
func (w *way) histories(host string) []string {
	if len(w.diverted) == 0 {
		return w.history
	}
	values := slices.Clip(w.history)
	index := lastIndex(w.history)
	if index == "" {
		index = "1"
		values = append(values, uri(w.diverted[0].by, host)+";index=1")
	}
	for _, d := range w.diverted {
		at := uri(d.to, host)
		values = append(values, at[:len(at)-1]+";cause="+d.reason.cause()+">;index="+index+".1;mp="+index)
		index += ".1"
	}
	return values
}

// lastIndex is the index of the newest entry, "" if there is none to go on from.
func lastIndex(history []string) string {
	last := ""
	for _, line := range history {
		for one := range message.Values(line) {
			a, err := message.ParseAddress(one)
			if err != nil {
				continue
			}
			if index, _ := message.Param(a.Params, "index"); isIndex(index) {
				last = index
			}
		}
	}
	return last
}

// isIndex tells whether s is numbers with dots between them, and not too many.
func isIndex(s string) bool {
	const longest = 64
	if len(s) > longest {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if _, err := strconv.ParseUint(part, 10, 16); err != nil {
			return false
		}
	}
	return true
}
