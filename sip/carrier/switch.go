package carrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"strowger/sip/state"
)

// switchTable has the trunks that are disabled, by tenant and name.
var switchTable = state.Table{Name: "trunks", Placement: state.Grouped}

// Tables are the tables of this package, for backups.
func Tables() []state.Table { return []state.Table{switchTable} }

// Switch is who disabled a trunk, and when.
type Switch struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Disabled tells whether an operator has disabled a tenant's trunk.
func (d *Desk) Disabled(tenant, trunk string) bool {
	_, ok := d.Switch(tenant, trunk)
	return ok
}

// Switch tells who has disabled a tenant's trunk; ok is false if nobody has.
func (d *Desk) Switch(tenant, trunk string) (s Switch, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok = d.switches[name{tenant, trunk}]
	return s, ok
}

// Disable takes a tenant's trunk out of use, on every node. Calls that stand go on.
func (d *Desk) Disable(ctx context.Context, tenant, trunk string, s Switch) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return d.put(ctx, tenant, state.Change{ID: trunk, Value: value, Expect: state.Any, Durable: true})
}

// Enable puts a tenant's trunk into use again.
func (d *Desk) Enable(ctx context.Context, tenant, trunk string) error {
	return d.put(ctx, tenant, state.Change{ID: trunk, Expect: state.Any, Durable: true})
}

// put writes a switch, which holds here when it returns.
func (d *Desk) put(ctx context.Context, tenant string, c state.Change) error {
	if _, err := d.cfg.Store.Put(ctx, switchTable, tenant, c); err != nil {
		return err
	}
	return d.readSwitches(ctx)
}

// reread has the goroutine read the switches.
func (d *Desk) reread() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// readSwitches takes the switches from the store. One that cannot be read disables
// its trunk all the same.
func (d *Desk) readSwitches(ctx context.Context) error {
	found := map[name]Switch{}
	var bad error
	err := d.cfg.Store.List(ctx, switchTable, "", func(tenant string, r state.Record) bool {
		var s Switch
		if err := json.Unmarshal(r.Value, &s); err != nil {
			bad = errors.Join(bad, fmt.Errorf("switch of trunk %s: %w", r.ID, err))
		}
		found[name{tenant, r.ID}] = s
		return true
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.switches = found
	d.mu.Unlock()
	return bad
}
