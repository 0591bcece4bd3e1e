package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestFaultyStream sends a stream with loss, duplicates and packets out of order, over the
// wrap of sequence and timestamp, from a phone that takes another SSRC and starts its
// sequence anew meanwhile. What is counted is what was done, and the listener hears one
// stream in which nothing comes twice.
func TestFaultyStream(t *testing.T) {
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 11))
		b := newBench(t, testConfig())
		left, right := b.bridge(pcmu, pcmu)
		left.packet.seq, left.packet.timestamp = 65_000, 1<<32-50_000
		lost, duplicates, reordered, unproven, sent := 0, 0, 0, 0, 0
		numbers, told := 0, [][]byte{}
		next := func() []byte {
			payload := sound(1)
			binary.BigEndian.PutUint32(payload, uint32(numbers))
			numbers++
			return left.packet.next(payload)
		}
		send := func(packet []byte) { left.sendFrom(left.rtp, packet); sent++ }
		for i := range 1500 {
			switch i {
			case 500: // another SSRC is taken with its second packet
				left.packet.ssrc, left.packet.seq = 77, uint16(random.Uint32())
				send(next())
				unproven++
			case 1000: // and so is a sequence that is far off
				left.packet.seq += 20_000
				send(next())
				unproven++
			}
			edge := i%500 < 3 || i%500 > 495 // what is lost there nobody can know
			switch p := random.Float64(); {
			case edge || p >= 0.15:
				send(next())
			case p < 0.05:
				next()
				lost++
			case p < 0.10:
				packet := next()
				send(packet)
				send(packet)
				duplicates++
			default:
				first, second := next(), next()
				send(second)
				send(first)
				reordered++
			}
			b.pass(tick)
			told = append(told, heard(t, right.rtp)...)
		}
		s := left.to.Stats()
		if int(s.Received) != sent-unproven || int(s.Duplicate) != duplicates || int(s.Reordered) != reordered || int(s.Lost) != lost-duplicates {
			t.Errorf("seed %d: %+v; sent %d, lost %d, twice %d, out of order %d", seed, s, sent, lost, duplicates, reordered)
		}
		heardOnce(t, told, sent-unproven-duplicates)
	}
}

// heardOnce checks what a listener heard: so many packets, none twice, each with a place
// of its own in one stream.
func heardOnce(t *testing.T, packets [][]byte, want int) {
	t.Helper()
	numbers, places := map[uint32]bool{}, map[uint16]bool{}
	ssrc := headers(t, packets)[0].ssrc
	for i, h := range headers(t, packets) {
		number := binary.BigEndian.Uint32(packets[i][minRTP:])
		if numbers[number] || places[h.seq] || h.ssrc != ssrc {
			t.Fatalf("packet %d, number %d, sequence %d, SSRC %x comes again or is of another stream", i, number, h.seq, h.ssrc)
		}
		numbers[number], places[h.seq] = true, true
	}
	if len(packets) != want {
		t.Errorf("%d packets heard, want %d", len(packets), want)
	}
}

// TestGarbageDuringACall: whatever else comes to both ports of a party, from itself and
// from strangers, its sound arrives.
func TestGarbageDuringACall(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1)) // locks
	strangers := []*party{{rtp: socket(t)}, {rtp: socket(t)}}
	garbage := func() []byte {
		bytes := make([]byte, random.IntN(300))
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		if len(bytes) > 1 { // as often as not it begins well
			bytes[0] = [...]byte{0, 22, 0x80, 0x81, 0xA0, 0x90, bytes[0], bytes[0]}[random.IntN(8)]
			bytes[1] = [...]byte{1, 200, 201, 203, 207, bytes[1]}[random.IntN(6)]
		}
		return bytes
	}
	const spoken = 300
	arrived := 0
	for i := range spoken {
		for range 20 {
			left.sendFrom([]*party{left, strangers[0], strangers[1]}[random.IntN(3)].rtp, garbage())
			left.controls(garbage())
		}
		payload := sound(2)
		binary.BigEndian.PutUint64(payload, 0x50c4<<32|uint64(i))
		left.say(payload)
		b.pass(tick)
		for _, packet := range heard(t, right.rtp) {
			if len(packet) == minRTP+len(payload) && binary.BigEndian.Uint64(packet[minRTP:]) == 0x50c4<<32|uint64(i) {
				arrived++
			}
		}
	}
	if arrived < spoken*95/100 {
		t.Errorf("%d of %d packets arrived", arrived, spoken)
	}
	c, s := b.Counters(), left.to.Stats()
	if c.Malformed.Load() == 0 || c.STUN.Load() == 0 || c.DTLS.Load() == 0 || s.Foreign == 0 || s.Invalid == 0 {
		t.Errorf("not counted: %+v", s)
	}
}
