package message

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

const invite = "INVITE sip:+448081570002@10.0.0.1:5060 SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-524287-1---d4a1;rport\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK0002;received=192.0.2.9\r\n" +
	"Record-Route: <sip:192.0.2.1;lr>\r\n" +
	"Max-Forwards: 69\r\n" +
	"Contact: <sip:carrier@192.0.2.9:5060>\r\n" +
	"To: <sip:+448081570002@10.0.0.1>\r\n" +
	"From: \"Caller\" <sip:+441632960123@carrier.example>;tag=9a1b2c3d\r\n" +
	"Call-ID: 84c1e6f0b3a74d0e9f@192.0.2.9\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE, PRACK\r\n" +
	"Supported: 100rel, timer, replaces\r\n" +
	"User-Agent: Carrier SBC 4.2\r\n" +
	"P-Asserted-Identity: <sip:+441632960123@carrier.example>\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 158\r\n\r\n" +
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"

func BenchmarkParseInvite(b *testing.B) {
	data := []byte(invite)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSipgoParseInvite is what BenchmarkParseInvite is compared with.
func BenchmarkSipgoParseInvite(b *testing.B) {
	data := []byte(invite)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sip.ParseMessage(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend200(b *testing.B) {
	res := answered(b)
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], res)
	}
}

// BenchmarkSipgoWrite200 is what BenchmarkAppend200 is compared with.
func BenchmarkSipgoWrite200(b *testing.B) {
	res := answered(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = res.String()
	}
}

func BenchmarkNewResponse(b *testing.B) {
	req := mustBeParsed(b, []byte(invite)).(*sip.Request)
	b.ReportAllocs()
	for b.Loop() {
		NewResponse(req, 200, "", "tag")
	}
}

func answered(b *testing.B) *sip.Response {
	b.Helper()
	req := mustBeParsed(b, []byte(invite)).(*sip.Request)
	res := NewResponse(req, 200, "", "tag")
	res.SetBody(req.Body())
	return res
}
