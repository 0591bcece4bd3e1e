package message

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

const tortureFolder = "../../testdata/torture"

// outcome is what becomes of a message: the kind of its fault, 0 if it is
// accepted, and the status that is answered.
type outcome struct {
	kind   Kind
	status int
}

var accepted = outcome{}

// torture holds the messages of RFC 4475. Those that the RFC calls invalid for
// reasons above the grammar (an unknown scheme, extension or body, no hop left)
// are accepted here and judged above.
var torture = map[string]outcome{
	// 3.1.1: valid messages
	"wsinv": accepted, "intmeth": accepted, "esc01": accepted, "escnull": accepted, "esc02": accepted,
	"lwsdisp": accepted, "longreq": accepted, "dblreq": accepted, "semiuri": accepted,
	"transports": accepted, "mpart01": accepted, "unreason": accepted, "noreason": accepted,
	// 3.1.2: invalid messages
	"badinv01":   {Syntax, 400},    // separators without values between them
	"clerr":      {Truncated, 400}, // Content-Length larger than the message
	"ncl":        {Syntax, 400},    // negative Content-Length
	"scalar02":   {Syntax, 400},    // request with overlarge numbers
	"scalarlg":   {Syntax, 0},      // response with overlarge numbers
	"quotbal":    {Syntax, 400},    // a quote in To is not closed
	"ltgtruri":   {StartLine, 400}, // <> around the request URI
	"lwsruri":    {StartLine, 400}, // space within the request URI
	"lwsstart":   {StartLine, 400}, // more than one space in the request line
	"trws":       {StartLine, 400}, // space after the request line
	"escruri":    {StartLine, 400}, // escaped headers in the request URI
	"baddate":    accepted,         // a Date that nobody here reads
	"regbadct":   {Syntax, 400},    // Contact with ? and no <>
	"badaspec":   {Syntax, 400},    // spaces within <>
	"baddn":      {Syntax, 400},    // a comma in an unquoted display name
	"badvers":    {Version, 505},
	"mismatch01": {Mismatch, 400}, "mismatch02": {Mismatch, 400},
	"bigcode": {StartLine, 0}, // response code beyond 699
	// 3.2: transaction layer
	"badbranch": accepted,
	// 3.3: application layer
	"insuf":  {Missing, 400}, // no Call-ID, From and To: answered with what there is
	"unkscm": accepted, "novelsc": {StartLine, 416}, "unksm2": accepted, "bext01": accepted, "invut": accepted,
	"regaut01": accepted, "multi01": {Duplicate, 400}, "mcl01": {Duplicate, 400}, "bcast": accepted,
	"zeromf": accepted, "cparam01": accepted, "cparam02": accepted, "regescrt": accepted, "sdp01": accepted,
	// 3.4: backward compatibility
	"inv2543": accepted,
}

const torture6Folder = "../../testdata/torture6"

// torture6 holds the messages of RFC 5118.
var torture6 = map[string]outcome{
	"ipv6-good":        accepted,
	"ipv6-bad":         {StartLine, 400}, // an address without brackets
	"port-ambiguous":   accepted,         // 5070 is a part of the address
	"port-unambiguous": accepted, "via-received-param-with-delim": accepted, "via-received-param-no-delim": accepted,
	"ipv6-in-sdp": accepted, "mult-ip-in-header": accepted, "mult-ip-in-sdp": accepted, "ipv4-mapped-ipv6": accepted,
	"ipv6-bug-abnf-3-colons":     accepted, // which the grammar of RFC 3261 allows
	"ipv6-correct-abnf-2-colons": accepted,
}

func tortureMessage(tb testing.TB, name string) []byte {
	tb.Helper()
	folder := tortureFolder
	if _, ok := torture6[name]; ok {
		folder = torture6Folder
	}
	data, err := os.ReadFile(filepath.Join(folder, name+".dat"))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestTorture(t *testing.T)  { testTorture(t, tortureFolder, torture, 49) }
func TestTorture6(t *testing.T) { testTorture(t, torture6Folder, torture6, 12) }

func testTorture(t *testing.T, folder string, outcomes map[string]outcome, n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.dat"))
	if err != nil || len(files) != n || len(outcomes) != n {
		t.Fatalf("%d files and %d outcomes, want %d of each (%v)", len(files), len(outcomes), n, err)
	}
	for name, want := range outcomes {
		t.Run(name, func(t *testing.T) {
			msg, err := Parse(tortureMessage(t, name))
			var got outcome
			var pe *ParseError
			if errors.As(err, &pe) {
				got = outcome{pe.Kind, pe.Status}
			}
			if got != want {
				t.Fatalf("outcome is %v, want %v (%v)", got, want, err)
			}
			if pe == nil {
				mustSurviveRoundTrip(t, msg)
			} else if pe.Status != 0 {
				answer := string(Append(nil, NewResponse(pe.Request, pe.Status, pe.Reason, "us")))
				if !strings.HasPrefix(answer, fmt.Sprintf("SIP/2.0 %d ", pe.Status)) || !strings.Contains(answer, "\r\nVia: SIP/") {
					t.Errorf("answer is %q", answer)
				}
			}
		})
	}
}

func mustBeParsed(tb testing.TB, data []byte) sip.Message {
	tb.Helper()
	msg, err := Parse(data)
	if err != nil {
		tb.Fatalf("%v in\n%q", err, data)
	}
	return msg
}

// mustSurviveRoundTrip fails if a message that is written and read again is not
// written in the same way.
func mustSurviveRoundTrip(tb testing.TB, msg sip.Message) {
	tb.Helper()
	first := Append(nil, msg)
	if second := Append(nil, mustBeParsed(tb, first)); string(first) != string(second) {
		tb.Fatalf("written first as\n%q\nthen as\n%q", first, second)
	}
}

// What RFC 4475 section 3.1.1.1 says about its first message.
func TestTortuousInviteIsUnderstood(t *testing.T) {
	msg := mustBeParsed(t, tortureMessage(t, "wsinv"))
	if vias := Headers(msg, "Via"); len(vias) != 3 || ViaBranch(msg) != "390skdjuw" {
		t.Errorf("Via %q, branch %q", vias, ViaBranch(msg))
	}
	if to := msg.To(); to.Address.User != "vivekg" || to.Address.Host != "chair-dnrc.example.com" || ToTag(msg) != "1918181833n" {
		t.Errorf("To %s", to)
	}
	if from := msg.From(); from.DisplayName != `J Rosenberg \\\"` || FromTag(msg) != "98asjd8" {
		t.Errorf("From %s", from)
	}
	if mf := msg.(*sip.Request).MaxForwards(); mf == nil || *mf != 68 {
		t.Errorf("Max-Forwards %v", mf)
	}
	if seq := msg.CSeq(); seq.SeqNo != 9 || seq.MethodName != sip.INVITE {
		t.Errorf("CSeq %s", seq)
	}
	if c := Contact(msg); c == nil || c.DisplayName != `Quoted string \"\"` || ContactQ(c) != 0.33 {
		t.Errorf("Contact %v", c)
	}
	if got := Headers(msg, "Route"); len(got) != 1 || got[0] != "<sip:services.example.com;lr;unknownwith=value;unknown-no-value>" {
		t.Errorf("Route %q", got)
	}
	if len(msg.Body()) != 150 {
		t.Errorf("body has %d bytes", len(msg.Body()))
	}
}
