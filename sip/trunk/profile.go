package trunk

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
)

// Format is how a trunk wants called numbers written.
type Format uint8

// The formats.
const (
	Plus     Format = iota // +441632960123
	Bare                   // 441632960123
	National               // 01632960123, and 0033123456789 abroad
)

// Profile is what a trunk wants otherwise than others in calls that go out to it.
type Profile struct {
	// Codecs are offered, in this order, and no others; none means the caller's, then
	// ours.
	Codecs    []string
	Number    Format
	UserPhone bool     // the numbers have user=phone
	Strip     []string // headers of the caller's identity that are left out
	Add       []Header // headers that are added
}

// Header is a header of an INVITE.
type Header struct{ Name, Value string }

// Write writes a called number. A short one stays as it is.
func (p Profile) Write(n dialplan.Numbering, number string) string {
	digits, international := strings.CutPrefix(number, "+")
	if !international {
		return number
	}
	rest, own := strings.CutPrefix(digits, n.Country)
	switch {
	case p.Number == Plus:
		return number
	case p.Number == Bare:
		return digits
	case own:
		return n.National + rest
	}
	return n.International + digits
}

// URI names a number behind the trunk as the trunk wants it.
func (p Profile) URI(w Way, n dialplan.Numbering, number string) sip.Uri {
	u := w.URI(p.Write(n, number))
	if p.UserPhone {
		u.UriParams = append(u.UriParams, sip.HeaderKV{K: "user", V: "phone"})
	}
	return u
}

// Headers are those of a call, of which the caller's are given.
func (p Profile) Headers(of []sip.Header) []sip.Header {
	headers := slices.DeleteFunc(slices.Clone(of), func(h sip.Header) bool {
		return slices.ContainsFunc(p.Strip, func(name string) bool { return strings.EqualFold(name, h.Name()) })
	})
	for _, h := range p.Add {
		headers = append(headers, sip.NewHeader(h.Name, h.Value))
	}
	return headers
}
