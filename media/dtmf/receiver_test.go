package dtmf

import (
	"testing"
	"time"

	"strowger/media"
)

var begin = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// came is what comes to a receiver.
type came struct {
	at       time.Duration
	ssrc     uint32
	stamp    uint32
	marker   bool
	code     byte
	duration uint16
	end      bool
}

func TestReceiver(t *testing.T) {
	for name, c := range map[string]struct {
		packets []came
		want    string
		held    bool // at the end
	}{
		"once, with repeats": {[]came{
			{0, 1, 1000, true, 5, 160, false},
			{20 * ms, 1, 1000, false, 5, 320, false},
			{40 * ms, 1, 1000, false, 5, 480, true},
			{60 * ms, 1, 1000, false, 5, 480, true},
			{80 * ms, 1, 1000, false, 5, 480, true},
		}, "5", false},
		"begin lost":           {[]came{{0, 1, 1000, false, 5, 480, true}, {0, 1, 1000, false, 5, 480, true}}, "5", false},
		"end lost":             {[]came{{0, 1, 1000, true, 5, 160, false}, {0, 1, 3000, true, 5, 160, false}, {0, 1, 3000, false, 5, 320, true}}, "55", false},
		"held":                 {[]came{{0, 1, 1000, true, 5, 160, false}}, "5", true},
		"late":                 {[]came{{0, 1, 3000, true, 5, 160, true}, {0, 1, 1000, true, 4, 160, true}}, "5", false},
		"late within":          {[]came{{0, 1, 3000, true, 5, 320, true}, {0, 1, 3000, true, 5, 160, false}}, "5", false},
		"other event, at once": {[]came{{0, 1, 1000, true, 5, 160, false}, {0, 1, 1000, true, 6, 160, true}}, "56", false},
		"other sender":         {[]came{{0, 1, 1000, true, 5, 160, true}, {0, 2, 10, true, 5, 160, true}}, "55", false},
		"timestamp wraps":      {[]came{{0, 1, 1<<32 - 10, true, 5, 160, true}, {0, 1, 1000, true, 5, 160, true}}, "55", false},
		"flash":                {[]came{{0, 1, 1000, true, 16, 160, true}}, "", false},
		"longer than the field": {[]came{
			{0, 1, 1000, true, 1, 65520, false},
			{0, 1, 1000, false, 1, 65535, false},
			{0, 1, 1000 + 65535, false, 1, 160, false},
			{0, 1, 1000 + 65535, false, 1, 65535, false},
			{0, 1, 1000 + 2*65535, false, 1, 800, true},
			{0, 1, 1000 + 2*65535, false, 1, 800, true},
		}, "1", false},
		"longer, end of a segment lost": {[]came{
			{0, 1, 1000, true, 1, 65000, false}, {0, 1, 1000 + 65535, false, 1, 160, false},
		}, "1", true},
		"segments shorter than the field": {[]came{
			{0, 1, 1000, true, 1, 8000, false}, {0, 1, 9000, false, 1, 160, false}, {0, 1, 9000, false, 1, 320, true},
		}, "1", false},
		"next at the end of one that ended": {[]came{
			{0, 1, 1000, true, 1, 800, true}, {0, 1, 1800, false, 1, 160, true},
		}, "11", false},
	} {
		t.Run(name, func(t *testing.T) {
			var r Receiver
			var got []byte
			var last time.Duration
			for _, p := range c.packets {
				digit := r.Step(begin.Add(p.at), Packet{p.ssrc, p.stamp, p.marker}, Event{Code: p.code, Duration: p.duration, End: p.end})
				if digit != 0 {
					got = append(got, digit)
				}
				last = p.at
			}
			if string(got) != c.want {
				t.Errorf("told %q, want %q", got, c.want)
			}
			if r.Held(begin.Add(last)) != c.held || r.Held(begin.Add(last+lost)) {
				t.Errorf("held is %v, and %v later on; want %v and false", r.Held(begin.Add(last)), r.Held(begin.Add(last+lost)), c.held)
			}
		})
	}
}

// TestSenderIsReceived: what a Sender says, a Receiver hears, whichever packets of a
// digit but one are lost.
func TestSenderIsReceived(t *testing.T) {
	for lost := range 1<<(Press+Ends) - 1 {
		var s Sender
		if err := s.Add("1#1d"); err != nil {
			t.Fatal(err)
		}
		var r Receiver
		var got []byte
		stamp, ticks, n := uint32(1000), 0, 0
		for ; s.Busy(); ticks++ {
			b := s.Step()
			if b.First {
				stamp, n = uint32(1000+160*ticks), 0
			}
			if !b.Told {
				continue
			}
			n++
			if lost&(1<<(n-1)) != 0 {
				continue
			}
			var payload [EventSize]byte
			Event{Code: b.Code, End: b.End, Volume: 10, Duration: uint16(b.Ticks * 160)}.Put(payload[:])
			e, ok := ParseEvent(payload[:])
			if !ok || e.End != b.End || e.Volume != 10 {
				t.Fatalf("%+v of %v", e, payload)
			}
			if digit := r.Step(begin.Add(time.Duration(ticks)*20*ms), Packet{1, stamp, b.First}, e); digit != 0 {
				got = append(got, digit)
			}
		}
		if string(got) != "1#1D" {
			t.Fatalf("without packets %b: heard %q", lost, got)
		}
		if ticks != 4*(Press+Pause) {
			t.Fatalf("4 digits took %d ticks", ticks)
		}
	}
}

func TestSenderRefuses(t *testing.T) {
	var s Sender
	if s.Add("12x") == nil || s.Busy() {
		t.Error("a part of what is no digits was taken")
	}
	for range MaxWaiting {
		if err := s.Add("1"); err != nil {
			t.Fatal(err)
		}
	}
	if s.Add("1") == nil {
		t.Error("more digits than the limit were taken")
	}
}

func TestOnce(t *testing.T) {
	for name, c := range map[string]struct {
		said []say
		want string
	}{
		"two forms":                 {[]say{{0, '5', media.ByEvent}, {50 * ms, '5', media.ByInfo}}, "5"},
		"three forms":               {[]say{{0, '5', media.ByInfo}, {0, '5', media.ByEvent}, {90 * ms, '5', media.ByTone}}, "5"},
		"twice in one form":         {[]say{{0, '5', media.ByEvent}, {90 * ms, '5', media.ByEvent}}, "55"},
		"twice in two forms":        {[]say{{0, '5', media.ByEvent}, {0, '5', media.ByInfo}, {90 * ms, '5', media.ByEvent}, {95 * ms, '5', media.ByInfo}}, "55"},
		"the second lags":           {[]say{{0, '5', media.ByEvent}, {90 * ms, '5', media.ByEvent}, {95 * ms, '5', media.ByTone}, {190 * ms, '5', media.ByTone}}, "55"},
		"others between":            {[]say{{0, '1', media.ByEvent}, {90 * ms, '2', media.ByEvent}, {91 * ms, '1', media.ByTone}, {190 * ms, '2', media.ByTone}}, "12"},
		"first one, then the other": {[]say{{0, '1', media.ByEvent}, {90 * ms, '5', media.ByEvent}, {200 * ms, '3', media.ByInfo}, {300 * ms, '5', media.ByInfo}}, "1535"},
		"one is missed":             {[]say{{0, '1', media.ByEvent}, {90 * ms, '2', media.ByEvent}, {95 * ms, '2', media.ByTone}, {190 * ms, '1', media.ByEvent}, {195 * ms, '1', media.ByTone}}, "121"},
		"much later":                {[]say{{0, '5', media.ByEvent}, {apart, '5', media.ByInfo}}, "55"},
		"another digit":             {[]say{{0, '5', media.ByEvent}, {0, '6', media.ByInfo}}, "56"},
		"more than are known":       {manySays(), "0123456789"},
	} {
		t.Run(name, func(t *testing.T) {
			var o Once
			var got []byte
			for _, s := range c.said {
				if o.Take(begin.Add(s.at), s.digit, s.form) {
					got = append(got, s.digit)
				}
			}
			if string(got) != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// say is a digit in a form.
type say struct {
	at    time.Duration
	digit byte
	form  media.Form
}

// manySays are ten digits, each in two forms.
func manySays() (says []say) {
	for i := range 10 {
		for _, form := range []media.Form{media.ByTone, media.ByEvent} {
			says = append(says, say{time.Duration(i) * 90 * ms, Digits[i], form})
		}
	}
	return says
}

// FuzzReceiver: whatever comes, a digit is told at most once a packet and never for one
// that repeats another.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{5, 10, 0, 160, 5, 0x8a, 0, 160}, uint32(1000))
	f.Add([]byte{1, 0, 0xff, 0xff, 1, 0, 0, 1}, uint32(65535))
	f.Fuzz(func(t *testing.T, b []byte, step uint32) {
		var r Receiver
		now, stamp := begin, uint32(1)
		for ; ; b = b[EventSize:] {
			e, ok := ParseEvent(b)
			if !ok {
				return
			}
			var again [EventSize]byte
			e.Put(again[:])
			if reread, _ := ParseEvent(again[:]); reread != e {
				t.Fatalf("%+v became %+v", e, reread)
			}
			p := Packet{1, stamp, e.Volume&1 == 0}
			r.Step(now, p, e)
			if r.Step(now, p, e) != 0 {
				t.Fatalf("%+v is told twice", e)
			}
			now = now.Add(20 * ms)
			if e.End {
				stamp += step
			}
		}
	})
}
