package transaction

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// world is a table under random inputs, with what must never be seen.
type world struct {
	*bench
	r       *rapid.T
	server  []*Server
	client  []*Client
	finals  map[string]string  // branch and method to the final response on the wire
	results map[*Client]string // how a client ended
	branch  int
}

func newWorld(r *rapid.T) *world {
	w := &world{bench: &bench{t: r, now: t0}, r: r, finals: map[string]string{}, results: map[*Client]string{}}
	w.table = NewTable(w, w)
	return w
}

// Send checks that a transaction sends one final response.
func (w *world) Send(_ transport.Flow, msg []byte) error {
	if m := string(msg); strings.HasPrefix(m, "SIP/2.0 ") && m[8] >= '2' {
		_, rest, _ := strings.Cut(m, "branch=")
		branch, _, _ := strings.Cut(rest, "\r\n")
		_, rest, _ = strings.Cut(m, "CSeq: ")
		cseq, _, _ := strings.Cut(rest, "\r\n")
		key := branch + " " + cseq
		if old, ok := w.finals[key]; ok && old != m && !strings.HasSuffix(cseq, "CANCEL") {
			w.r.Fatalf("two final responses in %s:\n%s\n%s", key, old, m)
		}
		w.finals[key] = m
	}
	return w.err
}

// Request keeps the transaction for later.
func (w *world) Request(_ time.Time, tx *Server, _ *sip.Request, _ transport.Flow) {
	if tx != nil {
		w.server = append(w.server, tx)
		branch, _, _ := strings.Cut(tx.key, "\n")
		delete(w.finals, branch+" 1 "+string(tx.Method)) // of one that was over before
	}
}

// Cancelled must come before the final response.
func (w *world) Cancelled(_ time.Time, tx *Server, req *sip.Request) {
	key := message.ViaBranch(req) + " 1 INVITE"
	if m, ok := w.finals[key]; ok && w.err == nil {
		w.r.Fatalf("cancelled after the final response %s", m)
	}
	if rapid.Bool().Draw(w.r, "487 at once") {
		w.answer(tx, 487)
	}
}

// Response must be the only end, but for 2xx after 2xx.
func (w *world) Response(_ time.Time, tx *Client, res *sip.Response) {
	if res.StatusCode < 200 {
		if w.results[tx] != "" {
			w.r.Fatalf("%d after the end %s", res.StatusCode, w.results[tx])
		}
		return
	}
	end := "final"
	if tx.Method == sip.INVITE && res.StatusCode < 300 {
		end = "2xx"
	}
	if old := w.results[tx]; old != "" && (old != "2xx" || end != "2xx") {
		w.r.Fatalf("%d after the end %s", res.StatusCode, old)
	}
	w.results[tx] = end
}

// ClientFailed must be the only end.
func (w *world) ClientFailed(_ time.Time, tx *Client, err error) {
	if old := w.results[tx]; old != "" {
		w.r.Fatalf("%v after the end %s", err, old)
	}
	w.results[tx] = "failed"
}

// answer responds with the Via that tells the transaction, as sent.
func (w *world) answer(tx *Server, status int) {
	res := answer(status)
	branch, _, _ := strings.Cut(tx.key, "\n")
	via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "127.0.0.2"}
	via.Params = sip.HeaderParams{{K: "branch", V: branch}}
	res.PrependHeader(via)
	res.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: tx.Method})
	w.table.Respond(w.now, tx, res)
}

func (w *world) anyFlow() transport.Flow {
	return flowOf(rapid.SampledFrom([]transport.Proto{udp, tcp}).Draw(w.r, "proto"))
}

var anyMethod = rapid.SampledFrom([]sip.RequestMethod{sip.INVITE, sip.OPTIONS})

func (w *world) actions() map[string]func(*rapid.T) {
	status := rapid.SampledFrom([]int{100, 180, 200, 202, 408, 486})
	return map[string]func(*rapid.T){
		"request": func(r *rapid.T) {
			n := rapid.IntRange(0, 3).Draw(r, "branch")
			method := rapid.SampledFrom([]sip.RequestMethod{sip.INVITE, sip.INVITE, sip.CANCEL, sip.ACK}).Draw(r, "method")
			if n == 3 {
				method = sip.OPTIONS
			}
			// Lower case, as in the key, from which answer takes its branch.
			msg := strings.Replace(text(method, fmt.Sprintf("z9hg4bk%d", n)), "one@", fmt.Sprint(n, "@"), 1)
			w.receive(w.anyFlow(), msg)
		},
		"respond": func(r *rapid.T) {
			if len(w.server) == 0 {
				r.Skip()
			}
			w.answer(rapid.SampledFrom(w.server).Draw(r, "server"), status.Draw(r, "status"))
		},
		"start": func(r *rapid.T) {
			w.branch++
			req := outgoing(r, anyMethod.Draw(r, "method"), fmt.Sprintf("z9hG4bKc%d", w.branch))
			w.client = append(w.client, w.table.Start(w.now, req, w.anyFlow(), nil))
		},
		"reply": func(r *rapid.T) {
			if w.branch == 0 {
				r.Skip()
			}
			n := rapid.IntRange(1, w.branch).Draw(r, "branch")
			method := rapid.SampledFrom([]sip.RequestMethod{sip.INVITE, sip.INVITE, sip.OPTIONS, sip.CANCEL}).Draw(r, "method")
			w.receive(w.anyFlow(), reply(status.Draw(r, "status"), method, fmt.Sprintf("z9hG4bKc%d", n)))
		},
		"cancel": func(r *rapid.T) {
			if len(w.client) == 0 {
				r.Skip()
			}
			w.table.Cancel(w.now, rapid.SampledFrom(w.client).Draw(r, "client"), "")
		},
		"broken":  func(*rapid.T) { w.table.Broken(w.now, flowOf(tcp), errGone) },
		"dead":    func(*rapid.T) { w.err = errGone },
		"healthy": func(*rapid.T) { w.err = nil },
		"time": func(r *rapid.T) {
			d := time.Duration(rapid.IntRange(1, 400).Draw(r, "tenths")) * 100 * time.Millisecond
			w.run(w.now.Sub(t0) + d)
		},
		"": func(r *rapid.T) {
			if w.table.schedule.due(w.now) != nil {
				r.Fatal("a deadline was missed")
			}
			noted := map[*entry]bool{}
			for _, f := range w.table.failures {
				if noted[f.entry] {
					r.Fatal("a transaction is noted twice")
				}
				noted[f.entry] = true
			}
		},
	}
}

// TestOneFinalResponseAndAnEnd gives a table random inputs, then ends what is the
// user's to end, and waits 64*T1 and the longest linger: nothing may be left.
func TestOneFinalResponseAndAnEnd(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(r)
		w.quiet = true
		r.Repeat(w.actions())
		for _, tx := range w.server {
			w.answer(tx, 486)
		}
		for _, tx := range w.client {
			w.table.Cancel(w.now, tx, "")
		}
		w.run(w.now.Sub(t0) + 64*T1 + timerD)
		w.empty()
		for _, tx := range w.client {
			if w.results[tx] == "" {
				r.Fatalf("%s never ended", tx.Method)
			}
		}
	})
}
