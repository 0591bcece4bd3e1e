package b2bua

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"

	"strowger/media"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// floor is a sound plane that knows who hears whom, and phones that answer when told.
type floor struct {
	fake
	hears  map[int][]int
	rung   map[int]*transaction.Client
	invite map[*transaction.Client]*sip.Request
	asks   []Ask
}

func newFloor() *floor {
	return &floor{hears: map[int][]int{}, rung: map[int]*transaction.Client{}, invite: map[*transaction.Client]*sip.Request{}}
}

func (f *floor) Hear(leg int, from ...int)             { f.hears[leg] = from }
func (f *floor) Play(leg int, _ []string, over ...int) { f.hears[leg] = over }
func (f *floor) Ask(a Ask)                             { f.asks = append(f.asks, a) }
func (f *floor) Park(_ int, p Park) (string, bool)     { return p.Place, true }
func (f *floor) Attach(int, *Moving)                   {}
func (f *floor) Close(id int) media.Stats {
	delete(f.hears, id)
	for l, from := range f.hears {
		f.hears[l] = slices.DeleteFunc(slices.Clone(from), func(o int) bool { return o == id })
	}
	return media.Stats{}
}

func (f *floor) Start(_ time.Time, req *sip.Request, _ transport.Flow, owner any) *transaction.Client {
	tx := new(transaction.Client)
	if l, ok := owner.(*leg.Leg); ok && req.Method == sip.INVITE {
		f.rung[l.ID], f.invite[tx] = tx, req
	}
	return tx
}

const answerSDP = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

// answer has the phone of a leg answer.
func (f *floor) answer(c *Call, id int) {
	tx := f.rung[id]
	if tx == nil {
		return
	}
	delete(f.rung, id)
	res := message.NewResponse(f.invite[tx], 200, "OK", fmt.Sprintf("phone-%d", id))
	res.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "x", Host: "10.0.0.2"}})
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody([]byte(answerSDP))
	c.Step(start, Response{Leg: id, Tx: tx, Msg: res}, f)
}

// bridged is a call of a trunk in which seat 1 talks.
func bridged(t *testing.T, f *floor) *Call {
	t.Helper()
	c := invited(t, f, "192.0.2.1")
	c.Step(start, Admitted{Program{
		Caller: leg.Party{Kind: leg.Trunk, Name: "carrier", Tenant: "demo"}, Stages: []Stage{{Targets: []Target{target(1)}}},
	}}, f)
	f.answer(c, 2)
	if c.state != talking {
		t.Fatal("nobody talks")
	}
	return c
}

// comes is a leg of a call of its own that wants a part in another.
func comes(t *testing.T, name string, part Part) *Moving {
	t.Helper()
	f := newFloor()
	c := invited(t, f, "192.0.2.1")
	c.Step(start, Admitted{Program{Caller: leg.Party{Kind: leg.Seat, Name: name, Tenant: "demo"}, App: AppEcho}}, f)
	m := c.detach(start, c.front, f)
	m.Part = part
	return m
}

// TestNobodyHearsWhoMustNot does what supervisors, operators and members may do, in any
// order, and holds whom each hears against what was asked for.
func TestNobodyHearsWhoMustNot(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFloor()
		c := bridged(t, f)
		modes := map[int]Mode{} // of supervisors, by leg
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			id := rapid.IntRange(1, c.Legs()+1).Draw(rt, "leg")
			mode := Mode(rapid.IntRange(1, 3).Draw(rt, "mode"))
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0: // an operator
				seat := rapid.SampledFrom([]string{"7", "8", "9"}).Draw(rt, "seat")
				ok := c.CanSupervise(0, seat) == nil
				c.Step(start, Supervise{Seat: seat, Mode: mode, By: "admin"}, f)
				for _, a := range f.asks {
					p := Program{Stages: []Stage{{Targets: []Target{named(seat)}}}}
					c.Step(start, Routed{Leg: a.Leg, Program: p, Supervise: a.Supervise}, f)
				}
				for _, p := range c.legs {
					if p.supervises != nil && p.Party.Name == seat && ok {
						modes[p.ID] = mode
					}
				}
				f.asks = nil
			case 1: // a phone answers
				f.answer(c, id)
			case 2: // a code was dialled
				m := comes(t, rapid.SampledFrom([]string{"5", "6"}).Draw(rt, "seat"), Part{Supervise: mode})
				if c.Take(start, 2, m, false, f) {
					modes[len(c.legs)] = mode
				}
			case 3: // a key
				key := rapid.SampledFrom([]byte("4561*")).Draw(rt, "key")
				c.Step(start, Sound{Leg: id, Event: media.Event{Kind: media.Digit, Digit: key}}, f)
				if m, ok := modeKeys[key]; ok && c.party(id) != nil && c.party(id).supervising() {
					modes[id] = m
				}
			case 4: // a supervisor leaves
				if modes[id] != NoMode {
					c.Step(start, Sound{Leg: id, Event: media.Event{Kind: media.Timeout}}, f)
				}
			case 5:
				c.Step(start.Add(RingTimeout), Tick{}, f)
			}
			checkPair(rt, c, f, modes)
		}
	})
}

func named(seat string) Target {
	t := target(1)
	t.Party = leg.Party{Kind: leg.Seat, Name: seat, Tenant: "demo"}
	return t
}

// checkPair holds the edges of caller 1, seat 2 and their supervisors against the modes.
func checkPair(rt *rapid.T, c *Call, f *floor, modes map[int]Mode) {
	want := map[int][]int{1: {2}, 2: {1}}
	for _, id := range slices.Sorted(maps.Keys(modes)) {
		p := c.party(id)
		if p.over || !p.supervising() {
			continue
		}
		want[id] = []int{1, 2}
		if modes[id] != Listen {
			want[2] = append(want[2], id)
		}
		if modes[id] == Barge {
			want[1] = append(want[1], id)
		}
	}
	got := map[int][]int{}
	for id, from := range f.hears {
		if len(from) > 0 {
			got[id] = from
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		rt.Fatalf("who hears whom is %v, want %v, in modes %v", got, want, modes)
	}
}

// TestConferenceEdges: members come, go, are muted and told to leave; each hears all who
// are not muted.
func TestConferenceEdges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFloor()
		c := invited(t, f, "192.0.2.1")
		c.Step(start, Admitted{Program{
			Caller: leg.Party{Kind: leg.Seat, Name: "1", Tenant: "demo"}, App: AppConference, Conference: &Conference{Room: "800", Limit: 5},
		}}, f)
		muted := map[int]bool{1: false} // members by leg
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			id := rapid.IntRange(1, c.Legs()+1).Draw(rt, "leg")
			_, there := muted[id]
			switch what := rapid.IntRange(0, 5).Draw(rt, "what"); {
			case what == 0:
				full := len(muted) == 5
				if taken := c.Take(start, c.front.ID, comes(t, "9", Part{Room: "800"}), false, f); taken == full {
					rt.Fatalf("with %d members one more is taken: %t", len(muted), taken)
				} else if taken {
					muted[c.Legs()] = false
				}
			case what == 1:
				on := rapid.Bool().Draw(rt, "on")
				c.Step(start, Mute{Leg: id, On: on}, f)
				if there {
					muted[id] = on
				}
			case what == 2:
				for _, key := range []byte("*6") {
					c.Step(start, Sound{Leg: id, Event: media.Event{Kind: media.Digit, Digit: key}}, f)
				}
				if there {
					muted[id] = !muted[id]
				}
			case what == 3:
				c.Step(start, Sound{Leg: id, Event: media.Event{Kind: media.Ended}}, f)
			case what == 4 && len(muted) > 1:
				c.Step(start, Kick{Leg: id}, f)
				delete(muted, id)
			case what == 5 && len(muted) > 1:
				c.Step(start, Sound{Leg: id, Event: media.Event{Kind: media.Timeout}}, f)
				delete(muted, id)
			}
			for m := range muted {
				var want []int
				for _, o := range slices.Sorted(maps.Keys(muted)) {
					if o != m && !muted[o] {
						want = append(want, o)
					}
				}
				got := slices.DeleteFunc(slices.Clone(f.hears[m]), func(o int) bool { return o == m })
				if !slices.Equal(got, want) {
					rt.Fatalf("member %d hears %v, want %v; muted %v", m, f.hears[m], want, muted)
				}
			}
		}
	})
}

// TestSupervisorsAreBounded, and neither who talks nor who supervises already does so.
func TestSupervisorsAreBounded(t *testing.T) {
	f := newFloor()
	c := bridged(t, f)
	for n := range MaxSupervisors {
		if !c.Take(start, 2, comes(t, strconv.Itoa(20+n), Part{Supervise: Listen}), false, f) {
			t.Fatalf("supervisor %d is refused", n)
		}
	}
	for seat, want := range map[string]string{"1": "takes part", "30": "as many supervisors"} {
		c.front.Party.Tenant, c.peer.Party.Tenant = c.Tenant, c.Tenant
		if err := c.CanSupervise(0, seat); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("seat %s: %v", seat, err)
		}
	}
	if err := c.CanSupervise(0, "20"); err != nil {
		t.Errorf("a supervisor may not change its mode: %v", err)
	}
	c.peer.agreed.Codecs[0].Encoding = "G729"
	if err := c.CanSupervise(0, "20"); err == nil || !strings.Contains(err.Error(), "G729") {
		t.Errorf("G729: %v", err)
	}
}
