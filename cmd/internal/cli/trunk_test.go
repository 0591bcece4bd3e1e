package cli

import (
	"strings"
	"testing"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/carrier"
)

// TestTrunksOfNodes: a list has a line for each node of a cluster, and names nodes only
// there.
func TestTrunksOfNodes(t *testing.T) {
	one := api.Trunk{
		Name: "carrier", Node: "node-1", Targets: []api.TrunkTarget{{Name: "carrier.example"}},
		Addresses: []carrier.View{{State: "up"}, {State: "down"}}, Calls: api.TrunkCalls{In: 3},
	}
	table := func() string {
		var b strings.Builder
		printTrunks(&b, []api.Trunk{one})
		var lines []string
		for line := range strings.Lines(b.String()) {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		return strings.Join(lines, "\n")
	}
	want := "TRUNK STATE IN OUT ADDRESSES TARGETS\ncarrier partly up 3 0 1 of 2 carrier.example"
	if got := table(); got != want {
		t.Errorf("alone:\n%s", got)
	}
	one.Others = []api.TrunkView{
		{Node: "node-2", Addresses: []carrier.View{{State: "up"}}, Out: 1}, {Node: "node-3", Disabled: true}, {Node: "node-4", Error: "no answer in time"},
	}
	want = `TRUNK NODE STATE IN OUT ADDRESSES TARGETS
carrier node-1 partly up 3 0 1 of 2 carrier.example
carrier node-2 up 0 1 1 of 1 carrier.example
carrier node-3 disabled 0 0 0 of 0 carrier.example
carrier node-4 ? - - - no answer in time`
	if got := table(); got != want {
		t.Errorf("of a cluster:\n%s", got)
	}
}
