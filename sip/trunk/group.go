package trunk

import (
	"cmp"
	"slices"
)

// Group is trunks that share calls.
type Group struct {
	Name    string
	Tenant  string
	Members []Member
}

// Member is a trunk of a group.
type Member struct {
	Trunk    string
	Priority int // lower ones first
	Weight   int // share of the calls among those of one priority; 0: only if no other is left
}

// Order are the trunks of the group in an order of trying that is drawn for a call.
// intN returns a number from 0 to n-1.
func (g *Group) Order(intN func(n int) int) []string {
	left := slices.Clone(g.Members)
	slices.SortStableFunc(left, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(min(b.Weight, 1), min(a.Weight, 1)))
	})
	names := make([]string, 0, len(left))
	for len(left) > 0 {
		i := draw(left, intN)
		names = append(names, left[i].Trunk)
		left = slices.Delete(left, i, i+1)
	}
	return names
}

// draw chooses one of the members that share the first one's priority, by weight.
func draw(members []Member, intN func(n int) int) int {
	sum, same := 0, 0
	for ; same < len(members) && members[same].Priority == members[0].Priority; same++ {
		sum += members[same].Weight
	}
	if sum == 0 || same == 1 {
		return 0
	}
	number := intN(sum)
	for i := range same {
		if number -= members[i].Weight; number < 0 {
			return i
		}
	}
	return same - 1
}

// Expand puts the trunks of groups in their places among names of trunks and groups of
// a tenant, each trunk once.
func (s *Set) Expand(tenant string, names []string, intN func(n int) int) []string {
	var out []string
	for _, name := range names {
		trunks := []string{name}
		if s != nil && s.groups[[2]string{tenant, name}] != nil {
			trunks = s.groups[[2]string{tenant, name}].Order(intN)
		}
		for _, t := range trunks {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}
