package relay

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
)

// raw is an RTCP packet of a type with a body of whole words.
func raw(kind rtcp.PacketType, count uint8, words ...uint32) []byte {
	b := binary.BigEndian.AppendUint16([]byte{2<<6 | count, byte(kind)}, uint16(len(words)))
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

func TestReadCompound(t *testing.T) {
	rr, err := (&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: 9, FractionLost: 3}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sr, err := (&rtcp.SenderReport{SSRC: 7, NTPTime: 1 << 40}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	bye, xr, long := raw(rtcp.TypeGoodbye, 1, 7), raw(rtcp.TypeExtendedReport, 0, 7, 0x04000002, 1, 2), slices.Clone(rr)
	binary.BigEndian.PutUint16(long[2:], 100)
	for name, test := range map[string]struct {
		bytes []byte
		want  int // below 0: refused
	}{
		"a report":                       {rr, 1},
		"a compound":                     {slices.Concat(sr, raw(rtcp.TypeSourceDescription, 1, 7, 0x01026162, 0), bye), 2},
		"of reduced size":                {raw(rtcp.TypePayloadSpecificFeedback, 1, 7, 9), 0},
		"BYE alone":                      {bye, 1},
		"XR before a report":             {slices.Concat(xr, rr), 1},
		"XR that lies about its blocks":  {slices.Concat(raw(rtcp.TypeExtendedReport, 0, 7, 0x0700FFFF), rr), 1},
		"SDES that lies about its chunk": {slices.Concat(rr, raw(rtcp.TypeSourceDescription, 31, 0x01FF6161)), 1},
		"a kind that is not known":       {slices.Concat(raw(211, 5, 1, 2, 3), rr), 1},
		"longer than its datagram":       {long, -1},
		"with a tail":                    {slices.Concat(rr, []byte{1, 2, 3}), -1},
		"of another version":             {slices.Concat(rr, raw(211, 0)[:2], []byte{0, 0}, []byte{0x40, 200, 0, 0}), -1},
		"a report without its blocks":    {raw(rtcp.TypeReceiverReport, 3, 7), -1},
		"more packets than are read":     {slices.Repeat(raw(211, 0), maxReports+1), -1},
	} {
		packets, err := readCompound(test.bytes)
		if (err != nil) != (test.want < 0) || err == nil && len(packets) != test.want {
			t.Errorf("%s: %d packets, %v; want %d", name, len(packets), err, test.want)
		}
	}
}

func FuzzReadCompound(f *testing.F) {
	f.Add(raw(rtcp.TypeReceiverReport, 1, 1, 2, 3, 4, 5, 6, 7))
	f.Add(raw(rtcp.TypeSenderReport, 0, 1, 2, 3, 4, 5, 6))
	f.Add(raw(rtcp.TypeGoodbye, 2, 1, 2, 0x05616263))
	f.Add(slices.Concat(raw(rtcp.TypeExtendedReport, 0, 7, 0x0700FFFF), raw(rtcp.TypeGoodbye, 31)))
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, err := readCompound(b)
		if err != nil && packets != nil || len(packets) > maxReports {
			t.Errorf("%d packets and %v", len(packets), err)
		}
	})
}

// controls sends RTCP to the endpoint and lets it be carried.
func (p *party) controls(b []byte) {
	p.Helper()
	if _, err := p.rtcp.WriteToUDPAddrPort(b, above(p.to.Local())); err != nil {
		p.Fatal(err)
	}
	p.carry()
}

// TestGoodbye: what was sent ends with a BYE behind a report; an endpoint that never
// sent says nothing.
func TestGoodbye(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	for i := range 10 {
		left.say(sound(byte(i)))
	}
	ssrc := headers(t, heard(t, right.rtp))[0].ssrc
	for _, p := range []*party{left, right} {
		p.to.Close()
	}
	if packets := heard(t, left.rtcp); len(packets) != 0 {
		t.Errorf("%d packets to who was sent nothing", len(packets))
	}
	packets := heard(t, right.rtcp)
	if len(packets) != 1 {
		t.Fatalf("%d RTCP packets at the end, want 1", len(packets))
	}
	compound, err := rtcp.Unmarshal(packets[0])
	if err != nil || len(compound) != 3 {
		t.Fatalf("%v: %v", compound, err)
	}
	sr, ok := compound[0].(*rtcp.SenderReport)
	bye, ok2 := compound[2].(*rtcp.Goodbye)
	if !ok || !ok2 || sr.PacketCount != 10 || sr.SSRC != ssrc || !slices.Equal(bye.Sources, []uint32{ssrc}) {
		t.Errorf("compound %v", compound)
	}
}

// TestByeIsNoSignOfLife: who says BYE is not waited for longer, and the call goes on
// if it comes again.
func TestByeIsNoSignOfLife(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("leaves")
	p.update(p.remote(pcmu))
	p.say(sound(1))
	p.to.SetTimeout(10*time.Second, time.Minute)
	b.pass(8 * time.Second)
	p.controls(raw(rtcp.TypeGoodbye, 1, p.packet.ssrc))
	b.pass(3 * time.Second)
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Errorf("%d timeouts, want 1", n)
	}
	p.say(sound(2))
	p.controls(raw(rtcp.TypeReceiverReport, 0, p.packet.ssrc))
	b.pass(9 * time.Second)
	p.controls(raw(rtcp.TypeReceiverReport, 0, p.packet.ssrc))
	b.pass(9 * time.Second)
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Errorf("%d timeouts although it reports, want 1", n)
	}
}

// TestFaultyReportsAreCounted: they are of the right host, and cost the call nothing.
func TestFaultyReportsAreCounted(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	for _, bad := range [][]byte{raw(rtcp.TypeSenderReport, 31, 1, 2), {0x80, 200, 0xff, 0xff, 0, 0, 0, 0}, raw(rtcp.TypeReceiverReport, 9, 1)} {
		left.controls(bad)
	}
	left.say(sound(2))
	s := left.to.Stats()
	if s.Invalid != 3 || s.RTCPReceived != 0 || s.Received != 2 || len(heard(t, right.rtp)) != 2 {
		t.Errorf("stats %+v", s)
	}
}
