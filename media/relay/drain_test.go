package relay

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/datagram"
)

// TestWorkerThatIsBehind carries the newest of what waits and counts the rest.
func TestWorkerThatIsBehind(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1)) // locks
	heard(t, right.rtp)
	for name, test := range map[string]struct {
		behind time.Duration
		want   int
	}{
		"in time": {0, 12}, "behind": {2 * maxBehind, backlogKept},
	} {
		before := left.to.Stats()
		for i := range 12 {
			if _, err := left.rtp.WriteToUDPAddrPort(left.packet.next(sound(byte(i))), left.to.Local()); err != nil {
				t.Fatal(err)
			}
		}
		w := b.workers[0]
		for range 12 {
			w.idle = time.Now().Add(-test.behind)
			w.poll(0)
		}
		packets := heard(t, right.rtp)
		if len(packets) != test.want {
			t.Fatalf("%s: %d packets carried, want %d", name, len(packets), test.want)
		}
		for i, p := range packets {
			if got, want := p[minRTP], byte(12-test.want+i); got != want {
				t.Errorf("%s: packet %d is number %d of the backlog, want %d", name, i, got, want)
			}
		}
		after := left.to.Stats()
		if got := after.Overrun - before.Overrun; got != uint64(12-test.want) {
			t.Errorf("%s: %d packets counted as overrun, want %d", name, got, 12-test.want)
		}
	}
	if s := b.Stats(); s.Overrun != 12-backlogKept || s.Speaking != 1 || s.Busy == 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestFullBuffer: the buffer of a socket holds less than a second of sound, and what it
// does not take is counted.
func TestFullBuffer(t *testing.T) {
	b := newBench(t, testConfig())
	left, _ := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	const sent = 300
	for range sent {
		if _, err := left.rtp.WriteToUDPAddrPort(left.packet.next(sound(2)), left.to.Local()); err != nil {
			t.Fatal(err)
		}
	}
	held := 0
	for buffer := make([]byte, MaxPacket); ; held++ {
		if _, _, errno := datagram.Receive(left.to.(*endpoint).out.sockets.rtp, buffer); errno != 0 {
			break
		}
	}
	if held < 5 || held > 50 {
		t.Errorf("a socket holds %d packets, want 5 to 50", held)
	}
	b.pass(8 * time.Second)
	if got := left.to.Stats().Overrun; got != uint64(sent-held) {
		t.Errorf("%d packets counted as overrun, want %d", got, sent-held)
	}
	if got := b.Counters().Overflow.Load(); got != uint64(sent-held) {
		t.Errorf("%d packets counted as overflow, want %d", got, sent-held)
	}
}

// TestStoppedWorker has a worker stand still while sound comes in: once it goes on, what
// is sent is carried at once, and little of the backlog.
func TestStoppedWorker(t *testing.T) {
	p, err := New(testConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	left, right := socket(t), socket(t)
	from := liveBridge(t, p, left, right)

	began := time.Now()
	delays := make(chan map[int]time.Duration)
	go func() { delays <- arrivals(right, began) }()
	packets := stream{ssrc: 1}
	say := time.NewTicker(20 * time.Millisecond)
	defer say.Stop()
	const stop, goOn, end = 10, 60, 90
	for i := range end {
		<-say.C
		switch i {
		case stop:
			from.in.Lock()
		case goOn:
			from.in.Unlock()
		}
		payload := sound(0)
		binary.BigEndian.PutUint32(payload, uint32(i))
		binary.BigEndian.PutUint64(payload[4:], uint64(time.Since(began)))
		if _, err := left.WriteToUDPAddrPort(packets.next(payload), from.Local()); err != nil {
			t.Fatal(err)
		}
	}
	got := <-delays
	backlog, late := 0, time.Duration(0)
	for i, delay := range got {
		switch {
		case i >= stop && i <= goOn: // the buffer may be full yet when goOn comes
			backlog++
		default:
			late = max(late, delay)
		}
	}
	if backlog > backlogKept+2 { // one was under way, and goOn
		t.Errorf("%d packets of the backlog were carried, want at most %d", backlog, backlogKept+2)
	}
	if len(got)-backlog != stop+end-goOn-1 || late > time.Second {
		t.Errorf("%d packets outside of the stop, want %d; %v late", len(got)-backlog, stop+end-goOn-1, late)
	}
}

// liveBridge joins the sockets by endpoints of a running plane.
func liveBridge(t *testing.T, p *Plane, left, right *net.UDPConn) *endpoint {
	t.Helper()
	var ends []media.Endpoint
	for _, s := range []*net.UDPConn{left, right} {
		e, err := p.Open("net", "live", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Update(media.Remote{RTP: addrOf(s), Payloads: []media.Payload{pcmu}, Send: true, Receive: true}); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, e)
	}
	if err := ends[1].Hear(ends[0]); err != nil {
		t.Fatal(err)
	}
	return ends[0].(*endpoint)
}

// arrivals are the delays of the packets that come, until none does for 2 s.
func arrivals(c *net.UDPConn, began time.Time) map[int]time.Duration {
	delays, b := map[int]time.Duration{}, make([]byte, MaxPacket)
	wait := 10 * time.Second
	for {
		if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return delays
		}
		n, err := c.Read(b)
		if err != nil {
			return delays
		}
		if n < minRTP+12 {
			continue
		}
		number := int(binary.BigEndian.Uint32(b[minRTP:]))
		delays[number] = time.Since(began) - time.Duration(binary.BigEndian.Uint64(b[minRTP+4:]))
		wait = 2 * time.Second // longer than the stop
	}
}
