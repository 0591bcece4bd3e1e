package trace

import "slices"

// sortByTime orders messages of several places; those of one time stay as they are.
func sortByTime(list []Message) {
	slices.SortStableFunc(list, func(a, b Message) int { return a.At.Compare(b.At) })
}

// Merge joins what several nodes know of the same dialogs, in order of time.
func Merge(parts ...[]Message) []Message {
	all := slices.Concat(parts...)
	sortByTime(all)
	return all
}
