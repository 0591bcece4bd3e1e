package resolve

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"strowger/sip/transport"
)

// at is the address 10.0.0.n.
func at(n int) Address {
	return Address{netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 5060), transport.UDP}
}

// last writes addresses by their last number.
func last(list []Address) string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = strconv.Itoa(int(a.Addr().As4()[3]))
	}
	return strings.Join(out, " ")
}

func TestOrder(t *testing.T) {
	one := func(priority, weight int, hosts ...int) Route {
		r := Route{Priority: priority, Weight: weight}
		for _, h := range hosts {
			r.Addresses = append(r.Addresses, at(h))
		}
		return r
	}
	lowest := func(int) int { return 0 }
	highest := func(n int) int { return n - 1 }
	many := make([]Route, 0, MaxRoutes)
	for i := range MaxRoutes {
		many = append(many, one(i, 0, i))
	}
	for name, tt := range map[string]struct {
		routes []Route
		intN   func(int) int
		want   string
	}{
		"nothing":                          {nil, lowest, ""},
		"priority before weight":           {[]Route{one(20, 100, 1), one(10, 0, 2), one(15, 1, 3)}, highest, "2 3 1"},
		"no weight has the lowest number":  {[]Route{one(1, 60, 1), one(1, 0, 2), one(1, 40, 3)}, lowest, "2 1 3"},
		"and no other":                     {[]Route{one(1, 60, 1), one(1, 0, 2), one(1, 40, 3)}, highest, "3 1 2"},
		"no weight at all":                 {[]Route{one(1, 0, 1), one(1, 0, 2), one(1, 0, 3)}, highest, "3 2 1"},
		"addresses of a host":              {[]Route{one(1, 0, 1, 2, 3)}, highest, "3 2 1"},
		"a host's addresses stay together": {[]Route{one(1, 1, 1, 2), one(1, 1, 3, 4)}, lowest, "1 2 3 4"},
		"each once":                        {[]Route{one(1, 1, 1, 2), one(2, 1, 2, 1, 3)}, lowest, "1 2 3"},
		"no more than are tried":           {many, lowest, "0 1 2 3 4 5 6 7"},
		"not of one host either":           {[]Route{one(1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}, lowest, "1 2 3 4 5 6 7 8"},
	} {
		before := fmt.Sprint(tt.routes)
		if got := last(order(tt.routes, tt.intN)); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if fmt.Sprint(tt.routes) != before {
			t.Errorf("%s: the routes were changed", name)
		}
	}
}

// TestWeights: of one priority each host gets its share of the calls, and the rest
// of the order is drawn by weight as well.
func TestWeights(t *testing.T) {
	const draws = 100_000
	random := rand.New(rand.NewPCG(1, 2))
	weights := []int{0, 1, 3, 6}
	routes := make([]Route, len(weights))
	for i, w := range weights {
		routes[i] = Route{Priority: 5, Weight: w, Addresses: []Address{at(i)}}
	}
	routes = append(routes, Route{Priority: 6, Weight: 65535, Addresses: []Address{at(9)}})
	var first, second [10]int
	for range draws {
		got := order(routes, random.IntN)
		if len(got) != 5 || got[4] != at(9) {
			t.Fatalf("order %s: the lower priority is not last", last(got))
		}
		first[slices.Index([]Address{at(0), at(1), at(2), at(3)}, got[0])]++
		if got[0] == at(3) {
			second[got[1].Addr().As4()[3]]++
		}
	}
	share := func(n, of int) float64 { return float64(n) / float64(of) }
	near := func(what string, got, want float64) {
		t.Helper()
		if got < want-0.005 || got > want+0.005 {
			t.Errorf("%s has %.3f of the calls, want %.3f", what, got, want)
		}
	}
	for i, w := range weights { // 11 numbers: 0 is that of the host without weight
		near(fmt.Sprint("weight ", w), share(first[i], draws), float64(max(w, 1))/11)
	}
	near("1 of 0, 1 and 3", share(second[1], first[3]), 1.0/5)
	near("3 of 0, 1 and 3", share(second[2], first[3]), 3.0/5)
}
