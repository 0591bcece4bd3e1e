package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/plan"
)

// actsHead is what the flows of these tests may name.
const actsHead = `
attribute "account" {}
attribute "level" {}
queue "claims" { skills = ["claims", "welsh"] }
service "crm" { url = "https://crm.example/caller" }
group "desk" { seats = ["1003", "1004"] }
`

// day is a world in which forty wait.
type day struct{}

func (day) At() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func (day) Input(key string) (expr.Value, bool) {
	if strings.HasSuffix(key, "expected_wait") {
		return expr.SpanOf(10 * time.Minute), true
	}
	return expr.NumberOf(40), true
}

// firstAct is what the flow of a plan, whose body is given, does first for a seat's call.
func firstAct(tb testing.TB, body string) (dialplan.Step, flow.Result) {
	tb.Helper()
	tab := table(tb, "p.hcl", []byte(actsHead+"dial \"5X.\" { flow = flow.a }\nflow \"a\" {\n"+body+"\n}\n"))
	q := dialplan.Question{Origin: dialplan.FromSeat, Seat: "1001", Caller: "1001", Called: "5712#", Presentation: "+441632960101"}
	state, ok := tab.Begin(q, tab.Decide(q))
	if !ok {
		tb.Fatal("no flow")
	}
	res, err := tab.Flows().Step(&state, flow.Event{}, day{}, false)
	if err != nil {
		tb.Fatal(err)
	}
	return res.Act, res
}

const (
	ringOn   = "\non \"busy\" { next = hangup }\non \"no_answer\" { next = hangup }\non \"offline\" { next = hangup }\n"
	trunkOn  = "\non \"refused\" { next = hangup }\non \"busy\" { next = hangup }\non \"unreachable\" { next = hangup }\n"
	keysOn   = "\non \"no_key\" { next = hangup }\non \"wrong_key\" { next = hangup }\n"
	queueOn  = "\non \"timeout\" { next = hangup }\non \"full\" { next = hangup }\non \"no_agents\" { next = hangup }\non \"closing\" { next = stay }\n"
	failedOn = "\non \"failed\" { next = hangup }\n"
)

// TestActs: each step of a flow does what is written.
func TestActs(t *testing.T) {
	for body, want := range map[string]string{
		"answer \"x\" {}": "dialplan.Answer {}", "early \"x\" {}": "dialplan.Early {}", "echo \"x\" {}": "dialplan.Echo {}", "milliwatt \"x\" {}": "dialplan.Milliwatt {}",
		"hangup \"x\" {}": "dialplan.Reject {Status:603 Reason:Refused by the dialplan}",
		"hangup \"x\" {\nstatus = 410\nreason = \"Moved\"\n}":                                                                                                                   "dialplan.Reject {Status:410 Reason:Moved}",
		"play \"x\" { prompt = \"welcome\" }":                                                                                                                                   "dialplan.Say {Prompts:[welcome] Language:}",
		"play \"x\" {\nprompts = [prompt.welcome, \"digits:${rest}\"]\nlanguage = \"cy\"\n}":                                                                                    "dialplan.Say {Prompts:[welcome digits:712] Language:cy}",
		"menu \"x\" {\nprompt = \"welcome\"\nkey \"1\" {}" + keysOn + "}":                                                                                                       "dialplan.Ask {Prompts:[welcome] Language: Most:1 First:6s Between:3s End:}",
		"menu \"x\" {\nprompt = \"welcome\"\nmax_wait = \"9s\"\nkey \"1\" {}" + keysOn + "}":                                                                                    "dialplan.Ask {Prompts:[welcome] Language: Most:1 First:9s Between:3s End:}",
		"collect \"x\" {\nprompt = \"welcome\"\ninto = account\nmost = 4" + keysOn + "}":                                                                                        "dialplan.Ask {Prompts:[welcome] Language: Most:4 First:6s Between:3s End:#}",
		"collect \"x\" {\nprompt = \"welcome\"\ninto = account\nmost = 2\nleast = 2" + keysOn + "}":                                                                             "dialplan.Ask {Prompts:[welcome] Language: Most:2 First:6s Between:3s End:#}",
		"collect \"x\" {\nprompt = \"welcome\"\ninto = account\nmost = 1" + keysOn + "}":                                                                                        "dialplan.Ask {Prompts:[welcome] Language: Most:1 First:6s Between:3s End:}",
		"ring \"x\" {\nseats = [\"1001\", group.desk, rest]" + ringOn + "}":                                                                                                     "dialplan.Ring {Seats:[1001 1003 1004 712] Timeout:30s Follow:false InOrder:false}",
		"ring \"x\" {\nseats = \"1001\"\norder = \"in_order\"\nmax_ring = \"5s\"" + ringOn + "}":                                                                                "dialplan.Ring {Seats:[1001] Timeout:5s Follow:false InOrder:true}",
		"ring \"x\" {\nseats = [\"1001\", \"1002\"]\norder = \"together\"\nforwards = \"follow\"" + ringOn + "}":                                                                "dialplan.Ring {Seats:[1001 1002] Timeout:30s Follow:true InOrder:false}",
		"ring \"x\" {\nseats = [\"1001\"]\nforwards = \"skip\"" + ringOn + "}":                                                                                                  "dialplan.Ring {Seats:[1001] Timeout:30s Follow:false InOrder:false}",
		"trunk \"x\" {\ntrunks = [trunk.carrier]" + trunkOn + "}":                                                                                                               "dialplan.Trunk {Trunks:[carrier] Number: Presentation: Timeout:3m0s Channels:0 Withhold:false}",
		"trunk \"x\" {\ntrunks = \"carrier\"\nto = \"+4416329600${rest}\"\npresentation = \"+448081570001\"\nchannels = 3\nwithhold = true\nmax_ring = \"20s\"" + trunkOn + "}": "dialplan.Trunk {Trunks:[carrier] Number:+4416329600712 Presentation:+448081570001 Timeout:20s Channels:3 Withhold:true}",
		"queue \"x\" {\nqueue = queue.claims\nneeds = { claims = 1, welsh = 0 }\nmax_wait = \"10m\"\npriority = 7" + queueOn + "}":                                              "dialplan.Queue {Queue:claims Needs:map[claims:1] MaxWait:10m0s Priority:7 Offer:<nil>}",
		"queue \"x\" {\nqueue = queue.claims\nneeds = { claims = waiting * 10 }\ncallback {\nwhen = expected_wait > \"20m\"\nkey = \"2\"\n}" + queueOn + "}":                    "dialplan.Queue {Queue:claims Needs:map[claims:100] MaxWait:0s Priority:0 Offer:<nil>}",
		"callback \"x\" {\nqueue = queue.claims\nneeds = { welsh = 2 }" + failedOn + "}":                                                                                        "dialplan.Callback {Queue:claims Number:1001 Needs:map[welsh:2]}",
		"callback \"x\" {\nqueue = queue.claims\nnumber = \"+44${rest}\"" + failedOn + "}":                                                                                      "dialplan.Callback {Queue:claims Number:+44712 Needs:map[]}",
		"agent \"x\" {\ndoes = \"login\"\nagent = rest" + failedOn + "}":                                                                                                        "dialplan.Agent {Do:login Number:712 Reason:}",
		"agent \"x\" {\ndoes = \"break\"\nreason = \"lunch\"" + failedOn + "}":                                                                                                  "dialplan.Agent {Do:break Number: Reason:lunch}",
		"lookup \"x\" {\nservice = service.crm\nask = { from = caller, digits = rest }" + failedOn + "}":                                                                        "dialplan.Lookup {Service:crm Ask:map[digits:712 from:1001] Timeout:2s}",
		"lookup \"x\" {\nservice = service.crm\nmax_wait = \"100ms\"" + failedOn + "}":                                                                                          "dialplan.Lookup {Service:crm Ask:map[] Timeout:100ms}",
		"record \"x\" {}":                                                                                                 "dialplan.Record {On:true Consent:[]}",
		"record \"x\" {\nrecording = \"off\"\n}":                                                                          "dialplan.Record {On:false Consent:[]}",
		"record \"x\" {\nrecording = \"on\"\nprompt = \"welcome\"\n}":                                                     "dialplan.Record {On:true Consent:[welcome]}",
		"voicemail \"x\" {\nseat = rest\nprompt = \"welcome\"\nmax_length = \"1m\"\n}":                                    "dialplan.Voicemail {Seat:712 Prompts:[welcome] Longest:1m0s Language:}",
		"transfer \"x\" {\ntenant = \"other\"\nto = \"+441632960001\"" + failedOn + "}":                                   "dialplan.Transfer {Tenant:other Number:+441632960001 Keep:true}",
		"transfer \"x\" {\ntenant = \"other\"\nto = rest\nkeep_wait = false" + failedOn + "}":                             "dialplan.Transfer {Tenant:other Number:712 Keep:false}",
		"forward \"x\" {\ncalls = \"busy\"\nto = rest\n}":                                                                 "dialplan.Forward {When:busy Number:712}",
		"dnd \"x\" { set = \"on\" }":                                                                                      "dialplan.DoNotDisturb {On:true}",
		"pickup \"x\" { seat = rest }":                                                                                    "dialplan.Pickup {Seat:712}",
		"park \"x\" {\nplaces = \"701-720\"\nplace = rest\n}":                                                             "dialplan.Park {First:701 Last:720 Place:712 Timeout:2m0s}",
		"park \"x\" {\nplaces = \"701-709\"\nplace = rest\n}":                                                             "dialplan.Reject {Status:404 Reason:There is no place 712}",
		"retrieve \"x\" { place = rest }":                                                                                 "dialplan.Retrieve {Place:712}",
		"supervise \"x\" {\nmode = \"whisper\"\nseat = rest\n}":                                                           "dialplan.Supervise {Mode:whisper Seat:712}",
		"conference \"x\" { limit = 5 }":                                                                                  "dialplan.Conference {Room:5712# Limit:5 PIN: Music:false}",
		"conference \"x\" {\nroom = \"board\"\nalone = \"music\"\n}":                                                      "dialplan.Conference {Room:board Limit:30 PIN: Music:true}",
		"set \"s\" { values = { account = \"7\", level = rest } }\nplay \"x\" { prompt = \"digits:${account}${level}\" }": "dialplan.Say {Prompts:[digits:7712] Language:}",
	} {
		act, _ := firstAct(t, body)
		if got := fmt.Sprintf("%T %+v", act, act); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}

// TestOffer: a callback is offered where its condition holds, or has none.
func TestOffer(t *testing.T) {
	for when, want := range map[string]string{"when = expected_wait > \"5m\"\nkey = \"2\"": "2", "key = \"3\"": "3", "": "1"} {
		act, _ := firstAct(t, "queue \"x\" {\nqueue = queue.claims\ncallback {\n"+when+"\n}"+queueOn+"}")
		if q, ok := act.(dialplan.Queue); !ok || q.Offer == nil || q.Offer.Key != want {
			t.Errorf("%q: %+v", when, act)
		}
	}
}

// TestLast: which acts end the call when they succeed.
func TestLast(t *testing.T) {
	for body, want := range map[string]bool{
		"ring \"x\" {\nseats = [\"1001\"]" + ringOn + "}":                                                     true,
		"ring \"x\" {\nseats = [\"1001\"]\nnext = step.y" + ringOn + "}\nplay \"y\" { prompt = \"welcome\" }": false,
		"play \"x\" { prompt = \"welcome\" }":                                                                 false,
		"play \"x\" {\nprompt = \"welcome\"\nnext = hangup\n}":                                                true,
		"echo \"x\" {}": true,
	} {
		if _, res := firstAct(t, body); res.Last != want {
			t.Errorf("%s: last is %v", body, res.Last)
		}
	}
}

// TestLimitsOfFlows: the longest and the largest are taken, one more is not.
func TestLimitsOfFlows(t *testing.T) {
	steps := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "play \"s%d\" { prompt = \"welcome\" }\n", i)
		}
		return "flow \"a\" {\n" + b.String() + "}\n"
	}
	list := func(n int, word string) string { return strings.Repeat("\""+word+"\", ", n) }
	test := func(n int) string {
		return "number \"+448081570001\" {\n  echo {}\n}\ntest \"t\" {\ncall = { to = \"08081570001\", at = \"2026-11-23 10:00\" }\nexpect = [" + list(n, "echo") + "]\n}\n"
	}
	level := func(n int) string {
		return actsHead + fmt.Sprintf("flow \"a\" {\nqueue \"x\" {\nqueue = queue.claims\nneeds = { claims = %d }%s}\n}\n", n, queueOn)
	}
	name := func(s string) string { return "switch \"" + s + "\" {}\n" }
	lookup := func(wait string) string {
		return actsHead + "flow \"a\" {\nlookup \"x\" {\nservice = service.crm\nmax_wait = \"" + wait + "\"" + failedOn + "}\n}\n"
	}
	for what, pair := range map[string][2]string{
		"steps": {steps(200), steps(201)}, "expected steps": {test(100), test(101)},
		"level": {level(100), level(101)}, "least level": {level(0), level(-1)},
		"name": {name(strings.Repeat("a", 40)), name(strings.Repeat("a", 41))}, "first letter": {name("a"), name("1a")},
		"last letter": {name("z"), name("{")}, "lookup": {lookup("100ms"), lookup("99ms")},
		"skills": {"queue \"q\" { skills = [" + list(64, "a") + "] }\n", "queue \"q\" { skills = [" + list(65, "a") + "] }\n"},
		"seats":  {"group \"g\" { seats = [" + list(500, "1001") + "] }\n", "group \"g\" { seats = [" + list(501, "1001") + "] }\n"},
	} {
		if _, faults := plan.Parse("p.hcl", []byte(pair[0])); len(faults) > 0 {
			t.Errorf("%s: the most is refused: %v", what, faults)
		}
		if p, _ := plan.Parse("p.hcl", []byte(pair[1])); p != nil {
			t.Errorf("%s: one more is taken", what)
		}
	}
}

func TestInputKey(t *testing.T) {
	for _, c := range []struct{ kind, figure, key string }{
		{"switch", "on", "switch.x"},
		{"hours", "forced", "hours.x"},
		{"queue", "waiting", "queue.x.waiting"},
		{"group", "reachable", "group.x.reachable"},
		{"trunk", "up", "trunk.x.up"},
	} {
		if key, _, ok := plan.InputKey(c.kind, "x", c.figure); !ok || key != c.key {
			t.Errorf("%s %s: %q %v", c.kind, c.figure, key, ok)
		}
	}
	if _, _, ok := plan.InputKey("queue", "x", "mood"); ok {
		t.Error("a figure that there is not")
	}
}

// TestGivenToFlow: an entry gives its flow what it says, from what was called.
func TestGivenToFlow(t *testing.T) {
	tab := table(t, "p.hcl", []byte(`
number "+4480815701XX" {
  flow = flow.a
  with = { line = "line ${rest}", often = 2 }
}
number "+448081570201" { flow = flow.b }
flow "a" {
  parameter "line" {}
  parameter "often" { type = "number" }
  play "x" {
    when   = often == 2
    prompt = line
  }
}
flow "b" {
  run "x" {
    flow = flow.a
    with = { line = "welcome", often = 1 }
  }
}
`))
	d := tab.Decide(dialplan.Question{Origin: dialplan.FromTrunk, Called: "+448081570142"})
	if got, want := fmt.Sprintf("%+v", d.Step), "{Name:a With:map[line:line 42 often:2] Rest:42}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	d = tab.Decide(dialplan.Question{Origin: dialplan.FromTrunk, Called: "+448081570201"})
	if got, want := fmt.Sprintf("%+v", d.Step), "{Name:b With:map[] Rest:}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestMeaning: what a plan's flows do is in its meaning, and nothing else.
func TestMeaning(t *testing.T) {
	const text = "switch \"s\" {}\nflow \"a\" {\n  play \"x\" { prompt = \"welcome\" }\n}\n"
	read := func(text string) *plan.Plan {
		p, faults := plan.Parse("p.hcl", []byte(text))
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	changes := func(other string) string {
		var lines []string
		for _, c := range plan.Diff(read(text), read(other)) {
			lines = append(lines, c.String())
		}
		return strings.Join(lines, "\n")
	}
	for other, want := range map[string]string{
		"# c\n" + text: "",
		strings.Replace(text, "{}", "{ ends = \"4h\" }", 1):                                                     `~ switch "s": thrown by operator without end -> thrown by operator for 4h0m0s`,
		strings.Replace(text, "{ prompt = \"welcome\" }", "{\n prompt = \"welcome\"\n when = switch.s\n}", 1):   `~ flow "a" step "x": play, prompt "welcome" -> play, prompt "welcome", when switch.s`,
		strings.Replace(text, "{ prompt = \"welcome\" }", "{\n prompt = \"welcome\"\n language = \"cy\"\n}", 1): `~ flow "a" step "x": play, prompt "welcome" -> play, language "cy", prompt "welcome"`,
	} {
		if got := changes(other); got != want {
			t.Errorf("%s\n got %s\nwant %s", other, got, want)
		}
	}
}

// ignorant is a world that says nothing.
type ignorant struct{ day }

func (ignorant) Input(string) (expr.Value, bool) { return expr.Value{}, false }

// TestActMissing: an act that asks what nobody knows is not done.
func TestActMissing(t *testing.T) {
	for _, body := range []string{
		"supervise \"x\" {\nmode = \"listen\"\nseat = \"${waiting(queue.claims)}\"\n}",
		"ring \"x\" {\nseats = [\"${waiting(queue.claims)}\"]" + ringOn + "}",
		"queue \"x\" {\nqueue = queue.claims\nneeds = { claims = waiting }" + queueOn + "}",
		"queue \"x\" {\nqueue = queue.claims\ncallback { when = waiting > 1 }" + queueOn + "}",
		"play \"x\" { prompt = \"digits:${waiting(queue.claims)}\" }",
	} {
		tab := table(t, "p.hcl", []byte(actsHead+"dial \"5X.\" { flow = flow.a }\nflow \"a\" {\n"+body+"\n}\n"))
		state := flow.Begin(flow.Call{}, "a", nil)
		if res, err := tab.Flows().Step(&state, flow.Event{}, ignorant{}, false); err == nil || res.Act != nil {
			t.Errorf("%s: %+v, %v", body, res.Act, err)
		}
	}
}

// TestUsualMessage: a message is as long as two minutes unless the plan says otherwise.
func TestUsualMessage(t *testing.T) {
	act, _ := firstAct(t, "voicemail \"x\" { seat = rest }")
	if v, ok := act.(dialplan.Voicemail); !ok || v.Longest != 2*time.Minute {
		t.Errorf("%+v", act)
	}
}

// TestRoomOfDigits: the digits behind a code name a conference, up to a length.
func TestRoomOfDigits(t *testing.T) {
	tab := table(t, "p.hcl", []byte("dial \"*80.\" {\n  conference {}\n}\n"))
	for n, want := range map[int]string{32: "dialplan.Conference", 33: "dialplan.Reject"} {
		d := tab.Decide(dialplan.Question{Origin: dialplan.FromSeat, Called: "*80" + strings.Repeat("1", n)})
		if got := fmt.Sprintf("%T", d.Step); got != want {
			t.Errorf("%d digits: %s", n, got)
		}
	}
}

// TestBehindMenu: a step behind a menu whose every key goes elsewhere is never reached.
func TestBehindMenu(t *testing.T) {
	const text = "flow \"a\" {\nmenu \"m\" {\nprompt = \"welcome\"\nkey \"1\" { next = hangup }\nkey \"2\" %s" + keysOn + "}\nplay \"y\" { prompt = \"welcome\" }\n}\n"
	if p, faults := plan.Parse("p.hcl", fmt.Appendf(nil, text, "{}")); p == nil {
		t.Errorf("a key that goes on: %v", faults)
	}
	if p, _ := plan.Parse("p.hcl", fmt.Appendf(nil, text, "{ next = hangup }")); p != nil {
		t.Error("no key goes on")
	}
}
