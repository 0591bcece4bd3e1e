package phone_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"strowger/cmd/internal/phone"
	"strowger/media"
	"strowger/media/sdp"
)

// TestSRTP: the sound of phones is encrypted on the leg of each that wants it, and heard
// by the other.
func TestSRTP(t *testing.T) {
	c := changedCentre(t, "md5", strings.NewReplacer(`srtp  = "off"`, "srtp  = \"optional\"\n  srtp_without_tls = true"))
	for name, how := range map[string][2]sdp.Security{
		"both": {sdp.Required, sdp.Optional}, "caller": {sdp.Required, sdp.Plain}, "callee": {sdp.Plain, sdp.Required},
	} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan *phone.Call, 1)
			callee := c.phone(t, "1002", func(f *phone.Config) {
				f.SRTP, f.Incoming = how[1], func(call *phone.Call) { calls <- call }
			})
			if err := register(t, callee); err != nil {
				t.Fatal(err)
			}
			out, err := c.phone(t, "1001", func(f *phone.Config) { f.SRTP = how[0] }).Call("1002")
			if err != nil {
				t.Fatal(err)
			}
			in := await(t, "call", calls)
			for call, freq := range map[*phone.Call]float64{out: 400, in: 900} {
				if _, err := call.Play(tone(freq)); err != nil {
					t.Fatal(err)
				}
			}
			near, far := listen(t, out), listen(t, in)
			if err := in.Answer(); err != nil {
				t.Fatal(err)
			}
			await(t, "answer", out.Answered())
			near.hears(t, 900)
			far.hears(t, 400)
			for i, call := range []*phone.Call{out, in} {
				suite := ""
				if how[i] != sdp.Plain {
					suite = media.AEADAES128GCM.String()
				}
				if r := call.Report(); r.SRTP != suite || r.Lost > 2 {
					t.Errorf("report %d is %+v, want SRTP %q", i, r, suite)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for _, call := range []*phone.Call{out, in} {
				if err := errors.Join(call.Hold(ctx), call.Resume(ctx)); err != nil {
					t.Error(err)
				}
			}
			listen(t, in).hears(t, 400)
		})
	}
}
