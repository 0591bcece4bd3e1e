package registrar

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/seat"
)

// wish is what a REGISTER asks for.
type wish struct {
	removeAll bool // Contact: *
	// contacts as they would be stored, but for the flow. One that expires at
	// once is to be removed.
	contacts []seat.Binding
	callID   string
	cseq     uint32
	path     []string
	outbound bool // the phone supports RFC 5626 and may be told so do we
}

// query tells whether the request only asks what is bound.
func (w *wish) query() bool { return !w.removeAll && len(w.contacts) == 0 }

// adds tells whether a binding is to be made or refreshed.
func (w *wish) adds() bool {
	return slices.ContainsFunc(w.contacts, func(b seat.Binding) bool { return !removal(b) })
}

func removal(b seat.Binding) bool { return !b.Expires.After(b.Registered) }

// supported are the option tags we understand in a REGISTER.
var supported = []string{"path", "outbound"}

// checkRequire refuses what we do not understand (RFC 3261 section 8.2.2.3).
func checkRequire(req *sip.Request) *refusal {
	var unknown []string
	for _, option := range message.Options(req, "Require") {
		if !slices.Contains(supported, strings.ToLower(option)) {
			unknown = append(unknown, option)
		}
	}
	if unknown == nil {
		return nil
	}
	return &refusal{status: 420, name: "Unsupported", value: strings.Join(unknown, ", ")}
}

// readWish reads what an authenticated REGISTER asks for at now.
func readWish(req *sip.Request, lifetimes Lifetimes, now time.Time) (wish, *refusal) {
	w := wish{callID: req.CallID().Value(), cseq: req.CSeq().SeqNo, path: message.List(req, "Path")}
	if len(w.callID) > MaxText {
		return w, bad("Call-ID Too Long")
	}
	if no := w.checkPath(req); no != nil {
		return w, no
	}
	headers := message.Contacts(req)
	expires, given := message.Expires(req)
	if slices.ContainsFunc(headers, func(c *sip.ContactHeader) bool { return c.Address.Wildcard }) {
		if len(headers) > 1 || !given || expires != 0 {
			return w, bad("Contact * Stands Alone And Needs Expires: 0")
		}
		w.removeAll = true
		return w, nil
	}
	if !given {
		expires = uint32(lifetimes.Default / time.Second)
	}
	for _, h := range headers {
		b, no := w.binding(h, expires, lifetimes, now)
		if no != nil {
			return w, no
		}
		b.UserAgent = shorten(message.Header(req, "User-Agent"))
		w.contacts = append(w.contacts, b)
	}
	w.outbound = w.outbound && len(w.path) == 0 && wants(req, "outbound")
	return w, nil
}

func wants(req *sip.Request, option string) bool {
	return message.HasOption(req, "Supported", option) || message.HasOption(req, "Require", option)
}

func (w *wish) checkPath(req *sip.Request) *refusal {
	switch {
	case len(w.path) == 0:
		return nil
	case !wants(req, "path"):
		return &refusal{status: 420, reason: "Path Needs Supported: path", name: "Unsupported", value: "path"}
	case len(w.path) > MaxPaths:
		return bad("More Than " + strconv.Itoa(MaxPaths) + " Path Values")
	case slices.ContainsFunc(w.path, func(p string) bool { return len(p) > MaxText }):
		return bad("Path Too Long")
	}
	return nil
}

// binding reads one contact. Expires is the lifetime in seconds if the contact does
// not give its own.
func (w *wish) binding(h *sip.ContactHeader, expires uint32, lifetimes Lifetimes, now time.Time) (seat.Binding, *refusal) {
	if own, ok := message.ContactExpires(h); ok {
		expires = own
	}
	lifetime := min(time.Duration(expires)*time.Second, lifetimes.Max)
	b := seat.Binding{
		Contact: h.Address.String(), Path: w.path, Q: message.ContactQ(h), CallID: w.callID, CSeq: w.cseq,
		Registered: now, Expires: now.Add(lifetime),
	}
	if h.Address.Scheme != "sip" && h.Address.Scheme != "sips" {
		return b, bad("Contact Must Be A sip URI")
	}
	b.Instance, _ = message.Param(h.Params, "+sip.instance")
	if len(b.Contact) > MaxText || len(b.Instance) > MaxText {
		return b, bad("Contact Too Long")
	}
	if regID, given := message.Param(h.Params, "reg-id"); given && b.Instance != "" {
		n, err := strconv.ParseUint(regID, 10, 31)
		if err != nil || n == 0 {
			return b, bad("Contact Has A Bad reg-id")
		}
		b.RegID, w.outbound = int(n), true
	}
	if lifetime > 0 && lifetime < lifetimes.Min {
		return b, &refusal{status: 423, name: "Min-Expires", value: strconv.Itoa(int(lifetimes.Min / time.Second))}
	}
	return b, nil
}

// shorten cuts a User-Agent where it would be long, at a character.
func shorten(s string) string {
	if len(s) > maxAgent {
		s = s[:maxAgent]
	}
	return strings.ToValidUTF8(s, "")
}
