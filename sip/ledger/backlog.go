package ledger

// refused notes that the disk takes nothing, once for each time it begins.
func (l *Ledger) refused(err error) {
	l.counters.WriteErrors.Add(1)
	if !l.full {
		l.log.Error("the ledger cannot be written; events are kept in memory", "limit", Backlog, "error", err)
	}
	l.full = true
}

func (l *Ledger) keep(events []Event) {
	room := max(Backlog-len(l.backlog), 0)
	l.counters.Lost.Add(uint64(max(len(events)-room, 0)))
	l.backlog = append(l.backlog, events[:min(len(events), room)]...)
	l.counters.Waiting.Store(int64(len(l.backlog)))
}

// flushSize is how many events of the backlog are written at once.
const flushSize = 256

// flush writes the backlog, or as much as the disk takes; true if all.
func (l *Ledger) flush() bool {
	waiting := l.backlog
	l.backlog, l.full = nil, false
	for len(waiting) > 0 && !l.full {
		n := min(len(waiting), flushSize)
		l.write(waiting[:n]) // keeps them if it fails
		waiting = waiting[n:]
	}
	l.backlog = append(l.backlog, waiting...)
	l.counters.Waiting.Store(int64(len(l.backlog)))
	return !l.full
}
