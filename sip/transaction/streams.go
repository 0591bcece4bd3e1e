package transaction

import (
	"net/netip"

	"strowger/sip/transport"
)

// streamKey names a stream: by the number of its connection, or, before it has
// one, by where it will lead.
type streamKey struct {
	node, listener string
	conn           uint64
	remote         netip.AddrPort
}

func numbered(f transport.Flow) streamKey {
	return streamKey{node: f.Node, conn: f.Conn}
}

func unnumbered(f transport.Flow) streamKey {
	return streamKey{node: f.Node, listener: f.Listener, remote: f.Remote}
}

// breaks tells whether a flow can break: a stream can, and any flow of another
// node, since the way there is a stream.
func breaks(f transport.Flow) bool { return f.Proto.Reliable() || f.Node != "" }

// streams lists the transactions of each stream. A list is chained through its
// entries.
type streams map[streamKey]*entry

func (s streams) add(e *entry, f transport.Flow) {
	key := numbered(f)
	if f.Conn == 0 {
		key = unnumbered(f)
	}
	head := s[key]
	if head != nil {
		head.prev = e
	}
	e.next = head
	s[key] = e
}

func (s streams) remove(e *entry, f transport.Flow) {
	if e.next != nil {
		e.next.prev = e.prev
	}
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		key := numbered(f)
		if f.Conn == 0 {
			key = unnumbered(f)
		}
		if e.next != nil {
			s[key] = e.next
		} else {
			delete(s, key)
		}
	}
	e.prev, e.next = nil, nil
}

// of returns the transactions that f carries, also those begun before the
// connection had its number.
func (s streams) of(f transport.Flow) []*entry {
	var list []*entry
	for e := s[unnumbered(f)]; e != nil; e = e.next {
		list = append(list, e)
	}
	if f.Conn != 0 {
		for e := s[numbered(f)]; e != nil; e = e.next {
			list = append(list, e)
		}
	}
	return list
}

// at returns the transactions on flows of a node.
func (s streams) at(node string) []*entry {
	var list []*entry
	for key, e := range s {
		for ; e != nil && key.node == node; e = e.next {
			list = append(list, e)
		}
	}
	return list
}
