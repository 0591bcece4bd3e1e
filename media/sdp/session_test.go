package sdp

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var (
	local  = netip.MustParseAddrPort("127.0.0.1:20000")
	local6 = netip.MustParseAddrPort("[2001:db8::1]:20000")
)

// body makes SDP text from lines.
func body(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n") + "\r\n") }

func mustParse(tb testing.TB, b []byte) *Description {
	tb.Helper()
	d, err := Parse(b)
	if err != nil {
		tb.Fatalf("Parse: %v\n%s", err, b)
	}
	return d
}

func names(codecs []Codec) string {
	var out []string
	for _, c := range codecs {
		out = append(out, c.Encoding)
	}
	return strings.Join(out, " ")
}

// TestAnswerGolden answers what equipment in service offers. Each file of testdata/answer
// is an offer and the answer that our defaults give, with what was agreed.
func TestAnswerGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/answer/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range archive.Files {
				parts[f.Name] = string(f.Data)
			}
			got := map[string]string{"offer": parts["offer"]}
			s := NewSession("strowger", 1)
			answer, agreed, err := s.Answer(mustParse(t, []byte(parts["offer"])), local, Defaults(), SendRecv)
			if err != nil {
				got["error"] = err.Error() + "\n"
			} else {
				got["answer"] = strings.ReplaceAll(string(answer), "\r", "")
				got["agreed"] = describeAgreed(agreed)
			}
			if os.Getenv("UPDATE") != "" {
				archive.Files = archive.Files[:1]
				for _, name := range []string{"answer", "agreed", "error"} {
					if got[name] != "" {
						archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
					}
				}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(parts, got); diff != "" {
				t.Errorf("run with UPDATE=1 and read the change (-want +got):\n%s", diff)
			}
		})
	}
}

func describeAgreed(a Agreed) string {
	r := a.Remote
	var b strings.Builder
	b.WriteString("rtp " + r.RTP.String() + " rtcp " + r.RTCP.String())
	if r.Mux {
		b.WriteString(" mux")
	}
	b.WriteString("\nptime " + r.PTime.String() + "\ncodecs " + names(a.Codecs) + "\nwe " + a.Direction.String())
	if a.Held {
		b.WriteString(" held")
	}
	return b.String() + "\n"
}

func TestOffer(t *testing.T) {
	s := NewSession("strowger", 7)
	first := s.Offer(local, Defaults(), SendRecv)
	want := body("v=0", "o=strowger 7 7 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		"m=audio 20000 RTP/AVP 8 0 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
		"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv")
	if diff := cmp.Diff(string(want), string(first)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := s.Offer(local, Defaults(), SendRecv); string(again) != string(first) {
		t.Errorf("the same offer became\n%s", again)
	}
	hold := mustParse(t, s.Offer(local, Defaults(), SendOnly))
	if hold.Origin.Version != "8" || hold.Media[0].Direction != SendOnly {
		t.Errorf("hold: version %s, %v", hold.Origin.Version, hold.Media[0].Direction)
	}
	six := mustParse(t, s.Offer(local6, Defaults(), SendRecv))
	if six.Media[0].RTP != local6 || six.Origin.Version != "9" {
		t.Errorf("IPv6: %v, version %s", six.Media[0].RTP, six.Origin.Version)
	}
}

func TestAccept(t *testing.T) {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0"}
	with := func(lines ...string) []byte { return body(append(head[:5:5], lines...)...) }
	tests := []struct {
		name   string
		wish   Direction
		answer []byte
		codecs string
		we     Direction
		held   bool
		err    error
	}{
		{"plain", SendRecv, with("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000"), "PCMU telephone-event", SendRecv, false, nil},
		{"answered with hold", SendRecv, with("m=audio 4000 RTP/AVP 8", "a=sendonly"), "PCMA", RecvOnly, true, nil},
		{"inactive", SendRecv, with("m=audio 4000 RTP/AVP 8", "a=inactive"), "PCMA", Inactive, true, nil},
		{"our hold", SendOnly, with("m=audio 4000 RTP/AVP 8", "a=recvonly"), "PCMA", SendOnly, false, nil},
		{"our hold, answered sendrecv", SendOnly, with("m=audio 4000 RTP/AVP 8"), "PCMA", SendOnly, false, nil},
		{"both hold", SendOnly, with("m=audio 4000 RTP/AVP 8", "a=inactive"), "PCMA", Inactive, true, nil},
		{"our inactive", Inactive, with("m=audio 4000 RTP/AVP 8", "a=inactive"), "PCMA", Inactive, false, nil},
		{"old hold", SendRecv, with("m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.0"), "PCMA", RecvOnly, true, nil},
		{"refused", SendRecv, with("m=audio 0 RTP/AVP 8"), "", 0, false, ErrNoAudio},
		{"not offered", SendRecv, with("m=audio 4000 RTP/AVP 9"), "", 0, false, ErrNoCommonCodec},
		{"digits alone", SendRecv, with("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), "", 0, false, ErrNoCommonCodec},
		{"encrypted", SendRecv, with("m=audio 4000 RTP/SAVP 8"), "", 0, false, ErrTransport},
		{"host name", SendRecv, with("m=audio 4000 RTP/AVP 8", "c=IN IP4 pbx.example.com"), "", 0, false, ErrAddress},
		{"no line", SendRecv, with(), "", 0, false, ErrMalformed},
		{"video instead", SendRecv, with("m=video 4000 RTP/AVP 96"), "", 0, false, ErrNoAudio},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSession("", 1)
			s.Offer(local, Defaults(), tt.wish)
			got, err := s.Accept(mustParse(t, tt.answer))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if names(got.Codecs) != tt.codecs || got.Direction != tt.we || got.Held != tt.held {
				t.Errorf("got %s %v held %v", names(got.Codecs), got.Direction, got.Held)
			}
			if err == nil && (got.Remote.Send != tt.we.Sends() || got.Remote.Receive != tt.we.Receives()) {
				t.Errorf("remote: send %v receive %v", got.Remote.Send, got.Remote.Receive)
			}
		})
	}
	var s Session
	if _, err := s.Accept(mustParse(t, with())); !errors.Is(err, ErrNoOffer) {
		t.Errorf("without an offer: %v", err)
	}
}

// TestAnswerDirection is the table of RFC 3264, section 6.1.
func TestAnswerDirection(t *testing.T) {
	tests := []struct {
		offer  string
		wish   Direction
		answer Direction
		held   bool
	}{
		{"sendrecv", SendRecv, SendRecv, false},
		{"sendonly", SendRecv, RecvOnly, true},
		{"recvonly", SendRecv, SendOnly, false},
		{"inactive", SendRecv, Inactive, true},
		{"sendrecv", SendOnly, SendOnly, false},
		{"sendonly", SendOnly, Inactive, true},
		{"recvonly", SendOnly, SendOnly, false},
		{"sendrecv", Inactive, Inactive, false},
		{"recvonly", RecvOnly, Inactive, false},
	}
	for _, tt := range tests {
		offer := mustParse(t, body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "a="+tt.offer, "m=audio 4000 RTP/AVP 8"))
		s := NewSession("", 1)
		b, agreed, err := s.Answer(offer, local, Defaults(), tt.wish)
		if err != nil {
			t.Fatal(err)
		}
		if got := mustParse(t, b).Media[0].Direction; got != tt.answer || agreed.Direction != tt.answer || agreed.Held != tt.held {
			t.Errorf("offer %s, wish %v: body %v, agreed %v, held %v", tt.offer, tt.wish, got, agreed.Direction, agreed.Held)
		}
	}
}

// TestNumbersKeepTheirMeaning covers RFC 3264, section 8.3.2: digits that were 96 stay 96 in
// our re-offer, and 101, which meant Opus, is not given to another codec.
func TestNumbersKeepTheirMeaning(t *testing.T) {
	offer := mustParse(t, body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0",
		"m=audio 4000 RTP/AVP 101 8 96", "a=rtpmap:101 opus/48000/2", "a=rtpmap:96 telephone-event/8000"))
	s := NewSession("", 1)
	if _, _, err := s.Answer(offer, local, Defaults(), SendRecv); err != nil {
		t.Fatal(err)
	}
	line := mustParse(t, s.Offer(local, Defaults(), SendOnly)).Media[0]
	if diff := cmp.Diff([]string{"8", "0", "96"}, line.Formats); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	other := Codec{FMTP: "x=1"}
	other.Type, other.Encoding, other.Clock = 101, "X-VOICE", 8000
	line = mustParse(t, s.Offer(local, []Codec{other}, SendRecv)).Media[0]
	if line.Codecs[0].Type == 101 || line.Codecs[0].Type == 96 || line.Codecs[0].Encoding != "X-VOICE" {
		t.Errorf("X-VOICE got number %d", line.Codecs[0].Type)
	}
}

// TestAsymmetricNumbers: the answer may number what it receives by itself.
func TestAsymmetricNumbers(t *testing.T) {
	s := NewSession("", 1)
	s.Offer(local, Defaults(), SendRecv)
	got, err := s.Accept(mustParse(t, body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0",
		"m=audio 4000 RTP/AVP 8 97", "a=rtpmap:97 telephone-event/8000")))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []uint8
	for _, p := range got.Remote.Payloads {
		numbers = append(numbers, p.Type)
	}
	if diff := cmp.Diff([]uint8{8, 97, 101}, numbers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSessionIsAValue: a copy taken before an offer is untouched by it.
func TestSessionIsAValue(t *testing.T) {
	s := NewSession("", 1)
	first := s.Offer(local, Defaults(), SendRecv)
	before := s
	s.Offer(local, Defaults()[1:], SendOnly)
	if again := before.Offer(local, Defaults(), SendRecv); string(again) != string(first) {
		t.Errorf("the copy changed:\n%s", again)
	}
}

func TestRefusedSoundComesBack(t *testing.T) {
	s := NewSession("", 1)
	lines := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=video 6000 RTP/AVP 34", "m=audio 0 RTP/AVP 8"}
	b, agreed, err := s.Answer(mustParse(t, body(lines...)), local, Defaults(), SendRecv)
	if err != nil || !agreed.Held || agreed.Remote.RTP.IsValid() {
		t.Fatalf("port 0: %v, %+v", err, agreed)
	}
	if m := mustParse(t, b).Media; len(m) != 2 || m[0].Port != 0 || m[1].Port != 0 {
		t.Errorf("answer to port 0:\n%s", b)
	}
	m := mustParse(t, s.Offer(local, Defaults(), SendRecv)).Media
	if len(m) != 2 || m[0].Kind != "video" || m[0].Port != 0 || m[1].Port != 20000 {
		t.Errorf("our offer lost the lines: %+v", m)
	}
}

func TestPTime(t *testing.T) {
	for attributes, want := range map[string]time.Duration{
		"a=ptime:30": 30 * time.Millisecond, "a=maxptime:40": 0, "a=ptime:60\r\na=maxptime:40": 40 * time.Millisecond,
		"a=ptime:1": time.Millisecond, "a=ptime:200": 200 * time.Millisecond, "a=ptime:0": 0, "a=ptime:201": 0, "a=ptime:99999": 0, "a=ptime:-20": 0, "a=ptime:x": 0,
	} {
		d := mustParse(t, body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=audio 4000 RTP/AVP 8", attributes))
		if got := d.Media[0].PTime; got != want {
			t.Errorf("%q: %v, want %v", attributes, got, want)
		}
	}
}
