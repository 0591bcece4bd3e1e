package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin"
	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/node"
	"strowger/configs"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// files loads the configuration and tells which tenant is meant.
func (n *connection) files() (*configs.Config, string, error) {
	cfg, err := configs.Load(n.config, configs.Overrides{Data: n.data, NodeName: n.node})
	switch {
	case err != nil:
		return nil, "", err
	case n.tenant != "-":
		if _, ok := cfg.Tenant(n.tenant); !ok {
			return nil, "", fmt.Errorf("there is no tenant %q in %s", n.tenant, n.config)
		}
		return cfg, n.tenant, nil
	case len(cfg.Tenants) != 1:
		return nil, "", usageError{fmt.Errorf("there are %d tenants in %s; name one with --tenant", len(cfg.Tenants), n.config)}
	}
	return cfg, cfg.Tenants[0].Name, nil
}

// rehearse takes the files of the configuration for a question. Faults of its plan
// matter only to who asks about that plan.
func (n *connection) rehearse(c *cobra.Command, ask func(cfg *configs.Config, tenant string, r *node.Rehearsal) error) error {
	cfg, tenant, err := n.files()
	if err != nil {
		return err
	}
	r, err := node.Rehearse(c.Context(), cfg)
	if err != nil {
		return err
	}
	return errors.Join(ask(cfg, tenant, r), r.Close())
}

func (n *connection) checkOffline(c *cobra.Command, text api.PlanText) (api.PlanCheck, error) {
	var found api.PlanCheck
	err := n.rehearse(c, func(_ *configs.Config, tenant string, r *node.Rehearsal) error {
		p, _, err := r.Plans.Check(tenant, text.File, text.Text)
		if err == nil {
			found = admin.Checked(p)
		}
		return err
	})
	return found, err
}

// simulateOffline answers by the plan of a file, or by the configuration's if that
// is "".
func (n *connection) simulateOffline(c *cobra.Command, file string, q api.Question) (api.Simulation, error) {
	var s api.Simulation
	err := n.rehearse(c, func(cfg *configs.Config, tenant string, r *node.Rehearsal) error {
		text, err := rehearsedPlan(c, tenant, file, r)
		if err != nil {
			return err
		}
		_, table, err := r.Plans.Check(tenant, text.File, text.Text)
		if err != nil {
			return err
		}
		var caller seat.Seat
		if q.Seat != "" {
			if caller, err = r.Directory.Seat(c.Context(), tenant, q.Seat); errors.Is(err, state.ErrNotFound) {
				return fmt.Errorf("there is no seat %s in the configuration's seats", q.Seat)
			} else if err != nil {
				return err
			}
		}
		s, err = admin.Simulate(cfg, tenant, table, caller, q)
		return err
	})
	return s, err
}

// rehearsedPlan is the plan of a file, or the configuration's if that is "".
func rehearsedPlan(c *cobra.Command, tenant, file string, r *node.Rehearsal) (api.PlanText, error) {
	if file != "" {
		return planText(c, file)
	}
	p, err := r.Plans.Current(c.Context(), tenant)
	if errors.Is(err, state.ErrNotFound) {
		err = errors.New(strings.Join(append([]string{"the configuration has no usable plan"}, r.Faults...), "\n"))
	}
	return api.PlanText{File: p.File, Text: p.Text}, err
}
