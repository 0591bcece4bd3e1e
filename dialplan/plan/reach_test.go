package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"strowger/dialplan/plan"
)

// TestWaysOut: every way out is listed, with what leads there.
func TestWaysOut(t *testing.T) {
	p, faults := plan.Parse("p.hcl", []byte(`
number "+448081570001" { flow = flow.line }
number "+448081570002" {
  echo {}
}
dial "9." {
  trunk { trunks = ["carrier"] }
}
dial "8." { flow = flow.outside }
dial "7." { flow = flow.line }

flow "line" {
  play "hello" { prompt = "welcome" }
  run "partner" { flow = flow.partner }
}
flow "partner" {
  trunk "out" {
    trunks       = [trunk.carrier]
    to           = "+441632960001"
    presentation = "+448081570001"
    onward       = true
    channels     = 5
    on "refused" { next = return }
    on "busy" { next = return }
    on "unreachable" { next = return }
  }
}
flow "outside" {
  trunk "out" {
    trunks = [trunk.carrier]
    on "refused" { next = hangup }
    on "busy" { next = hangup }
    on "unreachable" { next = hangup }
  }
}
`))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range p.WaysOut() {
		got = append(got, fmt.Sprintf("%s: %s by %v open=%v channels=%d from %s", w.Line, w.Where, w.Trunks, w.Open, w.Channels, strings.Join(w.From, ", ")))
	}
	const want = `p.hcl:6: dial "9." by [carrier] open=false channels=0 from dial "9."
p.hcl:17: flow "partner" step "out" by [carrier] open=true channels=5 from number "+448081570001", dial "7."
p.hcl:29: flow "outside" step "out" by [carrier] open=false channels=0 from dial "8."`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	if p, _ := plan.Parse("p.hcl", []byte("dial \"1\" {\n  echo {}\n}\n")); len(p.WaysOut()) != 0 {
		t.Error("a plan without trunks has a way out")
	}
}

// TestManyLeadOut: of many entries that lead to a way out, some are named.
func TestManyLeadOut(t *testing.T) {
	for _, n := range []int{plan.MaxFrom, plan.MaxFrom + 1} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "dial \"8%02d.\" { flow = flow.out }\n", i)
		}
		text.WriteString("flow \"out\" {\ntrunk \"x\" {\ntrunks = [trunk.carrier]" + trunkOn + "}\n}\n")
		p, faults := plan.Parse("p.hcl", []byte(text.String()))
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		if got := len(p.WaysOut()[0].From); got != plan.MaxFrom {
			t.Errorf("of %d entries %d are named", n, got)
		}
	}
}
