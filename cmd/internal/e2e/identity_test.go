package e2e

import (
	"strings"
	"testing"
)

// trusting makes the carrier a trunk that is believed.
var trusting = change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, "targets = [\"127.0.0.2:5060\"]\n  trusted = true")

// lacks wants no line of a message to begin with these.
func lacks(t *testing.T, msg string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if strings.Contains("\n"+msg, "\n"+line) {
			t.Errorf("a line begins with %q in\n%s", line, msg)
		}
	}
}

// TestCarrierSaysWhoCalls: a phone is shown the presentation number, and the record
// has the network number of a carrier that is trusted.
func TestCarrierSaysWhoCalls(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const (
		to      = "+448081570002"
		session = "ab30317f1a784dc48ff824d0d3715d86"
		shown   = "From: <sip:" + string(carrier) + "@"
		nobody  = `From: "Anonymous" <sip:anonymous@anonymous.invalid>`
	)
	for name, c := range map[string]struct {
		edits   []edit
		privacy string
		from    string
		network string
	}{
		"trusted":               {[]edit{trusting}, "none", shown, "+441632960999"},
		"trusted and withheld":  {[]edit{trusting}, "id", nobody, "+441632960999"},
		"not trusted":           {nil, "none", shown, ""},
		"a stranger's withheld": {nil, "user;critical", nobody, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, c.edits...)
			phone := n.phone("1002", answers(), hungUp())
			invite := carrier.invite(1, to).with("P-Asserted-Identity: <sip:+441632960999@[local_ip];user=phone>", "Privacy: "+c.privacy, "Session-ID: "+session)
			call := n.fromCarrier(to, invite, await("100"), await("180"), await("200"), carrier.ack(1), carrier.hangsUp(2))
			allDone(call, phone)
			got := phone.got("INVITE", "")
			says(t, got, c.from, "Session-ID: "+session+";remote=")
			lacks(t, got, "P-Asserted-Identity:", "Privacy:")
			says(t, phone.got("BYE", ""), "Session-ID: "+session+";remote=")
			record := n.recorded(byCaller)[0]
			if record.Network != c.network || record.Withheld != (c.from == nobody) || record.Presentation != string(carrier) || record.SessionID != session {
				t.Errorf("record %+v", record)
			}
			if (record.From == "") != record.Withheld {
				t.Errorf("withheld is %v, and the caller %q", record.Withheld, record.From)
			}
		})
	}
}

// TestSeatSaysWhoCalls: what a carrier is told of a seat that calls out.
func TestSeatSaysWhoCalls(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const (
		own     = "From: <sip:+441632960101@"
		network = "P-Asserted-Identity: <sip:" + presentedNumber + "@"
		nobody  = `From: "Anonymous" <sip:anonymous@anonymous.invalid>`
	)
	presents := change("strowger.hcl", `realm = "demo"`, "presents = [\"+4416329601XX\"]\n  realm = \"demo\"")
	for name, c := range map[string]struct {
		edits    []edit
		dialled  string
		header   string
		says     []string
		lacks    []string
		replaced float64
	}{
		"trusted":          {[]edit{trusting}, "901632960777", "X: 1", []string{own, network}, []string{"Privacy:"}, 0},
		"not trusted":      {nil, "901632960777", "X: 1", []string{own}, []string{"P-Asserted", "Privacy:"}, 0},
		"141":              {[]edit{trusting}, "914101632960777", "X: 1", []string{nobody, network, "Privacy: id"}, nil, 0},
		"141, not trusted": {nil, "914101632960777", "X: 1", []string{nobody, "Privacy: id"}, []string{"P-Asserted"}, 0},
		"its own range":    {[]edit{presents}, "901632960777", "P-Preferred-Identity: <tel:+441632960199>", []string{"From: <sip:+441632960199@"}, nil, 0},
		"not its to show":  {[]edit{presents}, "901632960777", "P-Preferred-Identity: <tel:+442079460000>", []string{own}, nil, 1},
		"asserts":          {[]edit{trusting}, "901632960777", "P-Asserted-Identity: <tel:+442079460000>", []string{own, network}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, c.edits...)
			trunk := n.waits("carrier", n.carrier, answers(), hungUp())
			call := n.call("1001", host(), c.dialled, ada.isRefused(c.dialled, "407"),
				ada.invite(2, c.dialled).with(c.header).signed(string(ada)), maybe(100), maybe(180), await("200"), ada.ack(2), ada.hangsUp(3))
			allDone(call, trunk)
			got := trunk.got("INVITE sip:+441632960777@", "")
			says(t, got, c.says...)
			lacks(t, got, c.lacks...)
			lacks(t, got, "From: <sip:+442079460000@", "P-Preferred-Identity")
			if replaced := n.counter("admission_replaced"); replaced != c.replaced {
				t.Errorf("%v numbers were replaced", replaced)
			}
			if record := n.recorded(byCaller)[0]; record.Network != presentedNumber || record.From != "1001" {
				t.Errorf("record %+v", record)
			}
		})
	}
}
