// Package ladder draws the SIP messages of a call, as text of 80 columns and as a
// file that Wireshark opens.
//
// The caller's leg stands at the left, the switch in the middle, every other leg at
// the right. What is drawn comes from the network: it is cut to its column, and what
// is no printable ASCII is a dot.
package ladder

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"strowger/cmd/internal/admin/api"
	"strowger/media/sdp"
	"strowger/sip/trace"
)

// span is the width between two lines of the ladder; with the seconds before them
// and the lines themselves a row has 79 columns.
const span = 33

// Draw writes the ladder of a call.
func Draw(w io.Writer, t api.Trace) {
	fmt.Fprintf(w, "call   %s\n", t.ID)
	legs := map[string]trace.Leg{}
	for _, l := range t.Legs {
		legs[l.CallID] = l
		fmt.Fprintln(w, cut(fmt.Sprintf("leg %-2d %s, %sCall-ID %s", l.ID, l.Party, way(t.Messages, l), l.CallID), 79))
	}
	if len(t.Messages) == 0 {
		fmt.Fprintln(w, "its messages are gone")
		return
	}
	right := "others"
	if len(t.Legs) == 2 {
		right = t.Legs[1].Party
	}
	left := "caller"
	if len(t.Legs) > 0 && t.Legs[0].ID == 1 {
		left = t.Legs[0].Party
	}
	half := span/2 + 1
	fmt.Fprintf(w, "\n%9s %-*s%s%*s\n", "seconds", half, cut(left, half), centre("strowger", 69-2*half), half, cut(right, half))
	seen := map[string]bool{}
	for i := range t.Messages {
		m := &t.Messages[i]
		l := legs[m.CallID]
		r := read(m)
		if len(t.Legs) > 2 && l.ID > 1 {
			r.what = "#" + strconv.Itoa(l.ID) + " " + r.what
		}
		key := strconv.FormatBool(m.Sent) + m.Text
		if seen[key] {
			r.what += " again"
			r.notes = nil
		}
		seen[key] = true
		row(w, fmt.Sprintf("%9.3f", m.At.Sub(t.Messages[0].At).Seconds()), l.ID > 1, arrow(r.what, m.Sent == (l.ID > 1)))
		for _, note := range r.notes {
			row(w, "", l.ID > 1, fmt.Sprintf(" %-*s", span-1, cut(note, span-2)))
		}
	}
}

// way is how the messages of a leg travel, behind which more may stand.
func way(messages []trace.Message, l trace.Leg) string {
	for _, m := range messages {
		if m.CallID == l.CallID {
			return m.Proto + " " + m.Remote.String() + ", "
		}
	}
	return ""
}

// row writes a row with something between two of its lines.
func row(w io.Writer, seconds string, atRight bool, between string) {
	left, right := between, strings.Repeat(" ", span)
	if atRight {
		left, right = right, left
	}
	fmt.Fprintf(w, "%9s |%s|%s|\n", seconds, left, right)
}

// arrow draws a message that goes to the right, or to the left.
func arrow(what string, toRight bool) string {
	what = " " + cut(what, span-6) + " "
	shaft := strings.Repeat("-", span-3-len(what))
	if toRight {
		return "--" + what + shaft + ">"
	}
	return "<" + shaft + what + "--"
}

func centre(s string, width int) string {
	before := (width - len(s)) / 2
	return fmt.Sprintf("%-*s", width, strings.Repeat(" ", before)+s)
}

// cut makes text printable and shortens it to a width, with a mark at its end.
func cut(s string, width int) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '.'
		}
	}
	if len(b) > width {
		b = append(b[:width-1], '~')
	}
	return string(b)
}

// Printable is a text of the network that a terminal may be given.
func Printable(s string) string { return cut(s, max(len(s), 1)) }

// What says in a few words what a message is.
func What(m *trace.Message) string { return cut(read(m).what, span) }

// reading is what a ladder says of a message.
type reading struct {
	what  string
	notes []string
}

// noted are the headers that a ladder shows beside what a message is.
var noted = []string{"Reason", "Retry-After", "Refer-To", "Replaces", "RAck", "Warning"}

func read(m *trace.Message) reading {
	head, body, _ := strings.Cut(m.Text, "\r\n\r\n")
	first, rest, _ := strings.Cut(head, "\r\n")
	values := headers(rest)
	r := reading{what: first}
	if status, ok := strings.CutPrefix(first, "SIP/2.0 "); ok {
		r.what = status
		if _, method, _ := strings.Cut(values["cseq"], " "); method != "INVITE" && method != "" {
			r.what += " (" + method + ")"
		}
	} else if method, target, ok := strings.Cut(first, " "); ok {
		r.what = method
		if method == "INVITE" {
			r.what += " " + user(target)
		}
	}
	for _, name := range noted {
		if v := values[strings.ToLower(name)]; v != "" {
			r.notes = append(r.notes, name+": "+v)
		}
	}
	r.notes = append(r.notes, describe(body)...)
	return r
}

// headers are the first value of each header by its name in lower case.
func headers(text string) map[string]string {
	values := map[string]string{}
	for line := range strings.SplitSeq(text, "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, again := values[name]; ok && !again {
			values[name] = strings.TrimSpace(value)
		}
	}
	return values
}

// user is the user of a request's target.
func user(target string) string {
	uri, _, _ := strings.Cut(target, " ")
	_, rest, _ := strings.Cut(uri, ":")
	name, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, ";")
	return name
}

// describe says what SDP a body has, if it has any, in as few lines as hold it.
func describe(body string) []string {
	at := strings.Index(body, "v=0")
	if at < 0 {
		return nil
	}
	d, err := sdp.Parse([]byte(body[at:]))
	if err != nil {
		return []string{"SDP that cannot be read"}
	}
	i, err := d.Audio()
	if err != nil {
		return []string{"SDP without plain audio"}
	}
	m := d.Media[i]
	var names []string
	for _, c := range m.Codecs {
		if c.Encoding != "telephone-event" && c.Encoding != "CN" {
			names = append(names, c.Encoding)
		}
	}
	text := "SDP "
	if m.Direction != sdp.SendRecv {
		text += m.Direction.String() + " "
	}
	text += strings.Join(names, ",")
	if !m.RTP.IsValid() {
		return []string{text}
	}
	if whole := text + " " + m.RTP.String(); len(whole) <= span-2 {
		return []string{whole}
	}
	return []string{text, "at " + m.RTP.String()}
}
