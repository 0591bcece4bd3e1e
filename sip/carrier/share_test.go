package carrier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/carrier"
	"strowger/sip/state/statetest"
	"strowger/sip/trunk"
	"strowger/sip/trunk/channel"
)

// many are desks of one cluster, at most three.
type many struct {
	desks []*carrier.Desk
	gone  [3]atomic.Bool // no members any more
	mute  [3]atomic.Bool // do not answer
	told  atomic.Int64
}

// view is the cluster as one of its nodes sees it.
type view struct {
	*many
	self int
}

func (v view) Nodes() []string {
	var names []string
	for i := range v.desks {
		if i != v.self && !v.gone[i].Load() {
			names = append(names, strconv.Itoa(i))
		}
	}
	return names
}

func (v view) Ask(ctx context.Context, node string, question []byte) ([]byte, error) {
	var i int
	if _, err := fmt.Sscan(node, &i); err != nil {
		return nil, err
	}
	if v.mute[i].Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	v.told.Add(1)
	answer, asked, err := v.desks[i].Tell(ctx, question)
	if !asked {
		return nil, errors.New("it is not asked so")
	}
	return answer, err
}

// cluster starts desks that hear each other.
func cluster(t *testing.T, nodes int, limits, ofTenant channel.Limits) (*many, *trunk.Trunk) {
	t.Helper()
	one := two(0)
	one.Limits = limits
	m := &many{desks: make([]*carrier.Desk, nodes)}
	for i := range m.desks {
		d, err := carrier.New(t.Context(), carrier.Config{
			Trunks: trunk.NewSet([]trunk.Trunk{one}), Tenants: map[string]channel.Limits{"demo": ofTenant}, Peers: view{m, i},
			Store: statetest.Open(t), Sender: sender{}, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		m.desks[i] = d
		t.Cleanup(d.Close)
	}
	for _, d := range m.desks {
		d.Start(&asker{})
	}
	synctest.Wait()
	return m, &one
}

// TestLimitsOfAllNodes: digits are calls out at a node, capitals A, B, C free one of
// node 0, 1, 2, lower letters take a node out of the cluster, ! mutes node 1, . is half
// a second. What comes of a call: + has a channel, f full, r too fast.
func TestLimitsOfAllNodes(t *testing.T) {
	for name, tt := range map[string]struct {
		trunk, tenant channel.Limits
		events, want  string
	}{
		"one after another":        {channel.Limits{Channels: 2}, channel.Limits{}, "0.1.20A.2.1", "++ff+f"},
		"of the tenant":            {channel.Limits{}, channel.Limits{Out: 2}, "0.1.20A.2.1", "++ff+f"},
		"all that is free at once": {channel.Limits{Channels: 4}, channel.Limits{}, "0000.11AAA.111", "++++ff+++"},
		"too many at once":         {channel.Limits{Channels: 2}, channel.Limits{}, "001122.0AA.0BB.0C.0", "++++++fff+"},
		"reserved":                 {channel.Limits{Channels: 2, Reserved: 1}, channel.Limits{}, "0.12", "+ff"},
		"rate":                     {channel.Limits{RateOut: 2}, channel.Limits{}, "00.1..1", "++r+"},
		"rate, too many at once":   {channel.Limits{RateOut: 2}, channel.Limits{}, "001122.012...0.01.0", "++++++rrrr++r"},
		"a node is lost":           {channel.Limits{Channels: 1}, channel.Limits{}, "1.0!.......0b.0", "+ff+"},
		"a node is mute for long":  {channel.Limits{RateOut: 1}, channel.Limits{}, "!....1.0", "++"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, one := cluster(t, 3, tt.trunk, tt.tenant)
				var free [3][]func()
				var got strings.Builder
				for _, e := range tt.events {
					switch {
					case e == '.':
						<-time.After(500*time.Millisecond + time.Microsecond)
						synctest.Wait()
					case e == '!':
						m.mute[1].Store(true)
					case e >= 'a':
						m.gone[e-'a'].Store(true)
					case e >= 'A':
						last := len(free[e-'A']) - 1
						free[e-'A'][last]()
						free[e-'A'] = free[e-'A'][:last]
					default:
						f, v := m.desks[e-'0'].Seize(time.Now(), one.Party(netip.AddrPort{}), false, false)
						switch {
						case f != nil:
							free[e-'0'] = append(free[e-'0'], f)
							got.WriteByte('+')
						case strings.Contains(v.Why, "rate"):
							got.WriteByte('r')
						default:
							got.WriteByte('f')
						}
					}
				}
				if got.String() != tt.want {
					t.Errorf("%s gives %s, want %s", tt.events, got.String(), tt.want)
				}
			})
		})
	}
}

// TestUrgentElsewhere: an urgent call passes where other nodes have every channel.
func TestUrgentElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, one := cluster(t, 2, channel.Limits{Channels: 1}, channel.Limits{})
		seize := func(node int, urgent bool) bool {
			free, _ := m.desks[node].Seize(time.Now(), one.Party(netip.AddrPort{}), false, urgent)
			return free != nil
		}
		if !seize(0, false) {
			t.Fatal("it has no channel")
		}
		<-time.After(time.Second)
		synctest.Wait()
		if seize(1, false) || !seize(1, true) {
			t.Error("an urgent call does not pass, or any does")
		}
		if _, f := m.desks[1].Channels("demo", "carrier"); f.Elsewhere != [2]int{0, 1} || f.Taken != [2]int{0, 1} || f.Urgents != 1 {
			t.Errorf("%+v", f)
		}
	})
}

// TestMuteNode: a node that does not answer is asked by one question at a time.
func TestMuteNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := cluster(t, 2, channel.Limits{Channels: 1}, channel.Limits{})
		m.mute[1].Store(true)
		<-time.After(20 * time.Second)
		synctest.Wait()
		if got := m.desks[0].Counters().PeersSilent.Load(); got < 8 || got > 10 {
			t.Errorf("%d questions were not answered in 20 s, want one each 2 s", got)
		}
		m.mute[1].Store(false)
		before := m.told.Load()
		<-time.After(4 * time.Second)
		synctest.Wait()
		if got := m.desks[0].Counters().PeersSilent.Load(); m.told.Load() < before+10 || got > 10 {
			t.Errorf("it answers again and was asked %d times, %d in vain", m.told.Load()-before, got)
		}
	})
}
