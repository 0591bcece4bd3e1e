package configs

import (
	"fmt"
	"net/netip"
)

// DemoPassword is the password that the demo's seed gives to a seat. Everybody
// knows it, so a node that has one stays on loopback (DemoExposed).
func DemoPassword(seat string) string { return "demo-" + seat }

// DemoExposed is an error if a listener is outside loopback. A node where any seat
// has its DemoPassword does not start with it.
func (c *Config) DemoExposed() error {
	for _, n := range c.Networks {
		for _, l := range n.Listeners {
			if !l.Bind.Addr().IsLoopback() {
				return fmt.Errorf("listener %s is on %s, outside loopback, and seats have demo passwords, which everybody knows; make a configuration with: strowger init --lan", l.Name, l.Bind)
			}
		}
	}
	return nil
}

// AnyPorts lets the system choose the ports of all listeners, and keeps the admin
// API to its socket: so a node runs beside any other.
func (c *Config) AnyPorts() {
	for i := range c.Networks {
		for j := range c.Networks[i].Listeners {
			l := &c.Networks[i].Listeners[j]
			l.Bind = netip.AddrPortFrom(l.Bind.Addr(), 0)
			l.Advertised = netip.AddrPortFrom(l.Advertised.Addr(), 0)
		}
	}
	c.Admin.HTTP = netip.AddrPort{}
}
