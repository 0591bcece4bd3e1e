package configs

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan/source"
	"strowger/media/sdp"
	"strowger/sip/carrier"
	"strowger/sip/trunk/channel"
	"strowger/sip/trunk/health"
)

func (r *reader) trunk(b *source.Body) {
	t := Trunk{Name: r.name(b)}
	t.Tenant = b.String("tenant", "")
	t.Network = b.String("network", "")
	t.Sources = prefixes(b, "sources")
	t.ClientNames = clientNames(b)
	r.account(b, &t)
	if registers := b.Blocks("registration", 0, 0); len(t.Sources) == 0 && len(registers) == 0 && len(t.ClientNames) == 0 {
		b.Fault(b.Pos("sources"), "%s needs the addresses its calls come from; write: sources = [\"192.0.2.1\"]", b.Name())
	}
	t.Proto = choice(b, "proto", "udp", "udp", "tcp", "tls")
	r.trunkTLS(b, &t)
	port := uint16(5060)
	if t.Proto == "tls" {
		port = 5061
	}
	for _, v := range b.List("targets", false) {
		target, ok := parseTarget(v.Text, port)
		if !ok {
			b.Fault(v.At, "%q is neither an address nor a name; write: targets = [\"192.0.2.1:5060\"] or [\"carrier.example\"]", v.Text)
			continue
		}
		if r.o.TrunkPort != 0 {
			target.Port = r.o.TrunkPort
		}
		t.Targets = append(t.Targets, target)
	}
	t.Media = prefixes(b, "media")
	t.Sound = sound(b)
	if t.Sound.SRTP == sdp.Required && t.Proto != "tls" && !t.Sound.WithoutTLS {
		b.Fault(b.Pos("srtp"), "%s has srtp = \"required\", and its keys are sent by TLS alone; write: proto = \"tls\", or srtp_without_tls = true", b.Name())
	}
	r.health(b, &t)
	t.Limits = trunkLimits(b)
	profile(b, &t)
	t.Redirects = b.Int("redirects", 0, 0, 5)
	r.registration(b, &t)
	t.NoHomer = isOff(b, "homer")
	t.DTMF = choice(b, "dtmf", "auto", "auto", "rfc4733", "info", "inband")
	t.Music = r.music(b, "")
	t.RingingTone = choice(b, "ringback", "signal", "signal", "tone") == "tone"
	t.FailureTones = choice(b, "failure_tones", "off", "on", "off") == "on"
	t.AnyProto = !b.Has("proto")
	trust(b, &t)
	b.Done()
	r.Trunks = append(r.Trunks, t)
}

// health reads how a trunk is watched.
func (r *reader) health(b *source.Body, t *Trunk) {
	const interval = 30 * time.Second
	h := b.Block("health")
	if h == nil {
		t.Health = Health{Interval: interval, Down: health.DefaultDown, Up: health.DefaultUp}
		return
	}
	t.Health = Health{
		Interval: h.Duration("interval", interval, carrier.MinInterval, time.Hour),
		Down:     h.Int("down", health.DefaultDown, 1, 20),
		Up:       h.Int("up", health.DefaultUp, 1, 20),
		Answers:  true,
	}
	if choice(h, "enabled", "true", "true", "false") == "false" {
		t.Health = Health{}
	}
	h.Done()
}

// trunkLimits reads how many calls a trunk, or a tenant's trunks, may have.
func trunkLimits(b *source.Body) channel.Limits {
	const most = 100_000
	var l channel.Limits
	c := b.Block("limits")
	if c == nil {
		return l
	}
	l.Channels = c.Int("channels", 0, 1, most)
	l.In = c.Int("channels_in", 0, 1, most)
	l.Out = c.Int("channels_out", 0, 1, most)
	l.Reserved = c.Int("reserved", 0, 1, most)
	l.RateIn = c.Int("calls_per_second_in", 0, 1, most)
	l.RateOut = c.Int("calls_per_second_out", 0, 1, most)
	for _, all := range []int{l.Channels, l.Out} {
		if all > 0 && l.Reserved >= all {
			c.Fault(c.Pos("reserved"), "reserved = %d leaves none of %d channels for other calls", l.Reserved, all)
			break
		}
	}
	if l.Reserved > 0 && l.Channels == 0 && l.Out == 0 {
		c.Fault(c.Pos("reserved"), "reserved needs a number to reserve from; write: channels = 30")
	}
	c.Done()
	return l
}

// group reads trunks that share calls.
func (r *reader) group(b *source.Body) {
	g := Group{Name: r.name(b)}
	g.Tenant = b.String("tenant", "")
	for _, m := range b.Blocks("member", 1, 1) {
		member := Member{Trunk: m.Labels[0], Priority: m.Int("priority", 1, 1, 100), Weight: m.Int("weight", 1, 0, 1000)}
		m.Done()
		r.place("member of "+g.Name, member.Trunk, m)
		g.Members = append(g.Members, member)
	}
	b.Done()
	if len(g.Members) == 0 {
		b.Fault(b.At, "%s has no member; write in it: member \"TRUNK\" { priority = 1 }", b.Name())
	}
	r.Groups = append(r.Groups, g)
}

// groups checks the names that groups give.
func (r *reader) groups(file *source.Body) {
	for i := range r.Groups {
		g := &r.Groups[i]
		at := r.places["trunk_group "+g.Name]
		g.Tenant = r.only(file, at, "trunk_group", g.Name, "tenant", g.Tenant, names(r.Tenants, func(t Tenant) string { return t.Name }))
		if trunk, both := r.places["trunk "+g.Name]; both {
			file.Fault(at, "trunk_group %q is also the name of a trunk, in line %d; a plan could mean either", g.Name, trunk.Line)
		}
		own := r.TrunksOf(g.Tenant)
		for _, m := range g.Members {
			switch j := slices.IndexFunc(own, func(t Trunk) bool { return t.Name == m.Trunk }); {
			case j < 0:
				file.Fault(r.places["member of "+g.Name+" "+m.Trunk], "tenant %q has no trunk %q; %s", g.Tenant, m.Trunk,
					source.Suggest(m.Trunk, names(own, func(t Trunk) string { return t.Name })))
			case len(own[j].Targets) == 0:
				file.Fault(r.places["member of "+g.Name+" "+m.Trunk], "member %q has no targets; no call can go out by it", m.Trunk)
			}
		}
	}
}

// account reads what a trunk's challenges are answered by.
func (r *reader) account(b *source.Body, t *Trunk) {
	c := b.Block("credentials")
	if c == nil {
		return
	}
	t.Account = &Account{User: c.String("user", ""), PasswordFile: r.beside(c.String("password_file", "")), Realm: c.String("realm", "")}
	c.Done()
	if t.Account.User == "" || t.Account.PasswordFile == "" {
		c.Fault(c.At, "credentials need a user and a file with the password; write: user = \"NAME\" and password_file = \"FILE\"")
	}
}

// registration reads how we register with a trunk whose targets and account are read.
func (r *reader) registration(b *source.Body, t *Trunk) {
	c := b.Block("registration")
	if c == nil {
		return
	}
	reg := &TrunkRegistration{User: c.String("user", ""), Domain: c.String("domain", ""), Expires: c.Duration("expires", 10*time.Minute, time.Minute, 24*time.Hour)}
	if reg.User == "" && t.Account != nil {
		reg.User = t.Account.User
	}
	if reg.Domain == "" && len(t.Targets) > 0 {
		reg.Domain = t.Targets[0].Host
	}
	switch {
	case len(t.Targets) == 0:
		c.Fault(c.At, "registration has no target to register at; write in the trunk: targets = [\"carrier.example\"]")
	case reg.User == "":
		c.Fault(c.At, "registration has no user; write: user = \"NAME\"")
	case strings.ContainsAny(reg.User+reg.Domain, " @<>\"\\\r\n"):
		c.Fault(c.At, "registration: user %q and domain %q have other than the letters of an address", reg.User, reg.Domain)
	}
	c.Done()
	t.Registration = reg
}

// clientNames reads the names by whose certificates a trunk is known.
func clientNames(b *source.Body) []string {
	var list []string
	for _, v := range b.List("client_names", false) {
		name := strings.ToLower(v.Text)
		if !isDomain(name) {
			b.Fault(v.At, "client_names: %q is no domain; write: client_names = [\"carrier.example\"]", v.Text)
			continue
		}
		list = append(list, name)
	}
	return list
}
