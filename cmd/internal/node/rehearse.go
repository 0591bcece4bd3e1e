package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan"
	"strowger/sip/certificate"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/trunk"
)

// Rehearsal is a configuration with its seed in a store that is thrown away: what a
// first start would make, for checks and questions without a node.
type Rehearsal struct {
	Directory *seat.Directory
	Plans     *Plans
	Faults    []string // of the seed, a line each

	store state.Store
	dir   string
}

// Rehearse takes the seeds of a configuration. Their faults are no error.
func Rehearse(ctx context.Context, cfg *configs.Config) (*Rehearsal, error) {
	dir, err := os.MkdirTemp("", "strowger-check-")
	if err != nil {
		return nil, err
	}
	r := &Rehearsal{dir: dir}
	store, err := state.OpenEmbedded(dir, state.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.store, r.Directory = store, seat.NewDirectory(store)
	book, unusable := Sounds(cfg)
	if book == nil {
		return nil, errors.Join(unusable, r.Close())
	}
	if unusable != nil {
		r.Faults = append(r.Faults, strings.Split(unusable.Error(), "\n")...)
	}
	keeper := certificate.NewKeeper(nil)
	_, faults := readTLS(cfg, keeper)
	if a := cfg.Admin; a.CertFile != "" {
		if _, err := keeper.Server(certificate.Server{Pairs: []certificate.Pair{{CertFile: a.CertFile, KeyFile: a.KeyFile}}}); err != nil {
			faults = append(faults, fmt.Errorf("admin: %w", err))
		}
	}
	for _, err := range faults {
		r.fault("%s: %v", cfg.File, err)
	}
	for _, t := range cfg.Trunks {
		if err := enlist(&trunk.Trunk{}, t); err != nil {
			r.fault("%s: trunk %q: %v", cfg.File, t.Name, err)
		}
	}
	for _, line := range keeper.Expired(time.Now()) {
		r.fault("%s: %s", cfg.File, line)
	}
	r.Plans = newPlans(store, r.Directory, cfg, book.Library.Names, slog.New(slog.DiscardHandler))
	for _, t := range cfg.Tenants {
		if err := r.tenant(ctx, cfg, t); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// Close removes the store.
func (r *Rehearsal) Close() error {
	var err error
	if r.Plans != nil {
		r.Plans.close()
	}
	if r.store != nil {
		err = r.store.Close()
	}
	return errors.Join(err, os.RemoveAll(r.dir))
}

func (r *Rehearsal) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

func (r *Rehearsal) tenant(ctx context.Context, cfg *configs.Config, t configs.Tenant) error {
	if err := r.Directory.PutTenant(ctx, seat.Tenant{Name: t.Name, Realm: t.Realm}); err != nil {
		r.fault("%s: %v", cfg.File, err)
		return nil
	}
	if !r.seats(ctx, t) {
		return nil // every seat that the plan names would be missing
	}
	if err := r.places(ctx, cfg, t); err != nil {
		return err
	}
	if t.Seed.Plan == "" {
		return nil
	}
	text, err := os.ReadFile(t.Seed.Plan)
	if err == nil {
		_, err = r.Plans.Apply(ctx, t.Name, api.PlanText{File: t.Seed.Plan, Text: string(text)}, "seed")
	}
	if err != nil {
		r.Faults = append(r.Faults, strings.Split(err.Error(), "\n")...)
	}
	return nil
}

// seats takes the seats of a seed; false if they have faults.
func (r *Rehearsal) seats(ctx context.Context, t configs.Tenant) bool {
	if t.Seed.Seats == "" {
		return true
	}
	file, err := os.ReadFile(t.Seed.Seats)
	if err != nil {
		r.fault("%v", err)
		return false
	}
	report, err := r.Directory.Import(ctx, t.Name, bytes.NewReader(file), seat.ImportOptions{})
	for _, f := range report.Faults {
		r.fault("%s:%d: %s", filepath.Clean(t.Seed.Seats), f.Line, f.Text)
	}
	if err != nil && len(report.Faults) == 0 {
		r.fault("%s: %v", t.Seed.Seats, err)
	}
	return err == nil
}

// places checks what each seat needs of the node: its network, and help in an
// emergency.
func (r *Rehearsal) places(ctx context.Context, cfg *configs.Config, t configs.Tenant) error {
	seats, err := r.Directory.List(ctx, t.Name)
	if err != nil {
		return err
	}
	places := make([]dialplan.Place, 0, len(seats))
	for _, s := range seats {
		places = append(places, dialplan.Place{Seat: s.Number, SiteNumber: s.SiteNumber})
		if _, ok := cfg.Network(s.Network); s.Network != "" && !ok {
			r.fault("seat %s of tenant %q is on network %q, which does not exist", s.Number, t.Name, s.Network)
		}
		if s.Music != "" && !slices.Contains(cfg.MusicClasses(), s.Music) {
			r.fault("seat %s of tenant %q has the music %q; known are %s", s.Number, t.Name, s.Music, strings.Join(cfg.MusicClasses(), ", "))
		}
		if s.Class != "" && !t.Service.Has(s.Class) {
			r.fault("seat %s of tenant %q has the class %q; known are %s", s.Number, t.Name, s.Class, strings.Join(t.Service.Classes(), ", "))
		}
	}
	r.Faults = append(r.Faults, t.Emergency.Faults(t.Name, places, cfg.EmergencyTrunks(t.Name))...)
	demo, err := DemoSeats(ctx, r.Directory, t.Name)
	if err == nil && len(demo) > 0 && cfg.DemoExposed() != nil {
		r.fault("%v", cfg.DemoExposed())
	}
	return err
}
