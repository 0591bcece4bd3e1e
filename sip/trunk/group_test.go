package trunk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"strowger/sip/trunk"
)

func outbound() trunk.Group {
	return trunk.Group{Name: "outbound", Tenant: "demo", Members: []trunk.Member{
		{Trunk: "last", Priority: 9, Weight: 1},
		{Trunk: "a", Priority: 1, Weight: 30},
		{Trunk: "spare", Priority: 1},
		{Trunk: "b", Priority: 1, Weight: 70},
	}}
}

// TestGroupOrder: the draw decides between those of one priority.
func TestGroupOrder(t *testing.T) {
	g := outbound()
	for draw, want := range map[int]string{0: "[a b spare last]", 29: "[a b spare last]", 30: "[b a spare last]", 99: "[b a spare last]"} {
		var asked []int
		got := g.Order(func(n int) int {
			asked = append(asked, n)
			return min(draw, n-1)
		})
		if fmt.Sprint(got) != want || asked[0] != 100 {
			t.Errorf("a draw of %d of %v gives %v, want %s", draw, asked, got, want)
		}
	}
}

// TestGroupShares: calls are shared as the weights say.
func TestGroupShares(t *testing.T) {
	g, chance := outbound(), rand.New(rand.NewPCG(1, 2))
	const calls = 10_000
	first := map[string]int{}
	for range calls {
		first[g.Order(chance.IntN)[0]]++
	}
	if first["a"] < 2800 || first["a"] > 3200 || first["a"]+first["b"] != calls {
		t.Errorf("of %d calls %v", calls, first)
	}
}

func TestExpand(t *testing.T) {
	s := trunk.NewSet(nil, outbound())
	zero := func(int) int { return 0 }
	for _, tt := range []struct {
		tenant      string
		names, want []string
	}{
		{"demo", []string{"outbound"}, []string{"a", "b", "spare", "last"}},
		{"demo", []string{"b", "outbound", "x"}, []string{"b", "a", "spare", "last", "x"}},
		{"other", []string{"outbound"}, []string{"outbound"}},
		{"demo", nil, nil},
	} {
		if got := s.Expand(tt.tenant, tt.names, zero); !slices.Equal(got, tt.want) {
			t.Errorf("%s %v: %v, want %v", tt.tenant, tt.names, got, tt.want)
		}
	}
}
