package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan/plan"
	"strowger/sip/override"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// seedTries is how often a tenant's seed is tried when other nodes, which start at
// the same time, come between.
const seedTries = 5

// seed fills an empty store from the files of the configuration, and tells when
// file and store differ later: the store is the truth from then on.
func (n *Node) seed(ctx context.Context) error {
	n.Plans = newPlans(n.Store, n.Directory, n.Config, n.Sounds.Library.Names, n.log)
	var err error
	if n.Overrides, err = override.New(ctx, n.Store, n.log); err != nil {
		return err
	}
	for _, t := range n.Config.Tenants {
		var err error
		for range seedTries {
			if err = n.seedTenant(ctx, t); !errors.Is(err, state.ErrConflict) {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("tenant %s: %w", t.Name, err)
		}
	}
	return nil
}

func (n *Node) seedTenant(ctx context.Context, t configs.Tenant) error {
	if err := n.Directory.PutTenant(ctx, seat.Tenant{Name: t.Name, Realm: t.Realm}); err != nil {
		return err
	}
	v, err := n.Plans.Current(ctx, t.Name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return n.seedEmpty(ctx, t)
	case err != nil:
		return err
	}
	n.compare(ctx, t, v)
	if _, err := n.Plans.take(ctx, t.Name); err != nil {
		return fmt.Errorf("the stored plan cannot be used: %w", err)
	}
	n.Plans.news(t.Name) // what is due is done
	return nil
}

// seedEmpty takes seats first and the plan last, so that a start that was cut off
// is begun again.
func (n *Node) seedEmpty(ctx context.Context, t configs.Tenant) error {
	if t.Seed.Seats != "" {
		file, err := os.ReadFile(t.Seed.Seats)
		if err != nil {
			return fmt.Errorf("seed seats: %w", err)
		}
		report, err := n.Directory.Import(ctx, t.Name, bytes.NewReader(file), seat.ImportOptions{})
		if err != nil {
			return fmt.Errorf("seed seats %s: %w", t.Seed.Seats, err)
		}
		n.notice("%d seats of tenant %s were taken from %s", report.Created+report.Updated, t.Name, t.Seed.Seats)
	}
	if t.Seed.Plan == "" {
		return nil
	}
	text, err := os.ReadFile(t.Seed.Plan)
	if err != nil {
		return fmt.Errorf("seed plan: %w", err)
	}
	if _, err := n.Plans.Apply(ctx, t.Name, api.PlanText{File: filepath.Base(t.Seed.Plan), Text: string(text), Message: "seed of the configuration"}, "seed"); err != nil {
		return err
	}
	n.notice("the plan of tenant %s was taken from %s", t.Name, t.Seed.Plan)
	return nil
}

// compare tells in one line when the seed files no longer say what the store has.
func (n *Node) compare(ctx context.Context, t configs.Tenant, v api.Plan) {
	if text, err := os.ReadFile(t.Seed.Plan); t.Seed.Plan != "" && err == nil {
		if p, faults := plan.Parse(t.Seed.Plan, text); len(faults) > 0 || p.Hash() != v.Hash {
			n.notice("the plan of tenant %s differs from %s and is used as stored; see: strowger dialplan diff; to take the file: strowger dialplan apply %s", t.Name, t.Seed.Plan, t.Seed.Plan)
		}
	}
	if file, err := os.ReadFile(t.Seed.Seats); t.Seed.Seats != "" && err == nil {
		report, err := n.Directory.Import(ctx, t.Name, bytes.NewReader(file), seat.ImportOptions{DryRun: true})
		if err == nil && report.Created+report.Updated > 0 {
			n.notice("%d seats of tenant %s differ from %s and are used as stored; to take the file: strowger seat import %s", report.Created+report.Updated, t.Name, t.Seed.Seats, t.Seed.Seats)
		}
	}
}
