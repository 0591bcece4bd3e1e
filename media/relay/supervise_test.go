package relay

import (
	"testing"
	"time"
)

// TestSupervision: whom each hears while a supervisor listens, whispers and barges in.
func TestSupervision(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(3)
	caller, agent, boss := all[0], all[1], all[2]
	caller.listens(agent)
	agent.listens(caller)
	boss.listens(caller, agent)
	talk(all, time.Second)
	caller.hears(all, agent)
	agent.hears(all, caller)
	boss.hears(all, caller, agent)

	agent.listens(caller, boss) // whispers
	talk(all, time.Second)
	caller.hears(all, agent)
	agent.hears(all, caller, boss)
	boss.hears(all, caller, agent)

	caller.listens(agent, boss) // barges in
	talk(all, time.Second)
	caller.hears(all, agent, boss)
	agent.hears(all, caller, boss)
	boss.hears(all, caller, agent)

	boss.to.Close()
	talk(all[:2], time.Second)
	caller.hears(all, agent)
	agent.hears(all, caller)
	if len(b.clock.rooms) != 0 || agent.to.(*endpoint).out.mixed != nil {
		t.Error("the mix outlived the supervisor")
	}
}

// TestPairIsNeverInterrupted: whatever a silent supervisor does, the agent gets every
// packet of the caller at once, unchanged, in one unbroken stream.
func TestPairIsNeverInterrupted(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(3)
	caller, agent, boss := all[0], all[2], all[1] // the pair has one law
	caller.listens(agent)
	agent.listens(caller)
	boss.peak = 0
	said := [][]byte{}
	speak := func(ticks int) {
		for range ticks {
			said = append(said, caller.tone())
			caller.say(said[len(said)-1])
			boss.say(boss.tone())
			agent.say(agent.tone())
			b.pass(tick)
		}
	}
	speak(5)
	for _, step := range []func(){
		func() { boss.listens(caller, agent) },
		func() { agent.listens(caller, boss) },
		func() { caller.listens(agent, boss) },
		func() { caller.listens(agent) },
		func() { agent.listens(caller) },
		func() { agent.listens(caller, boss) },
		func() { boss.to.Close() },
	} {
		step()
		if agent.to.(*endpoint).hears != caller.to {
			t.Fatal("the caller is not heard by its packets")
		}
		if boss.to.(*endpoint).closed {
			boss.bench, boss.party = nil, b.join("other boss")
		}
		speak(17)
	}
	packets := heard(t, agent.rtp)
	if len(packets) != len(said) {
		t.Fatalf("%d packets, want %d", len(packets), len(said))
	}
	for i, h := range headers(t, packets) {
		first := headers(t, packets)[0]
		if h.seq != first.seq+uint16(i) || h.timestamp != first.timestamp+uint32(i*frame) || h.marker != (i == 0) {
			t.Fatalf("packet %d: %+v", i, h)
		}
		if string(packets[i][h.start:h.end]) != string(said[i]) {
			t.Fatalf("packet %d is changed", i)
		}
	}
}

// TestWhisperWithoutPackets: a caller that sends nothing, as its phone suppresses
// silence, does not keep the agent from hearing the supervisor.
func TestWhisperWithoutPackets(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(3)
	caller, agent, boss := all[0], all[1], all[2]
	caller.listens(agent)
	agent.listens(caller)
	talk(all, 200*time.Millisecond)
	agent.listens(caller, boss)
	talk(all[1:], time.Second)
	agent.hears(all, boss)
	talk(all, time.Second) // it goes on
	agent.hears(all, caller, boss)
	if n := len(agent.to.(*endpoint).out.mixed.queue); agent.to.(*endpoint).out.mixed.waiting > mixedAhead {
		t.Errorf("%d of %d samples wait", agent.to.(*endpoint).out.mixed.waiting, n)
	}
}

// TestKeyWhileWhispered: the agent gets the packets of the caller's key as they were, with
// one timestamp and nothing of the supervisor between them.
func TestKeyWhileWhispered(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(3)
	caller, agent, boss := all[0], all[1], all[2]
	caller.listens(agent)
	agent.listens(caller)
	agent.listens(caller, boss)
	talk(all, 500*time.Millisecond)
	caller.packet.payload = digits.Type
	at := caller.packet.timestamp
	for range 12 { // 240 ms
		caller.packet.timestamp = at
		caller.say([]byte{5, 10, 0, 160})
		boss.say(boss.tone())
		b.pass(tick)
	}
	packets := heard(t, agent.rtp)
	if len(packets) != 12 {
		t.Fatalf("%d packets, want 12", len(packets))
	}
	for i, h := range headers(t, packets) {
		if h.payload != digits.Type || h.timestamp != headers(t, packets)[0].timestamp {
			t.Errorf("packet %d: %+v", i, h)
		}
	}
}
