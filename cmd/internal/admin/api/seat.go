package api

import (
	"strowger/sip/seat"
)

// Seat is a seat without its secrets.
type Seat struct {
	seat.Seat
	Credentials []string `json:"credentials"` // the algorithms that it has a secret for
	Registered  int      `json:"registered"`  // living bindings
	// Messages are those that wait, of a seat that is shown alone.
	Messages *seat.Messages `json:"messages,omitempty"`
}

// NewSeat is a request for a seat. With an empty password one is generated.
type NewSeat struct {
	Seat     seat.Seat `json:"seat"`
	Password string    `json:"password,omitempty"`
}

// Password is the only time that a password goes out.
type Password struct {
	Seat     string `json:"seat"`
	Tenant   string `json:"tenant"`
	Password string `json:"password,omitempty"` // "" if the asker gave it
}

// SeatState is a request to enable or disable a seat.
type SeatState struct {
	Disabled bool `json:"disabled"`
}

// SeatEdit changes what is set; an empty text clears.
type SeatEdit struct {
	Name         *string `json:"name,omitempty"`
	Network      *string `json:"network,omitempty"`
	Presentation *string `json:"presentation,omitempty"`
	SiteNumber   *string `json:"site_number,omitempty"`
	Address      *string `json:"address,omitempty"`
	Desk         *string `json:"desk,omitempty"`
	Reached      *string `json:"reached,omitempty"`
	Class        *string `json:"class,omitempty"`
	Calls        *int    `json:"calls,omitempty"`
	Pickup       *string `json:"pickup,omitempty"`
	Ring         *string `json:"ring,omitempty"`
	AutoAnswer   *bool   `json:"auto_answer,omitempty"`
	DTMF         *string `json:"dtmf,omitempty"`
	Music        *string `json:"music,omitempty"`
	SRTP         *string `json:"srtp,omitempty"`
	Latch        *string `json:"latch,omitempty"`
}

// Apply makes the edit.
func (e SeatEdit) Apply(s *seat.Seat) {
	set(&s.Name, e.Name)
	set(&s.Network, e.Network)
	set(&s.Presentation, e.Presentation)
	set(&s.SiteNumber, e.SiteNumber)
	set(&s.Address, e.Address)
	set(&s.Desk, e.Desk)
	set(&s.Reached, e.Reached)
	set(&s.Pickup, e.Pickup)
	set(&s.Ring, e.Ring)
	set(&s.AutoAnswer, e.AutoAnswer)
	set(&s.DTMF, e.DTMF)
	set(&s.SRTP, e.SRTP)
	set(&s.Latch, e.Latch)
	set(&s.Class, e.Class)
	set(&s.Music, e.Music)
	set(&s.Calls, e.Calls)
}

// FeatureEdit changes what is set; an empty text clears.
type FeatureEdit struct {
	DoNotDisturb *bool   `json:"do_not_disturb,omitempty"`
	Always       *string `json:"always,omitempty"`
	Busy         *string `json:"busy,omitempty"`
	NoAnswer     *string `json:"no_answer,omitempty"`
	Unregistered *string `json:"unregistered,omitempty"`
	After        *int    `json:"after,omitempty"` // seconds
}

// Apply makes the edit.
func (e FeatureEdit) Apply(f *seat.Features) {
	set(&f.DoNotDisturb, e.DoNotDisturb)
	set(&f.Forward.Always, e.Always)
	set(&f.Forward.Busy, e.Busy)
	set(&f.Forward.NoAnswer, e.NoAnswer)
	set(&f.Forward.Unregistered, e.Unregistered)
	set(&f.Forward.After, e.After)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Why is what a seat tried last, and what it has.
type Why struct {
	Seat     Seat           `json:"seat"`
	Attempts []seat.Attempt `json:"attempts"` // newest first
	Bindings []seat.Binding `json:"bindings"`
}
