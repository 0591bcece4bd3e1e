package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/carrier"
	"strowger/sip/resolve"
	"strowger/sip/trunk"
	"strowger/sip/trunk/channel"
)

func (s *Server) trunkEndpoints() []endpoint {
	const trunks, one = "/v1/tenants/{tenant}/trunks", "/v1/tenants/{tenant}/trunks/{trunk}"
	return []endpoint{
		{"GET " + trunks, viewer, api.MaxBody, s.listTrunks},
		{"GET " + one, viewer, api.MaxBody, s.showTrunk},
		{"POST " + one + "/ping", operator, api.MaxBody, s.pingTrunk},
		{"POST " + one + "/state", operator, api.MaxBody, s.switchTrunk},
	}
}

func (s *Server) listTrunks(_ http.ResponseWriter, r *request) (any, error) {
	return s.trunksEverywhere(r.Context(), r.tenant)
}

// trunks are those of a tenant as this node sees them.
func (s *Server) trunks(tenant string) []api.Trunk {
	list := []api.Trunk{}
	for _, name := range s.cfg.Trunks.OfTenant(tenant) {
		list = append(list, s.trunk(s.cfg.Trunks.Find(tenant, name)))
	}
	return list
}

// trunksEverywhere are those of a tenant as this node sees them, with what the others
// see.
func (s *Server) trunksEverywhere(ctx context.Context, tenant string) ([]api.Trunk, error) {
	found, missing, err := s.everywhere(ctx, question{About: everyTrunk, Tenant: tenant})
	if err != nil {
		return nil, err
	}
	list := found[0].Trunks
	for i := range list {
		own := &list[i]
		for _, k := range found[1:] {
			for _, t := range k.Trunks {
				if t.Name == own.Name {
					own.Others = append(own.Others, api.TrunkView{
						Node: k.node, Disabled: t.Disabled != nil, Addresses: t.Addresses, In: t.Calls.In, Out: t.Calls.Out, Registration: t.Registration,
					})
				}
			}
		}
		for _, m := range missing {
			own.Others = append(own.Others, api.TrunkView{Node: m.Node, Error: m.Why, Addresses: []carrier.View{}})
		}
	}
	return list, nil
}

// findTrunk returns the trunk of the path.
func (s *Server) findTrunk(r *request) (*trunk.Trunk, error) {
	name := r.PathValue("trunk")
	if t := s.cfg.Trunks.Find(r.tenant, name); t != nil {
		return t, nil
	}
	return nil, fail(http.StatusNotFound, "there is no trunk %s of tenant %s; see: strowger trunk list", quoted(name), r.tenant)
}

func (s *Server) showTrunk(_ http.ResponseWriter, r *request) (any, error) {
	t, err := s.findTrunk(r)
	if err != nil {
		return nil, err
	}
	list, err := s.trunksEverywhere(r.Context(), t.Tenant)
	if err != nil {
		return nil, err
	}
	return list[slices.IndexFunc(list, func(one api.Trunk) bool { return one.Name == t.Name })], nil
}

func (s *Server) pingTrunk(_ http.ResponseWriter, r *request) (any, error) {
	t, err := s.findTrunk(r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Desk.Ping(r.Context(), t), nil
}

func (s *Server) switchTrunk(_ http.ResponseWriter, r *request) (any, error) {
	var in api.TrunkState
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	t, err := s.findTrunk(r)
	if err != nil {
		return nil, err
	}
	c := change{action: "trunk.enable", object: t.Name, before: api.TrunkState{Disabled: s.cfg.Desk.Disabled(t.Tenant, t.Name)}, after: in}
	if in.Disabled {
		c.action = "trunk.disable"
	}
	err = s.change(r, c, func() error {
		if !in.Disabled {
			return s.cfg.Desk.Enable(r.Context(), t.Tenant, t.Name)
		}
		return s.cfg.Desk.Disable(r.Context(), t.Tenant, t.Name, carrier.Switch{By: r.who.name, At: time.Now().UTC().Truncate(time.Second)})
	})
	return s.trunk(t), err
}

// trunk is a trunk as this node sees it.
func (s *Server) trunk(t *trunk.Trunk) api.Trunk {
	out := api.Trunk{
		Node: s.cfg.Node.Node.Name, Tenant: t.Tenant, Name: t.Name, Network: t.Network,
		Targets: s.targetsOf(t), Addresses: s.cfg.Desk.Addresses(time.Now(), t), Sources: []string{},
		Registration: s.cfg.Desk.Registration(time.Now(), t),
		Calls:        api.CallsOf(s.cfg.Desk.Channels(t.Tenant, t.Name)),
	}
	for _, p := range t.Sources {
		out.Sources = append(out.Sources, p.String())
	}
	if off, ok := s.cfg.Desk.Switch(t.Tenant, t.Name); ok {
		out.Disabled = &off
	}
	return out
}

// targets are where calls to the trunks of a tenant go at present.
func (s *Server) targets(tenant string) []api.TrunkTarget {
	var out []api.TrunkTarget
	for _, name := range s.cfg.Trunks.OfTenant(tenant) {
		out = append(out, s.targetsOf(s.cfg.Trunks.Find(tenant, name))...)
	}
	return out
}

func (s *Server) targetsOf(trunk *trunk.Trunk) []api.TrunkTarget {
	out := []api.TrunkTarget{}
	for _, target := range trunk.Targets {
		t := api.TrunkTarget{Tenant: trunk.Tenant, Trunk: trunk.Name, Name: nameOf(target), Addresses: []string{}}
		for _, a := range target.Known() {
			t.Addresses = append(t.Addresses, a.String())
		}
		var err error
		if t.Stale, err = target.State(); err != nil {
			t.Error = err.Error()
		}
		out = append(out, t)
	}
	return out
}

// nameOf is a target as it is configured.
func nameOf(target *resolve.Name) string {
	if name := target.Target().Host; name != "" {
		return name
	}
	if known := target.Known(); len(known) > 0 {
		return known[0].AddrPort.String()
	}
	return ""
}

// collectTrunks gives the addresses of each trunk and how they do.
func (c collector) collectTrunks(out chan<- prometheus.Metric) {
	labels := []string{"tenant", "trunk"}
	desc := prometheus.NewDesc("strowger_trunk_addresses", "Addresses that calls to the trunk can go to.", labels, nil)
	enabled := prometheus.NewDesc("strowger_trunk_enabled", "1, or 0 if an operator has disabled the trunk.", labels, nil)
	up := prometheus.NewDesc("strowger_trunk_address_up", "1 if the address takes calls or nothing is known of it, 0 if it is down or rests.", append(labels, "address"), nil)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, t := range c.s.cfg.Trunks.All() {
		views := c.s.cfg.Desk.Addresses(time.Now(), t)
		gauge(desc, float64(len(views)), t.Tenant, t.Name)
		gauge(enabled, truth(!c.s.cfg.Desk.Disabled(t.Tenant, t.Name)), t.Tenant, t.Name)
		for _, v := range views {
			gauge(up, truth(v.State == "up" || v.State == "unknown"), t.Tenant, t.Name, v.Address)
		}
	}
	c.collectChannels(out)
	registered := prometheus.NewDesc("strowger_trunk_registered", "1 if the trunk has registered us, 0 if it should.", labels, nil)
	for _, t := range c.s.cfg.Trunks.All() {
		if r := c.s.cfg.Desk.Registration(time.Now(), t); r != nil {
			gauge(registered, truth(r.State == "registered"), t.Tenant, t.Name)
		}
	}
}

// collectChannels gives the calls of each trunk, and of a tenant's trunks in all, whose
// label trunk is "".
func (c collector) collectChannels(out chan<- prometheus.Metric) {
	labels := []string{"tenant", "trunk", "direction"}
	calls := prometheus.NewDesc("strowger_trunk_calls", "Calls by the trunk, or by all of the tenant's if it is empty.", labels, nil)
	elsewhere := prometheus.NewDesc("strowger_trunk_calls_elsewhere", "Calls by the trunk on other nodes, as they told last; they count for the limits here.", labels, nil)
	refused := prometheus.NewDesc("strowger_trunk_calls_refused_total", "Calls refused by a limit of the trunk, or of the tenant if it is empty.", append(labels, "why"), nil)
	one := func(tenant, trunk string) {
		_, f := c.s.cfg.Desk.Channels(tenant, trunk)
		for _, d := range []channel.Direction{channel.In, channel.Out} {
			out <- prometheus.MustNewConstMetric(calls, prometheus.GaugeValue, float64(f.Taken[d]), tenant, trunk, d.String())
			out <- prometheus.MustNewConstMetric(elsewhere, prometheus.GaugeValue, float64(f.Elsewhere[d]), tenant, trunk, d.String())
			out <- prometheus.MustNewConstMetric(refused, prometheus.CounterValue, float64(f.Full[d]), tenant, trunk, d.String(), "channels")
			out <- prometheus.MustNewConstMetric(refused, prometheus.CounterValue, float64(f.Fast[d]), tenant, trunk, d.String(), "rate")
		}
	}
	for _, tenant := range c.s.cfg.Node.Tenants {
		one(tenant.Name, "")
		for _, name := range c.s.cfg.Trunks.OfTenant(tenant.Name) {
			one(tenant.Name, name)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
