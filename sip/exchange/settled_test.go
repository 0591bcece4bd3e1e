package exchange_test

import (
	"strowger/sip/b2bua"
	"strowger/sip/ledger"
)

// settlements are the programs of a story whose end the exchange tells. The world's lock
// guards them.
type settlements struct {
	open  int
	begun map[string]int  // programs by Call-ID
	early map[string]bool // Call-IDs that were settled before their call was recorded, if it ever was
}

// await has a program tell when it is settled.
func (w *world) await(callID string, p b2bua.Program) b2bua.Program {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.settled.begun == nil {
		w.settled.begun, w.settled.early = map[string]int{}, map[string]bool{}
	}
	w.settled.open++
	w.settled.begun[callID]++
	p.Settled = func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.settled.open--
		if !w.ledger.knows(callID) {
			w.settled.early[callID] = true
		}
	}
	return p
}

// knows tells whether a call is recorded.
func (r *recorder) knows(callID string) bool {
	for _, e := range r.events {
		if e.Kind == ledger.Arrived && e.SIPCallID == callID {
			return true
		}
	}
	return false
}

// check is for the end of a story: each program was settled once, behind its record. Of a
// Call-ID that came again nobody knows which call was recorded.
func (s *settlements) check(w *world) {
	if s.open != 0 && !w.closed {
		w.t.Errorf("%d programs are not settled", s.open)
	}
	for callID := range s.early {
		if s.begun[callID] == 1 && w.ledger.knows(callID) {
			w.t.Errorf("call %s was settled before it was recorded", callID)
		}
	}
}
