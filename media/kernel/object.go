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
}

// load gives the program to the kernel, with the maps that are pinned if there are any.
func load(limit int, pinned map[string]*ebpf.Map) (*objects, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, fmt.Errorf("read the program: %w", err)
	}
	for _, m := range spec.Maps {
		m.MaxEntries = uint32(limit)
	}
	for name, m := range pinned {
		spec.Maps[name].MaxEntries = m.MaxEntries()
	}
	var o objects
	if err := spec.LoadAndAssign(&o, &ebpf.CollectionOptions{MapReplacements: pinned}); err != nil {
		return nil, fmt.Errorf("load the program: %w", err)
	}
	return &o, nil
}

func (o *objects) close() {
	for _, c := range []interface{ Close() error }{o.Forward, o.Entries, o.Figures} {
		_ = c.Close() // a descriptor; nothing is written
	}
}
