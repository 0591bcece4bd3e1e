package sdp

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRepeat: what was written last, an offer or an answer, is offered again as it
// was, and the same answer to it changes nothing.
func TestRepeat(t *testing.T) {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000"}
	for name, more := range map[string][]string{
		"talks": nil, "holds": {"a=sendonly"}, "one port": {"a=rtcp-mux"},
	} {
		far := mustParse(t, body(append(slices.Clip(head), more...)...))
		t.Run(name+", after its offer", func(t *testing.T) {
			s := NewSession("", 1)
			answer, agreed, err := s.Answer(far, local, Defaults(), SendRecv)
			if err != nil {
				t.Fatal(err)
			}
			repeats(t, &s, answer, far, agreed)
		})
		t.Run(name+", after ours", func(t *testing.T) {
			s := NewSession("", 1)
			offer := s.Offer(local, Defaults(), SendRecv)
			agreed, err := s.Accept(far)
			if err != nil {
				t.Fatal(err)
			}
			repeats(t, &s, offer, far, agreed)
		})
	}
}

func repeats(t *testing.T, s *Session, last []byte, far *Description, before Agreed) {
	t.Helper()
	if diff := cmp.Diff(string(last), string(s.Repeat(local))); diff != "" {
		t.Errorf("offered again (-want +got):\n%s", diff)
	}
	agreed, err := s.Accept(far)
	if err != nil {
		t.Fatal(err)
	}
	agreed.Held = before.Held // an offer that does not speak cannot tell
	if diff := cmp.Diff(fmt.Sprintf("%+v", before), fmt.Sprintf("%+v", agreed)); diff != "" {
		t.Errorf("agreed (-before +after):\n%s", diff)
	}
}
