package message

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
)

func addTorture(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(tortureFolder, "*.dat"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// FuzzParse: whatever comes is either refused with an answer that is itself
// well-formed text, or means the same after it was written and read again.
func FuzzParse(f *testing.F) {
	addTorture(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := Parse(data)
		if err == nil {
			mustSurviveRoundTrip(t, msg)
			readEverything(msg)
			return
		}
		var pe *ParseError
		if !errors.As(err, &pe) || pe.Kind == 0 || pe.Kind.String() == "" || msg != nil {
			t.Fatalf("error is %#v", err)
		}
		if (pe.Status != 0) != (pe.Request != nil) {
			t.Fatalf("status %d, request %v", pe.Status, pe.Request)
		}
		if pe.Request != nil {
			answer := string(Append(nil, NewResponse(pe.Request, pe.Status, pe.Reason, "t")))
			for line := range strings.SplitSeq(answer, "\r\n") {
				if strings.ContainsAny(line, "\r\n") {
					t.Fatalf("answer is %q", answer)
				}
			}
		}
	})
}

// readEverything calls all that reads a message.
func readEverything(msg sip.Message) {
	for _, h := range headersOf(msg) {
		List(msg, h.Name())
	}
	for _, c := range Contacts(msg) {
		ContactExpires(c)
		ContactQ(c)
		URIEqual(&c.Address, &msg.To().Address)
	}
	Expires(msg)
	FromTag(msg)
	ViaBranch(msg)
	HasOption(msg, "Supported", "100rel")
}

// FuzzFramer: a stream is cut in the same way however it arrives.
func FuzzFramer(f *testing.F) {
	addTorture(f)
	f.Add([]byte(request("INVITE", "l:", "\t3") + "abc" + request("BYE", "l: 0")))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, errWhole := frames(data, len(data)+1)
		bytewise, errBytewise := frames(data, 1)
		if diff := cmp.Diff(whole, bytewise); diff != "" || (errWhole == nil) != (errBytewise == nil) {
			t.Fatalf("%v, %v: %s", errWhole, errBytewise, diff)
		}
	})
}

// frames cuts a stream that arrives in pieces of a size.
func frames(data []byte, size int) ([]string, error) {
	var f Framer
	var cut []string
	var buf []byte
	for len(data) > 0 {
		n := min(size, len(data))
		buf, data = append(buf, data[:n]...), data[n:]
		for {
			n, err := f.Next(buf)
			if err != nil {
				return cut, err
			}
			if n == 0 {
				break
			}
			cut = append(cut, string(buf[:n]))
			buf = buf[n:]
		}
	}
	return cut, nil
}

func TestFramer(t *testing.T) {
	a, b := request("INVITE", "Content-Length:", " 3")+"abc", request("BYE", "L : 0")
	if got, err := frames([]byte(a+b+a[:20]), 7); err != nil || !cmp.Equal(got, []string{a, b}) {
		t.Errorf("cut into %q, %v", got, err)
	}
	for name, text := range map[string]string{
		"none":           request("BYE"),
		"two":            request("BYE", "l: 0", "l: 0"),
		"no number":      request("BYE", "l: x"),
		"too large":      request("BYE", "l: 65537"),
		"folded endless": request("BYE", "l: 1"+strings.Repeat("\r\n 1", 1000)),
		"no end":         strings.Repeat("x", MaxHead+1),
	} {
		if got, err := frames([]byte(text), 100); !errors.Is(err, ErrFraming) {
			t.Errorf("%s: cut into %q, %v", name, got, err)
		}
	}
}

// On ordinary messages sipgo's parser and ours say the same.
func TestSameAsSipgoOnOrdinaryMessages(t *testing.T) {
	for _, text := range []string{
		invite,
		request("REGISTER", "Contact: <sip:a@10.0.0.7:5062;transport=udp>;expires=60;q=0.5", "Expires: 60", "User-Agent: x"),
		request("BYE", "Route: <sip:p1.example.com;lr>,<sip:p2.example.com;lr>", "Content-Length: 0"),
		"SIP/2.0 180 Ringing\r\n" + strings.SplitN(request("INVITE", "Record-Route: <sip:p;lr>"), "\r\n", 2)[1],
	} {
		theirs, err := sip.ParseMessage([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ours := mustBeParsed(t, []byte(text))
		if a, b := ours.String(), theirs.String(); a != b {
			t.Errorf("differs: %s", cmp.Diff(b, a))
		}
		if again := mustBeParsed(t, Append(nil, ours)); ours.CallID().Value() != again.CallID().Value() {
			t.Error("Call-ID was lost")
		}
	}
}
