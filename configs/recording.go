package configs

import (
	"path/filepath"
	"slices"
	"strings"

	"strowger/dialplan/source"
)

// Recording is the block recording: where the sound of calls is kept, and of which.
type Recording struct {
	// Folder is relative to the data folder. Default "recordings".
	Folder string
	// Mixed tells that both parties are in one channel: channels = "mixed". Default
	// "stereo": the caller left, the agent right.
	Mixed bool
	// Rules say which calls are recorded; the first that wants a call has it. None, the
	// default, records only what somebody asks for.
	Rules []RecordRule
}

// RecordRule is a block trunk "NAME" or seats "PATTERN" of recording: calls with a
// trunk, or with the seats whose numbers fit, an X of which is any digit.
type RecordRule struct {
	Trunk  string
	Seats  string // "" of a rule about a trunk
	Tenant string // of the seats; default: the only one
	// Percent is the share of these calls, 1 to 100. Default 100.
	Percent int
	// Announce is the prompt that both parties hear before they hear each other.
	// Default "": none. An emergency call has none.
	Announce string
}

// maxRecordRules bounds the rules: each is looked at for each call.
const maxRecordRules = 100

func (r *reader) recording(file *source.Body) {
	r.Recording.Folder = "recordings"
	if b := file.Block("recording"); b != nil {
		r.Recording.Folder = b.String("folder", r.Recording.Folder)
		r.Recording.Mixed = choice(b, "channels", "stereo", "stereo", "mixed") == "mixed"
		for _, t := range b.Blocks("trunk", 1, 1) {
			r.recordRule(t, RecordRule{Trunk: t.Labels[0]})
		}
		for _, t := range b.Blocks("seats", 1, 1) {
			r.recordRule(t, RecordRule{Seats: t.Labels[0], Tenant: t.String("tenant", "")})
		}
		b.Done()
		if len(r.Recording.Rules) > maxRecordRules {
			b.Fault(b.At, "recording has %d rules, at most %d", len(r.Recording.Rules), maxRecordRules)
		}
		if r.Recording.Folder == "" {
			b.Fault(b.Pos("folder"), "folder is empty; write: folder = \"recordings\"")
		}
	}
	if !filepath.IsAbs(r.Recording.Folder) {
		r.Recording.Folder = filepath.Join(r.Node.Data, r.Recording.Folder)
	}
}

func (r *reader) recordRule(b *source.Body, u RecordRule) {
	u.Percent = b.Int("percent", 100, 1, 100)
	u.Announce = b.String("announce", "")
	b.Done()
	switch trunks := names(r.Trunks, func(t Trunk) string { return t.Name }); {
	case u.Trunk != "" && !slices.Contains(trunks, u.Trunk):
		b.Fault(b.At, "%s: there is no such trunk; %s", b.Name(), source.Suggest(u.Trunk, trunks))
	case u.Trunk == "" && (u.Seats == "" || len(u.Seats) > 32 || strings.Trim(u.Seats, "0123456789X") != ""):
		b.Fault(b.At, "%s: write numbers of seats, an X for any digit: seats \"10XX\"", b.Name())
	case u.Trunk == "":
		u.Tenant = r.only(b, b.At, b.Type, u.Seats, "tenant", u.Tenant, names(r.Tenants, func(t Tenant) string { return t.Name }))
	}
	r.Recording.Rules = append(r.Recording.Rules, u)
}
