package relay

import (
	"slices"
	"testing"

	"strowger/media/codec"
)

// TestMask: of a party that is masked nobody hears anything, but its digits are told; and
// a key that is held when the mask ends stays unheard.
func TestMask(t *testing.T) {
	b := newBench(t, testConfig())
	l, r := b.bridge(pcmu, pcmu)
	var taped []int16
	l.tap(func(pcm []int16) { taped = append(taped, pcm...) })
	if err := l.to.Detect(true); err != nil {
		t.Fatal(err)
	}
	forwarded := 0
	listen := func() { forwarded += len(heard(t, r.rtp)) }
	l.sayNothing(5, listen)
	if forwarded != 5 {
		t.Fatalf("%d packets were forwarded before, want 5", forwarded)
	}
	forwarded, taped = 0, nil
	if err := l.to.Mask(true); err != nil {
		t.Fatal(err)
	}
	l.sayTone(4, 5, listen)
	l.sayNothing(5, listen)
	l.press(2, 100000)
	listen()
	if err := l.to.Mask(false); err != nil { // while a key is held
		t.Fatal(err)
	}
	l.sayTone(9, 60, listen)
	if got := l.pressed(); got != "429" {
		t.Errorf("told %q, want 429", got)
	}
	if forwarded != 0 {
		t.Errorf("%d packets were forwarded", forwarded)
	}
	if slices.ContainsFunc(taped, func(s int16) bool { return s != 0 }) {
		t.Error("a tap has heard something")
	}
	l.sayNothing(40, listen)
	if forwarded == 0 {
		t.Error("nothing is heard after the key was up")
	}
	before := len(taped)
	l.packet.payload = pcmu.Type
	for range 10 {
		l.say(loud(codec.ULaw, 1000))
		b.pass(tick)
	}
	if f := frames(taped[before:]); !slices.Contains(f, 1) {
		t.Errorf("the tap hears %v", f)
	}
}

// TestMaskHoldsThroughChanges: whoever comes to hear a masked party hears nothing, and so
// after another exchange; a mask that begins again goes on.
func TestMaskHoldsThroughChanges(t *testing.T) {
	b := newBench(t, testConfig())
	l, r := b.bridge(pcmu, pcmu)
	if err := l.to.Mask(true); err != nil {
		t.Fatal(err)
	}
	third := b.join("third")
	third.update(third.remote(pcmu, digits))
	third.hear(l.to)
	l.update(l.remote(pcmu, digits))
	if err := l.to.Mask(false); err != nil {
		t.Fatal(err)
	}
	b.pass(5 * tick)
	if err := l.to.Mask(true); err != nil {
		t.Fatal(err)
	}
	l.sayNothing(40, func() {})
	l.press(2, 100000)
	if n := len(heard(t, r.rtp)) + len(heard(t, third.rtp)); n != 0 {
		t.Errorf("%d packets were forwarded", n)
	}
	l.to.Close()
	if l.to.Mask(true) == nil {
		t.Error("a closed endpoint was masked")
	}
}
