package flow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/plan"
)

// world is a Monday at ten, on which it says no more than is put in.
type world map[string]expr.Value

func (world) At() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func (w world) Input(key string) (expr.Value, bool) {
	v, ok := w[key]
	return v, ok
}

func tree(tb testing.TB, text string) *flow.Tree {
	tb.Helper()
	p, faults := plan.Parse("p.hcl", []byte(text))
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	t, faults := p.Check(plan.Inventory{
		Numbering: dialplan.UnitedKingdom(), HasSeat: func(string) bool { return true },
		Trunks: []string{"carrier"}, Prompts: []string{"hello", "sorry", "which", "closed"},
	})
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	return t.Flows()
}

const all = `
attribute "language" {
  values  = ["en", "cy"]
  default = "en"
}
attribute "account" {}
attribute "vip" {}
switch "notice" {}
queue "claims" { skills = ["claims", "welsh"] }
service "crm" { url = "https://crm.example/caller" }

flow "main" {
  run "notices" { flow = flow.notices }
  menu "which" {
    prompt = "which"
    tries  = 2
    key "1" { next = step.desk }
    key "2" { set = { language = "cy" } }
    key "3" { next = flow.outside }
    key "4" { next = flow.line }
    on "no_key"    { next = step.sorry }
    on "wrong_key" { next = hangup }
  }
  collect "account" {
    prompt = "which"
    into   = account
    least  = 2
    most   = 4
    tries  = 2
    on "no_key"    { next = step.which }
    on "wrong_key" { next = step.sorry }
  }
  lookup "who" {
    service = service.crm
    ask     = { account = account, from = caller }
    result  = { vip = "level" }
    on "failed" { next = step.wait }
  }
  set "welsh" {
    when   = vip == "gold"
    values = { language = "cy" }
  }
  queue "wait" {
    queue    = queue.claims
    needs    = { claims = 1, welsh = language == "cy" ? 2 : 0 }
    max_wait = "10m"
    callback {
      when = expected_wait > "5m"
      key  = "1"
    }
    on "timeout"   { next = step.sorry }
    on "full"      { next = step.desk }
    on "no_agents" { next = return }
    on "closing"   { next = stay }
  }
  ring "desk" {
    seats = ["1001"]
    on "busy"      { next = step.sorry }
    on "no_answer" { next = step.which }
    on "offline"   { next = step.sorry }
  }
  play "sorry" { prompts = ["sorry", "digits:${account}"] }
}

flow "notices" {
  play "notice" {
    when   = switch.notice
    prompt = "hello"
  }
}

flow "outside" {
  run "line" {
    flow = flow.line
    next = hangup
  }
}

flow "line" {
  trunk "out" {
    trunks = [trunk.carrier]
    to     = rest
    on "refused"     { next = return }
    on "busy"        { next = hangup }
    on "unreachable" { next = return }
  }
}
`

func usual() world {
	return world{"switch.notice": expr.TruthOf(false), "queue.claims.expected_wait": expr.SpanOf(time.Minute)}
}

// TestPaths: what is done, and in which order, as acts have their outcomes. An event is an
// outcome, or =DIGITS.
func TestPaths(t *testing.T) {
	tr := tree(t, all)
	for name, c := range map[string]struct {
		world  world
		events string
		want   string
	}{
		"the desk answers": {usual(), "=1 done", "ask which in en for a key; ring 1001 for 30s; end"},
		"nobody at the desk": {
			usual(), "=1 no_answer =1 busy done",
			"ask which in en for a key; ring 1001 for 30s; ask which in en for a key; ring 1001 for 30s; play sorry digits: in en; end",
		},
		"a notice": {
			world{"switch.notice": expr.TruthOf(true)},
			"done =1 done",
			"play hello in en; ask which in en for a key; ring 1001 for 30s; end",
		},
		"no key twice":    {usual(), "= = done", "ask which in en for a key; ask which in en for a key; play sorry digits: in en; end"},
		"wrong key twice": {usual(), "=9 =8", "ask which in en for a key; ask which in en for a key; end"},
		"tries begin anew when the menu is come to again": {
			usual(), "= =1 no_answer = =1 done",
			"ask which in en for a key; ask which in en for a key; ring 1001 for 30s; ask which in en for a key; ask which in en for a key; ring 1001 for 30s; end",
		},
		"an account, in Welsh": {
			usual(), "=2 =1 =1234 failed done",
			"ask which in en for a key; ask which in cy for up to 4 digits; ask which in cy for up to 4 digits; lookup at crm; queue claims needing claims 1, welsh 2, for 10m0s at the most; end",
		},
		"a full queue goes to the desk": {
			usual(), "=2 =12 done full done",
			"ask which in en for a key; ask which in cy for up to 4 digits; lookup at crm; queue claims needing claims 1, welsh 2, for 10m0s at the most; ring 1001 for 30s; end",
		},
		"a callback is offered": {
			world{"switch.notice": expr.TruthOf(false), "queue.claims.expected_wait": expr.SpanOf(6 * time.Minute)},
			"=2 =12 failed callback",
			"ask which in en for a key; ask which in cy for up to 4 digits; lookup at crm; queue claims needing claims 1, welsh 2, for 10m0s at the most, callback on key 1; end",
		},
		"closing time keeps the place": {
			usual(), "=2 =12 failed closing timeout done",
			"ask which in en for a key; ask which in cy for up to 4 digits; lookup at crm; queue claims needing claims 1, welsh 2, for 10m0s at the most; stay; play sorry digits:12 in cy; end",
		},
		"return from the first flow": {
			usual(), "=2 =12 failed no_agents",
			"ask which in en for a key; ask which in cy for up to 4 digits; lookup at crm; queue claims needing claims 1, welsh 2, for 10m0s at the most; end",
		},
		"a flow that is gone to returns nowhere": {usual(), "=4 refused", "ask which in en for a key; trunk carrier to 999 for 3m0s; end"},
		"a flow that was run returns":            {usual(), "=3 refused", "ask which in en for a key; trunk carrier to 999 for 3m0s; end"},
		"an outcome that nobody foresaw":         {usual(), "=1 weather", "ask which in en for a key; ring 1001 for 30s; end"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := play(t, tr, c.world, c.events); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// play runs the flow main, through a checkpoint at each act.
func play(t *testing.T, tr *flow.Tree, w world, events string) string {
	t.Helper()
	s := flow.Begin(flow.Call{Caller: "+441632960123", Rest: "999"}, "main", nil)
	var said []string
	next := flow.Event{}
	list := strings.Fields(events)
	for {
		r, err := tr.Step(&s, next, w, true)
		if err != nil {
			return strings.Join(append(said, err.Error()), "; ")
		}
		switch {
		case r.Ended:
			return strings.Join(append(said, "end"), "; ")
		case r.Stay:
			said = append(said, "stay")
		default:
			said = append(said, plan.Describe(r.Act))
		}
		s = checkpoint(t, s)
		if len(list) == 0 {
			return strings.Join(append(said, "waits"), "; ")
		}
		next = event(list[0])
		list = list[1:]
	}
}

func event(word string) flow.Event {
	if digits, ok := strings.CutPrefix(word, "="); ok {
		return flow.Event{Digits: digits}
	}
	if word == "done" {
		word = flow.Done
	}
	return flow.Event{Outcome: word}
}

// checkpoint is the state as another node reads it.
func checkpoint(t *testing.T, s flow.State) flow.State {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out flow.State
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestResults: what a service says is kept where the step says.
func TestResults(t *testing.T) {
	tr := tree(t, all)
	s := flow.Begin(flow.Call{}, "main", nil)
	for _, ev := range []flow.Event{{}, {Digits: "2"}, {Digits: "12"}, {Values: map[string]string{"level": "gold", "vip": "x"}}} {
		if _, err := tr.Step(&s, ev, usual(), false); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"account": "12", "language": "cy", "vip": "gold"}
	if !reflect.DeepEqual(s.Attributes, want) {
		t.Errorf("attributes %v, want %v", s.Attributes, want)
	}
}

// TestParameters: a flow that is run sees what it was given, by its types.
func TestParameters(t *testing.T) {
	tr := tree(t, `
flow "main" {
  run "a" {
    flow = flow.ring
    with = { to = "10${rest}", often = 2, long = "20s" }
  }
}
flow "ring" {
  parameter "to" {}
  parameter "often" { type = "number" }
  parameter "long" { type = "time" }
  ring "x" {
    when  = often > 1 && long < "1m"
    seats = [to]
    on "busy"      { next = return }
    on "no_answer" { next = return }
    on "offline"   { next = return }
  }
}
`)
	if got, want := play(t, tr, nil, "done"), "ring 10999 for 30s; end"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestMissing: a step whose condition asks what nobody knows is not taken, and the place
// stays.
func TestMissing(t *testing.T) {
	tr := tree(t, all)
	s := flow.Begin(flow.Call{}, "main", nil)
	_, err := tr.Step(&s, flow.Event{}, world{}, false)
	if !errors.Is(err, expr.MissingError{Key: "switch.notice"}) {
		t.Errorf("error %v", err)
	}
	if r, err := tr.Step(&s, flow.Event{}, usual(), false); err != nil || plan.Describe(r.Act) != "ask which in en for a key" {
		t.Errorf("then %+v, %v", r, err)
	}
}

// TestLost: a place that the plan does not have is an error, not a panic.
func TestLost(t *testing.T) {
	tr := tree(t, all)
	for _, s := range []flow.State{
		{Frames: []flow.Frame{{Flow: "moon"}}},
		{Frames: []flow.Frame{{Flow: "main", Step: "moon"}}, Waits: true},
	} {
		if _, err := tr.Step(&s, flow.Event{}, usual(), false); err == nil {
			t.Errorf("no error of %+v", s)
		}
	}
	for _, s := range []flow.State{{}, {Waits: true}} {
		if r, err := tr.Step(&s, flow.Event{}, usual(), false); err != nil || !r.Ended {
			t.Errorf("an ended flow: %+v, %v", r, err)
		}
	}
}

// TestBounds: a tree that was not checked neither loops nor grows.
func TestBounds(t *testing.T) {
	loop := &flow.Flow{Name: "loop", Steps: []*flow.Step{{Name: "a", Do: flow.Go{}, Next: flow.Target{Way: flow.ToStep}}}}
	deep := &flow.Flow{Name: "deep", Steps: []*flow.Step{{Name: "a", Do: flow.Run{Flow: "deep"}}}}
	empty := &flow.Flow{Name: "empty"}
	tr := &flow.Tree{Flows: map[string]*flow.Flow{"loop": loop, "deep": deep, "empty": empty}}
	s := flow.Begin(flow.Call{}, "loop", nil)
	if _, err := tr.Step(&s, flow.Event{}, nil, false); !errors.Is(err, flow.ErrLoop) {
		t.Errorf("loop: %v", err)
	}
	s = flow.Begin(flow.Call{}, "deep", nil)
	if _, err := tr.Step(&s, flow.Event{}, nil, false); err == nil || len(s.Frames) > flow.MaxFrames {
		t.Errorf("deep: %v, %d frames", err, len(s.Frames))
	}
	s = flow.Begin(flow.Call{}, "empty", nil)
	if r, err := tr.Step(&s, flow.Event{}, nil, false); err != nil || !r.Ended {
		t.Errorf("empty: %+v %v", r, err)
	}
}

// TestClone: a copy goes its own way.
func TestClone(t *testing.T) {
	tr := tree(t, all)
	s := flow.Begin(flow.Call{}, "main", map[string]string{"a": "b"})
	if _, err := tr.Step(&s, flow.Event{}, usual(), false); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf("%+v", s)
	c := s.Clone()
	if _, err := tr.Step(&c, flow.Event{Digits: "2"}, usual(), false); err != nil {
		t.Fatal(err)
	}
	c.Frames[0].With["a"] = "c"
	if after := fmt.Sprintf("%+v", s); after != before {
		t.Errorf("the original changed\n%s\n%s", before, after)
	}
}

// TestAnything: whatever happens, a step ends in an act, in the end or in an error, the
// place is one of the tree, and a checkpoint goes on alike.
func TestAnything(t *testing.T) {
	tr := tree(t, all)
	outcomes := []string{"", "busy", "no_answer", "offline", "refused", "timeout", "full", "no_agents", "closing", "callback", "failed", "?"}
	rapid.Check(t, func(rt *rapid.T) {
		s := flow.Begin(flow.Call{Rest: "1"}, "main", nil)
		w := usual()
		next := flow.Event{}
		for range rapid.IntRange(1, 60).Draw(rt, "events") {
			other := checkpoint(t, s)
			r, err := tr.Step(&s, next, w, true)
			again, _ := tr.Step(&other, next, w, false)
			if err != nil {
				rt.Fatal(err)
			}
			if (r.Act != nil) == (r.Stay || r.Ended) || r.Ended != (len(s.Frames) == 0) || s.Waits == r.Ended {
				rt.Fatalf("result %+v, state %+v", r, s)
			}
			if !reflect.DeepEqual(r.Act, again.Act) || fmt.Sprint(s) != fmt.Sprint(other) {
				rt.Fatalf("a checkpoint goes on otherwise:\n%+v %+v\n%+v %+v", r.Act, s, again.Act, other)
			}
			if r.Ended {
				return
			}
			next = flow.Event{
				Outcome: rapid.SampledFrom(outcomes).Draw(rt, "outcome"), Digits: rapid.StringMatching(`[0-9*#]{0,5}`).Draw(rt, "digits"),
				Values: map[string]string{"level": rapid.SampledFrom([]string{"gold", ""}).Draw(rt, "level")},
			}
			w["switch.notice"] = expr.TruthOf(rapid.Bool().Draw(rt, "notice"))
		}
	})
}
