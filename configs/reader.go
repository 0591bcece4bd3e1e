package configs

import (
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/source"
	"strowger/sip/resolve"
)

// lowSession is the shortest session timer (RFC 4028 section 4).
const lowSession = 90 * time.Second

// reader fills a Config from a file, with defaults and overrides.
type reader struct {
	*Config
	path string
	o    Overrides
	// places are the lines of named things, for the checks that follow.
	places map[string]source.Pos
}

func (r *reader) read(file *source.Body) {
	r.node(file)
	r.musics(file)
	r.media(file)
	for i, b := range file.Blocks("network", 1, 1) {
		r.network(b, i == 0)
	}
	for _, b := range file.Blocks("tenant", 1, 1) {
		r.tenant(b)
	}
	for _, b := range file.Blocks("trunk", 1, 1) {
		r.trunk(b)
	}
	for _, b := range file.Blocks("trunk_group", 1, 1) {
		r.group(b)
	}
	r.store(file)
	r.admin(file)
	r.cluster(file)
	r.times(file)
	r.dns(file)
	r.limits(file)
	r.logs(file)
	r.trace(file)
	r.homer(file)
	r.recording(file)
}

func (r *reader) limits(file *source.Body) {
	r.Limits = Limits{Calls: 2000, Load: 85, Registers: 200, Subscriptions: 200_000, SeatSubscriptions: 200, Notifies: 2000}
	l, b := &r.Limits, file.Block("limits")
	if b == nil {
		return
	}
	l.Calls = b.Int("calls", l.Calls, 1, 100_000)
	l.Load = b.Int("load", l.Load, 0, 100)
	l.Registers = b.Int("registers", l.Registers, 1, 1_000_000)
	l.Subscriptions = b.Int("subscriptions", l.Subscriptions, 1, 5_000_000)
	l.SeatSubscriptions = b.Int("seat_subscriptions", min(l.SeatSubscriptions, l.Subscriptions), 1, 10_000)
	l.Notifies = b.Int("notifies", l.Notifies, 1, 100_000)
	b.Done()
	if l.SeatSubscriptions > l.Subscriptions {
		b.Fault(b.Pos("seat_subscriptions"), "a seat may have %d subscriptions, all together %d; write no more than: seat_subscriptions = %d",
			l.SeatSubscriptions, l.Subscriptions, l.Subscriptions)
	}
}

func (r *reader) node(file *source.Body) {
	r.Node = Node{Name: "strowger", Data: "./data"}
	if b := file.Block("node"); b != nil {
		r.Node.Name = b.String("name", r.Node.Name)
		r.Node.Data = b.String("data", r.Node.Data)
		b.Done()
		r.places["node"] = b.Pos("name")
	}
	if r.o.NodeName != "" {
		r.Node.Name = r.o.NodeName
	}
	if r.o.Data != "" {
		r.Node.Data = r.o.Data
	}
	if !isName(r.Node.Name) {
		file.Fault(r.places["node"], "node name %q has other than letters, digits and -, or more than 63", r.Node.Name)
	}
}

func (r *reader) tenant(b *source.Body) {
	t := Tenant{Name: r.name(b), Numbering: dialplan.UnitedKingdom()}
	t.Realm = b.String("realm", t.Name)
	if t.Realm == "" || strings.ContainsAny(t.Realm, "\"\\\r\n") {
		b.Fault(b.Pos("realm"), "realm %q is empty or has quotes or a backslash", t.Realm)
	}
	if n := b.Block("numbering"); n != nil {
		numbering(n, &t.Numbering)
	}
	r.service(b, &t)
	t.Heard = r.heard(b, r.Media.Heard)
	t.Limits = trunkLimits(b)
	var extra []string
	at := b.At
	if e := b.Block("emergency"); e != nil {
		at = e.Pos("numbers")
		extra = texts(e.List("numbers", false))
		for _, trunk := range e.List("trunks", false) {
			t.EmergencyTrunks = append(t.EmergencyTrunks, trunk.Text)
			r.places["emergency "+t.Name+" "+trunk.Text] = trunk.At
		}
		e.Done()
	}
	var err error
	if t.Emergency, err = dialplan.NewEmergency(t.Numbering, extra); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			b.Fault(at, "%s: %s", b.Name(), line)
		}
	}
	presents(b, &t)
	if s := b.Block("seed"); s != nil {
		t.Seed = Seed{Plan: r.beside(s.String("plan", "")), Seats: r.beside(s.String("seats", ""))}
		s.Done()
	}
	b.Done()
	r.Tenants = append(r.Tenants, t)
}

func numbering(b *source.Body, n *dialplan.Numbering) {
	for key, field := range map[string]*string{
		"country": &n.Country, "national": &n.National, "international": &n.International, "outside": &n.Outside,
		"withhold": &n.Withhold, "release": &n.Release,
	} {
		*field = b.String(key, *field)
		if len(*field) > 4 || strings.Trim(*field, "0123456789") != "" {
			b.Fault(b.Pos(key), "%s is at most 4 digits, not %q", key, *field)
		}
	}
	if n.Country == "" {
		b.Fault(b.Pos("country"), "country is empty; write the country code: country = \"44\"")
	}
	if b.Has("short") {
		n.Short = texts(b.List("short", false))
	}
	for _, s := range n.Short {
		if len(s) < 2 || len(s) > 6 || strings.Trim(s, "0123456789X") != "" {
			b.Fault(b.Pos("short"), "%q is no pattern of a short number; write 2 to 6 of digits and X", s)
		}
	}
	b.Done()
}

func (r *reader) times(file *source.Body) {
	r.Registration = Registration{Min: time.Minute, Default: 10 * time.Minute, Max: time.Hour}
	if b := file.Block("registration"); b != nil {
		const low, high = 10 * time.Second, 24 * time.Hour
		g := &r.Registration
		g.Min = b.Duration("min", g.Min, low, high)
		g.Default = b.Duration("default", g.Default, low, high)
		g.Max = b.Duration("max", g.Max, low, high)
		if g.Min > g.Default || g.Default > g.Max {
			b.Fault(b.At, "registration: min %v, default %v and max %v are not in this order", g.Min, g.Default, g.Max)
		}
		b.Done()
	}
	r.Session = Session{Expires: 30 * time.Minute, Min: lowSession}
	if b := file.Block("session"); b != nil {
		r.Session.Expires = b.Duration("expires", r.Session.Expires, 0, 24*time.Hour)
		r.Session.Min = b.Duration("min", r.Session.Min, lowSession, 24*time.Hour)
		switch e := r.Session.Expires; {
		case e > 0 && e < lowSession:
			b.Fault(b.At, "session: expires is 0s or from %v, not %v", lowSession, e)
		case e > 0 && e < r.Session.Min:
			b.Fault(b.At, "session: min is %v, above expires, which is %v", r.Session.Min, e)
		}
		b.Done()
	}
}

func (r *reader) dns(file *source.Body) {
	b := file.Block("dns")
	if b == nil {
		return
	}
	for _, v := range b.List("servers", false) {
		server, ok := addrPort(v.Text, 53)
		if !ok || server.Addr().IsUnspecified() {
			b.Fault(v.At, "%q is no address; write: servers = [\"192.0.2.53\"]", v.Text)
			continue
		}
		r.DNS = append(r.DNS, server)
	}
	if len(r.DNS) > resolve.MaxServers {
		b.Fault(b.Pos("servers"), "servers has %d addresses; %d are asked at most", len(r.DNS), resolve.MaxServers)
	}
	b.Done()
}

func level(b *source.Body) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(choice(b, "level", "info", "debug", "info", "warn", "error")))
	return l
}

// name is the block's name; a second block of that name is a fault.
func (r *reader) name(b *source.Body) string {
	name := b.Labels[0]
	if !isName(name) {
		b.Fault(b.At, "%s: a name has letters, digits and -, at most 63", b.Name())
	}
	r.place(b.Type, name, b)
	return name
}

// place remembers where a named thing is written; a second one of that name is a fault.
func (r *reader) place(kind, name string, b *source.Body) {
	if first, again := r.places[kind+" "+name]; again {
		b.Fault(b.At, "%s is written twice; the first is in line %d", b.Name(), first.Line)
		return
	}
	r.places[kind+" "+name] = b.At
}

// beside is a path relative to the configuration file.
func (r *reader) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(r.path), path)
}

func isName(s string) bool {
	return s != "" && len(s) <= 63 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
	})
}
