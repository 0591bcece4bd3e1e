package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"strowger/dialplan/hours"
	"strowger/dialplan/source"
)

// Limits of what a plan declares.
const (
	maxValues = 64 // of an attribute
	maxGroup  = 500
	maxSkills = 64
	maxKeys   = 100_000 // of a table
	maxThrown = 30 * 24 * time.Hour
)

// Switch is a condition that an operator throws.
type Switch struct {
	Name     string
	ThrownBy string        // the role that may: "operator" or "admin"
	Ends     time.Duration // how long it stays thrown unless who throws it says otherwise; 0 is without end
}

// set is a table that is asked for its keys.
type set map[string]struct{}

// Has tells whether the table has a row of that key.
func (s set) Has(key string) bool { _, ok := s[key]; return ok }

// objects reads what the plan declares.
func (c *compiler) objects() {
	for kind, read := range map[string]func(b *source.Body) string{
		"hours": c.hours, "attribute": c.attribute, "switch": c.readSwitch, "group": c.group,
		"queue": c.queue, "table": c.table, "service": c.service,
	} {
		for _, b := range c.blocks[kind] {
			c.plan.means[b.Name()] = read(b)
			b.Done()
		}
	}
}

func (c *compiler) hours(b *source.Body) string {
	zone := b.String("timezone", c.zone)
	h, err := hours.New(zone)
	if err != nil {
		b.Fault(b.Pos("timezone"), "%v", err)
		h, _ = hours.New(usualZone) // to read on
	}
	says := []string{zone}
	for _, list := range []struct {
		key string
		add func(string) error
	}{{"week", h.AddWeek}, {"holidays", h.AddHolidays}, {"closed", h.AddClosed}, {"open", h.AddOpen}} {
		for _, v := range b.List(list.key, false) {
			if err := list.add(v.Text); err != nil {
				b.Fault(v.At, "%s: %v", list.key, err)
			}
			says = append(says, list.key+" "+v.Text)
		}
	}
	if !b.Has("week") && !b.Has("open") {
		b.Fault(b.At, "%s is never open; write: week = [\"mon-fri 08:00-18:00\"]", b.Name())
	}
	c.scope.hours[b.Labels[0]] = h
	return strings.Join(says, ", ")
}

func (c *compiler) attribute(b *source.Body) string {
	name := b.Labels[0]
	var values []string
	for _, v := range b.List("values", false) {
		values = append(values, v.Text)
	}
	fallback := b.String("default", "")
	switch {
	case c.scope.isFact(name):
		b.Fault(b.At, "%s: every call has that already; choose another name", b.Name())
	case len(values) > maxValues:
		b.Fault(b.Pos("values"), "values has %d; at most %d", len(values), maxValues)
	case b.Has("values") && b.Has("default") && !slices.Contains(values, fallback):
		b.Fault(b.Pos("default"), "%q is none of the values; %s", fallback, source.Suggest(fallback, values))
	case !b.Has("default") && len(values) > 0:
		b.Fault(b.At, "%s needs default, one of its values; write: default = %q", b.Name(), values[0])
	}
	c.scope.attributes[name], c.plan.tree.Defaults[name] = true, fallback
	c.plan.values[name] = values
	return fmt.Sprintf("%s of %s", fallback, strings.Join(values, " "))
}

func (c *compiler) readSwitch(b *source.Body) string {
	s := Switch{
		Name: b.Labels[0], ThrownBy: b.String("thrown_by", "operator"),
		Ends: b.Duration("ends", 0, time.Minute, maxThrown),
	}
	if s.ThrownBy != "operator" && s.ThrownBy != "admin" {
		b.Fault(b.Pos("thrown_by"), "%q throws no switch; write operator or admin", s.ThrownBy)
	}
	c.plan.switches = append(c.plan.switches, s)
	if s.Ends == 0 {
		return "thrown by " + s.ThrownBy + " without end"
	}
	return fmt.Sprintf("thrown by %s for %v", s.ThrownBy, s.Ends)
}

func (c *compiler) group(b *source.Body) string {
	var seats []string
	list := b.List("seats", false)
	for _, v := range list {
		if !digits(v.Text) {
			b.Fault(v.At, "%q is no seat; a seat is 2 to 15 digits", v.Text)
			continue
		}
		c.uses("seat", v.Text, b.Name(), v.At)
		seats = append(seats, v.Text)
	}
	needs(b, "seats", list, maxGroup, `["1001"]`)
	c.plan.groups[b.Labels[0]] = seats
	return strings.Join(seats, " ")
}

// queue declares a queue: its skills, which steps may need.
func (c *compiler) queue(b *source.Body) string {
	var skills []string
	for _, v := range b.List("skills", false) {
		skills = append(skills, v.Text)
	}
	if len(skills) > maxSkills {
		b.Fault(b.Pos("skills"), "skills has %d; at most %d", len(skills), maxSkills)
	}
	size := b.Int("size", 0, 1, 100_000)
	c.plan.queues[b.Labels[0]] = skills
	return fmt.Sprintf("skills %s, size %d", strings.Join(skills, " "), size)
}

func (c *compiler) table(b *source.Body) string {
	list := b.List("keys", false)
	needs(b, "keys", list, maxKeys, `["+441632960123"]`)
	s := make(set, len(list))
	texts := make([]string, 0, len(list))
	for _, v := range list {
		s[v.Text] = struct{}{}
		texts = append(texts, v.Text)
	}
	slices.Sort(texts)
	c.scope.tables[b.Labels[0]] = s
	return strings.Join(texts, " ")
}

// service declares where lookups go.
func (c *compiler) service(b *source.Body) string {
	url := b.String("url", "")
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		b.Fault(b.Pos("url"), "%s needs url; write: url = \"https://crm.example/caller\"", b.Name())
	}
	return url
}

// uses remembers what the tenant must have.
func (c *compiler) uses(kind, name, where string, at source.Pos) {
	c.plan.uses = append(c.plan.uses, use{kind, name, where, at})
}
