package exchange_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/plan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/transport"
)

// flows are those of testdata/flows.hcl.
var flows = sync.OnceValue(func() *plan.Table {
	text, err := os.ReadFile("testdata/flows.hcl")
	if err != nil {
		panic(err)
	}
	p, faults := plan.Parse("flows.hcl", text)
	if len(faults) > 0 {
		panic(faults)
	}
	t, faults := p.Check(plan.Inventory{
		Numbering: dialplan.UnitedKingdom(), HasSeat: func(string) bool { return true }, Trunks: []string{"carrier"},
		Prompts: []string{"which", "wait", "sorry", "notice", "survey"},
	})
	if len(faults) > 0 {
		panic(faults)
	}
	return t
})

// ordinary is a world in which nothing is the matter.
type ordinary struct{}

func (ordinary) At() time.Time                   { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }
func (ordinary) Input(string) (expr.Value, bool) { return expr.NumberOf(0), true }

// Follow gives the program of the next act of a flow.
func (a *admission) Follow(ctx context.Context, _ time.Time, next b2bua.Follow, _ transport.Flow) b2bua.Program {
	a.wait(ctx)
	req := sip.NewRequest(sip.INVITE, next.To)
	req.AppendHeader(&sip.FromHeader{Address: sip.Uri{User: next.Shown.Presentation}})
	return a.act(b2bua.Program{Caller: next.By}, req, next.Course, next.Event, next.Outcome)
}

// act is admission's, with the story's parties.
func (a *admission) act(p b2bua.Program, req *sip.Request, c b2bua.Course, ev flow.Event, outcome cause.Verdict) b2bua.Program {
	res, err := c.Plan.Flows().Step(&c.State, ev, ordinary{}, true)
	if err != nil {
		a.world.t.Errorf("flow: %v", err)
	}
	for _, t := range res.Taken {
		p.Why = append(p.Why, strings.TrimSpace(t.Kind+" "+t.Step+" "+t.Outcome))
	}
	if res.Ended {
		v := outcome
		if v.Status == 0 {
			v = cause.New(480, "", cause.Nobody)
		}
		p.Refuse, p.Ends = &v, true
		return p
	}
	c.Last, c.Trunk, p.Course = res.Last, false, &c
	switch act := res.Act.(type) {
	case dialplan.Early:
		c.Early = true
		return a.act(p, req, c, flow.Event{}, cause.Verdict{})
	case dialplan.Answer:
		p.App = b2bua.AppAnswer
	case dialplan.Echo:
		p.App = b2bua.AppEcho
	case dialplan.Say:
		p.App, p.Prompts = b2bua.AppSay, act.Prompts
	case dialplan.Ask:
		p.App, p.Prompts, p.Ask = b2bua.AppAsk, act.Prompts, &act
	case dialplan.Ring:
		p.Stages = []b2bua.Stage{{Timeout: act.Timeout, Targets: a.targets(act.Seats, req)}}
	case dialplan.Trunk:
		c.Trunk = true
		p.Stages = []b2bua.Stage{{Timeout: act.Timeout, Targets: a.targets(act.Trunks, req)}}
	default:
		v := cause.Verdict{Status: 501, Q850: 79, Fault: cause.Us}
		p.Refuse, p.Course = &v, nil
	}
	return p
}

// targets are parties of the story; one that it does not name is not there.
func (a *admission) targets(names []string, req *sip.Request) []b2bua.Target {
	var list []b2bua.Target
	for _, name := range names {
		a.world.mu.Lock()
		known := a.world.parties[name] != nil
		a.world.mu.Unlock()
		if known {
			list = append(list, b2bua.Target{Address: a.address(name, req)})
		}
	}
	return list
}

// begin is the course of a story's flow.
func begin(name, caller string) b2bua.Course {
	return b2bua.Course{State: flow.Begin(flow.Call{Caller: caller, Tenant: "demo"}, name, nil), Plan: flows(), Version: "v1"}
}
