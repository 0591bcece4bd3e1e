package subscribe

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// content is the body of the next NOTIFY and its type; "" if there is nothing to tell.
// The subscriber is told of what it says.
func (s *Subscription) content() (mimeType, body string) {
	if s.wish.Package == Summary {
		return packages["message-summary"].mimeType, summary(s.wish.entity, s.resource.messages)
	}
	return packages["dialog"].mimeType, s.dialogInfo()
}

// summary writes message counts (RFC 3842 section 5.2).
func summary(entity string, m Messages) string {
	waiting := "no"
	if m.New > 0 {
		waiting = "yes"
	}
	return fmt.Sprintf("Messages-Waiting: %s\r\nMessage-Account: %s\r\nVoice-Message: %d/%d (0/0)\r\n", waiting, entity, m.New, m.Old)
}

// told is a dialog that the subscriber knows of.
type told struct {
	id       string
	progress Progress
	peer     string
}

func (e entry) told() told { return told{e.ID, e.Progress, e.Peer} }

// dialogInfo writes the dialogs that differ from what the subscriber knows, or all
// (RFC 4235 section 4); "" if none does.
func (s *Subscription) dialogInfo() string {
	var d strings.Builder
	now := s.resource.shown()
	known := make([]told, 0, len(now))
	was := map[string]told{}
	for _, t := range s.told {
		was[t.id] = t
	}
	for _, e := range now {
		known = append(known, e.told())
		if s.full || was[e.ID] != e.told() {
			writeDialog(&d, s.wish.entity, e.Conversation)
		}
		delete(was, e.ID)
	}
	if !s.full {
		for _, t := range s.told {
			if _, gone := was[t.id]; gone {
				writeDialog(&d, s.wish.entity, Conversation{ID: t.id})
			}
		}
	}
	if !s.full && d.Len() == 0 {
		return ""
	}
	state := "partial"
	if s.full {
		state = "full"
	}
	s.told = known
	version := s.version
	s.version++
	return fmt.Sprintf("<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"%d\" state=\"%s\" entity=\"%s\">\n%s</dialog-info>\n",
		version, state, escaped(s.wish.entity), d.String())
}

var progressNames = [...]string{Over: "terminated", Trying: "trying", Early: "early", Confirmed: "confirmed"}

func writeDialog(d *strings.Builder, entity string, c Conversation) {
	fmt.Fprintf(d, "<dialog id=\"%s\"", escaped(c.ID))
	for _, a := range []struct{ name, value string }{{"call-id", c.CallID}, {"local-tag", c.LocalTag}, {"remote-tag", c.RemoteTag}} {
		if a.value != "" {
			fmt.Fprintf(d, " %s=\"%s\"", a.name, escaped(a.value))
		}
	}
	if c.Progress != Over {
		direction := "recipient"
		if c.Initiator {
			direction = "initiator"
		}
		fmt.Fprintf(d, " direction=\"%s\"", direction)
	}
	fmt.Fprintf(d, ">\n<state>%s</state>\n", progressNames[c.Progress])
	if c.Progress != Over {
		_, host, _ := strings.Cut(entity, "@")
		peer := "sip:anonymous@anonymous.invalid"
		if c.Peer != "" {
			peer = "sip:" + c.Peer + "@" + host
		}
		name := ""
		if c.PeerName != "" {
			name = fmt.Sprintf(" display=\"%s\"", escaped(c.PeerName))
		}
		fmt.Fprintf(d, "<remote><identity%s>%s</identity><target uri=\"%s\"/></remote>\n", name, escaped(peer), escaped(peer))
	}
	d.WriteString("</dialog>\n")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
