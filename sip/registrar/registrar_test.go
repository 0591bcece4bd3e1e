package registrar

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"

	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/transport"
)

// Each test is a phone that registers several times; after each the status, the
// contacts of a 200 with the time left, and how often OnChange was called.
func TestSteps(t *testing.T) {
	type step struct {
		wait     time.Duration
		callID   string
		cseq     int
		lines    []string
		status   int
		contacts []string
		changes  int
	}
	const a, b = "sip:1001@10.0.0.1", "sip:1001@10.0.0.2:5080"
	tests := []struct {
		name  string
		steps []step
	}{
		{"default lifetime, refresh, query", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
			{100 * time.Second, "c1", 2, nil, 200, []string{a + " expires=500"}, 1},
			{0, "c1", 3, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
		}},
		{"parameter over header", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">;expires=120", "Contact: <" + b + ">;q=0.25", "Expires: 300"}, 200, []string{a + " expires=120", b + " expires=300;q=0.25"}, 1},
		}},
		{"too brief changes nothing", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">, <" + b + ">;expires=59"}, 423, nil, 0},
			{0, "c1", 2, nil, 200, nil, 0},
		}},
		{"at the limits", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">;expires=60, <" + b + ">;expires=3600"}, 200, []string{a + " expires=60", b + " expires=3600"}, 1},
		}},
		{"a longer wish is shortened", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">", "Expires: 4294967295"}, 200, []string{a + " expires=3600"}, 1},
		}},
		{"expired", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">;expires=60"}, 200, []string{a + " expires=60"}, 1},
			{60 * time.Second, "c1", 2, nil, 200, nil, 1},
			{0, "c1", 1, []string{"Contact: <" + a + ">;expires=60"}, 200, []string{a + " expires=60"}, 2},
		}},
		{"one is removed", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">, <" + b + ">"}, 200, []string{a + " expires=600", b + " expires=600"}, 1},
			{0, "c1", 2, []string{"Contact: <" + a + ">;expires=0"}, 200, []string{b + " expires=600"}, 2},
			{0, "c1", 3, []string{"Contact: <" + a + ">;expires=0"}, 200, []string{b + " expires=600"}, 2},
		}},
		{"removing what never was", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">", "Expires: 0"}, 200, nil, 0},
		}},
		{"all are removed, of every Call-ID", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
			{0, "c2", 1, []string{"Contact: <" + b + ">"}, 200, []string{a + " expires=600", b + " expires=600"}, 2},
			{0, "c3", 1, []string{"Contact: *", "Expires: 0"}, 200, nil, 3},
		}},
		{"wildcard out of order removes none", []step{
			{0, "c1", 5, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
			{0, "c2", 9, []string{"Contact: <" + b + ">"}, 200, []string{a + " expires=600", b + " expires=600"}, 2},
			{0, "c1", 5, []string{"Contact: *", "Expires: 0"}, 500, nil, 2},
			{0, "c1", 6, nil, 200, []string{a + " expires=600", b + " expires=600"}, 2},
		}},
		{"wildcard in bad company", []step{
			{0, "c1", 1, []string{"Contact: *"}, 400, nil, 0},
			{0, "c1", 2, []string{"Contact: *", "Expires: 60"}, 400, nil, 0},
			{0, "c1", 3, []string{"Contact: *", "Contact: <" + a + ">", "Expires: 0"}, 400, nil, 0},
		}},
		{"order within a Call-ID, none across", []step{
			{0, "c1", 5, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
			{0, "c1", 5, []string{"Contact: <" + a + ">;expires=60"}, 500, nil, 1},
			{0, "c1", 4, []string{"Contact: <" + b + ">, <" + a + ">;expires=0"}, 500, nil, 1},
			{0, "c1", 4, []string{"Contact: <" + b + ">"}, 200, []string{a + " expires=600", b + " expires=600"}, 2},
			{0, "c2", 1, []string{"Contact: <" + a + ">;expires=60"}, 200, []string{a + " expires=60", b + " expires=600"}, 2},
		}},
		{"contacts are compared as URIs", []step{
			{0, "c1", 1, []string{"Contact: <sip:1001@Host.example;transport=udp>"}, 200, []string{"sip:1001@Host.example;transport=udp expires=600"}, 1},
			{0, "c1", 2, []string{"Contact: <sip:1001@host.EXAMPLE;transport=udp>;expires=60"}, 200, []string{"sip:1001@host.EXAMPLE;transport=udp expires=60"}, 1},
		}},
		{"one contact twice: the last counts", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">;expires=60, <" + a + ">;expires=90"}, 200, []string{a + " expires=90"}, 1},
		}},
		{"instance and reg-id name the binding", []step{
			{0, "c1", 1, []string{"Contact: <" + a + `>;+sip.instance="<urn:uuid:1>";reg-id=1`}, 200, []string{a + ` expires=600;+sip.instance="<urn:uuid:1>";reg-id=1`}, 1},
			{0, "c2", 1, []string{"Contact: <" + b + `>;+sip.instance="<urn:uuid:1>";reg-id=1`}, 200, []string{b + ` expires=600;+sip.instance="<urn:uuid:1>";reg-id=1`}, 1},
			{0, "c2", 2, []string{"Contact: <" + a + `>;+sip.instance="<urn:uuid:1>";reg-id=2`}, 200, []string{a + ` expires=600;+sip.instance="<urn:uuid:1>";reg-id=2`, b + ` expires=600;+sip.instance="<urn:uuid:1>";reg-id=1`}, 2},
		}},
		{"a contact that gets a reg-id is the same", []step{
			{0, "c1", 1, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
			{0, "c1", 2, []string{"Contact: <" + a + `>;+sip.instance="<urn:uuid:1>";reg-id=1`}, 200, []string{a + ` expires=600;+sip.instance="<urn:uuid:1>";reg-id=1`}, 1},
			{0, "c1", 3, []string{"Contact: <" + a + ">"}, 200, []string{a + " expires=600"}, 1},
		}},
		{"other schemes", []step{
			{0, "c1", 1, []string{"Contact: <tel:+441632960123>"}, 400, nil, 0},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			for i, s := range tt.steps {
				b.now = b.now.Add(s.wait)
				res := b.register(b.phone(s.lines...).order(s.callID, s.cseq))
				if res.StatusCode != s.status {
					t.Fatalf("step %d: %d %s, want %d", i, res.StatusCode, res.Reason, s.status)
				}
				if diff := cmp.Diff(s.contacts, contacts(res)); diff != "" {
					t.Errorf("step %d:\n%s", i, diff)
				}
				if b.changes != s.changes {
					t.Errorf("step %d: OnChange was called %d times, want %d", i, b.changes, s.changes)
				}
			}
		})
	}
}

func TestResponseHeaders(t *testing.T) {
	b := newBench(t)
	res := b.register(b.phone("Contact: <sip:1001@10.0.0.1>"))
	if got := message.Header(res, "Date"); got != "Mon, 02 Nov 2026 09:00:00 GMT" {
		t.Errorf("Date %q", got)
	}
	if message.ToTag(res) == "" {
		t.Error("no To tag")
	}
	res = b.register(b.phone("Contact: <sip:1001@10.0.0.1>;expires=5").order("c1", 2))
	if got := message.Header(res, "Min-Expires"); res.StatusCode != 423 || got != "60" {
		t.Errorf("%d, Min-Expires %q", res.StatusCode, got)
	}
}

func TestBindingIsKeptWithItsFlow(t *testing.T) {
	b := newBench(t)
	b.flow.Proto, b.flow.Conn = transport.TCP, 42
	b.register(b.phone("Contact: <sip:1001@192.168.7.7:5071;transport=tcp>;q=0.3", "Supported: path", "Path: <sip:edge.example;lr>"))
	flow := b.flow
	flow.Node = "node1"
	want := []seat.Binding{{
		Contact: "sip:1001@192.168.7.7:5071;transport=tcp", Flow: flow, Path: []string{"<sip:edge.example;lr>"}, Q: 0.3,
		CallID: "c1", CSeq: 1, UserAgent: "phone/1", Registered: start, Expires: start.Add(600 * time.Second),
	}}
	if diff := cmp.Diff(want, b.dir.bindings["1001"], cmp.Comparer(func(x, y transport.Flow) bool { return x == y })); diff != "" {
		t.Error(diff)
	}
}

func TestExtensions(t *testing.T) {
	contact := `Contact: <sip:1001@10.0.0.1>;+sip.instance="<urn:uuid:1>";reg-id=1`
	tests := []struct {
		name   string
		lines  []string
		status int
		header string
		want   string
	}{
		{"path", []string{contact, "Supported: path", "Path: <sip:p1;lr>,<sip:p2;lr>"}, 200, "Path", "<sip:p1;lr> <sip:p2;lr>"},
		{"path not supported", []string{contact, "Path: <sip:p1;lr>"}, 420, "Unsupported", "path"},
		{"too many paths", []string{contact, "Supported: path", "Path: " + strings.Repeat("<sip:p;lr>,", MaxPaths) + "<sip:p;lr>"}, 400, "Path", ""},
		{"outbound", []string{contact, "Supported: outbound"}, 200, "Require", "outbound"},
		{"outbound required", []string{contact, "Require: outbound"}, 200, "Require", "outbound"},
		{"outbound not asked for", []string{contact}, 200, "Require", ""},
		{"outbound behind a proxy", []string{contact, "Supported: outbound, path", "Path: <sip:p1;lr>"}, 200, "Require", ""},
		{"outbound without reg-id", []string{"Contact: <sip:1001@10.0.0.1>", "Supported: outbound"}, 200, "Require", ""},
		{"unknown extension", []string{contact, "Require: path, foo", "Require: bar"}, 420, "Unsupported", "foo, bar"},
		{"bad reg-id", []string{strings.Replace(contact, "reg-id=1", "reg-id=0", 1)}, 400, "Contact", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			res := b.register(b.phone(tt.lines...))
			if got := strings.Join(message.Headers(res, tt.header), " "); res.StatusCode != tt.status || got != tt.want {
				t.Errorf("%d %s, %s: %q; want %d, %q", res.StatusCode, res.Reason, tt.header, got, tt.status, tt.want)
			}
		})
	}
}

func TestWhoMayRegister(t *testing.T) {
	tests := []struct {
		name   string
		edit   func(b *bench, p *phone)
		status int
		reason string // part of it
		note   string
	}{
		{"the seat", func(*bench, *phone) {}, 200, "OK", "1001: ok"},
		{"wrong password", func(_ *bench, p *phone) { p.password = "x" }, 401, "Unauthorized", "1001: wrong password"},
		{"unknown user", func(_ *bench, p *phone) { p.to, p.user = "1999", "1999" }, 401, "Unauthorized", "1999: unknown user"},
		{"a user that is no number", func(_ *bench, p *phone) { p.user = "admin" }, 401, "Unauthorized", "1001: unknown user"},
		{"another seat", func(_ *bench, p *phone) { p.to = "1002" }, 403, "Authenticated As 1001", "1002: refused: 403 Authenticated As 1001, Which May Not Register 1002"},
		{"escaped To", func(_ *bench, p *phone) { p.to = "%31001" }, 200, "OK", "1001: ok"},
		{"To is no seat", func(_ *bench, p *phone) { p.to = "alice" }, 404, "2 To 15 Digits", ""},
		{"disabled", func(b *bench, _ *phone) { b.disable("1001") }, 403, "Seat 1001 Is Disabled", "1001: refused: 403 Seat 1001 Is Disabled"},
		{"disabled, wrong password", func(b *bench, p *phone) { b.disable("1001"); p.password = "x" }, 401, "Unauthorized", "1001: wrong password"},
		{"another network", func(b *bench, _ *phone) { b.flow.Network = "homes" }, 403, "Another Network", "1001: refused: 403 Seat 1001 Belongs To Another Network"},
		{"a listener for carriers", func(b *bench, _ *phone) { b.flow.Network = "carriers" }, 403, "Takes No Registrations", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			p := b.phone("Contact: <sip:1001@10.0.0.1>")
			tt.edit(b, &p)
			res := b.register(p)
			if res.StatusCode != tt.status || !strings.Contains(res.Reason, tt.reason) {
				t.Errorf("%d %s, want %d %s", res.StatusCode, res.Reason, tt.status, tt.reason)
			}
			if got := strings.Join(b.notes.list, "; "); got != tt.note {
				t.Errorf("noted %q, want %q", got, tt.note)
			}
			if bound := len(b.bound()) > 0; bound != (tt.status == 200) {
				t.Errorf("bound: %v", bound)
			}
		})
	}
}

func (b *bench) disable(number string) {
	s := b.dir.seats[number]
	s.Disabled = true
	b.dir.seats[number] = s
}

func TestStaleAndReplay(t *testing.T) {
	b := newBench(t)
	p := b.phone("Contact: <sip:1001@10.0.0.1>")
	used := b.authorization(p, b.ask(p, ""))
	if res := b.ask(p, used); res.StatusCode != 200 {
		t.Fatalf("first use: %d", res.StatusCode)
	}
	old := b.authorization(p, b.ask(p, ""))
	for name, h := range map[string]string{"replayed": used, "stale": old} {
		if name == "stale" {
			b.now = b.now.Add(2 * time.Minute)
		}
		res := b.ask(p.order("c1", 2), h)
		if res.StatusCode != 401 || !strings.Contains(message.Header(res, "WWW-Authenticate"), "stale=true") {
			t.Errorf("%s: %d %s", name, res.StatusCode, message.Header(res, "WWW-Authenticate"))
		}
	}
	if res := b.ask(p, `Digest username="1001`); res.StatusCode != 400 {
		t.Errorf("malformed: %d", res.StatusCode)
	}
}

// But for what is random in every response, an unknown user gets what a wrong
// password gets.
func TestUnknownUserLooksLikeWrongPassword(t *testing.T) {
	b := newBench(t)
	answer := func(number string) string {
		p := b.phone("Contact: <sip:a@10.0.0.1>")
		p.to, p.user, p.password = number, number, "guess"
		res := b.register(p)
		text := string(message.Append(nil, res))
		nonce := message.Header(res, "WWW-Authenticate")
		_, nonce, _ = strings.Cut(nonce, `nonce="`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		return strings.NewReplacer(nonce, "NONCE", message.ToTag(res), "TAG", number, "NUMBER").Replace(text)
	}
	if diff := cmp.Diff(answer("1001"), answer("1999")); diff != "" {
		t.Errorf("a stranger can tell which seats exist:\n%s", diff)
	}
}

// Two phones of a seat register at the same moment: both writes read the same
// revision, and both contacts stay.
func TestRace(t *testing.T) {
	b := newBench(t)
	var both sync.WaitGroup
	both.Add(2)
	var once [2]sync.Once
	var turn int
	var mu sync.Mutex
	b.dir.before = func() {
		mu.Lock()
		i := turn
		turn++
		mu.Unlock()
		if i < 2 {
			once[i].Do(both.Done)
			both.Wait()
		}
	}
	var requests []*sip.Request
	for i := range 2 {
		p := b.phone(fmt.Sprintf("Contact: <sip:1001@10.0.0.%d>", i+1)).order("c"+strconv.Itoa(i), 1)
		requests = append(requests, b.request(p, b.authorization(p, b.ask(p, ""))))
	}
	b.config.OnChange = func(string, string) {}
	var done sync.WaitGroup
	for _, req := range requests {
		done.Go(func() {
			if res := b.Handle(t.Context(), b.now, req, b.flow); res.StatusCode != 200 {
				t.Errorf("%d %s", res.StatusCode, res.Reason)
			}
		})
	}
	done.Wait()
	if diff := cmp.Diff([]string{"sip:1001@10.0.0.1", "sip:1001@10.0.0.2"}, b.bound()); diff != "" {
		t.Error(diff)
	}
	if got := b.Counters().Conflicts.Load(); got != 1 {
		t.Errorf("%d conflicts, want 1", got)
	}
}

func TestStoreTrouble(t *testing.T) {
	gone := fmt.Errorf("redis: %w", state.ErrUnavailable)
	tests := []struct {
		name string
		edit func(*directory)
	}{
		{"seat cannot be read", func(d *directory) { d.seatErr = gone }},
		{"bindings cannot be read", func(d *directory) { d.readErr = gone }},
		{"bindings cannot be written", func(d *directory) { d.writeErr = gone }},
		{"never-ending conflict", func(d *directory) { d.writeErr = state.ErrConflict }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			tt.edit(b.dir)
			res := b.register(b.phone("Contact: <sip:1001@10.0.0.1>"))
			wait, err := strconv.Atoi(message.Header(res, "Retry-After"))
			if res.StatusCode != 503 || err != nil || wait < 5 || wait > 20 {
				t.Errorf("%d, Retry-After %q", res.StatusCode, message.Header(res, "Retry-After"))
			}
			if b.changes != 0 {
				t.Error("OnChange was called")
			}
		})
	}
}

func TestMaxBindings(t *testing.T) {
	b := newBench(t)
	var want []string
	for i := range seat.MaxBindings + 1 {
		b.now = b.now.Add(time.Second)
		uri := fmt.Sprintf("sip:1001@10.0.0.%d", 100+i)
		if res := b.register(b.phone("Contact: <"+uri+">").order("c"+strconv.Itoa(i), 1)); res.StatusCode != 200 {
			t.Fatalf("contact %d: %d %s", i, res.StatusCode, res.Reason)
		}
		want = append(want, uri)
	}
	if diff := cmp.Diff(want[1:], b.bound()); diff != "" {
		t.Errorf("the oldest gives way:\n%s", diff)
	}
	if got := b.Counters().Evicted.Load(); got != 1 {
		t.Errorf("%d evicted, want 1", got)
	}
	var lines []string
	for i := range seat.MaxBindings + 1 {
		lines = append(lines, fmt.Sprintf("Contact: <sip:1001@10.0.1.%d>", i))
	}
	if res := b.register(b.phone(lines...)); res.StatusCode != 403 {
		t.Errorf("too many at once: %d", res.StatusCode)
	}
	if !slices.Equal(want[1:], b.bound()) {
		t.Error("a refused request changed the bindings")
	}
	if res := b.register(b.phone(lines[1:]...)); res.StatusCode != 200 || len(b.bound()) != seat.MaxBindings {
		t.Errorf("as many at once as there may be: %d, %v", res.StatusCode, b.bound())
	}
}

// TestNothingToWrite: what changes nothing costs no write.
func TestNothingToWrite(t *testing.T) {
	b := newBench(t)
	b.register(b.phone("Contact: <sip:1001@10.0.0.1>;expires=0"))
	b.register(b.phone().order("c1", 2))
	if b.dir.last != state.None {
		t.Errorf("%d writes", b.dir.last)
	}
	b.register(b.phone("Contact: <sip:1001@10.0.0.1>").order("c1", 3))
	b.register(b.phone().order("c1", 4))
	if b.dir.last != 1 {
		t.Errorf("%d writes, want one", b.dir.last)
	}
}

// TestLateWrites: a refresh may be lost with the node only if the phone's next one
// comes before what was stored expires.
func TestLateWrites(t *testing.T) {
	b := newBench(t)
	const contact = "Contact: <sip:1001@10.0.0.1>"
	for seq, c := range []struct {
		what  string
		after time.Duration // since the one before
		lines []string
		port  uint16
		want  bool
	}{
		{"a new contact", 0, []string{contact}, 40000, false},
		{"again at once", time.Second, []string{contact}, 40000, true},
		{"at half of its time, nearly", 303 * time.Second, []string{contact}, 40000, true},
		{"late in its time", 590 * time.Second, []string{contact}, 40000, false},
		{"for longer than before", time.Second, []string{contact + ";expires=3600"}, 40000, false},
		{"by another flow", time.Second, []string{contact}, 40001, false},
		{"by another proxy", time.Second, []string{contact, "Supported: path", "Path: <sip:edge.example;lr>"}, 40001, false},
		{"beside another contact", time.Second, []string{"Contact: <sip:1001@10.0.0.2>"}, 40001, false},
		{"with another contact's end", time.Second, []string{"Contact: <sip:1001@10.0.0.2>", contact + ";expires=0"}, 40001, false},
	} {
		b.now = b.now.Add(c.after)
		b.flow.Remote = netip.AddrPortFrom(b.flow.Remote.Addr(), c.port)
		if res := b.register(b.phone(c.lines...).order("c1", 10*seq+1)); res.StatusCode != 200 || b.dir.late != c.want {
			t.Errorf("%s: %d, late %t", c.what, res.StatusCode, b.dir.late)
		}
	}
}

// TestTextLimits: texts of the longest that is taken, and one byte more.
func TestTextLimits(t *testing.T) {
	const contact = "sip:1001@10.0.0.1;x="
	for name, request := range map[string]func(b *bench, more int) phone{
		"Call-ID": func(b *bench, more int) phone {
			return b.phone("Contact: <sip:1001@10.0.0.1>").order(strings.Repeat("c", MaxText+more), 1)
		},
		"contact": func(b *bench, more int) phone {
			return b.phone("Contact: <" + contact + strings.Repeat("x", MaxText-len(contact)+more) + ">")
		},
		"instance": func(b *bench, more int) phone {
			return b.phone(`Contact: <sip:1001@10.0.0.1>;+sip.instance="` + strings.Repeat("x", MaxText+more) + `"`)
		},
		"path": func(b *bench, more int) phone {
			return b.phone("Contact: <sip:1001@10.0.0.1>", "Supported: path", "Path: <sip:"+strings.Repeat("p", MaxText-6+more)+">")
		},
	} {
		t.Run(name, func(t *testing.T) {
			for more, want := range []int{200, 400} {
				b := newBench(t)
				if res := b.register(request(b, more)); res.StatusCode != want {
					t.Errorf("%d bytes more than the longest: %d %s, want %d", more, res.StatusCode, res.Reason, want)
				}
			}
		})
	}
	for _, n := range []int{maxAgent - 1, maxAgent, maxAgent + 1} {
		if got := len(shorten(strings.Repeat("a", n))); got != min(n, maxAgent) {
			t.Errorf("%d bytes of a User-Agent are kept of %d", got, n)
		}
	}
}

func TestSeatNumbers(t *testing.T) {
	for number, want := range map[string]bool{
		"1": false, "10": true, "99": true, "123456789012345": true, "1234567890123456": false, "1a": false, "1/": false, "1:": false,
	} {
		if got := isNumber(number); got != want {
			t.Errorf("%q: %t", number, got)
		}
	}
}

func BenchmarkHandle(b *testing.B) {
	x := newBench(b)
	p := x.phone("Contact: <sip:1001@10.0.0.1>")
	first := x.request(p, "")
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		p.cseq++
		challenge := x.ask(p, "")
		second := x.request(p, x.authorization(p, challenge))
		x.notes.list = nil
		b.StartTimer()
		x.Handle(b.Context(), x.now, first, x.flow)
		if res := x.Handle(b.Context(), x.now, second, x.flow); res.StatusCode != 200 {
			b.Fatal(res.StatusCode)
		}
	}
}
