package seat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"strowger/sip/state"
)

// Tenant is an owner of seats. Its realm is part of every stored secret.
type Tenant struct {
	Name  string `json:"name"`  // lower-case letters, digits, - and _
	Realm string `json:"realm"` // of digest authentication
}

// ErrRealm means that a secret or a tenant has another realm than the stored one.
var ErrRealm = errors.New("the realm differs")

// The tenants' own records lie together, under a name that is no tenant's: all of
// them are read at once.
const tenantsOwner = "_"

// Tenant returns a tenant, or state.ErrNotFound.
func (d *Directory) Tenant(ctx context.Context, name string) (Tenant, error) {
	r, err := d.store.Get(ctx, tenantTable, tenantsOwner, name)
	if err != nil {
		return Tenant{}, fmt.Errorf("tenant %s: %w", name, err)
	}
	return d.decodeTenant(r)
}

func (d *Directory) decodeTenant(r state.Record) (Tenant, error) {
	var t Tenant
	if err := json.Unmarshal(r.Value, &t); err != nil {
		d.counters.BadRecords.Add(1)
		return Tenant{}, fmt.Errorf("%w: tenant %s: %w", ErrBadRecord, r.ID, err)
	}
	return t, nil
}

// Tenants returns all tenants, in order of name.
func (d *Directory) Tenants(ctx context.Context) ([]Tenant, error) {
	var tenants []Tenant
	var bad error
	err := d.store.List(ctx, tenantTable, tenantsOwner, func(_ string, r state.Record) bool {
		t, err := d.decodeTenant(r)
		bad = errors.Join(bad, err)
		tenants = append(tenants, t)
		return true
	})
	return tenants, errors.Join(err, bad)
}

// PutTenant creates a tenant. One that is there with the same realm is no error;
// with another realm it is ErrRealm: its seats' secrets would be void.
func (d *Directory) PutTenant(ctx context.Context, t Tenant) error {
	if !tenantSyntax.MatchString(t.Name) {
		return fmt.Errorf("tenant %q: give 1 to 63 lower-case letters, digits, - or _", t.Name)
	}
	if err := checkRealm(t.Realm); err != nil {
		return err
	}
	value, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = d.store.Put(ctx, tenantTable, tenantsOwner, state.Change{ID: t.Name, Value: value, Expect: state.None, Durable: true})
	if !errors.Is(err, state.ErrConflict) {
		return err
	}
	have, err := d.Tenant(ctx, t.Name)
	if err == nil && have.Realm != t.Realm {
		return fmt.Errorf("tenant %s: %w: it is %q and cannot become %q, because stored secrets contain it", t.Name, ErrRealm, have.Realm, t.Realm)
	}
	return err
}
