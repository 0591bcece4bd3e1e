package edition

import (
	"context"
	"regexp"
	"time"
)

// tagName keeps tags apart from files (by their extension) in one argument.
var tagName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[0-9]+)*$`)

// Tag gives a version a name, or another version the name; a tagged version is kept.
func (a *Archive) Tag(ctx context.Context, tenant, name, id string) error {
	if len(name) > MaxTagName || !tagName.MatchString(name) || isID(name) {
		return refuse("%q cannot be a tag: give at most %d letters, digits, - and _, and not the digits of a version", cut(name), MaxTagName)
	}
	_, err := a.change(ctx, tenant, time.Time{}, func(s *shelf) error {
		if _, err := a.Version(ctx, tenant, id); err != nil {
			return err
		}
		if _, known := s.journal.Tags[name]; !known && len(s.journal.Tags) >= MaxTags {
			return refuse("there are %d tags, no more are kept; remove one with: strowger dialplan tag NAME --rm", MaxTags)
		}
		if s.journal.Tags == nil {
			s.journal.Tags = map[string]string{}
		}
		s.journal.Tags[name], s.edited = id, true
		return nil
	})
	return err
}

// Untag takes a name away from its version.
func (a *Archive) Untag(ctx context.Context, tenant, name string) error {
	_, err := a.change(ctx, tenant, time.Time{}, func(s *shelf) error {
		if s.journal.Tags[name] == "" {
			return refuse("there is no tag %q; see: strowger dialplan tag", cut(name))
		}
		delete(s.journal.Tags, name)
		s.edited = true
		return nil
	})
	return err
}
