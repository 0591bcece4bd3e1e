package relay

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"strowger/media"
)

func TestGarbageIsCountedByKind(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	c := b.Counters()
	valid := left.packet.next(sound(2))
	for name, test := range map[string]struct {
		packet  []byte
		counter interface{ Load() uint64 }
	}{
		"nothing":             {nil, &c.Malformed},
		"text":                {[]byte("hello, hello, hello"), &c.Malformed},
		"truncated header":    {valid[:11], &c.Malformed},
		"CSRC list missing":   {append([]byte{0x8f}, valid[1:20]...), &c.Malformed},
		"extension missing":   {append([]byte{0x90}, valid[1:14]...), &c.Malformed},
		"extension too long":  {append(append([]byte{0x90}, valid[1:12]...), 0, 0, 0xff, 0xff, 1), &c.Malformed},
		"padding too long":    {append(append([]byte{0xa0}, valid[1:12]...), 200), &c.Malformed},
		"padding of nothing":  {append(append([]byte{0xa0}, valid[1:12]...), 0), &c.Malformed},
		"RTCP that is none":   {append([]byte{0x80, 200, 0xff, 0xff}, valid[4:40]...), &c.Malformed},
		"STUN":                {append([]byte{0, 1, 0, 0}, valid[4:20]...), &c.STUN},
		"DTLS":                {append([]byte{22, 254, 253}, valid[3:40]...), &c.DTLS},
		"longer than allowed": {append(bytes.Clone(valid), make([]byte, MaxPacket)...), &c.Oversize},
	} {
		before := test.counter.Load()
		left.sendFrom(left.rtp, test.packet)
		if got := test.counter.Load() - before; got != 1 {
			t.Errorf("%s: counted %d times, want once", name, got)
		}
	}
	left.sendFrom(left.rtp, valid)
	if n := len(heard(t, right.rtp)); n != 2 {
		t.Errorf("%d packets came through, want the two of sound", n)
	}
	if s := left.to.Stats(); s.Received != 2 || s.Invalid != 11 {
		t.Errorf("stats %+v", s)
	}
}

// TestHeaderAgreesWithPion parses and rewrites packets with all the trimmings.
func TestHeaderAgreesWithPion(t *testing.T) {
	p := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 65535, Timestamp: 1 << 31, SSRC: 7,
			CSRC: []uint32{1, 2}, Padding: true,
		},
		Payload: sound(1), PaddingSize: 4,
	}
	if err := p.SetExtension(1, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var h header
	if !h.whole(b) {
		t.Fatal("not parsed")
	}
	if h.payload != 96 || !h.marker || h.seq != 65535 || h.timestamp != 1<<31 || h.ssrc != 7 || !bytes.Equal(b[h.start:h.end], p.Payload) {
		t.Errorf("header %+v", h)
	}
	h.payload, h.marker, h.seq, h.timestamp, h.ssrc = 8, false, 1, 2, 3
	h.write(b)
	var q rtp.Packet
	if err := q.Unmarshal(b); err != nil {
		t.Fatal(err)
	}
	if q.PayloadType != 8 || q.Marker || q.SequenceNumber != 1 || q.Timestamp != 2 || q.SSRC != 3 || len(q.CSRC) != 2 || !bytes.Equal(q.Payload, p.Payload) {
		t.Errorf("rewritten %+v", q.Header)
	}
}

// FuzzHandle gives an endpoint a datagram: nothing that comes in may end the
// process, and what goes out is valid RTP with the sound that came in.
func FuzzHandle(f *testing.F) {
	packet := stream{ssrc: 1}
	f.Add(false, packet.next(sound(1)))
	f.Add(false, []byte{0x90, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0, 0, 0, 0, 5})
	f.Add(false, []byte{0xa0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 1})
	f.Add(true, []byte{0x80, 201, 0, 1, 0, 0, 0, 1})
	f.Add(true, []byte{0x81, 200, 0, 12, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, rtcp bool, b []byte) {
		if len(b) > MaxPacket {
			return
		}
		from, to := &endpoint{plane: &Plane{}}, &endpoint{}
		from.in.latch.network = anywhere()
		to.out.start(sockets{-1, -1}) // sends fail; what would be sent is in scratch
		remote := media.Remote{RTP: addr("127.0.0.1:9"), Send: true, Receive: true}
		remote.Payloads = []media.Payload{pcmu, digits}
		from.in.update(remote, start)
		remote.Payloads = []media.Payload{pcma, digits}
		to.out.update(remote, remote.RTP, above(remote.RTP), netip.AddrPort{})
		from.route.Store(&route{{to: to, types: translate([]media.Payload{pcmu, digits}, remote.Payloads)}})
		var before, after header
		scratch, came := make([]byte, MaxPacket), bytes.Clone(b)
		from.handle(start, rtcp, remote.RTP, b, scratch)
		from.handle(start.Add(time.Second), rtcp, remote.RTP, b, scratch)
		if from.plane.counters.SendErrors.Load() == 0 {
			return
		}
		if !before.whole(came) || before.payload != pcmu.Type && before.payload != digits.Type {
			t.Fatalf("forwarded % x", came)
		}
		sent := b
		if before.payload == pcmu.Type {
			sent = scratch[:len(b)]
		}
		if !after.whole(sent) || after.start != before.start || after.end != before.end || after.ssrc != to.out.ssrc ||
			binary.BigEndian.Uint16(sent[2:]) != to.out.seq+1 {
			t.Fatalf("% x became % x", came, sent)
		}
	})
}

// whole parses a packet that is not encrypted.
func (h *header) whole(b []byte) bool { return h.parse(b) && h.unpad(b) }
