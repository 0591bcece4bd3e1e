package relay

import (
	"net/netip"
	"runtime"
	"testing"

	"strowger/media"
)

// maxEndpoint is how many bytes of heap an endpoint may hold that hears another: a
// tenth more than measured.
const maxEndpoint = 1920

// TestMemoryOfAnEndpoint bounds what each leg of a call costs here.
func TestMemoryOfAnEndpoint(t *testing.T) {
	const pairs = 100
	b := newBench(t, testConfig())
	b.talk(pairs) // what is made once
	before := heap()
	b.talk(pairs)
	each := int(heap()-before) / (2 * pairs)
	t.Logf("%d bytes an endpoint", each)
	if each > maxEndpoint {
		t.Errorf("an endpoint takes %d bytes of heap, want at most %d", each, maxEndpoint)
	}
}

// talk opens so many pairs of endpoints that hear each other.
func (b *bench) talk(pairs int) {
	b.Helper()
	far := netip.MustParseAddrPort("127.0.0.1:40000")
	for range pairs {
		var legs [2]media.Endpoint
		for i := range legs {
			var err error
			if legs[i], err = b.Open("net", "call", nil); err != nil {
				b.Fatal(err)
			}
			payloads := []media.Payload{{Type: 8, Encoding: "PCMA", Clock: 8000}, {Type: 101, Encoding: "telephone-event", Clock: 8000}}
			if err := legs[i].Update(media.Remote{RTP: far, Payloads: payloads, Send: true, Receive: true}); err != nil {
				b.Fatal(err)
			}
		}
		for i := range legs {
			if err := legs[i].Hear(legs[1-i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// heap is how many bytes live.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first has finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
