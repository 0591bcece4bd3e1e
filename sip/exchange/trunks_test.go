package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/exchange"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// trunks notes what it is told, with the seconds of the story.
type trunks struct {
	mu     sync.Mutex
	start  time.Time
	told   []string
	limits map[string]int // channels by trunk
	taken  map[string]int

	codecs  map[string][]string // that a trunk is offered
	keys    map[string]leg.Keys
	follows map[string]int  // so many 3xx of a trunk
	trusted map[string]bool // nil if the story is not about who calls
	answers string          // a trunk whose challenges are answered
}

func (k *trunks) Seize(_ time.Time, p leg.Party, inbound, urgent bool) (func(), cause.Verdict) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if limit, ok := k.limits[p.Name]; ok && k.taken[p.Name] >= limit && !urgent {
		status := 503
		if inbound {
			status = 486
		}
		return nil, cause.Verdict{Status: status, Q850: 34, Wait: 5 * time.Second, Why: "every channel of trunk " + p.Name + " is taken"}
	}
	k.taken[p.Name]++
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.taken[p.Name]--
	}, cause.Verdict{}
}

func (k *trunks) Heard(now time.Time, p leg.Party, proto transport.Proto, status int, retryAfter time.Duration) {
	k.note(now, p, proto, fmt.Sprint(status, " ", retryAfter))
}

func (k *trunks) Failed(now time.Time, p leg.Party, proto transport.Proto, why string) {
	k.note(now, p, proto, why)
}

func (k *trunks) note(now time.Time, p leg.Party, proto transport.Proto, what string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told = append(k.told, fmt.Sprintf("%.1f %s %s %s", now.Sub(k.start).Seconds(), p.Home.Addr(), proto, what))
}

// answer answers the challenges of a realm that is ours.
func (k *trunks) answer(challenges []string, method, uri string) (string, error) {
	for _, c := range challenges {
		if strings.Contains(c, "ours") {
			return fmt.Sprintf("Digest %s %s", method, uri), nil
		}
	}
	return "", errors.New("a stranger asks")
}

// check is for the end of a story: every channel was given back.
func (k *trunks) check(t reporter) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, n := range k.taken {
		if n != 0 {
			t.Errorf("%d channels of %s are taken at the end", n, name)
		}
	}
}

// TestTrunksAreToldOf: what trunks make of calls, and nothing of seats.
func TestTrunksAreToldOf(t *testing.T) {
	for name, tt := range map[string]struct{ program, story, want string }{
		"every way fails": {
			"unreachable carrier/1\nring carrier/1>carrier/2>carrier/3",
			"0s carrier/2 silent\n0s caller INVITE 448081570002 sdp\n8.1s carrier/3 503 | Retry-After: 30",
			"0.0 10.0.0.2 udp the network does not allow this address; 8.0 10.0.0.3 udp no response; 8.1 10.0.0.4 udp 503 30s",
		},
		"the last is silent": {
			"ring carrier timeout=20s", "0s carrier silent\n0s caller INVITE 448081570002 sdp",
			"20.0 10.0.0.2 udp no response",
		},
		"answers and seats": {
			"ring 1001\nring carrier", "0s caller INVITE 448081570002 sdp\n0.1s 1001 503\n0.2s carrier 180\n0.3s carrier 200 sdp\n1s caller BYE",
			"0.2 10.0.0.3 udp 180 0s; 0.3 10.0.0.3 udp 200 0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, tt.program)
				w.run(parseScript(t, tt.story))
				if got := strings.Join(w.trunks.told, "; "); got != tt.want {
					t.Errorf("they are told of %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// far answers requests to one address, is silent at another, and fails at the third.
type far struct {
	x *exchange.Exchange
}

func (f *far) Send(flow transport.Flow, msg []byte) error {
	switch flow.Remote.Port() {
	case 1:
		parsed, err := message.Parse(msg)
		if err != nil {
			return err
		}
		res := message.NewResponse(parsed.(*sip.Request), 200, "", "far")
		go f.x.Receive(transport.Received{Msg: res, Flow: flow, At: time.Now()})
	case 3:
		return transport.ErrNotAllowed
	}
	return nil
}

func (f *far) FlowTo(string, transport.Proto, netip.AddrPort) (transport.Flow, error) {
	return transport.Flow{}, nil
}
func (f *far) Stands(transport.Flow) bool { return true }

// TestAsk: a request outside of any call, and its answer.
func TestAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		minter, err := mark.NewMinter(make([]byte, mark.KeySize), 0)
		if err != nil {
			t.Fatal(err)
		}
		f := new(far)
		f.x = exchange.New(exchange.Config{Minter: minter, Sender: f, Log: slog.New(slog.DiscardHandler), Strands: 2, Workers: 1})
		defer func() {
			if err := f.x.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		for port, want := range []error{1: nil, 2: context.DeadlineExceeded, 3: transport.ErrNotAllowed} {
			if port == 0 {
				continue
			}
			flow := transport.Flow{Proto: transport.UDP, Remote: netip.AddrPortFrom(self.Addr(), uint16(port)), Advertised: self}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			res, err := f.x.Ask(ctx, flow, func(branch, tag string) *sip.Request { return probe(flow, branch, tag) })
			cancel()
			if !errors.Is(err, want) || (res != nil) != (want == nil) || res != nil && res.StatusCode != 200 {
				t.Errorf("port %d: %v, %v, want %v", port, res, err, want)
			}
		}
	})
}

func probe(flow transport.Flow, branch, tag string) *sip.Request {
	req := sip.NewRequest(sip.OPTIONS, message.URI("", flow.Remote))
	req.AppendHeader(dialog.Via(flow, branch))
	req.AppendHeader(&sip.FromHeader{Address: message.URI("", self), Params: sip.HeaderParams{{K: "tag", V: tag}}})
	req.AppendHeader(&sip.ToHeader{Address: message.URI("", flow.Remote)})
	id := sip.CallIDHeader(tag)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.OPTIONS})
	req.SetBody(nil)
	return req
}

var _ exchange.Trunks = (*trunks)(nil)
