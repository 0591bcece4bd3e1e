package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/recording"
	"strowger/sip/b2bua"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
	"strowger/sip/trace"
)

// peerTime is how long other nodes have to answer a question.
const peerTime = 2 * time.Second

// Peers are the other living nodes of a cluster. Safe for concurrent use.
type Peers interface {
	// Nodes are their names.
	Nodes() []string
	// Ask puts a question to one of them, where Server.Answer answers it.
	Ask(ctx context.Context, node string, question []byte) ([]byte, error)
}

// about is what a question is about.
type about string

const (
	everyCall  about = "calls"    // of the tenant, that are not over
	oneCall    about = "call"     // that is not over
	callHangup about = "hangup"   // the same, and hang it up
	callMove   about = "transfer" // the same, and transfer it
	callMask   about = "mask"     // the same, and open a payment window
	callUnmask about = "unmask"   // the same, and close it
	callDigits about = "digits"   // the same, and tell what was collected in it
	callMix    about = "mix"      // the same, and change who hears whom
	callEvents about = "events"   // of a call, in the ledger
	callLegs   about = "legs"     // of a call, in the ring of messages
	messages   about = "messages"
	search     about = "search" // of messages, whose tenant nobody knows
	everyTrunk about = "trunks" // of the tenant
	callTape   about = "tape"   // a call that is not over: something about its recording

	everyRecording about = "recordings"
	oneRecording   about = "recording"
	eraseOne       about = "erase" // a recording
	soundOf        about = "sound" // a part of the sound of a recording
)

// question is about the calls or the trunks of a tenant, the same to every node. The node that
// was asked by somebody has authorized and audited it.
type question struct {
	About  about  `json:"about"`
	Tenant string `json:"tenant"`
	Call   string `json:"call,omitempty"`
	Past   *past  `json:"past,omitempty"` // of callLegs and messages
	// Transfer is that of callMove.
	Transfer *api.Transfer `json:"transfer,omitempty"`
	// Payment is that of callMask, callUnmask and callDigits.
	Payment *payment `json:"payment,omitempty"`
	// Tape is that of callTape, for whom and, of eraseOne, why.
	Tape   exchange.TapeAction `json:"tape,omitempty"`
	Who    string              `json:"who,omitempty"`
	Reason string              `json:"reason,omitempty"`
	// Recordings are those of everyRecording, Recording is the one of the others.
	Recordings *recording.Query `json:"recordings,omitempty"`
	Recording  string           `json:"recording,omitempty"`
	At         int64            `json:"at,omitempty"` // byte of soundOf
	// Mix is that of callMix.
	Mix *mix `json:"mix,omitempty"`
}

// past is what of the messages is asked for. The call that they are of is the
// tenant's.
type past struct {
	CallIDs []string   `json:"call_ids,omitempty"` // dialogs, of messages
	Remote  netip.Addr `json:"remote,omitzero"`    // of search; so is
	Text    string     `json:"text,omitempty"`
	Span    trace.Span `json:"span"`
}

// knowledge is what one node knows; a call that it does not know is left out.
type knowledge struct {
	node     string
	Calls    []exchange.Call `json:"calls,omitempty"`
	Events   []ledger.Event  `json:"events,omitempty"`
	Legs     []trace.Leg     `json:"legs,omitempty"`
	Messages []trace.Message `json:"messages,omitempty"`
	Refused  string          `json:"refused,omitempty"` // why what was wanted cannot be
	// Collected is the answer to callDigits.
	Collected *b2bua.Collected `json:"collected,omitempty"`
	Trunks    []api.Trunk      `json:"trunks,omitempty"`

	Tape       *exchange.Tape   `json:"tape,omitempty"`
	Recordings []recording.Info `json:"recordings,omitempty"`
	More       bool             `json:"more,omitempty"`
	// Sound is the answer to soundOf, soundPart bytes at most.
	Sound []byte `json:"sound,omitempty"`
}

// know answers a question for this node.
func (s *Server) know(ctx context.Context, q question) (knowledge, error) {
	k := knowledge{node: s.cfg.Node.Node.Name}
	var err error
	switch q.About {
	case everyCall:
		var all []exchange.Call
		all, err = s.cfg.Calls.Calls(ctx)
		for _, c := range all {
			if c.Tenant == q.Tenant {
				k.Calls = append(k.Calls, c)
			}
		}
	case oneCall, callHangup, callMove, callTape, callMix, callMask, callUnmask, callDigits:
		err = s.knowCall(ctx, q, &k)
	case callEvents:
		k.Events, err = s.cfg.Ledger.Call(ctx, q.Call)
		if len(k.Events) > 0 && k.Events[0].Tenant != q.Tenant {
			k.Events = nil
		}
	case callLegs:
		k.Legs = s.cfg.Trace.Legs(q.Call, q.Past.Span)
	case messages:
		k.Messages = s.cfg.Trace.Messages(q.Past.CallIDs, q.Past.Span)
	case search:
		k.Messages = s.cfg.Trace.Search(q.Past.Remote, q.Past.Text, q.Past.Span)
	case everyRecording, oneRecording, eraseOne:
		err = s.recordingsHere(ctx, q, &k)
	case soundOf:
		k.Sound, err = s.soundHere(q)
	case everyTrunk:
		k.Trunks = s.trunks(q.Tenant)
	default:
		err = fmt.Errorf("the node does not know how to answer about %s: run the same release on all nodes", quoted(string(q.About)))
	}
	return k, err
}

// knowCall answers about one call, and does to it what is asked.
func (s *Server) knowCall(ctx context.Context, q question, k *knowledge) error {
	c, err := s.cfg.Calls.Call(ctx, q.Call)
	if err == nil && c.Tenant != q.Tenant {
		err = exchange.ErrNoCall
	}
	if err == nil {
		err = s.changeHere(ctx, c.ID, q, k)
	}
	switch {
	case err == nil:
		k.Calls = []exchange.Call{c}
	case errors.Is(err, exchange.ErrNoCall):
		err = nil
	}
	return err
}

// changeHere does to a call what a question asks for, or tells why it cannot be.
func (s *Server) changeHere(ctx context.Context, call string, q question, k *knowledge) (err error) {
	switch q.About {
	case callHangup:
		err = s.cfg.Calls.Hangup(ctx, call)
	case callMove:
		k.Refused, err = s.transferHere(ctx, call, q.Transfer)
	case callMix:
		k.Refused, err = s.mixHere(ctx, call, q.Mix)
	case callTape:
		err = s.tapeHere(ctx, q, k)
	case callMask, callUnmask, callDigits:
		k.Collected, k.Refused, err = s.paymentHere(ctx, call, q.About, q.Payment)
	default: // it is shown
	}
	return err
}

// Answer answers a question that another node put by Peers.
func (s *Server) Answer(ctx context.Context, text []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(text, &q); err != nil {
		return nil, fmt.Errorf("the question cannot be read: %w", err)
	}
	if q.Past == nil {
		q.Past = &past{}
	}
	k, err := s.know(ctx, q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(k)
}

// ask puts a question to a node: this one, or another.
func (s *Server) ask(ctx context.Context, node string, q question) (knowledge, error) {
	if node == s.cfg.Node.Node.Name {
		return s.know(ctx, q)
	}
	ctx, cancel := context.WithTimeout(ctx, peerTime)
	defer cancel()
	k := knowledge{node: node}
	text, err := json.Marshal(q)
	if err == nil {
		text, err = s.cfg.Peers.Ask(ctx, node, text)
	}
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	return k, err
}

// everywhere asks this node and all others at once. Those that did not answer are
// missing: what they know is not in the answer, and whoever reads it is told.
func (s *Server) everywhere(ctx context.Context, q question) (found []knowledge, missing []api.Missing, err error) {
	own, err := s.know(ctx, q)
	if err != nil || s.cfg.Peers == nil {
		return []knowledge{own}, nil, err
	}
	nodes := s.cfg.Peers.Nodes()
	answers, errs := make([]knowledge, len(nodes)), make([]error, len(nodes))
	var asked sync.WaitGroup
	for i, node := range nodes {
		asked.Go(func() { answers[i], errs[i] = s.ask(ctx, node, q) })
	}
	asked.Wait()
	found = []knowledge{own}
	for i, node := range nodes {
		if errs[i] != nil {
			s.counters.PeersMissing.Add(1)
			missing = append(missing, api.Missing{Node: node, Why: errs[i].Error()})
			continue
		}
		found = append(found, answers[i])
	}
	return found, missing, nil
}
