package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"strowger/cmd/internal/admin/api"
)

// targets are where calls to the trunks of a tenant go at present.
func (s *Server) targets(tenant string) []api.TrunkTarget {
	var out []api.TrunkTarget
	for _, name := range s.cfg.Trunks.OfTenant(tenant) {
		for _, target := range s.cfg.Trunks.Find(tenant, name).Targets {
			t := api.TrunkTarget{Tenant: tenant, Trunk: name, Name: target.Target().Host, Addresses: []string{}}
			for _, a := range target.Known() {
				t.Addresses = append(t.Addresses, a.String())
			}
			var err error
			if t.Stale, err = target.State(); err != nil {
				t.Error = err.Error()
			}
			out = append(out, t)
		}
	}
	return out
}

// collectTrunks gives the number of addresses of each trunk.
func (c collector) collectTrunks(out chan<- prometheus.Metric) {
	desc := prometheus.NewDesc("strowger_trunk_addresses", "Addresses that calls to the trunk can go to.", []string{"tenant", "trunk"}, nil)
	for _, tenant := range c.s.cfg.Node.Tenants {
		sums := map[string]int{}
		for _, t := range c.s.targets(tenant.Name) {
			sums[t.Trunk] += len(t.Addresses)
		}
		for trunk, n := range sums {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n), tenant.Name, trunk)
		}
	}
}
