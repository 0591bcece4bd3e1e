package usage

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"
)

// rack are the meters of a cluster, which tell each other when the test says so.
type rack struct {
	t     *testing.T
	nodes []*desk
	read  map[[2]int]Place
}

func newRack(t *testing.T, n int) *rack {
	t.Helper()
	r := &rack{t: t, read: map[[2]int]Place{}}
	for i := range n {
		r.nodes = append(r.nodes, r.begins(i, 1))
	}
	return r
}

// begins is a node that has just begun.
func (r *rack) begins(i int, epoch uint64) *desk {
	d := newDesk(r.t)
	d.node, d.epoch = fmt.Sprint("node-", i+1), epoch
	return d
}

// asks has one node ask another, as it goes over the link.
func (r *rack) asks(now time.Time, who, whom int) {
	r.t.Helper()
	key := [2]int{who, whom}
	for more, pages := true, 0; more; pages++ {
		if pages > 100 {
			r.t.Fatal("there is no end of pages")
		}
		text, err := json.Marshal(r.nodes[whom].Since(r.read[key]))
		if err != nil {
			r.t.Fatal(err)
		}
		var n News
		if err := json.Unmarshal(text, &n); err != nil {
			r.t.Fatal(err)
		}
		r.nodes[who].Learn(now, r.nodes[whom].node, n)
		r.read[key], more = n.Place, n.More
	}
}

func (r *rack) tell(now time.Time) {
	r.t.Helper()
	for who := range r.nodes {
		for whom := range r.nodes {
			if who != whom {
				r.asks(now, who, whom)
			}
		}
	}
}

// wants wants every node to show as many calls and minutes of a party to the world.
func (r *rack) wants(now time.Time, party string, calls, minutes int) {
	r.t.Helper()
	for _, d := range r.nodes {
		uses := d.Uses(now, "demo")
		i := slices.IndexFunc(uses, func(u Use) bool { return u.Party == party && u.Destination == "international" })
		switch {
		case i < 0 && calls+minutes > 0:
			r.t.Errorf("%s shows nothing of %s: %+v", d.node, party, uses)
		case i >= 0 && (uses[i].Calls != calls || uses[i].Minutes != minutes):
			r.t.Errorf("%s shows %+v, want %d calls, %d minutes", d.node, uses[i], calls, minutes)
		}
	}
}

// TestSumOfAllNodes: what no node alone has too much of is too much together, and one of
// them says so, once.
func TestSumOfAllNodes(t *testing.T) {
	r := newRack(t, 3)
	for i := range 2 {
		for _, d := range r.nodes[1:] {
			d.ends(start.Add(31*time.Second), d.dials(start.Add(time.Duration(i)*time.Second), "1001", "+12025550100"))
		}
	}
	r.nodes[0].dials(start, "1002", "+12025550100") // another seat by the same trunk
	r.nodes[0].wants(t)
	r.tell(start.Add(time.Minute))
	r.tell(start.Add(time.Minute))
	r.wants(start.Add(time.Minute), "seat:1001", 4, 2)
	r.wants(start.Add(time.Minute), "trunk:carrier", 5, 2)
	r.nodes[0].wants(t)
	r.nodes[1].wants(t, "1m0s seat:1001 4 2")
	r.nodes[2].wants(t)
	for i, d := range r.nodes {
		if u := d.Uses(start.Add(time.Minute), "demo"); !u[0].Alarmed {
			t.Errorf("node %d does not show the alarm: %+v", i+1, u)
		}
	}
	last := r.nodes[2].dials(start.Add(2*time.Minute), "1001", "+12025550100") // told within the hour
	r.nodes[2].wants(t, "2m0s trunk:carrier 6 2")
	r.nodes[2].ends(start.Add(2*time.Minute), last)
	later := start.Add(63 * time.Minute)
	for _, d := range r.nodes {
		d.Tick(later)
	}
	r.nodes[1].wants(t, "1m0s seat:1001 4 2")
	for range 4 { // in the next hour, whoever counts it
		r.nodes[2].dials(later, "1001", "+12025550100")
	}
	r.nodes[2].wants(t, "2m0s trunk:carrier 6 2", "1h3m0s seat:1001 4 0")
}

// TestNewsAreWhatChanged: a node is told what it has not read, in pages, and the same
// told again changes no sum.
func TestNewsAreWhatChanged(t *testing.T) {
	r := newRack(t, 2)
	for i := range newsLimit {
		r.nodes[0].dials(start, strconv.Itoa(2000+i), "+12025550100")
	}
	r.nodes[0].dials(start, "1001", "+12025550100")
	if n := r.nodes[0].Since(Place{}); len(n.Hours) != newsLimit || !n.More || n.Place.Epoch != 1 {
		t.Errorf("%d hours, more is %t, at %+v", len(n.Hours), n.More, n.Place)
	}
	r.asks(start, 1, 0)
	if n := r.nodes[1].counters.Learned.Load(); n != newsLimit+2 || r.nodes[1].counters.Parties.Load() != newsLimit+2 {
		t.Errorf("learned %d hours", n)
	}
	if n := r.nodes[0].Since(r.read[[2]int{1, 0}]); len(n.Hours) != 0 || n.Place != r.read[[2]int{1, 0}] {
		t.Errorf("told again: %+v", n)
	}
	if n := r.nodes[1].Since(Place{}); len(n.Hours) != 0 {
		t.Errorf("what was told is told on: %+v", n)
	}
	r.nodes[0].dials(start, "1001", "+12025550100")
	if n := r.nodes[0].Since(r.read[[2]int{1, 0}]); len(n.Hours) != 2 {
		t.Errorf("two totals changed, told are %d", len(n.Hours))
	}
	r.read = map[[2]int]Place{}
	for range 2 {
		r.tell(start)
	}
	r.wants(start, "seat:1001", 2, 0)
}

// TestNodeBeginsAnew: what a node had told is kept for its hour, and counted once.
func TestNodeBeginsAnew(t *testing.T) {
	r := newRack(t, 2)
	r.nodes[0].ends(start.Add(61*time.Second), r.nodes[0].dials(start, "1001", "+12025550100"))
	r.tell(start.Add(time.Minute))
	r.nodes[0] = r.begins(0, 2)
	now := start.Add(30 * time.Minute)
	r.nodes[0].ends(now.Add(61*time.Second), r.nodes[0].dials(now, "1001", "+12025550100"))
	r.asks(now, 1, 0)
	r.nodes[1].Tick(now)
	if u := r.nodes[1].Uses(now, "demo"); u[0].Calls != 2 || u[0].Minutes != 2 {
		t.Errorf("node 2 shows %+v", u)
	}
	now = start.Add(65 * time.Minute)
	r.nodes[1].Tick(now)
	if u := r.nodes[1].Uses(now, "demo"); u[0].Calls != 1 || u[0].Minutes != 1 {
		t.Errorf("an hour later node 2 shows %+v", u)
	}
	r.nodes[1].Tick(start.Add(95 * time.Minute))
	if len(r.nodes[1].hours) != 0 || r.nodes[1].changes.Len() != 0 || r.nodes[1].counters.Parties.Load() != 0 {
		t.Errorf("%d hours are never forgotten", len(r.nodes[1].hours))
	}
}

// TestStrangeNews: of a node whose clock is ahead nothing is kept for ever, and what
// cannot be is no harm.
func TestStrangeNews(t *testing.T) {
	for _, slot := range []int64{math.MaxInt64, math.MinInt64, -1, slotOf(start) + 1} {
		d := newDesk(t)
		h := Hour{Tenant: "demo", Party: "seat:1001", Destination: "international", Slot: slot, Calls: [slots]int{1, 1}}
		d.Learn(start, "node-2", News{Place: Place{1, 1, 0}, Hours: []Hour{h}})
		d.Uses(start, "demo")
		d.Tick(start.Add(61 * time.Minute))
		if len(d.hours) != 0 {
			t.Errorf("slot %d is kept for ever", slot)
		}
	}
}

// TestNewsAreBounded: what others tell has the same limit as what is counted here.
func TestNewsAreBounded(t *testing.T) {
	d := newDesk(t)
	n := News{Place: Place{1, 1, 0}}
	for i := range MaxParties + 3 {
		n.Hours = append(n.Hours, Hour{Tenant: "demo", Party: fmt.Sprint("seat:", i), Slot: slotOf(start), Calls: [slots]int{1}})
	}
	d.Learn(start, "node-2", n)
	if len(d.hours) != MaxParties || d.counters.NewsIgnored.Load() != 3 {
		t.Errorf("%d hours, %d ignored", len(d.hours), d.counters.NewsIgnored.Load())
	}
}

// TestCallsAtAllNodes: the calls that a seat has at once are those of all nodes, until
// they end there, or that node is silent.
func TestCallsAtAllNodes(t *testing.T) {
	r := newRack(t, 3)
	wants := func(what string, calls ...int) {
		t.Helper()
		for i, want := range calls {
			if got := r.nodes[i].Calls("demo", "1001"); got != want {
				t.Errorf("%s: node %d counts %d calls, want %d", what, i+1, got, want)
			}
		}
	}
	one := r.nodes[0].dials(start, "1001", "+441632960123")
	r.nodes[0].dials(start, "1001", "+441632960123")
	two := r.nodes[1].dials(start, "1001", "+441632960123")
	wants("not told", 2, 1, 0)
	r.tell(start)
	wants("told", 3, 3, 3)
	r.tell(start)
	wants("told again", 3, 3, 3)
	r.nodes[0].ends(start, one)
	r.nodes[1].ends(start, two)
	r.tell(start)
	wants("ended", 1, 1, 1)
	now := start
	for range 8 { // a call that goes on is told of again
		now = now.Add(30 * time.Second)
		for _, d := range r.nodes {
			d.Tick(now)
		}
		r.tell(now)
	}
	wants("minutes later", 1, 1, 1)
	for _, d := range r.nodes[1:] { // node 1 is gone
		d.Tick(now.Add(toldFor - time.Second))
	}
	wants("before it is forgotten", 1, 1, 1)
	for _, d := range r.nodes[1:] {
		d.Tick(now.Add(toldFor))
		if len(d.busy) != 0 || d.lines.Len() != 0 {
			t.Errorf("%d seats are kept", len(d.busy))
		}
	}
	wants("forgotten", 1, 0, 0)
}

// TestManyLines: seats are told in pages.
func TestManyLines(t *testing.T) {
	r := newRack(t, 2)
	const seats = 2*newsLimit + 1
	for i := range seats {
		r.nodes[0].dials(start, strconv.Itoa(2000+i), "1002")
	}
	if n := r.nodes[0].Since(Place{}); len(n.Busy) != newsLimit || !n.More {
		t.Errorf("%d seats, more is %t", len(n.Busy), n.More)
	}
	r.asks(start, 1, 0)
	for i := range seats {
		if n := r.nodes[1].Calls("demo", strconv.Itoa(2000+i)); n != 1 {
			t.Fatalf("seat %d has %d calls", 2000+i, n)
		}
	}
	if n := r.nodes[0].Since(r.read[[2]int{1, 0}]); len(n.Busy) != 0 || n.More {
		t.Errorf("told again: %d", len(n.Busy))
	}
	d := newDesk(t)
	var all []Busy
	for i := range MaxParties + 3 {
		all = append(all, Busy{"demo", "seat:" + strconv.Itoa(i), 1})
	}
	d.Learn(start, "node-2", News{Busy: append(all, Busy{"demo", "seat:none", 0})})
	if len(d.busy) != MaxParties {
		t.Errorf("%d seats are kept", len(d.busy))
	}
}
