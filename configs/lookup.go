package configs

import "slices"

// Network returns the network of that name.
func (c *Config) Network(name string) (Network, bool) {
	for _, n := range c.Networks {
		if n.Name == name {
			return n, true
		}
	}
	return Network{}, false
}

// Tenant returns the tenant of that name.
func (c *Config) Tenant(name string) (Tenant, bool) {
	for _, t := range c.Tenants {
		if t.Name == name {
			return t, true
		}
	}
	return Tenant{}, false
}

// TrunksOf are the trunks of a tenant, in their order.
func (c *Config) TrunksOf(tenant string) []Trunk {
	var out []Trunk
	for _, t := range c.Trunks {
		if t.Tenant == tenant {
			out = append(out, t)
		}
	}
	return out
}

// EmergencyTrunks are all trunks of a tenant that can be called, those named for
// emergencies first.
func (c *Config) EmergencyTrunks(tenant string) []string {
	t, _ := c.Tenant(tenant)
	out := append([]string(nil), t.EmergencyTrunks...)
	for _, trunk := range c.TrunksOf(tenant) {
		if len(trunk.Targets) > 0 && !slices.Contains(out, trunk.Name) {
			out = append(out, trunk.Name)
		}
	}
	return out
}
