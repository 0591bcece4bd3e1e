package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan/plan"
	"strowger/media/prompt/spell"
	"strowger/sip/admission"
	"strowger/sip/edition"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// Plans publishes the plans of a node's tenants: the store has the truth, every
// node follows it.
type Plans struct {
	archive   *edition.Archive
	directory *seat.Directory
	config    *configs.Config
	tenants   []*admission.Tenant
	prompts   func(language string) []string // nil means none
	log       *slog.Logger
	taking    sync.Mutex // what is taken last is what was read last
	unwatch   func()
	changed   chan string   // tenants whose plan was published, by whichever node; "" is any
	stop      chan struct{} // closed by close
	done      chan struct{} // the follower has ended
}

func newPlans(store state.Store, dir *seat.Directory, cfg *configs.Config, prompts func(language string) []string, log *slog.Logger) *Plans {
	p := &Plans{archive: edition.New(store), directory: dir, config: cfg, prompts: prompts, log: log}
	for _, t := range cfg.Tenants {
		p.tenants = append(p.tenants, &admission.Tenant{
			Name: t.Name, Realm: t.Realm, Numbering: t.Numbering, Emergency: t.Emergency, EmergencyTrunks: t.EmergencyTrunks,
			Service: t.Service, SeatCalls: t.SeatCalls, Presents: t.Presents, Presentation: t.Presentation,
			Heard: heard(cfg, t.Heard),
		})
	}
	p.changed, p.done = make(chan string, maxChanges), make(chan struct{})
	p.stop = make(chan struct{})
	p.unwatch = p.archive.Watch(p.news)
	go p.run()
	return p
}

func (p *Plans) close() {
	p.unwatch()
	close(p.stop)
	<-p.done
}

// Archive has the versions of the plans.
func (p *Plans) Archive() *edition.Archive { return p.archive }

// Current returns the published plan of a tenant, or state.ErrNotFound.
func (p *Plans) Current(ctx context.Context, tenant string) (api.Plan, error) {
	head, v, err := p.archive.Current(ctx, tenant)
	if err != nil {
		return api.Plan{}, err
	}
	return api.Published(head, v), nil
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

// checkVersion checks a stored version for a tenant, as it may have been published
// when there were other seats and trunks.
func (p *Plans) checkVersion(tenant string, v edition.Version) (*plan.Table, error) {
	_, table, err := p.Check(tenant, v.Files[0].Name, v.Files[0].Text)
	return table, err
}

// Apply publishes a plan text for a tenant, on every node, now or at its time. What
// edition.Archive refuses is its error.
func (p *Plans) Apply(ctx context.Context, tenant string, in api.PlanText, author string) (edition.Head, error) {
	parsed, _, err := p.Check(tenant, in.File, in.Text)
	if err != nil {
		return edition.Head{}, err
	}
	head, err := p.archive.Publish(ctx, time.Now(), tenant, edition.Draft{
		Files: in.Files(), Meaning: parsed.Hash(), By: edition.By{Author: author, Message: in.Message}, Forced: in.Force,
		Base: in.Base, Within: in.Within, At: in.At,
	})
	if err != nil {
		return head, fmt.Errorf("the plan cannot be published: %w", err)
	}
	p.takeSoon(ctx, tenant)
	return head, nil
}

// Rollback publishes a former version of a tenant, on every node.
func (p *Plans) Rollback(ctx context.Context, tenant, id string, by edition.By) (edition.Head, error) {
	v, err := p.archive.Version(ctx, tenant, id)
	if err == nil {
		_, err = p.checkVersion(tenant, v)
	}
	if err != nil {
		return edition.Head{}, fmt.Errorf("version %s cannot be used: %w", edition.Short(id), err)
	}
	head, err := p.archive.Rollback(ctx, time.Now(), tenant, id, by)
	if err == nil {
		p.takeSoon(ctx, tenant)
	}
	return head, err
}

// take takes what a tenant has published, and returns its head. A plan that does not
// check here is refused, and the former one stays.
func (p *Plans) take(ctx context.Context, tenant string) (edition.Head, error) {
	p.taking.Lock()
	defer p.taking.Unlock()
	head, err := p.archive.Head(ctx, tenant)
	if err != nil {
		return head, err
	}
	t := p.tenant(tenant)
	if t.Version() == head.Version {
		return head, nil
	}
	v, err := p.archive.Version(ctx, tenant, head.Version)
	if err != nil {
		return head, err
	}
	table, err := p.checkVersion(tenant, v)
	if err != nil {
		return head, err
	}
	t.SetPlan(table, v.ID)
	return head, nil
}

// takeSoon takes what was published, now if the store still answers.
func (p *Plans) takeSoon(ctx context.Context, tenant string) {
	if _, err := p.take(ctx, tenant); err != nil && !errors.Is(err, state.ErrNotFound) {
		p.news(tenant)
	}
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
