package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan/plan"
	"strowger/media/prompt/spell"
	"strowger/sip/admission"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// planTable keeps the plan of each tenant.
var planTable = state.Table{Name: "plan", Placement: state.Grouped}

const currentPlan = "current"

// Plans publishes the plans of a node's tenants: the store has the truth, every
// node follows it.
type Plans struct {
	store     state.Store
	directory *seat.Directory
	config    *configs.Config
	tenants   []*admission.Tenant
	prompts   func(language string) []string // nil means none
	log       *slog.Logger
	unwatch   func()
	changed   chan string   // tenants whose plan was published, by whichever node; "" is any
	stop      chan struct{} // closed by close
	done      chan struct{} // the follower has ended
}

func newPlans(store state.Store, dir *seat.Directory, cfg *configs.Config, prompts func(language string) []string, log *slog.Logger) *Plans {
	p := &Plans{store: store, directory: dir, config: cfg, prompts: prompts, log: log}
	for _, t := range cfg.Tenants {
		p.tenants = append(p.tenants, &admission.Tenant{
			Name: t.Name, Realm: t.Realm, Numbering: t.Numbering, Emergency: t.Emergency, EmergencyTrunks: t.EmergencyTrunks,
			Service: t.Service, SeatCalls: t.SeatCalls, Presents: t.Presents, Presentation: t.Presentation,
			Heard: heard(cfg, t.Heard),
		})
	}
	p.changed, p.done = make(chan string, maxChanges), make(chan struct{})
	p.stop = make(chan struct{})
	p.unwatch = store.Watch(planTable, func(tenant, _ string) {
		select {
		case p.changed <- tenant:
		default:
			log.Error("too many plans are published at once; restart the node to have the newest", "tenant", tenant)
		}
	})
	go p.run()
	return p
}

// maxChanges bounds the notices of published plans that wait.
const maxChanges = 1024

// rereadEvery is how often a plan is asked for that the store does not give.
const rereadEvery = 2 * time.Second

// run follows what is published until close.
func (p *Plans) run() {
	defer close(p.done)
	unread := map[string]bool{} // tenants
	for {
		var again <-chan time.Time
		if len(unread) > 0 {
			again = time.After(rereadEvery)
		}
		select {
		case <-p.stop:
			return
		case tenant := <-p.changed:
			for _, t := range p.tenants {
				if tenant == t.Name || tenant == "" {
					unread[t.Name] = true
				}
			}
		case <-again:
		}
		for tenant := range unread {
			if p.follow(tenant) {
				delete(unread, tenant)
			}
		}
	}
}

func (p *Plans) close() {
	p.unwatch()
	close(p.stop)
	<-p.done
}

// Current returns the published plan of a tenant, or state.ErrNotFound.
func (p *Plans) Current(ctx context.Context, tenant string) (api.Plan, error) {
	var v api.Plan
	r, err := p.store.Get(ctx, planTable, tenant, currentPlan)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(r.Value, &v)
}

// Check parses and checks a plan text for a tenant.
func (p *Plans) Check(tenant, file, text string) (*plan.Plan, *plan.Table, error) {
	t := p.tenant(tenant)
	if t == nil {
		return nil, nil, fmt.Errorf("there is no tenant %q", tenant)
	}
	parsed, faults := plan.Parse(file, []byte(text))
	if len(faults) > 0 {
		return nil, nil, faults
	}
	inv := plan.Inventory{Numbering: t.Numbering, HasSeat: p.hasSeat(tenant), Trunks: p.trunks(tenant)}
	inv.Spell = func(word string) error {
		_, err := spell.Words(spell.In(t.Heard.Language), time.Now(), word)
		return err
	}
	if p.prompts != nil {
		inv.Prompts = p.prompts(t.Heard.Language)
	}
	table, faults := parsed.Check(inv)
	if len(faults) > 0 {
		return nil, nil, faults
	}
	return parsed, table, nil
}

// Apply publishes a plan text for a tenant, on every node. It returns
// state.ErrConflict if the text was made from another plan than the published one.
func (p *Plans) Apply(ctx context.Context, tenant string, in api.PlanText, author string) (api.Plan, error) {
	parsed, table, err := p.Check(tenant, in.File, in.Text)
	if err != nil {
		return api.Plan{}, err
	}
	expect, err := p.base(ctx, tenant, in.Base)
	if err != nil {
		return api.Plan{}, err
	}
	v := api.Plan{Hash: parsed.Hash(), Author: author, At: time.Now().UTC(), File: in.File, Text: in.Text}
	value, err := json.Marshal(v)
	if err != nil {
		return api.Plan{}, err
	}
	change := state.Change{ID: currentPlan, Value: value, Expect: expect, Durable: true}
	if _, err := p.store.Put(ctx, planTable, tenant, change); err != nil {
		return api.Plan{}, fmt.Errorf("the plan cannot be stored: %w", err)
	}
	p.tenant(tenant).SetPlan(table)
	return v, nil
}

// base is the revision that a plan made from the one of a hash may replace.
func (p *Plans) base(ctx context.Context, tenant, hash string) (state.Rev, error) {
	if hash == "" {
		return state.Any, nil
	}
	r, err := p.store.Get(ctx, planTable, tenant, currentPlan)
	if errors.Is(err, state.ErrNotFound) {
		err = state.ErrConflict
	}
	if err != nil {
		return 0, err
	}
	var v api.Plan
	if err := json.Unmarshal(r.Value, &v); err != nil {
		return 0, err
	}
	if v.Hash != hash {
		return 0, state.ErrConflict
	}
	return r.Rev, nil
}

// follow takes the stored plan of a tenant; a plan that does not check here is
// refused and the old one stays. It returns false if the store does not answer.
func (p *Plans) follow(tenant string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	v, err := p.Current(ctx, tenant)
	if errors.Is(err, state.ErrNotFound) {
		return true // there has been none
	}
	if err == nil {
		var table *plan.Table
		if _, table, err = p.Check(tenant, v.File, v.Text); err == nil {
			p.tenant(tenant).SetPlan(table)
			return true
		}
	}
	p.log.Error("the published plan cannot be used; the former one stays", "tenant", tenant, "error", err)
	return !errors.Is(err, state.ErrUnavailable) && ctx.Err() == nil
}

func (p *Plans) tenant(name string) *admission.Tenant {
	for _, t := range p.tenants {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// trunks are the names of a tenant's trunks and groups of trunks.
func (p *Plans) trunks(tenant string) []string {
	var names []string
	for _, t := range p.config.Trunks {
		if t.Tenant == tenant {
			names = append(names, t.Name)
		}
	}
	for _, g := range p.config.Groups {
		if g.Tenant == tenant {
			names = append(names, g.Name)
		}
	}
	return names
}

// hasSeat asks the directory whether a seat exists. A store that is away says yes:
// the call itself will find out.
func (p *Plans) hasSeat(tenant string) func(string) bool {
	return func(number string) bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := p.directory.Seat(ctx, tenant, number)
		return !errors.Is(err, state.ErrNotFound)
	}
}
