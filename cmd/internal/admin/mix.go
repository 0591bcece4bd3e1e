package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/exchange"
)

// mix is a change to who hears whom in a call; one field is set, and By.
type mix struct {
	Supervise *api.Supervise `json:"supervise,omitempty"`
	Join      *api.Join      `json:"join,omitempty"`
	Mute      *api.Member    `json:"mute,omitempty"`
	Kick      *api.Member    `json:"kick,omitempty"`
	By        string         `json:"by"` // who wants it
}

// supervise has a seat listen to a call, whisper or barge in.
func (s *Server) supervise(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Supervise
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if _, err := b2bua.ParseMode(in.Mode); err != nil || in.Seat == "" {
		return nil, fail(http.StatusBadRequest, "say which seat supervises, and the mode: listen, whisper or barge")
	}
	return s.mix(r, "call.supervise", in, mix{Supervise: &in})
}

// joinCalls makes two calls of one seat a call of three.
func (s *Server) joinCalls(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Join
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.mix(r, "call.join", in, mix{Join: &in})
}

// muteMember has a member of a conference not be heard, or be heard again.
func (s *Server) muteMember(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Member
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.mix(r, "conference.mute", in, mix{Mute: &in})
}

// kickMember has a member of a conference leave.
func (s *Server) kickMember(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Member
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.mix(r, "conference.kick", in, mix{Kick: &in})
}

// mix makes a change where the call is.
func (s *Server) mix(r *request, action string, after any, m mix) (any, error) {
	c, err := s.call(r)
	if err != nil {
		return nil, err
	}
	m.By = r.who.name
	before := map[string]string{"node": c.Node, "from": c.From, "to": c.To, "state": c.State}
	err = s.change(r, change{action: action, object: c.ID, before: before, after: after}, func() error {
		return s.changeCall(r, c, question{About: callMix, Mix: &m}, "")
	})
	return c, err
}

// mixHere does so on this node, or tells why it cannot be.
func (s *Server) mixHere(ctx context.Context, id string, m *mix) (refused string, err error) {
	switch {
	case m == nil:
	case m.Supervise != nil:
		var mode b2bua.Mode
		if mode, err = b2bua.ParseMode(m.Supervise.Mode); err == nil {
			err = s.cfg.Calls.Supervise(ctx, id, m.Supervise.Leg, m.Supervise.Seat, mode, m.By)
		}
	case m.Join != nil:
		return s.joinHere(ctx, id, m.Join.Other)
	case m.Mute != nil:
		err = s.cfg.Calls.Mute(ctx, id, m.Mute.Leg, m.Mute.On)
	case m.Kick != nil:
		err = s.cfg.Calls.Kick(ctx, id, m.Kick.Leg)
	}
	if v, ok := errors.AsType[cause.Verdict](err); ok {
		return v.Phrase(), nil
	}
	return "", err
}

// joinHere joins two calls of this node and of one tenant.
func (s *Server) joinHere(ctx context.Context, id, other string) (refused string, err error) {
	switch err = s.cfg.Calls.Merge(ctx, id, other); {
	case errors.Is(err, exchange.ErrNoCall):
		return fmt.Sprintf("call %s is not on this node", quoted(other)), nil
	case err == nil:
		return "", nil
	}
	if v, ok := errors.AsType[cause.Verdict](err); ok {
		return v.Phrase(), nil
	}
	return "", err
}
