package node

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"strowger/configs"
	"strowger/sip/carrier"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/resolve"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/trunk/channel"
)

// resolveWait bounds how long a start waits for the names of trunks: a node whose
// DNS server is away starts all the same.
const resolveWait = 5 * time.Second

// openTrunks makes the trunks and has their names resolved before the first call.
func (n *Node) openTrunks(ctx context.Context) error {
	n.Resolver = resolve.New(resolve.Config{Servers: n.Config.DNS, Log: n.log})
	list := make([]trunk.Trunk, 0, len(n.Config.Trunks))
	for _, t := range n.Config.Trunks {
		k := trunk.Trunk{
			Name: t.Name, Tenant: t.Tenant, Network: t.Network, Sources: t.Sources, Media: t.Media, Transfers: t.Transfers,
			Probe: trunk.Probe(t.Health), Limits: t.Limits, Peer: identity.Peer{Trusted: t.Trusted, RemotePartyID: t.RemotePartyID},
		}
		k.Sound = soundOf(t.Sound)
		k.Profile, k.Redirects, k.Keys = profile(t.Profile), t.Redirects, leg.KeysOf(t.DTMF)
		if tenant, ok := n.Config.Tenant(t.Tenant); ok {
			tenant.Heard.Music = t.Music
			k.Heard = heard(n.Config, tenant.Heard)
			k.Heard.Ringing, k.Heard.Failures = t.RingingTone, t.FailureTones
		}
		if len(t.ClientNames) > 0 {
			k.Shows = func(f transport.Flow) bool { return shows(t, n.Transport.Shown(f)) }
		}
		if err := enlist(&k, t); err != nil {
			return fmt.Errorf("trunk %q: %w", t.Name, err)
		}
		for _, target := range t.Targets {
			name := n.Resolver.Follow(n.target(t, target))
			k.Targets = append(k.Targets, name)
			n.tls.follow(t.Network, target, name)
		}
		list = append(list, k)
	}
	n.Trunks = trunk.NewSet(list, n.groups()...)
	n.Resolver.Start()
	wait, cancel := context.WithTimeout(ctx, resolveWait)
	defer cancel()
	n.Resolver.Wait(wait)
	return n.openDesk(ctx)
}

// shows tells whether one of a certificate's names is that of a trunk.
func shows(t configs.Trunk, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(t.ClientNames, name) })
}

// enlist gives a trunk its account, with the password of its file, and its registration.
func enlist(k *trunk.Trunk, t configs.Trunk) error {
	if r := t.Registration; r != nil {
		k.Registration = &trunk.Registration{User: r.User, Domain: r.Domain, Expires: r.Expires}
	}
	if t.Account == nil {
		return nil
	}
	password, err := readPassword(t.Account.PasswordFile)
	if err != nil {
		return err
	}
	k.Account = &trunk.Account{User: t.Account.User, Password: password, Realm: t.Account.Realm}
	return nil
}

// profile is what a trunk wants in calls.
func profile(p configs.Profile) trunk.Profile {
	out := trunk.Profile{
		Codecs: p.Codecs, UserPhone: p.UserPhone, Strip: p.Strip,
		Number: map[string]trunk.Format{"bare": trunk.Bare, "national": trunk.National}[p.Number],
	}
	for _, line := range p.Add {
		name, value, _ := strings.Cut(line, ":")
		out.Add = append(out.Add, trunk.Header{Name: name, Value: strings.TrimSpace(value)})
	}
	return out
}

// readPassword is the first line of a file.
func readPassword(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the password cannot be read: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return "", fmt.Errorf("%s has no password in its first line", file)
	}
	return line, nil
}

func (n *Node) groups() []trunk.Group {
	var list []trunk.Group
	for _, g := range n.Config.Groups {
		group := trunk.Group{Name: g.Name, Tenant: g.Tenant}
		for _, m := range g.Members {
			group.Members = append(group.Members, trunk.Member(m))
		}
		list = append(list, group)
	}
	return list
}

// openDesk has somebody look after the trunks, who begins when calls can be made.
func (n *Node) openDesk(ctx context.Context) error {
	tenants := map[string]channel.Limits{}
	for _, t := range n.Config.Tenants {
		tenants[t.Name] = t.Limits
	}
	c := carrier.Config{Trunks: n.Trunks, Tenants: tenants, Store: n.Store, Sender: n.Transport, Log: n.log}
	if n.Link != nil {
		c.Peers = peers{n}
	}
	desk, err := carrier.New(ctx, c)
	if err != nil {
		return err
	}
	n.Desk = desk
	return nil
}

// target is how a trunk's target is looked for: what the trunk does not say is what
// its network has listeners for.
func (n *Node) target(t configs.Trunk, target configs.Target) resolve.Target {
	out := resolve.Target{Host: target.Host, Port: uint16(target.Port), Protos: []transport.Proto{transport.Proto(t.Proto)}}
	network, _ := n.Config.Network(t.Network)
	for _, l := range network.Listeners {
		proto := transport.Proto(l.Proto)
		if t.AnyProto && target.Port == 0 && proto != transport.TLS && !slices.Contains(out.Protos, proto) {
			out.Protos = append(out.Protos, proto)
		}
		if l.Bind.Addr().Is4() {
			out.V4 = true
		} else {
			out.V6 = true
		}
	}
	return out
}
