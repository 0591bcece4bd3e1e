package plan

import (
	"maps"
	"slices"

	"strowger/dialplan/flow"
)

// kind is an action of the language: what a step of that word does.
type kind struct {
	read     func(r *stepReader) flow.Action
	outcomes []string // besides success; each must have its rule in a step
	optional []string // of those, the ones that hang up without a rule
	next     bool     // success goes on somewhere
	ends     bool     // success hangs up by default: there was a conversation
	waits    bool     // it takes the caller's time, so that a circle through it is none
	seats    bool     // only who calls from a seat may come to it
}

// kinds are the actions of the language, by their words. It is filled by init, because
// the readers ask for it in their faults.
var kinds map[string]kind

func init() {
	keys := []string{flow.NoKey, flow.WrongKey}
	kinds = map[string]kind{
		"answer":    {read: readAnswer, next: true},
		"early":     {read: readEarly, next: true},
		"play":      {read: readSay, next: true, waits: true},
		"menu":      {read: readMenu, next: true, waits: true, outcomes: keys},
		"collect":   {read: readCollect, next: true, waits: true, outcomes: keys},
		"set":       {read: readSet, next: true},
		"go":        {read: readGo, next: true},
		"run":       {read: readRun, next: true},
		"ring":      {read: readRingStep, next: true, ends: true, waits: true, outcomes: []string{"busy", "no_answer", "offline"}},
		"trunk":     {read: readTrunkStep, next: true, ends: true, waits: true, outcomes: []string{"refused", "busy", "unreachable"}},
		"queue":     {read: readQueue, next: true, ends: true, waits: true, outcomes: []string{"timeout", "full", "no_agents", "closing", "callback"}, optional: []string{"callback"}},
		"callback":  {read: readCallback, next: true, waits: true, outcomes: []string{"failed"}},
		"agent":     {read: readAgent, next: true, waits: true, seats: true, outcomes: []string{"failed"}},
		"lookup":    {read: readLookup, next: true, waits: true, outcomes: []string{"failed"}},
		"record":    {read: readRecord, next: true},
		"voicemail": {read: readVoicemail, next: true, ends: true, waits: true},
		"transfer":  {read: readTransfer, waits: true, outcomes: []string{"failed"}},
		"echo":      {read: readEchoStep, waits: true},
		"milliwatt": {read: readMilliwatt, waits: true},
		"hangup":    {read: readHangup},
	}
	maps.Copy(kinds, map[string]kind{
		"forward":    {read: readForwardStep, waits: true, seats: true},
		"dnd":        {read: readQuietStep, waits: true, seats: true},
		"pickup":     {read: readPickupStep, waits: true, seats: true},
		"park":       {read: readParkStep, waits: true, seats: true},
		"retrieve":   {read: readRetrieveStep, waits: true, seats: true},
		"supervise":  {read: readSuperviseStep, waits: true, seats: true},
		"conference": {read: readConferenceStep, waits: true},
	})
}

func kindNames() []string { return slices.Collect(maps.Keys(kinds)) }
