package relay

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
)

// reports returns the RTCP packets that wait at the party's RTCP socket.
func (p *party) reports() (senders []*rtcp.SenderReport, receivers []*rtcp.ReceiverReport) {
	p.Helper()
	for _, b := range heard(p.TB, p.rtcp) {
		packets, err := rtcp.Unmarshal(b)
		if err != nil {
			p.Fatal(err)
		}
		if len(packets) != 2 || packets[1].(*rtcp.SourceDescription).Chunks[0].Items[0].Type != rtcp.SDESCNAME {
			p.Errorf("compound %v, want a report and a CNAME", packets)
		}
		switch r := packets[0].(type) {
		case *rtcp.SenderReport:
			senders = append(senders, r)
		case *rtcp.ReceiverReport:
			receivers = append(receivers, r)
		}
	}
	return senders, receivers
}

func TestReports(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	for i := range 1500 { // 30 s, in which only left speaks, and every tenth packet is lost
		if i%10 == 9 {
			left.packet.next(nil)
		} else {
			left.say(sound(byte(i)))
		}
		b.pass(tick)
	}
	senders, receivers := left.reports()
	if len(senders) != 0 || len(receivers) < 3 || len(receivers) > 12 {
		t.Fatalf("the speaker got %d sender and %d receiver reports in 30 s", len(senders), len(receivers))
	}
	last := receivers[len(receivers)-1].Reports[0]
	if last.SSRC != left.packet.ssrc || last.FractionLost < 20 || last.FractionLost > 31 || last.TotalLost < 100 {
		t.Errorf("report %+v, want a tenth lost", last)
	}
	senders, _ = right.reports()
	if len(senders) == 0 {
		t.Fatal("the listener got no sender report")
	}
	sr, sent := senders[len(senders)-1], headers(t, heard(t, right.rtp))
	if sr.SSRC != sent[0].ssrc || sr.PacketCount == 0 || sr.OctetCount != sr.PacketCount*uint32(frame) || len(sr.Reports) != 0 {
		t.Errorf("report %+v", sr)
	}
	// The report's timestamp is that of the sound at the report's time.
	age := start.Add(30 * time.Second).Sub(time.Unix(int64(sr.NTPTime>>32)-ntpEpoch, int64(sr.NTPTime&(1<<32-1)*1e9>>32)))
	if d := int64(sent[0].timestamp) + int64((30*time.Second-age)/time.Millisecond)*8 - int64(sr.RTPTime); d < -200 || d > 200 {
		t.Errorf("timestamp of the report is %d samples off", d)
	}
	if s := left.to.Stats(); s.RTCPSent != uint64(len(receivers)) || s.MOS > 4.2 || s.MOS < 2 {
		t.Errorf("stats %+v", s)
	}
}

func TestRoundTripAndFarLoss(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	for range 600 {
		right.say(sound(1))
		b.pass(tick)
	}
	senders, _ := left.reports()
	if len(senders) == 0 {
		t.Fatal("no sender report")
	}
	sr := senders[len(senders)-1]
	sentAt := time.Unix(int64(sr.NTPTime>>32)-ntpEpoch, int64(sr.NTPTime&(1<<32-1)*1e9>>32))
	held := 500 * time.Millisecond
	b.time = sentAt.Add(held + 80*time.Millisecond)
	answer, err := (&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, FractionLost: 64, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: uint32(held << 16 / time.Second),
	}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	send := func(from *party) {
		to := left.to.Local()
		if _, err := from.rtcp.WriteToUDPAddrPort(answer, above(to)); err != nil {
			t.Fatal(err)
		}
		b.carry()
	}
	send(left)
	b.time = b.time.Add(time.Minute) // it comes again, much too late to be believed
	send(left)
	s := left.to.Stats()
	if d := s.RoundTrip - 80*time.Millisecond; d < -time.Millisecond || d > time.Millisecond || s.FarLoss != 0.25 || s.RTCPReceived != 2 {
		t.Errorf("stats %+v", s)
	}
}

func TestMuxedReports(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("mux")
	r := p.remote(pcmu)
	r.Mux = true
	p.update(r)
	p.hear(p.to)
	p.say(sound(1))
	b.pass(10 * time.Second)
	var sounds, reports int
	for _, packet := range heard(t, p.rtp) {
		if classify(packet) == kindRTCP {
			reports++
		} else {
			sounds++
		}
	}
	if sounds != 1 || reports == 0 || len(heard(t, p.rtcp)) != 0 {
		t.Errorf("%d of sound and %d reports on the RTP port", sounds, reports)
	}
	answer, err := (&rtcp.ReceiverReport{SSRC: 7}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	p.sendFrom(p.rtp, answer)
	if s := p.to.Stats(); s.RTCPReceived != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestNoReportToNobody(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("hold")
	p.update(p.remote(pcmu))
	b.pass(20 * time.Second)
	if n := len(heard(t, p.rtcp)); n != 0 {
		t.Errorf("%d reports although there is nothing to tell", n)
	}
	p.say(sound(1))
	p.update(media.Remote{RTP: addr("127.0.0.1:0")})
	b.pass(20 * time.Second)
	if n := len(heard(t, p.rtcp)); n != 0 {
		t.Errorf("%d reports to a refused stream", n)
	}
}
