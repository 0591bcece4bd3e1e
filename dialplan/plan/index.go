package plan

import "strings"

const wildcards = "XZN."

// index finds the entry of a number: exact ones in a map, patterns in a tree.
type index struct {
	exact    map[string]*Entry
	patterns *node
}

// node is a place in the tree of patterns.
type node struct {
	next  map[byte]*node // by character of the pattern
	entry *Entry         // whose pattern ends here
}

func (x *index) add(e *Entry) {
	if !strings.ContainsAny(e.Pattern, wildcards) {
		if x.exact == nil {
			x.exact = map[string]*Entry{}
		}
		x.exact[e.Pattern] = e
		return
	}
	if x.patterns == nil {
		x.patterns = &node{}
	}
	at := x.patterns
	for i := range len(e.Pattern) {
		c := e.Pattern[i]
		if at.next == nil {
			at.next = map[byte]*node{}
		}
		if at.next[c] == nil {
			at.next[c] = &node{}
		}
		at = at.next[c]
	}
	at.entry = e
}

// find returns the most specific entry, or nil.
func (x *index) find(digits string) *Entry {
	if digits == "" {
		return nil
	}
	if e := x.exact[digits]; e != nil {
		return e
	}
	if x.patterns == nil {
		return nil
	}
	return x.patterns.find(digits)
}

// find tries the narrower branch first. Each node is entered at most once, for the
// path to it fixes how many digits were used.
func (n *node) find(digits string) *Entry {
	if digits == "" {
		return n.entry
	}
	c := digits[0]
	for _, class := range [...]byte{c, 'N', 'Z', 'X'} {
		child := n.next[class]
		if child == nil || !fits(class, c) {
			continue
		}
		if e := child.find(digits[1:]); e != nil {
			return e
		}
	}
	if rest := n.next['.']; rest != nil {
		return rest.entry
	}
	return nil
}

// fits tells whether a character of a pattern takes a dialled one.
func fits(class, c byte) bool {
	isDigit := c >= '0' && c <= '9'
	switch class {
	case 'X':
		return isDigit
	case 'Z':
		return isDigit && c >= '1'
	case 'N':
		return isDigit && c >= '2'
	}
	return class == c
}
