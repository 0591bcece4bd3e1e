package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"strowger/sip/state"
)

// Limits of a membership.
const (
	MaxNodes   = 64               // of a cluster
	Lease      = 10 * time.Second // a node that does not renew for so long is gone
	renewEvery = 3 * time.Second
	listEvery  = 10              // renewals between two looks for nodes that were not told of
	storeTime  = 2 * time.Second // for one question to the store
	holdTries  = 5               // writes of one record while others write it
	notices    = 4 * MaxNodes    // of changes that wait
)

// nodeTable has the members by name, numberTable the name that holds each number.
var (
	nodeTable   = state.Table{Name: "node", Placement: state.Spread}
	numberTable = state.Table{Name: "node-number", Placement: state.Spread}
)

// everyone is the tenant of records that belong to none.
const everyone = "cluster"

// Member is a node of the cluster as it tells of itself. It can be compared.
type Member struct {
	Name     string         `json:"name"`
	Number   uint16         `json:"number"` // 1 to MaxNodes
	Link     netip.AddrPort `json:"link"`   // where others connect to
	Started  int64          `json:"started"`
	Protocol uint16         `json:"protocol"` // version of the link
}

// Membership is a node's place in the cluster, and its view of the others. Safe
// for concurrent use.
type Membership struct {
	store state.Store
	self  Member
	log   *slog.Logger

	stop    context.CancelFunc
	wg      sync.WaitGroup
	changed chan string // names; "" is any
	unwatch func()

	name, number claim // of the goroutine, but for Join and Leave

	mu     sync.Mutex
	others map[string]Member

	telling sync.Mutex // held while follow is called
	follow  func([]Member)
}

// Join enters the cluster under a name. The node must listen on link already: who
// listens there is the node that a lease with that address belongs to.
func Join(ctx context.Context, store state.Store, name string, link netip.AddrPort, now time.Time, log *slog.Logger) (*Membership, error) {
	if log == nil {
		log = slog.Default()
	}
	m := &Membership{
		store: store, log: log, changed: make(chan string, notices), others: map[string]Member{},
		self: Member{Name: name, Link: link, Started: now.UnixMilli(), Protocol: Protocol},
		name: claim{table: nodeTable, id: name},
	}
	if err := m.enter(ctx); err != nil {
		return nil, errors.Join(err, m.release(ctx))
	}
	m.unwatch = store.Watch(nodeTable, func(_, name string) {
		select {
		case m.changed <- name:
		default: // found at the next look
		}
	})
	if err := m.list(ctx); err != nil {
		m.unwatch()
		return nil, errors.Join(err, m.release(ctx))
	}
	run, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.wg.Go(func() { m.run(run) })
	return m, nil
}

// enter takes the name, then the lowest free number, and publishes both.
func (m *Membership) enter(ctx context.Context) error {
	err := m.hold(ctx, &m.name, m.record(), func(b []byte) bool { return member(b).Link == m.self.Link })
	if taken, ok := errors.AsType[takenError](err); ok {
		other := member(taken.by)
		return fmt.Errorf("the node name %s is taken by the node at %s, which started at %s: give this node another name, or wait %v if that one has just died",
			m.self.Name, other.Link, time.UnixMilli(other.Started).UTC().Format(time.RFC3339), Lease)
	}
	if err != nil {
		return fmt.Errorf("cannot join the cluster: %w", err)
	}
	for n := uint16(1); n <= MaxNodes; n++ {
		c := claim{table: numberTable, id: strconv.Itoa(int(n))}
		err := m.hold(ctx, &c, []byte(m.self.Name), m.isName)
		if _, ok := errors.AsType[takenError](err); ok {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot join the cluster: %w", err)
		}
		m.self.Number, m.number = n, c
		return m.renew(ctx)
	}
	return fmt.Errorf("the cluster has %d nodes already, more are not supported", MaxNodes)
}

func (m *Membership) isName(b []byte) bool { return string(b) == m.self.Name }

func (m *Membership) record() []byte {
	b, _ := json.Marshal(m.self) // it cannot fail
	return b
}

// member reads a record; one that cannot be read has no number.
func member(b []byte) Member {
	var m Member
	if json.Unmarshal(b, &m) != nil {
		return Member{}
	}
	return m
}

// run renews the lease and follows the others until ctx ends.
func (m *Membership) run(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for count := 1; ; {
		select {
		case <-ctx.Done():
			return
		case name := <-m.changed:
			if name == "" {
				m.lookAtAll(ctx, true)
			} else {
				m.look(ctx, name)
			}
		case <-tick.C:
			m.tick(ctx, count%listEvery == 0)
			count++
		}
	}
}

func (m *Membership) tick(ctx context.Context, all bool) {
	err := m.renew(ctx)
	if _, taken := errors.AsType[takenError](err); taken {
		m.log.Error("another node took this node's name or number: give every node a name and a link address of its own, and start this one again",
			"node", m.self.Name, "number", m.self.Number)
	} else if err != nil && ctx.Err() == nil {
		m.log.Warn("the lease of this node could not be renewed; trying again", "node", m.self.Name, "error", err)
	}
	m.lookAtAll(ctx, all)
}

// lookAtAll reads the records of all nodes that are known, and of others if asked.
func (m *Membership) lookAtAll(ctx context.Context, others bool) {
	for _, o := range m.Members() {
		m.look(ctx, o.Name)
	}
	if !others {
		return
	}
	if err := m.list(ctx); err != nil && ctx.Err() == nil {
		m.log.Warn("the nodes of the cluster could not be listed; trying again", "error", err)
	}
}

// look reads the record of one node. It is gone only if the store says so.
func (m *Membership) look(ctx context.Context, name string) {
	if name == m.self.Name {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	r, err := m.store.Get(ctx, nodeTable, everyone, name)
	switch {
	case err == nil:
		m.set(name, member(r.Value))
	case errors.Is(err, state.ErrNotFound):
		m.set(name, Member{})
	}
}

// list looks for every node.
func (m *Membership) list(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return m.store.List(ctx, nodeTable, everyone, func(_ string, r state.Record) bool {
		if r.ID != m.self.Name {
			m.set(r.ID, member(r.Value))
		}
		return true
	})
}

// set notes what a node is now, without a number that it is gone, and tells of it.
func (m *Membership) set(name string, now Member) {
	m.mu.Lock()
	before, known := m.others[name]
	if now.Number == 0 || now.Name != name {
		delete(m.others, name)
	} else {
		m.others[name] = now
	}
	after := m.others[name]
	m.mu.Unlock()
	if before == after {
		return
	}
	if known && after.Number == 0 {
		m.log.Info("node left the cluster", "node", name, "number", before.Number)
	}
	m.tell()
}

func (m *Membership) tell() {
	m.telling.Lock()
	defer m.telling.Unlock()
	if m.follow != nil {
		m.follow(m.Members())
	}
}

// Self is this node.
func (m *Membership) Self() Member { return m.self }

// Members are the other living nodes, by number.
func (m *Membership) Members() []Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Member, 0, len(m.others))
	for _, o := range m.others {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b Member) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

// Follow calls fn with the members now and after every change, until Leave. It is
// called once, and fn must not block.
func (m *Membership) Follow(fn func([]Member)) {
	m.telling.Lock()
	m.follow = fn
	m.telling.Unlock()
	m.tell()
}

// Leave gives name and number back. The members are not followed any more.
func (m *Membership) Leave(ctx context.Context) error {
	m.stop()
	m.wg.Wait()
	m.unwatch()
	return m.release(ctx)
}
