package exchange_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// TestOrderIsKept: what a carrier sends in one breath is taken in its order, from the
// socket to the call: INFO behind INFO, and BYE behind ACK. (sipgo's stock layers start
// a goroutine a message: emiago/sipgo#306.)
func TestOrderIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostile(t)
		for range 20 {
			h.call()
			const requests = 100
			first := h.caller.seq + 1
			h.carrier.Write(self, h.caller.request("ACK", false))
			for range requests - 1 {
				h.caller.seq++
				h.carrier.Write(self, h.caller.request("INFO", false))
			}
			h.caller.seq++
			h.carrier.Write(self, h.caller.request("BYE", false))
			synctest.Wait()
			for i := range requests {
				msg, err := message.Parse(h.carrier.Read(time.Second))
				if err != nil {
					t.Fatal(err)
				}
				res := msg.(*sip.Response)
				if res.StatusCode != 200 || res.CSeq().SeqNo != uint32(first+i) {
					t.Fatalf("answer %d is %d to %s", i, res.StatusCode, res.CSeq().Value())
				}
			}
			h.settle()
		}
		if n := h.x.Active(); n != 0 {
			t.Errorf("%d calls are left", n)
		}
	})
}
