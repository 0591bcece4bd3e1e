package resolve

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Name is a target and what it resolves to. Its methods may be called from
// anywhere and do not block.
type Name struct {
	target Target
	fixed  bool
	view   atomic.Pointer[view]

	// Of the resolver's goroutine:
	due  time.Time // when it is to be asked for
	good time.Time // when servers last answered
}

// view is what a name resolved to.
type view struct {
	routes []Route
	known  []Address // of all routes, in order of priority
	stale  bool
	err    error
}

func (v *view) collect() {
	for _, r := range v.routes {
		v.known = append(v.known, r.Addresses...)
	}
}

func (v *view) text() string {
	var out []string
	for _, a := range v.known {
		if s := a.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Target is what it is a name of; the zero Target of addresses that are fixed.
func (n *Name) Target() Target { return n.target }

// Addresses are where a call goes, in an order of trying that is drawn for it: at
// most MaxAddresses, none if nothing is known. The caller does not change them.
func (n *Name) Addresses() []Address {
	v := n.view.Load()
	if n.fixed || len(v.known) == 1 {
		return v.known
	}
	return order(v.routes, chance)
}

// Known are all its addresses at present. The caller does not change them.
func (n *Name) Known() []Address { return n.view.Load().known }

// State tells whether the addresses are older than DNS allows, and why the name
// could not be resolved the last time, if so.
func (n *Name) State() (stale bool, err error) {
	v := n.view.Load()
	return v.stale, v.err
}

// isAway tells whether an error is that no server answered.
func isAway(err error) bool { return errors.Is(err, errNoServer) }
