package seat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"strowger/sip/state"
)

var messageTable = state.Table{Name: "messages", Placement: state.Spread}

// MaxMessages bounds each count of Messages.
const MaxMessages = 9999

// Messages are the messages that wait for a seat (RFC 3842).
type Messages struct {
	New int `json:"new"` // not heard yet
	Old int `json:"old"` // heard and kept
}

// Messages returns what waits for a seat; nothing for one that has no record.
func (d *Directory) Messages(ctx context.Context, tenant, number string) (Messages, error) {
	r, err := d.store.Get(ctx, messageTable, tenant, number)
	if errors.Is(err, state.ErrNotFound) {
		return Messages{}, nil
	}
	if err != nil {
		return Messages{}, err
	}
	var m Messages
	if err := json.Unmarshal(r.Value, &m); err != nil {
		d.counters.BadRecords.Add(1)
		return Messages{}, fmt.Errorf("%w: messages of seat %s of tenant %s: %w", ErrBadRecord, number, tenant, err)
	}
	return m, nil
}

// PutMessages sets what waits for a seat, on every node.
func (d *Directory) PutMessages(ctx context.Context, tenant, number string, m Messages) error {
	if m.New < 0 || m.Old < 0 || m.New > MaxMessages || m.Old > MaxMessages {
		return fmt.Errorf("%d new and %d old messages: give 0 to %d of each", m.New, m.Old, MaxMessages)
	}
	c := state.Change{ID: number, Expect: state.Any}
	if m != (Messages{}) {
		value, err := json.Marshal(m)
		if err != nil {
			return err
		}
		c.Value = value
	}
	_, err := d.store.Put(ctx, messageTable, tenant, c)
	return err
}

// WatchMessages calls fn after the messages of a seat changed, on whichever node; with
// "" and "" if that may have happened to any. fn must not block.
func (d *Directory) WatchMessages(fn func(tenant, number string)) (stop func()) {
	return d.store.Watch(messageTable, fn)
}
