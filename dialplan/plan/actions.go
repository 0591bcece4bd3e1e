package plan

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// perform is an act that depends on nothing.
func perform(act dialplan.Step) flow.Action {
	return flow.Perform{Make: func(expr.Facts) (dialplan.Step, error) { return act, nil }}
}

// making is an act that texts complete. An expression that is nil gives "".
func making(make func(text func(e *expr.Expr) string) dialplan.Step) flow.Action {
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		var fault error
		step := make(func(e *expr.Expr) string {
			s, err := evalText(e, f)
			if err != nil {
				fault = err
			}
			return s
		})
		return step, fault
	}}
}

func evalText(e *expr.Expr, f expr.Facts) (string, error) {
	if e == nil {
		return "", nil
	}
	v, err := e.Eval(f)
	return v.String(), err
}

func evalAll(list []*expr.Expr, f expr.Facts) ([]string, error) {
	out := make([]string, len(list))
	for i, e := range list {
		var err error
		if out[i], err = evalText(e, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readAnswer(*stepReader) flow.Action    { return perform(dialplan.Answer{}) }
func readEarly(*stepReader) flow.Action     { return perform(dialplan.Early{}) }
func readEchoStep(*stepReader) flow.Action  { return perform(dialplan.Echo{}) }
func readMilliwatt(*stepReader) flow.Action { return perform(dialplan.Milliwatt{}) }

func readHangup(r *stepReader) flow.Action {
	reject := readReject(r.b).(dialplan.Reject)
	if !r.b.Has("status") {
		reject.Status = 603
	}
	r.say("hangup", Describe(reject))
	return perform(reject)
}

func readSay(r *stepReader) flow.Action {
	prompts, language := r.prompts(true), r.language()
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		return say(prompts, language, f)
	}}
}

func say(prompts []*expr.Expr, language *expr.Expr, f expr.Facts) (dialplan.Say, error) {
	words, err := evalAll(prompts, f)
	if err != nil {
		return dialplan.Say{}, err
	}
	in, err := evalText(language, f)
	return dialplan.Say{Prompts: words, Language: in}, err
}

func readSet(r *stepReader) flow.Action {
	assigns := r.assigns(r.b, "values")
	if !r.b.Has("values") {
		r.b.Fault(r.b.At, "%s needs values; write: values = { ATTRIBUTE = \"...\" }", r.where())
	}
	return flow.Set{Assigns: assigns}
}

func readGo(r *stepReader) flow.Action {
	if !r.b.Has("next") {
		r.b.Fault(r.b.At, "%s goes nowhere; write: next = step.NAME, flow.NAME or hangup", r.where())
	}
	return flow.Go{}
}

func readRun(r *stepReader) flow.Action {
	n := r.b.Expr("flow")
	with := r.b.Expr("with")
	if n == nil {
		r.b.Fault(r.b.At, "%s needs flow; write: flow = flow.NAME", r.where())
		return flow.Go{}
	}
	name := r.named(n, "flow")
	if name == "" {
		return flow.Go{}
	}
	r.say("flow", name)
	args := r.arguments(r.b, name, with, n.At)
	for _, a := range args {
		r.say("with "+a.Name, a.Value.Source)
	}
	return flow.Run{Flow: name, With: args}
}

// Times of a conversation with somebody who is rung.
func readRingStep(r *stepReader) flow.Action {
	seats := r.seats("seats")
	if !r.b.Has("seats") {
		r.b.Fault(r.b.At, "%s needs seats; write: seats = [\"1001\"], or group.NAME", r.where())
	}
	ring := dialplan.Ring{Timeout: r.span("max_ring", defaultRing, shortest, longest)}
	order, forwards := r.plain("order", "together"), r.plain("forwards", "skip")
	ring.InOrder, ring.Follow = order == "in_order", forwards == "follow"
	if order != "together" && order != "in_order" {
		r.b.Fault(r.b.Pos("order"), "order is %q; write together or in_order", order)
	}
	if forwards != "skip" && forwards != "follow" {
		r.b.Fault(r.b.Pos("forwards"), "forwards is %q; write skip or follow", forwards)
	}
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		out := ring
		var err error
		out.Seats, err = evalAll(seats, f)
		return out, err
	}}
}

func readTrunkStep(r *stepReader) flow.Action {
	out := dialplan.Trunk{
		Trunks: r.trunks("trunks"), Timeout: r.span("max_ring", defaultTrunk, shortest, longest),
		Channels: r.int("channels", 0, 0, 100_000), Withhold: r.plain("withhold", "false") == "true",
	}
	to, presentation := r.text("to", ""), r.text("presentation", "")
	onward := r.plain("onward", "false")
	if onward != "true" && onward != "false" {
		r.b.Fault(r.b.Pos("onward"), "onward is %q; write true or false", onward)
	}
	r.plan.ways[r.step] = way{out.Trunks, to, onward == "true", out.Channels, presentation != nil}
	return making(func(text func(e *expr.Expr) string) dialplan.Step {
		step := out
		step.Number, step.Presentation = text(to), text(presentation)
		return step
	})
}

// Limits of a lookup.
const (
	usualLookup   = 2 * time.Second
	longestLookup = 10 * time.Second
)

func readLookup(r *stepReader) flow.Action {
	service := r.ref("service")
	ask := r.object(r.b, "ask", func(string, source.Pos) (expr.Type, bool) { return expr.Text, true })
	timeout := r.span("max_wait", usualLookup, 100*time.Millisecond, longestLookup)
	results := map[string]string{}
	n := r.b.Expr("result")
	if n != nil && n.Op != source.OpObject {
		r.b.Fault(n.At, "result is written result = { ATTRIBUTE = \"NAME\" }")
		n = nil
	}
	if n != nil {
		for i, attribute := range n.Keys {
			if !r.compiler.scope.attributes[attribute] {
				r.b.Fault(n.Args[i].At, "there is no attribute %q; %s", attribute, source.Suggest(attribute, r.compiler.scope.objects["attribute"]))
			}
			results[n.Args[i].Text] = attribute
			r.say("result "+attribute, n.Args[i].Text)
		}
	}
	return flow.Perform{Results: results, Make: func(f expr.Facts) (dialplan.Step, error) {
		sent := make(map[string]string, len(ask))
		for _, a := range ask {
			var err error
			if sent[a.Name], err = evalText(a.Value, f); err != nil {
				return nil, err
			}
		}
		return dialplan.Lookup{Service: service, Ask: sent, Timeout: timeout}, nil
	}}
}

func readRecord(r *stepReader) flow.Action {
	recording := r.plain("recording", "on")
	if recording != "on" && recording != "off" {
		r.b.Fault(r.b.Pos("recording"), "recording is %q; write on or off", recording)
	}
	consent := r.prompts(false)
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		words, err := evalAll(consent, f)
		return dialplan.Record{On: recording == "on", Consent: words}, err
	}}
}

// Limits of a message.
const (
	usualMessage   = 2 * time.Minute
	longestMessage = 10 * time.Minute
)

func readVoicemail(r *stepReader) flow.Action {
	seat, prompts, language := r.text("seat", `"1001"`), r.prompts(false), r.language()
	most := r.span("max_length", usualMessage, 5*time.Second, longestMessage)
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		heard, err := say(prompts, language, f)
		if err != nil {
			return nil, err
		}
		who, err := evalText(seat, f)
		return dialplan.Voicemail{Seat: who, Prompts: heard.Prompts, Language: heard.Language, Longest: most}, err
	}}
}

func readTransfer(r *stepReader) flow.Action {
	tenant, to := r.plain("tenant", ""), r.text("to", `"+441632960001"`)
	keep := r.plain("keep_wait", "true") == "true"
	if tenant == "" {
		r.b.Fault(r.b.At, "%s needs tenant; write: tenant = \"NAME\"", r.where())
	}
	return making(func(text func(e *expr.Expr) string) dialplan.Step {
		return dialplan.Transfer{Tenant: tenant, Number: text(to), Keep: keep}
	})
}

// agentActs are what an agent does by a step.
var agentActs = []string{"login", "logout", "ready", "break"}

func readAgent(r *stepReader) flow.Action {
	do := r.plain("does", "")
	if !slices.Contains(agentActs, do) {
		r.b.Fault(r.b.Pos("does"), "does is %q; write one of %s", do, strings.Join(agentActs, ", "))
	}
	number, reason := r.text("agent", ""), r.plain("reason", "")
	return making(func(text func(e *expr.Expr) string) dialplan.Step {
		return dialplan.Agent{Do: do, Number: text(number), Reason: reason}
	})
}
