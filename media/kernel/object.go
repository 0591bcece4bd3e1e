package kernel

import (
	"bytes"
	_ "embed"
	"fmt"

	"github.com/cilium/ebpf"
)

//go:generate bpf/compile.sh

// object is bpf/forward.c, compiled.
//
//go:embed bpf/forward.o
var object []byte

// objects are what the object has.
type objects struct {
	Forward *ebpf.Program `ebpf:"forward"`
	Entries *ebpf.Map     `ebpf:"entries"`
	Figures *ebpf.Map     `ebpf:"figures"`
	Copies  *ebpf.Map     `ebpf:"copies"`
}

// pinned are the maps that outlive the process.
var pinned = []string{"entries", "figures"}

// load gives the program to the kernel, with the maps that survived if there are any.
// ring is the size of that of the copies, in bytes.
func load(limit, ring int, survived map[string]*ebpf.Map) (*objects, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, fmt.Errorf("read the program: %w", err)
	}
	for _, name := range pinned {
		spec.Maps[name].MaxEntries = uint32(limit)
	}
	spec.Maps["copies"].MaxEntries = uint32(ring)
	for name, m := range survived {
		spec.Maps[name].MaxEntries = m.MaxEntries()
	}
	var o objects
	if err := spec.LoadAndAssign(&o, &ebpf.CollectionOptions{MapReplacements: survived}); err != nil {
		return nil, fmt.Errorf("load the program: %w", err)
	}
	return &o, nil
}

func (o *objects) close() {
	for _, c := range []interface{ Close() error }{o.Forward, o.Entries, o.Figures, o.Copies} {
		_ = c.Close() // a descriptor; nothing is written
	}
}
