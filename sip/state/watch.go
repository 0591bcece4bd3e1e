package state

import (
	"slices"
	"sync"
)

// watchers are the functions to call after a change, by table name.
type watchers struct {
	mu  sync.RWMutex
	fns map[string][]*watcher
}

type watcher struct{ fn func(tenant, id string) }

// add registers fn and returns how to remove it, which may be called twice.
func (w *watchers) add(table string, fn func(tenant, id string)) (remove func()) {
	entry := &watcher{fn}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fns == nil {
		w.fns = make(map[string][]*watcher)
	}
	// The slice is replaced, not changed: tell reads it without the lock.
	w.fns[table] = append(slices.Clip(w.fns[table]), entry)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.fns[table] = slices.DeleteFunc(slices.Clone(w.fns[table]), func(e *watcher) bool { return e == entry })
	}
}

func (w *watchers) tell(table, tenant, id string) {
	w.mu.RLock()
	fns := w.fns[table]
	w.mu.RUnlock()
	for _, e := range fns {
		e.fn(tenant, id)
	}
}
