// Package security is the log of security events: a file of its own, one line an
// event, for programs such as fail2ban that act on what strangers do.
//
// # Format
//
// A line is the time in UTC and then pairs of key and value with a space between:
//
//	2026-05-04T09:10:11.123Z event=wrong-password source=192.0.2.7 port=5060 transport=udp network=lan tenant=demo user=1001
//
// The time, event and source come first, in this order, and are ours alone. A value
// that others can write, such as a user name, is quoted as in Go if it has anything
// but letters, digits and . _ : / @ + * -, so that nobody can feign a line or a pair.
// Keys without a value are left out; new keys and events may be added, at the end.
//
// # Contract
//
//   - Report does not block: lines wait for their writer in a bounded queue, and what
//     finds no place, or comes faster than MaxRate, is dropped and counted. How many
//     were is an event itself.
//   - The file never grows beyond MaxFile: it is renamed to security.log.1, and so on
//     up to Kept. If somebody else renames or removes it, a new one is begun within
//     a second.
package security

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Kind is what happened. The names never change.
type Kind string

// The kinds of event.
const (
	WrongPassword  Kind = "wrong-password"         // of a seat that exists
	UnknownUser    Kind = "unknown-user"           // of no seat
	Blocked        Kind = "blocked"                // a source, or a user of it, from now on for seconds
	Alarmed        Kind = "guessing"               // what would be blocked, but is listed not to be
	Unblocked      Kind = "unblocked"              // by time or by an administrator
	ForeignRequest Kind = "foreign-request"        // of a dialog, by who is not its party
	NotAllowed     Kind = "destination-disallowed" // a request or sound would go to target, where the network may not send
	Handshake      Kind = "tls-handshake-failed"   // of either side's fault
	Limit          Kind = "limit-exceeded"         // of what one source or party may do
	TollAlarm      Kind = "toll-alarm"             // a seat or trunk calls more than is usual
	Dropped        Kind = "events-dropped"         // events that are missing before this one
)

// Event is a line. Fields that are zero are left out.
type Event struct {
	Kind      Kind
	Source    netip.AddrPort // whose fault it seems to be; a port of 0 is left out
	Target    netip.AddrPort // where something would go
	Transport string         // "udp", "tcp" or "tls"
	Network   string
	Tenant    string
	User      string // as it was claimed
	Method    string
	For       time.Duration // of Blocked: how long, in seconds in the file
	Detail    string        // for people
}

// Reporter takes events. Report must not block.
type Reporter interface {
	Report(now time.Time, e Event)
}

// Discard takes events and forgets them.
type Discard struct{}

// Report does nothing.
func (Discard) Report(time.Time, Event) {}

// maxValue is how many bytes of a value are written.
const maxValue = 160

// Line is the event as a line of the file, without its end.
func (e Event) Line(now time.Time) string {
	b := now.UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z")
	b = append(append(b, " event="...), e.Kind...)
	if e.Source.Addr().IsValid() {
		b = append(append(b, " source="...), e.Source.Addr().Unmap().WithZone("").String()...)
		if e.Source.Port() != 0 {
			b = strconv.AppendUint(append(b, " port="...), uint64(e.Source.Port()), 10)
		}
	}
	if e.Target.IsValid() {
		b = appendPair(b, "target", e.Target.String())
	}
	for _, pair := range [...][2]string{
		{"transport", e.Transport}, {"network", e.Network}, {"tenant", e.Tenant}, {"user", e.User}, {"method", e.Method},
	} {
		b = appendPair(b, pair[0], pair[1])
	}
	if e.For > 0 {
		b = strconv.AppendInt(append(b, " seconds="...), int64(e.For/time.Second), 10)
	}
	return string(appendPair(b, "detail", e.Detail))
}

func appendPair(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, ' '), key...), '=')
	value = strings.ToValidUTF8(value[:min(len(value), maxValue)], "?")
	if strings.ContainsFunc(value, unsafe) {
		return strconv.AppendQuoteToASCII(b, value)
	}
	return append(b, value...)
}

// unsafe are characters that need quotes.
func unsafe(r rune) bool {
	alnum := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !alnum && !strings.ContainsRune("._:/@+*-", r)
}
