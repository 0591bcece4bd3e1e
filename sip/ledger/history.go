package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"

	"strowger/sip/segment"
)

// Call returns the events of one call in their order, of an open call those up to
// now; none if the ledger has no such call. It reads the files, the newest first,
// until it has the whole call.
func (l *Ledger) Call(ctx context.Context, id string) ([]Event, error) {
	names, err := segment.Files(filepath.Join(l.files.dir, "events"))
	if err != nil {
		return nil, err
	}
	needle, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	var events []Event
	for _, name := range slices.Backward(names) {
		part, err := callIn(ctx, name, id, needle)
		if err != nil {
			return nil, err
		}
		events = append(part, events...)
		if len(events) > 0 && events[0].Kind == Arrived {
			break
		}
	}
	return events, nil
}

// callIn returns the events of a call in one file. needle is the call as it is
// written there: to look for it is cheaper than to decode every event.
func callIn(ctx context.Context, name, id string, needle []byte) ([]Event, error) {
	var events []Event
	err := segment.Read(name, func(frame []byte, snapshot bool) error {
		if snapshot || !bytes.Contains(frame, needle) {
			return ctx.Err()
		}
		var e Event
		if json.Unmarshal(frame, &e) == nil && e.Call == id {
			events = append(events, e)
		}
		return nil
	})
	return events, err
}
