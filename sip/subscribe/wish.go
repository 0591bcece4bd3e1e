package subscribe

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// Wish is what a SUBSCRIBE asks for.
type Wish struct {
	Package Package
	event   string        // value of Event, to be said again in NOTIFY
	entity  string        // URI that is watched, as the phone writes it
	expires time.Duration // 0 ends, or fetches once
}

// maxText bounds the texts of a phone that are said again, in bytes.
const maxText = 128

var packages = map[string]struct {
	is       Package
	mimeType string
}{
	"dialog":          {Dialog, "application/dialog-info+xml"},
	"message-summary": {Summary, "application/simple-message-summary"},
}

// Read returns what a SUBSCRIBE asks for, or a status and headers to refuse it with.
func Read(req *sip.Request) (w Wish, status int, headers []sip.Header) {
	event := message.Header(req, "Event")
	if event == "" {
		event = message.Header(req, "o")
	}
	name, params, _ := strings.Cut(event, ";")
	p, ok := packages[strings.ToLower(strings.TrimSpace(name))]
	if !ok {
		return w, 489, []sip.Header{sip.NewHeader("Allow-Events", AllowEvents)}
	}
	if !accepts(req, p.mimeType) {
		return w, 406, []sip.Header{sip.NewHeader("Accept", p.mimeType)}
	}
	w.Package, w.event = p.is, strings.ToLower(strings.TrimSpace(name))
	if id := eventID(params); id != "" {
		w.event += ";id=" + id
	}
	w.entity = "sip:" + req.Recipient.User + "@" + req.Recipient.Host
	if len(w.event) > maxText || len(w.entity) > maxText {
		return w, 400, nil
	}
	w.expires = DefaultExpires
	if seconds, ok := message.Expires(req); ok {
		w.expires = min(time.Duration(seconds)*time.Second, DefaultExpires)
	}
	if w.expires > 0 && w.expires < MinExpires {
		return w, 423, []sip.Header{sip.NewHeader("Min-Expires", seconds(MinExpires))}
	}
	return w, 0, nil
}

// eventID is the parameter that tells two subscriptions of one dialog apart.
func eventID(params string) string {
	for p := range strings.SplitSeq(params, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(k, "id") {
			return v
		}
	}
	return ""
}

// accepts tells whether a phone takes a type of body; one that does not say takes
// the package's own (RFC 6665 section 3.1.3).
func accepts(req *sip.Request, mimeType string) bool {
	all := message.List(req, "Accept")
	for _, a := range all {
		name, _, _ := strings.Cut(a, ";")
		name = strings.TrimSpace(name)
		if strings.EqualFold(name, mimeType) || name == "*/*" || strings.EqualFold(name, "application/*") {
			return true
		}
	}
	return len(all) == 0
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
