package edition

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/sip/state"
)

// filled is a shelf after n changes of the head, each to a version of its own.
func filled(n, size int) *shelf {
	s := &shelf{now: time.Unix(0, 0).UTC()}
	for i := range n {
		s.turn(Applied, fmt.Sprint("v", i), By{Author: "ada"})
		s.journal.Publishings[i].Bytes = size
	}
	s.had = s.journal.versions()
	return s
}

// deleted are the versions that pruning deletes.
func deleted(s *shelf) []string {
	s.prune()
	var list []string
	for _, c := range s.changes {
		if c.Value == nil {
			list = append(list, strings.TrimPrefix(c.ID, versionID))
		}
	}
	slices.Sort(list)
	return list
}

func TestPrune(t *testing.T) {
	for name, c := range map[string]struct {
		shelf *shelf
		edit  func(s *shelf)
		want  []string
	}{
		"as many as may be":        {filled(MaxHistory, 1), func(*shelf) {}, nil},
		"too many":                 {filled(MaxHistory+2, 1), func(*shelf) {}, []string{"v0", "v1"}},
		"too large":                {filled(5, MaxKept/3), func(*shelf) {}, []string{"v0", "v1"}},
		"the newest is too large":  {filled(3, MaxKept+1), func(*shelf) {}, []string{"v0", "v1"}},
		"tagged":                   {filled(MaxHistory+2, 1), func(s *shelf) { s.journal.Tags = map[string]string{"x": "v0"} }, []string{"v1"}},
		"published":                {filled(MaxHistory+2, 1), func(s *shelf) { s.head.Version = "v0" }, []string{"v1"}},
		"goes back to":             {filled(MaxHistory+2, 1), func(s *shelf) { s.head.Unconfirmed = &Unconfirmed{Back: "v1"} }, []string{"v0"}},
		"waits":                    {filled(MaxHistory+2, 1), func(s *shelf) { s.head.Planned = &Planned{Version: "v1"} }, []string{"v0"}},
		"published again":          {filled(MaxHistory, 1), func(s *shelf) { s.turn(RolledBack, "v0", By{}); s.turn(Applied, "new", By{}) }, []string{"v1"}},
		"a tag was the last of it": {filled(1, 1), func(s *shelf) { s.had["untagged"] = true }, []string{"untagged"}},
	} {
		c.edit(c.shelf)
		if got := deleted(c.shelf); !slices.Equal(got, c.want) {
			t.Errorf("%s: deleted %q, want %q", name, got, c.want)
		}
		if n := len(c.shelf.journal.Publishings); n > MaxHistory {
			t.Errorf("%s: %d changes are kept", name, n)
		}
	}
}

// TestFits: the longest history of the longest messages is no larger than what a store
// takes.
func TestFits(t *testing.T) {
	s := filled(0, 0)
	for range MaxHistory {
		by := By{Author: strings.Repeat("a", 200), Message: strings.Repeat(`"`, MaxMessage)}
		s.turn(RolledBack, ID(nil), by)
		s.journal.Publishings[len(s.journal.Publishings)-1].Forced = strings.Repeat("<", MaxMessage)
	}
	s.journal.Tags = map[string]string{}
	for i := range MaxTags {
		s.journal.Tags[fmt.Sprintf("%0*d", MaxTagName, i)] = ID(nil)
	}
	if value, err := encode(s.journal); err != nil || len(value) > state.MaxValue {
		t.Errorf("the journal has %d bytes, %v", len(value), err)
	}
}

func TestBefore(t *testing.T) {
	for script, want := range map[string]string{
		"":                                      "",
		"apply a":                               "",
		"apply a, apply b":                      "a",
		"apply a, apply b, rollback a":          "",
		"apply a, apply b, apply a":             "b",
		"apply a, apply b, return a, apply c":   "a",
		"apply a, apply b, apply c, rollback a": "",
		"apply a, apply b, apply c, rollback b": "a",
		"apply a, apply b, rollback x":          "b",
		"apply a, schedule b":                   "",
		"apply a, schedule b, cancel b":         "",
		"apply a, apply b, confirm b":           "a",
		"rollback a, rollback b":                "a",
	} {
		var j journal
		for step := range strings.SplitSeq(script, ", ") {
			if kind, version, ok := strings.Cut(step, " "); ok {
				j.Publishings = append(j.Publishings, Publishing{Kind: Kind(kind), Version: version})
			}
		}
		if got := j.before(); got != want {
			t.Errorf("after %q the version before is %q, want %q", script, got, want)
		}
	}
}
