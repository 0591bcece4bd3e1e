package sdp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pion "github.com/pion/sdp/v3"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"strowger/media"
)

const plainHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, text string
		want       error
	}{
		{"empty", "", ErrMalformed},
		{"not SDP", "hello", ErrMalformed},
		{"version 1", "v=1\r\no=- 1 1 IN IP4 192.0.2.9\r\n", ErrMalformed},
		{"no version", "o=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n", ErrMalformed},
		{"no origin", "v=0\r\ns=-\r\n", ErrMalformed},
		{"short origin", "v=0\r\no=- 1 1\r\ns=-\r\n", ErrMalformed},
		{"port", plainHead + "m=audio 70000 RTP/AVP 0\r\n", ErrMalformed},
		{"negative port", plainHead + "m=audio -1 RTP/AVP 0\r\n", ErrMalformed},
		{"no format", plainHead + "m=audio 4000 RTP/AVP\r\n", ErrMalformed},
		{"control character", plainHead + "m=audio 4000 RTP/AVP 0\rx=1\r\n", ErrMalformed},
		{"NUL", plainHead + "a=\x00\r\n", ErrMalformed},
		{"large", plainHead + strings.Repeat("a=x\r\n", MaxBody/5), ErrLimit},
		{"attributes", plainHead + strings.Repeat("a=x\r\n", MaxAttributes+1), ErrLimit},
		{"media", plainHead + strings.Repeat("m=audio 1 RTP/AVP 0\r\n", MaxMedia+1), ErrLimit},
		{"formats", plainHead + "m=audio 1 RTP/AVP" + strings.Repeat(" 0", MaxFormats+1), ErrLimit},
		{"at the limits", plainHead + strings.Repeat("a=x\r\n", MaxAttributes) + strings.Repeat("m=audio 1 RTP/AVP 0\r\n", MaxMedia), nil},
	}
	for _, tt := range tests {
		if _, err := Parse([]byte(tt.text)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestRtpmap: what is between the bounds of RFC 8866 section 6.6 is believed.
func TestRtpmap(t *testing.T) {
	for value, want := range map[string]media.Payload{
		"opus/48000/2":    {Encoding: "opus", Clock: 48000, Channels: 2},
		"L16/8000/1":      {Encoding: "L16", Clock: 8000},
		"x/1":             {Encoding: "x", Clock: 1},
		"x/1000000":       {Encoding: "x", Clock: 1_000_000},
		"x/8000/255":      {Encoding: "x", Clock: 8000, Channels: 255},
		"x/0":             {},
		"x/1000001":       {},
		"x/8000/0":        {},
		"x/8000/256":      {},
		"x/8000/":         {},
		"x":               {},
		"/8000":           {},
		"x/8000/2/ignore": {},
	} {
		if got, ok := rtpmap(0, value); got != want || ok != (want != media.Payload{}) {
			t.Errorf("%q: %+v, %t", value, got, ok)
		}
	}
}

// TestFreeNumber: the dynamic numbers are 96 to 127, both included.
func TestFreeNumber(t *testing.T) {
	var list []Codec
	for want := firstDynamic; want <= maxPayload; want++ {
		got, ok := freeNumber(list)
		if !ok || int(got) != want {
			t.Fatalf("with %d taken: %d, %t", len(list), got, ok)
		}
		list = append(list, Codec{Payload: media.Payload{Type: got}})
	}
	if got, ok := freeNumber(list); ok {
		t.Errorf("with all taken: %d", got)
	}
}

// TestErrorNamesTheLine counts lines as people do.
func TestErrorNamesTheLine(t *testing.T) {
	if _, err := Parse([]byte(plainHead + "nonsense\r\n")); err == nil || !strings.Contains(err.Error(), "line 6 is not") {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		connection, attribute string
		rtp, rtcp             string
		err                   error
	}{
		{"IN IP4 192.0.2.1", "", "192.0.2.1:4000", "192.0.2.1:4001", nil},
		{"IN IP4 192.0.2.1/127", "a=rtcp:4009", "192.0.2.1:4000", "192.0.2.1:4009", nil},
		{"IN IP6 2001:db8::1", "a=rtcp:5 IN IP6 2001:db8::2", "[2001:db8::1]:4000", "[2001:db8::2]:5", nil},
		{"IN IP6 ::ffff:192.0.2.1", "a=rtcp:0", "192.0.2.1:4000", "192.0.2.1:4001", nil},
		{"IN IP4 192.0.2.1", "a=rtcp:5 IN IP4 224.0.0.1", "192.0.2.1:4000", "192.0.2.1:5", nil},
		{"IN IP6 ::", "", "invalid AddrPort", "invalid AddrPort", nil},
		{"IN IP4 hold.invalid", "", "invalid AddrPort", "invalid AddrPort", nil},
		{"IN IP4 224.2.1.1/127", "", "invalid AddrPort", "invalid AddrPort", ErrAddress},
		{"IN IP4 255.255.255.255", "", "invalid AddrPort", "invalid AddrPort", ErrAddress},
		{"IN IP6 fe80::1%eth0", "", "invalid AddrPort", "invalid AddrPort", ErrAddress},
		{"IN IP4 pbx.example.com", "", "invalid AddrPort", "invalid AddrPort", ErrAddress},
		{"IN IP4", "", "invalid AddrPort", "invalid AddrPort", ErrAddress},
	}
	for _, tt := range tests {
		d := mustParse(t, body("v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "t=0 0", "m=audio 4000 RTP/AVP 0", "c="+tt.connection, tt.attribute))
		m := d.Media[0]
		if m.RTP.String() != tt.rtp || m.RTCP.String() != tt.rtcp {
			t.Errorf("%s %s: %v %v", tt.connection, tt.attribute, m.RTP, m.RTCP)
		}
		s := NewSession("", 1)
		if _, _, err := s.Answer(d, local, Defaults(), SendRecv); !errors.Is(err, tt.err) {
			t.Errorf("%s: answer: %v, want %v", tt.connection, err, tt.err)
		}
	}
}

func TestUnchanged(t *testing.T) {
	a, b := mustParse(t, []byte(plainHead)), mustParse(t, []byte(plainHead))
	c := mustParse(t, []byte(plainHead+"m=audio 1 RTP/AVP 0\r\n"))
	if !b.Unchanged(a) || c.Unchanged(a) || a.Unchanged(nil) {
		t.Errorf("%v %v %v", b.Unchanged(a), c.Unchanged(a), a.Unchanged(nil))
	}
}

// bombs are the worst bodies within the limits.
func bombs() []string {
	var formats, attributes strings.Builder
	for n := range MaxFormats {
		fmt.Fprint(&formats, " ", n)
	}
	for n := range MaxAttributes {
		fmt.Fprintf(&attributes, "a=x:%d %s\r\n", n%128, strings.Repeat("y", 80))
	}
	all, maps := formats.String(), attributes.String()
	lines := plainHead + strings.Repeat("m=audio 1 RTP/AVP"+all+"\r\n", MaxMedia)
	return []string{
		plainHead + "m=audio 1 RTP/AVP" + all + "\r\n" + maps,
		lines + maps[:MaxBody-len(lines)-1],
		plainHead + "m=audio 1 RTP/AVP 0" + strings.Repeat(" ", MaxBody-len(plainHead)-19),
		strings.Repeat("\n", MaxBody),
		plainHead + "a=" + strings.Repeat(":", MaxBody-len(plainHead)-2),
	}
}

// TestBombIsCheap parses and answers each bomb. What it costs is counted in
// allocations, which any machine counts alike; the bound is of all that is within the
// limits: lines, attributes and formats.
func TestBombIsCheap(t *testing.T) {
	const bound = 8 * (MaxMedia*MaxFormats + MaxAttributes)
	for i, bomb := range bombs() {
		if _, err := Parse([]byte(bomb)); errors.Is(err, ErrLimit) {
			t.Errorf("bomb %d is over a limit, so it tests nothing: %v", i, err)
		}
		cost := testing.AllocsPerRun(1, func() { explode(bomb) })
		if cost > bound {
			t.Errorf("bomb %d takes %.0f allocations, bound %d", i, cost, bound)
		}
	}
}

// explode parses and answers a body.
func explode(bomb string) {
	if d, err := Parse([]byte(bomb)); err == nil {
		s := NewSession("", 1)
		_, _, _ = s.Answer(d, local, d.Codecs(), SendRecv)
	}
}

// offerGen draws offers of several lines with payloads of all kinds.
func offerGen() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var text strings.Builder
		text.WriteString(plainHead)
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			kind := rapid.SampledFrom([]string{"audio", "audio", "video", "image", "application"}).Draw(t, "kind")
			proto := rapid.SampledFrom([]string{"RTP/AVP", "RTP/AVP", "RTP/SAVP", "udptl"}).Draw(t, "proto")
			port := rapid.SampledFrom([]int{0, 4000, 4002, 65535}).Draw(t, "port")
			numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, 127), 1, 8, rapid.ID).Draw(t, "numbers")
			var maps, formats strings.Builder
			for _, n := range numbers {
				fmt.Fprint(&formats, " ", n)
				name := rapid.SampledFrom([]string{"", "PCMA/8000", "pcmu/8000", "telephone-event/8000", "opus/48000/2", "X/8000"}).Draw(t, "name")
				if name != "" && n >= firstDynamic {
					fmt.Fprintf(&maps, "a=rtpmap:%d %s\r\n", n, name)
				}
			}
			direction := rapid.SampledFrom([]string{"", "a=sendonly\r\n", "a=recvonly\r\n", "a=inactive\r\n", "c=IN IP4 0.0.0.0\r\n"}).Draw(t, "direction")
			crypto := rapid.SampledFrom([]string{"", "a=crypto:3 AEAD_AES_128_GCM inline:" + key28 + "\r\n", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "\r\n"}).Draw(t, "crypto")
			fmt.Fprintf(&text, "m=%s %d %s%s\r\n%s%s%s", kind, port, proto, &formats, &maps, crypto, direction)
		}
		return text.String()
	})
}

// TestAnswerProperties: an answer has the lines of its offer, in order, with offered
// formats only, and repeating the exchange repeats the body.
func TestAnswerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := offerGen().Draw(t, "offer")
		offer, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		prefer := Defaults()
		if rapid.Bool().Draw(t, "pass through") {
			prefer = offer.Codecs()
		}
		s := NewSession("", 1)
		s.Secure(rapid.SampledFrom([]Security{Plain, Optional, Required}).Draw(t, "security"), make([]byte, 32))
		before, agreed := checkAnswer(t, &s, offer, prefer)
		for again, prefer := range map[string][]Codec{"the same exchange": prefer, "what it agreed": agreed} {
			if after, _ := checkAnswer(t, &s, offer, prefer); after != before {
				t.Fatalf("%s changed\n%s\nto\n%s", again, before, after)
			}
		}
	})
}

type failer interface{ Fatalf(string, ...any) }

func checkAnswer(t failer, s *Session, offer *Description, prefer []Codec) (string, []Codec) {
	b, agreed, err := s.Answer(offer, local, prefer, SendRecv)
	if err != nil {
		return "", nil
	}
	answer, err := Parse(b)
	if err != nil {
		t.Fatalf("our answer: %v\n%s", err, b)
	}
	if len(answer.Media) != len(offer.Media) {
		t.Fatalf("%d lines in answer to %d", len(answer.Media), len(offer.Media))
	}
	for i, m := range answer.Media {
		o := offer.Media[i]
		if m.Kind != o.Kind || !strings.EqualFold(m.Proto, o.Proto) || o.Port == 0 && m.Port != 0 {
			t.Fatalf("line %d: %+v in answer to %+v", i, m, o)
		}
		for _, f := range m.Formats {
			if !slices.Contains(o.Formats, f) {
				t.Fatalf("line %d: format %s was not offered", i, f)
			}
		}
	}
	if len(agreed.Codecs) > 0 && !agreed.Codecs[0].Voice() {
		t.Fatalf("we would send %s", agreed.Codecs[0].Encoding)
	}
	return string(b), agreed.Codecs
}

// TestNumberProperties: over any exchanges, a payload number of our offers means what it
// meant when either side last used it, and no number stands twice in an offer.
func TestNumberProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSession("", 1)
		meaning := map[uint8]Codec{}
		for range rapid.IntRange(1, 6).Draw(t, "exchanges") {
			far, err := s.Parse([]byte(offerGen().Draw(t, "far"))) // so that both mean the same line
			if err != nil {
				t.Fatal(err)
			}
			_, agreed, err := s.Answer(far, local, far.Codecs(), SendRecv)
			if agreed.Remote.Send && !agreed.Remote.RTP.IsValid() {
				t.Fatalf("we would send to nowhere: %+v", agreed)
			}
			if err == nil && len(agreed.Codecs) > 0 {
				for _, c := range far.Codecs() {
					meaning[c.Type] = c
				}
			}
			other, err := Parse([]byte(offerGen().Draw(t, "ours")))
			if err != nil {
				t.Fatal(err)
			}
			ours, err := Parse(s.Offer(local, Transcode.Arrange(other.Codecs(), Defaults()), SendRecv))
			if err != nil {
				t.Fatal(err)
			}
			formats := slices.Clone(ours.Media[s.audio].Formats)
			slices.Sort(formats)
			if len(slices.Compact(formats)) != len(ours.Media[s.audio].Formats) {
				t.Fatalf("a number stands twice: %v", ours.Media[s.audio].Formats)
			}
			for _, c := range ours.Media[s.audio].Codecs {
				if before, ok := meaning[c.Type]; ok && c.dynamic() && !before.sameName(c) {
					t.Fatalf("%d was %s and became %s", c.Type, before.Encoding, c.Encoding)
				}
				meaning[c.Type] = c
			}
		}
	})
}

// FuzzParse: no panic, an answer that parses, and agreement with pion's reader
// wherever pion accepts the body.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/answer/*.txtar")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(txtar.Parse(data).Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
		for _, how := range []Security{Plain, Required, Optional} {
			s := NewSession("", 1)
			s.Secure(how, make([]byte, 32))
			checkAnswer(t, &s, d, Laws.Arrange(d.Codecs(), Defaults()))
			_, _ = s.Accept(d)
			if _, err := Parse(s.Offer(local, d.Codecs(), SendOnly)); err != nil {
				t.Fatalf("our offer: %v", err)
			}
		}
		s := NewSession("", 1)
		if _, err := Parse(s.Offer(local, d.Codecs(), SendOnly)); err != nil {
			t.Fatalf("our offer: %v", err)
		}
		if midLine.Match(b) {
			return
		}
		var other pion.SessionDescription
		if other.Unmarshal(b) == nil {
			compareWithPion(t, d, &other)
		}
	})
}

// midLine is what pion takes for an m-line where a t= or v= line has more fields than
// it should; here it is the rest of that line.
var midLine = regexp.MustCompile(`[ \t]m=`)

func compareWithPion(t *testing.T, d *Description, other *pion.SessionDescription) {
	t.Helper()
	if len(d.Media) != len(other.MediaDescriptions) {
		t.Fatalf("%d lines, pion reads %d", len(d.Media), len(other.MediaDescriptions))
	}
	for i, m := range d.Media {
		o := other.MediaDescriptions[i].MediaName
		if int(m.Port) != o.Port.Value || m.Kind != o.Media || m.Proto != strings.Join(o.Protos, "/") {
			t.Fatalf("line %d: %+v, pion reads %+v", i, m, o)
		}
		if diff := cmp.Diff(o.Formats, m.Formats); diff != "" {
			t.Fatalf("line %d (-pion +ours):\n%s", i, diff)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	data, err := os.ReadFile("testdata/answer/baresip.txtar")
	if err != nil {
		b.Fatal(err)
	}
	offer := txtar.Parse(data).Files[0].Data
	prefer := Defaults()
	b.ReportAllocs()
	for b.Loop() {
		d, err := Parse(offer)
		if err != nil {
			b.Fatal(err)
		}
		s := NewSession("strowger", 1)
		if _, _, err := s.Answer(d, local, prefer, SendRecv); err != nil {
			b.Fatal(err)
		}
	}
}
