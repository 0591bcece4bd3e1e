package seat

import (
	"sync"

	"strowger/sip/state"
)

// maxDecoded bounds the seats that are kept decoded; beyond it all are forgotten.
const maxDecoded = 65_536

// decoded keeps seats as values, each with the revision of its record: decoding
// costs many times what reading the record from memory does, and would tell by
// time which seats exist. The zero value is ready. Safe for concurrent use.
type decoded struct {
	mu    sync.RWMutex
	seats map[seatKey]decodedSeat
}

type decodedSeat struct {
	rev  state.Rev
	seat Seat
}

// get returns the seat of a record, if that revision was decoded before. Its
// slices are shared: callers do not change them.
func (d *decoded) get(tenant string, r state.Record) (Seat, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s, ok := d.seats[seatKey{tenant, r.ID}]
	return s.seat, ok && s.rev == r.Rev
}

func (d *decoded) put(tenant string, r state.Record, s Seat) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seats == nil || len(d.seats) >= maxDecoded {
		d.seats = map[seatKey]decodedSeat{}
	}
	d.seats[seatKey{tenant, r.ID}] = decodedSeat{rev: r.Rev, seat: s}
}

// last returns a seat at whichever revision it was decoded last.
func (d *decoded) last(tenant, number string) (Seat, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s, ok := d.seats[seatKey{tenant, number}]
	return s.seat, ok
}
