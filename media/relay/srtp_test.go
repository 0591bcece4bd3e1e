package relay

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/datagram"
)

// secret makes a key of a suite.
func secret(s media.Suite, b byte) media.Key { return bytes.Repeat(media.Key{b}, s.KeySize()) }

// secured is a party that speaks SRTP.
type secured struct {
	*party
	crypto media.Crypto
	seals  *srtp.Context // what it sends
	opens  *srtp.Context // what it is sent
}

// secure has a party speak by keys from now on.
func secure(p *party, suite media.Suite, ours, its byte, payloads ...media.Payload) *secured {
	p.Helper()
	s := &secured{party: p, crypto: media.Crypto{Suite: suite, Send: secret(suite, ours), Receive: secret(suite, its)}}
	r := p.remote(payloads...)
	r.Crypto = &s.crypto
	p.update(r)
	var err error
	if s.seals, err = context(suite, s.crypto.Receive); err == nil {
		s.opens, err = context(suite, s.crypto.Send)
	}
	if err != nil {
		p.Fatal(err)
	}
	return s
}

// sealed is the next packet of the party.
func (s *secured) sealed(payload []byte) []byte {
	s.Helper()
	b, err := s.seals.EncryptRTP(nil, s.packet.next(payload), nil)
	if err != nil {
		s.Fatal(err)
	}
	return b
}

func (s *secured) say(payload []byte) { s.sendFrom(s.rtp, s.sealed(payload)) }

// hears returns what the party was sent, decrypted.
func (s *secured) hears() [][]byte {
	s.Helper()
	var out [][]byte
	for _, b := range heard(s.TB, s.rtp) {
		plain, err := s.opens.DecryptRTP(nil, b, nil)
		if err != nil {
			s.Fatalf("the party cannot decrypt: %v", err)
		}
		if bytes.Contains(b, plain[minRTP:]) {
			s.Fatal("the sound is in the packet as it is")
		}
		out = append(out, plain)
	}
	return out
}

// TestSRTP joins a party that speaks SRTP with one that does not, and with one that has
// other keys and the other law.
func TestSRTP(t *testing.T) {
	for _, suite := range media.Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			b := newBench(t, testConfig())
			left, right := b.bridge(pcmu, pcma)
			l := secure(left, suite, 1, 2, pcmu)
			l.say(sound(1))
			if got := heard(t, right.rtp); len(got) != 1 || !bytes.Equal(got[0][minRTP:], converted(pcmu, sound(1))) {
				t.Errorf("the plain party heard %x", got)
			}
			right.packet.payload = 8
			right.say(sound(2))
			if got := l.hears(); len(got) != 1 || !bytes.Equal(got[0][minRTP:], converted(pcma, sound(2))) {
				t.Errorf("the secured party heard %x", got)
			}
			r := secure(right, media.AESCM128HMACSHA1, 3, 4, pcma)
			r.say(sound(3))
			if got := l.hears(); len(got) != 1 || !bytes.Equal(got[0][minRTP:], converted(pcma, sound(3))) {
				t.Errorf("of SRTP with other keys the secured party heard %x", got)
			}
			if s := left.to.Stats(); s.Undecrypted != 0 || s.Received != 1 || s.Lost != 0 || s.SRTP != suite.String() || s.Converted != 2 {
				t.Errorf("stats %+v", s)
			}
			if s := right.to.Close(); s.SRTP != media.AESCM128HMACSHA1.String() {
				t.Errorf("stats at the end %+v", s)
			}
		})
	}
}

// converted is G.711 in the other law.
func converted(p media.Payload, b []byte) []byte {
	law := codec.ULaw
	if p.Encoding == pcma.Encoding {
		law = codec.ALaw
	}
	out := bytes.Clone(b)
	law.Transcode(out, out)
	return out
}

func TestSRTCP(t *testing.T) {
	for _, suite := range media.Suites() {
		b := newBench(t, testConfig())
		left, right := b.bridge(pcmu, pcmu)
		l := secure(left, suite, 1, 2, pcmu)
		report, err := (&rtcp.ReceiverReport{SSRC: 7}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := l.seals.EncryptRTCP(nil, report, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, datagram := range [][]byte{report, sealed, sealed} { // plain, good, played again
			l.sendFrom(l.rtp, datagram)
		}
		if s := left.to.Stats(); s.RTCPReceived != 1 || s.Undecrypted != 2 {
			t.Errorf("%s: stats %+v", suite, s)
		}
		l.say(sound(1))
		right.say(sound(1))
		b.pass(15 * time.Second)
		reports := heard(t, l.rtcp)
		if len(reports) == 0 {
			t.Fatalf("%s: no report", suite)
		}
		plain, err := l.opens.DecryptRTCP(nil, reports[0], nil)
		if err != nil {
			t.Fatalf("%s: %v", suite, err)
		}
		if packets, err := rtcp.Unmarshal(plain); err != nil || len(packets) != 2 {
			t.Errorf("%s: %v, %v", suite, packets, err)
		}
	}
}

// TestSRTPIsProven: what the key does not prove is dropped and counted, before the lock
// and after it, and the call goes on.
func TestSRTPIsProven(t *testing.T) {
	for _, suite := range media.Suites() {
		b := newBench(t, testConfig())
		left, right := b.bridge(pcmu, pcmu)
		l := secure(left, suite, 1, 2, pcmu)
		other, err := context(suite, secret(suite, 9))
		if err != nil {
			t.Fatal(err)
		}
		forged := stream{ssrc: 5, seq: 7}
		bad := func(from int) {
			for range 3 {
				b, err := other.EncryptRTP(nil, forged.next(sound(66)), nil)
				if err != nil {
					t.Fatal(err)
				}
				l.sendFrom(l.rtp, b)
				l.sendFrom(l.rtp, forged.next(sound(66)))
			}
			if s := left.to.Stats(); s.Undecrypted != uint64(from+6) {
				t.Errorf("%s: %d packets were not decrypted, want %d", suite, s.Undecrypted, from+6)
			}
		}
		bad(0)
		if s := left.to.Stats().Source; s.IsValid() {
			t.Errorf("%s: locked to %v by packets of another key", suite, s)
		}
		l.say(sound(1))
		good := l.sealed(sound(2))
		torn := bytes.Clone(good)
		torn[minRTP+3] ^= 1
		l.sendFrom(l.rtp, torn)
		l.sendFrom(l.rtp, good)
		l.sendFrom(l.rtp, good) // again
		bad(8)
		l.say(sound(3))
		packets := heard(t, right.rtp)
		if len(packets) != 3 || packets[1][minRTP] != 2 || packets[2][minRTP] != 3 {
			t.Errorf("%s: %d packets came through, want the three of the party", suite, len(packets))
		}
		c := b.Counters()
		if c.Undecrypted.Load() != 13 || c.Replayed.Load() != 1 {
			t.Errorf("%s: %d undecrypted and %d replayed, want 13 and 1", suite, c.Undecrypted.Load(), c.Replayed.Load())
		}
	}
}

// TestRekey: both keys change by a re-INVITE after the sequence has turned. The far side
// goes on with the turns or begins anew, and packets of its old key are on their way.
func TestRekey(t *testing.T) {
	for name, keepsTurns := range map[string]bool{"turns go on": true, "turns begin anew": false} {
		t.Run(name, func(t *testing.T) {
			const suite = media.AEADAES128GCM
			b := newBench(t, testConfig())
			left, right := b.bridge(pcmu, pcmu)
			left.packet.seq = 65534
			l := secure(left, suite, 1, 2, pcmu)
			for i := range 4 {
				l.say(sound(byte(i)))
			}
			right.say(sound(20))
			before := headers(t, l.hears())[0]
			late := l.sealed(sound(4))

			n := secure(left, suite, 11, 12, pcmu)
			if keepsTurns {
				n.seals.SetROC(left.packet.ssrc, 1)
			}
			l.sendFrom(l.rtp, late)
			n.say(sound(5))
			l.say(sound(66)) // by the old key, after the new one was used
			n.say(sound(7))
			var got []byte
			for _, p := range heard(t, right.rtp) {
				got = append(got, p[minRTP])
			}
			if want := []byte{0, 1, 2, 3, 4, 5, 7}; !bytes.Equal(got, want) {
				t.Errorf("heard %v, want %v", got, want)
			}
			right.say(sound(21))
			after := headers(t, n.hears())
			if len(after) != 1 || after[0].ssrc == before.ssrc || after[0].seq >= lowSequence || !after[0].marker {
				t.Errorf("by the new key %+v follows %+v, want a new SSRC and a low sequence", after, before)
			}
			same := left.remote(pcmu)
			same.Crypto = &n.crypto
			left.update(same)
			right.say(sound(22))
			if again := headers(t, n.hears()); len(again) != 1 || again[0].ssrc != after[0].ssrc || again[0].seq != after[0].seq+1 {
				t.Errorf("the same keys again: %+v follows %+v", again, after)
			}
			left.update(left.remote(pcmu)) // and back to plain RTP
			right.say(sound(23))
			if got := heard(t, left.rtp); len(got) != 1 || got[0][minRTP] != 23 {
				t.Errorf("plain again: %x", got)
			}
		})
	}
}

func TestBadKeys(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("leg")
	for _, c := range []media.Crypto{
		{},
		{Suite: media.AEADAES128GCM},
		{Suite: 77, Send: secret(media.AEADAES128GCM, 1), Receive: secret(media.AEADAES128GCM, 1)},
		{Suite: media.AEADAES128GCM, Send: secret(media.AEADAES128GCM, 1), Receive: secret(media.AESCM128HMACSHA1, 1)},
	} {
		r := p.remote(pcmu)
		r.Crypto = &c
		if err := p.to.Update(r); err == nil {
			t.Errorf("%v was taken", c)
		}
	}
	p.say(sound(1))
	if s := p.to.Stats().Source; s.IsValid() {
		t.Error("an exchange that was refused had an effect")
	}
}

// TestSRTPAllocations: a packet from one secured leg to another costs no allocation.
func TestSRTPAllocations(t *testing.T) {
	const most = 1 // of a pool of the library, which is leaky while the race detector runs
	for _, suite := range media.Suites() {
		b := newBench(t, testConfig())
		left, right := b.bridge(pcmu, pcmu)
		l := secure(left, suite, 1, 2, pcmu)
		secure(right, suite, 3, 4, pcmu)
		l.say(sound(1))
		sealed := make([][]byte, 202)
		for i := range sealed {
			sealed[i] = l.sealed(sound(1))
		}
		to, next := datagram.AddressOf(left.to.Local()), 0
		raw, err := left.rtp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var allocs float64
		err = raw.Control(func(fd uintptr) {
			allocs = testing.AllocsPerRun(200, func() {
				if errno := datagram.Send(int(fd), sealed[next], &to); errno != 0 {
					t.Error(errno)
				}
				next++
				b.carry()
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := b.Counters().Sent.Load(); n != 202 {
			t.Errorf("%s: %d packets carried, want 202", suite, n)
		}
		t.Logf("%s: %v allocations a packet", suite, allocs)
		if allocs > most {
			t.Errorf("%s: %v allocations a packet, want %d", suite, allocs, most)
		}
	}
}

// BenchmarkSRTP is what SRTP adds to a packet, in and out.
func BenchmarkSRTP(b *testing.B) {
	for _, suite := range media.Suites() {
		b.Run(suite.String(), func(b *testing.B) {
			crypto := &media.Crypto{Suite: suite, Send: secret(suite, 1), Receive: secret(suite, 1)}
			sealer, err := newSealer(crypto, nil)
			if err != nil {
				b.Fatal(err)
			}
			opener, err := newOpener(crypto, nil, 0)
			if err != nil {
				b.Fatal(err)
			}
			s, packet, payload := stream{ssrc: 1}, make([]byte, 0, MaxPacket), sound(1)
			b.ReportAllocs()
			for b.Loop() {
				packet = append(append(packet[:0], s.header()...), payload...)
				sealed, err := sealer.protect(packet)
				if err == nil {
					_, err = opener.open(sealed)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestFollowNeedsTheKey: a stranger who knows SSRC and sequence, and not the key, does
// not take a stream away.
func TestFollowNeedsTheKey(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	l := secure(left, media.AEADAES128GCM, 1, 2, pcmu)
	r := left.remote(pcmu)
	r.Crypto, r.Latch = &l.crypto, media.LatchFollow
	left.update(r)
	l.say(sound(1))
	b.pass(time.Minute)
	heard(t, left.rtp)
	stranger, forged := socket(t), left.packet
	for range 5 {
		left.sendFrom(stranger, append(forged.next(sound(66)), make([]byte, 16)...))
	}
	right.say(sound(2))
	if n := len(heard(t, stranger)); n != 0 {
		t.Errorf("the stranger was sent %d packets", n)
	}
	if n := b.Counters().Undecrypted.Load(); n != 5 {
		t.Errorf("%d undecrypted, want 5", n)
	}
}
