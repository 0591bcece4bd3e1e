package admission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// callbacks keeps who called for help, by the number that was presented.
var callbacks = state.Table{Name: "callback", Placement: state.Spread}

// Tables are the tables of this package, for backups.
func Tables() []state.Table { return []state.Table{callbacks} }

// maxCallers bounds the seats that one number rings for a callback.
const maxCallers = 8

// rememberTime is how long an emergency call waits for the store at the most.
const rememberTime = time.Second

// helped is a seat that called for help.
type helped struct {
	Seat string    `json:"seat"`
	Desk string    `json:"desk,omitempty"`
	At   time.Time `json:"at"`
}

// Emergency tells whether an INVITE is for an emergency number of some tenant.
func (a *Admission) Emergency(req *sip.Request) bool {
	return a.EmergencyNumber(calledForEmergency(req, identity.Number(req.Recipient)))
}

// EmergencyNumber tells whether the user of a Request-URI, or a URN, is an emergency
// number of some tenant.
func (a *Admission) EmergencyNumber(called string) bool {
	for _, t := range a.cfg.Tenants {
		if _, ok := t.emergencyNumber(called); ok {
			return true
		}
	}
	return false
}

// emergency sends a call to the emergency services: by the emergency trunks, then
// by every other trunk of the tenant, with the number and address of the site.
func (a *Admission) emergency(ctx context.Context, r *request, p b2bua.Program, n string) b2bua.Program {
	a.counters.Emergencies.Add(1)
	s := r.seat
	r.help = true
	p.To, p.Entry, p.Emergency = n, "emergency "+n, true
	p.Why = []string{n + " is an emergency number", fmt.Sprintf("seat %s is at %s, %s", s.Number, s.Address, s.SiteNumber)}
	names := slices.Clone(r.tenant.EmergencyTrunks)
	for _, name := range a.cfg.Trunks.OfTenant(r.tenant.Name) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	like := b2bua.Stage{
		Timeout: EmergencyRing, Busy: true,
		Empty: cause.Verdict{Status: 503, Q850: 38, Reason: "No trunk for emergency calls", Fault: cause.Us},
	}
	shown := identity.Caller{Network: networkNumber(s), Presentation: networkNumber(s)}
	p.Presentation, p.Withheld = shown.Presentation, false
	p.Stages = a.emergencyStages(r, names, n, &shown, like)
	if shown.Network != "" {
		a.remember(ctx, r, shown.Network)
	}
	return p
}

// emergencyStages are like one stage for each address of each trunk, so that no
// answer of one keeps the call from another; never nil.
func (a *Admission) emergencyStages(r *request, trunks []string, to string, shown *identity.Caller, like b2bua.Stage) []b2bua.Stage {
	var list []b2bua.Stage
	for _, t := range a.carriers(r, trunks, to, caller{known: shown}).all() {
		t.Headers = emergencyHeaders(r.seat, shown, dialog.Host(t.Flow.Advertised.Addr()))
		stage := like
		stage.Targets = []b2bua.Target{t}
		list = append(list, stage)
	}
	if list == nil {
		list = []b2bua.Stage{like}
	}
	return list
}

// emergencyHeaders are those by which emergency services know who calls, from where.
func emergencyHeaders(s seat.Seat, shown *identity.Caller, host string) []sip.Header {
	headers := append([]sip.Header{sip.NewHeader("Priority", "emergency")}, shown.ToEmergency(host)...)
	if s.Address != "" {
		headers = append(headers, sip.NewHeader("X-Address-Reference", s.Address))
	}
	return headers
}

// remember notes the seat for a callback to the number that is shown. A store that
// is away does not hold up the call.
func (a *Admission) remember(ctx context.Context, r *request, shown string) {
	ctx, cancel := context.WithTimeout(ctx, rememberTime)
	defer cancel()
	err := state.ErrConflict
	for tries := 0; errors.Is(err, state.ErrConflict) && tries < maxCallers; tries++ {
		err = a.addHelped(ctx, r, shown)
	}
	if err != nil {
		a.cfg.Log.Warn("a callback from the emergency services would not be recognised", "seat", r.seat.Number, "error", err)
	}
}

// addHelped puts the seat before those that called for help by the number within
// CallbackTime; state.ErrConflict if another did so meanwhile.
func (a *Admission) addHelped(ctx context.Context, r *request, shown string) error {
	rec, err := a.cfg.Store.Get(ctx, callbacks, r.tenant.Name, shown)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	list := []helped{{Seat: r.seat.Number, Desk: r.seat.Desk, At: r.now}}
	for _, h := range readHelped(rec.Value) {
		if h.Seat != r.seat.Number && r.now.Sub(h.At) < CallbackTime && len(list) < maxCallers {
			list = append(list, h)
		}
	}
	value, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = a.cfg.Store.Put(ctx, callbacks, r.tenant.Name, state.Change{
		ID: shown, Value: value, Expect: rec.Rev, Expires: r.now.Add(CallbackTime),
	})
	return err
}

// callback are the stages for a call to a number that an emergency call
// presented: the seats that called, then their desk. nil if there was none.
func (a *Admission) callback(ctx context.Context, r *request, called string) []b2bua.Stage {
	rec, err := a.cfg.Store.Get(ctx, callbacks, r.tenant.Name, called)
	if err != nil {
		return nil
	}
	var seats, desk b2bua.Stage
	seats.Busy = true
	for _, h := range readHelped(rec.Value) {
		if r.now.Sub(h.At) >= CallbackTime {
			continue
		}
		targets, why := a.seatTargets(ctx, r, h.Seat)
		why.Reason = "" // carriers learn nothing about seats
		seats.Targets, seats.Empty = append(seats.Targets, targets...), why
		if h.Desk != "" && len(desk.Targets) == 0 {
			desk = a.desk(ctx, r, h.Desk)
		}
	}
	stages := []b2bua.Stage{seats, desk}
	if len(desk.Targets) == 0 {
		stages = stages[:1]
	}
	if len(seats.Targets)+len(desk.Targets) == 0 {
		return nil
	}
	return stages
}

// desk rings the desk of a site: a seat, or a number, on-net if the plan rings
// seats for it and by a trunk otherwise.
func (a *Admission) desk(ctx context.Context, r *request, desk string) b2bua.Stage {
	if !strings.HasPrefix(desk, "+") {
		return a.ringSeats(ctx, r, dialplan.Ring{Seats: []string{desk}})
	}
	if table := r.plan(); table != nil {
		d := table.Decide(dialplan.Question{
			Tenant: r.tenant.Name, Origin: dialplan.FromTrunk, Called: desk, Caller: r.number, At: r.now,
		})
		if ring, ok := d.Step.(dialplan.Ring); ok {
			return a.ringSeats(ctx, r, ring)
		}
	}
	var s b2bua.Stage
	if t, ok := a.outside(r, a.cfg.Trunks.OfTenant(r.tenant.Name), desk, caller{known: &r.caller}); ok {
		s.Targets = []b2bua.Target{t}
	}
	return s
}

func readHelped(value []byte) []helped {
	var list []helped
	_ = json.Unmarshal(value, &list) // an unreadable record is as good as none
	return list
}
