package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"strowger/dialplan"
)

// describeAct is an act of a flow in one line.
func describeAct(step dialplan.Step) string {
	switch s := step.(type) {
	case dialplan.Flow:
		return "flow " + s.Name
	case dialplan.Answer:
		return "answer"
	case dialplan.Early:
		return "early"
	case dialplan.Say:
		return "play " + heard(s.Prompts, s.Language)
	case dialplan.Ask:
		if s.Most == 1 {
			return "ask " + heard(s.Prompts, s.Language) + " for a key"
		}
		return fmt.Sprintf("ask %s for up to %d digits", heard(s.Prompts, s.Language), s.Most)
	case dialplan.Milliwatt:
		return "milliwatt"
	case dialplan.Queue:
		return describeQueue(s)
	case dialplan.Callback:
		return fmt.Sprintf("callback to %s from queue %s%s", s.Number, s.Queue, describeNeeds(s.Needs))
	case dialplan.Agent:
		return strings.TrimSpace("agent " + s.Do + " " + s.Number)
	case dialplan.Lookup:
		return "lookup at " + s.Service
	case dialplan.Record:
		return describeRecord(s)
	case dialplan.Voicemail:
		return "voicemail of " + s.Seat
	case dialplan.Transfer:
		return fmt.Sprintf("transfer to %s of tenant %s", s.Number, s.Tenant)
	}
	return fmt.Sprintf("%T", step)
}

func heard(prompts []string, language string) string {
	text := strings.Join(prompts, " ")
	if language != "" {
		text += " in " + language
	}
	return text
}

func describeQueue(q dialplan.Queue) string {
	text := "queue " + q.Queue + describeNeeds(q.Needs)
	if q.Priority > 0 {
		text += fmt.Sprintf(", priority %d", q.Priority)
	}
	if q.MaxWait > 0 {
		text += fmt.Sprintf(", for %v at the most", q.MaxWait)
	}
	if q.Offer != nil {
		text += ", callback on key " + q.Offer.Key
	}
	return text
}

func describeNeeds(needs map[string]int) string {
	text := ""
	for i, skill := range slices.Sorted(maps.Keys(needs)) {
		if text = text + ", "; i == 0 {
			text = " needing "
		}
		text += fmt.Sprintf("%s %d", skill, needs[skill])
	}
	return text
}

func describeRecord(r dialplan.Record) string {
	switch {
	case !r.On:
		return "record off"
	case len(r.Consent) > 0:
		return "record on, announced by " + strings.Join(r.Consent, " ")
	}
	return "record on"
}
