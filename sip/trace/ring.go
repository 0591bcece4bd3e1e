package trace

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// Ring keeps messages. See the package comment.
type Ring struct {
	cfg      Config
	seed     maphash.Seed
	memory   []byte
	calls    *store
	dialogs  dialogs // of calls, under its mutex
	others   *store
	fresh    fresh // under its mutex
	counters Counters
}

// New takes the memory of a ring. Close gives it back.
func New(cfg Config) (*Ring, error) {
	cfg.Bytes = max(cfg.Bytes, MinBytes)
	if cfg.Keep == 0 {
		cfg.Keep = DefaultKeep
	}
	if cfg.Dialogs == 0 {
		cfg.Dialogs = DefaultDialogs
	}
	memory, err := unix.Mmap(-1, 0, cfg.Bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; write a smaller mib in the block trace", errMemory, err)
	}
	part := len(memory) / aside / blockSize * blockSize
	return &Ring{
		cfg: cfg, seed: maphash.MakeSeed(), memory: memory,
		calls: newStore(memory[part:]), others: newStore(memory[:part]), dialogs: newDialogs(cfg.Dialogs),
	}, nil
}

// Close gives the memory back. Nothing may use the ring any more.
func (r *Ring) Close() error { return unix.Munmap(r.memory) }

// Counters are the live figures.
func (r *Ring) Counters() *Counters { return &r.counters }

// Message takes a message that came or is sent by a flow, at a time, and tells whose it
// is. The bytes are copied.
func (r *Ring) Message(at time.Time, f transport.Flow, out bool, data []byte, g message.Glance) (whose Whose) {
	whose = Unknown
	h := head{kind: received, proto: codeOf(f.Proto), at: at.UnixNano(), local: f.Advertised, remote: f.Remote}
	if out {
		h.kind = sent
	}
	h.dialog = maphash.Bytes(r.seed, g.CallID)
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	var text []byte
	a := r.dialogs.find(h.dialog)
	if a == nil {
		r.others.mu.Lock()
		defer r.others.mu.Unlock()
		text = r.others.room(&h, len(data))
		if text != nil && string(g.Method) == "INVITE" {
			r.fresh.note(h.dialog, r.others, len(data))
		}
	} else {
		whose = Whose(a.whose)
		if a.take(h.at, header+len(data)) {
			text = r.calls.room(&h, len(data))
		}
	}
	if text == nil {
		r.counters.LeftOut.Add(1)
		return whose
	}
	copy(text, data)
	if (a == nil || a.hides) && string(g.Method) == "INFO" {
		coverBody(text)
	}
	r.counters.Kept.Add(1)
	r.counters.KeptBytes.Add(uint64(header + len(data)))
	return whose
}

// Hide has the bodies of INFO in a dialog covered before they are kept, whoever may see
// digits: a payment window begins. It ends with the dialog.
func (r *Ring) Hide(callID string) {
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	if a := r.dialogs.find(maphash.String(r.seed, callID)); a != nil {
		a.hides = true
	}
}

// Leg notes that a dialog is a leg of a call.
func (r *Ring) Leg(at time.Time, call string, id int, p leg.Party, callID string) {
	h := head{kind: aLeg, leg: uint16(id), at: at.UnixNano(), dialog: maphash.String(r.seed, call)}
	whose := Nobody
	if p.Kind == leg.Trunk {
		whose = r.trunk(p.Name)
	}
	dialog := maphash.String(r.seed, callID)
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	r.adopt(dialog, h.at)
	if a := r.dialogs.find(dialog); a != nil {
		a.whose = int16(whose)
	}
	r.calls.put(&h, call, "\n", callID, "\n", kinds[p.Kind], p.Name)
}

// kinds are the beginnings of a party (leg.Party.String), which is joined to its name
// without an allocation.
var kinds = [...]string{0: "seat:", leg.Trunk: "trunk:", leg.Seat: "seat:", leg.Node: "node:"}

// trunk is what Message says of the legs of a trunk.
func (r *Ring) trunk(name string) Whose {
	i := slices.Index(r.cfg.Trunks, name)
	if i < 0 {
		return Unknown
	}
	return Whose(i + 1)
}

// Dialog notes that a dialog is one of a call of another node, which alone knows whether
// its digits may be seen: they are not.
func (r *Ring) Dialog(at time.Time, callID string) {
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	dialog := maphash.String(r.seed, callID)
	r.adopt(dialog, at.UnixNano())
	if a := r.dialogs.find(dialog); a != nil {
		a.hides = true
	}
}

// readLeg reads the entry of a leg.
func readLeg(h *head, text []byte) (call string, l Leg) {
	call, rest, _ := strings.Cut(string(text), "\n")
	id, party, _ := strings.Cut(rest, "\n")
	return call, Leg{ID: int(h.leg), Party: party, CallID: id}
}

// Legs finds the legs of a call that began within a span, in the order in which they
// did.
func (r *Ring) Legs(call string, when Span) []Leg {
	var legs []Leg
	wanted := maphash.String(r.seed, call)
	r.calls.scan(r.kept(when), func(h *head, text []byte) bool {
		if h.kind != aLeg || h.dialog != wanted {
			return true
		}
		if c, l := readLeg(h, text); c == call {
			legs = append(legs, l)
		}
		return true
	})
	return legs
}

// Messages finds the messages of dialogs within a span, in the order in which they
// came and went; those beyond MaxFound bytes are left out. Secrets are masked.
func (r *Ring) Messages(callIDs []string, when Span) []Message {
	wanted := map[uint64]string{}
	for _, id := range callIDs {
		wanted[maphash.String(r.seed, id)] = id
	}
	var found []Message
	size := 0
	for _, s := range []*store{r.calls, r.others} {
		s.scan(r.kept(when), func(h *head, text []byte) bool {
			id, ok := wanted[h.dialog]
			if h.kind == aLeg || !ok || callIDOf(text) != id {
				return true
			}
			size += len(text)
			found = append(found, r.message(h, id, text))
			return size < MaxFound
		})
	}
	sortByTime(found)
	return found
}

// Search finds messages of a span, the newest of them as far as MaxFound goes, in the
// order in which they came and went: those from and to an address, unless it is the
// zero one, that have a text in them. Secrets are masked, and not found.
func (r *Ring) Search(remote netip.Addr, having string, when Span) []Message {
	var found []Message
	size := 0
	remote = remote.Unmap()
	for _, s := range []*store{r.calls, r.others} {
		s.scan(r.kept(when), func(h *head, text []byte) bool {
			if h.kind == aLeg || remote.IsValid() && h.remote.Addr() != remote || !bytes.Contains(text, []byte(having)) {
				return true
			}
			m := r.message(h, callIDOf(text), text)
			if bytes.Contains(m.Bytes(), []byte(having)) {
				found, size = append(found, m), size+len(text)
			}
			return true
		})
		sortByTime(found)
		for ; size > MaxFound; found = found[1:] {
			size -= len(found[0].Text)
		}
	}
	return found
}

func callIDOf(text []byte) string { return string(message.Look(text).CallID) }

// message reads the entry of a message.
func (r *Ring) message(h *head, callID string, text []byte) Message {
	data := bytes.Clone(text)
	Mask(data, r.cfg.Digits)
	m := Message{
		At: time.Unix(0, h.at).UTC(), Sent: h.kind == sent, Proto: protoOf(h.proto), Local: h.local, Remote: h.remote,
		CallID: callID, Text: string(data),
	}
	if !utf8.Valid(data) {
		m.Text, m.Raw = strings.ToValidUTF8(m.Text, "?"), data
	}
	return m
}

// kept is a span without what is older than may be shown.
func (r *Ring) kept(when Span) Span {
	if oldest := time.Now().Add(-r.cfg.Keep); when.From.Before(oldest) {
		when.From = oldest
	}
	return when
}
