package node_test

import (
	"strings"
	"testing"

	"strowger/cmd/internal/hosttest"
	"strowger/configs"
)

// TestIdentityThroughOtherNode: who calls is the same for a phone that another node
// reaches, and Session-ID goes all the way and back.
func TestIdentityThroughOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t, func(c *configs.Config) { c.Trunks[0].Trusted = true })
	one, two := p.sip(0), p.sip(1)
	phone := udpPeer(t, hosttest.Next())
	phone.register(two, "1002", 1)
	const callers, phones = "ab30317f1a784dc48ff824d0d3715d86", "47755a9de7794ba387653f2099600ef2"
	for name, tt := range map[string]struct{ privacy, from, diversion string }{
		"open":     {"none", "<sip:+441632960123@", "<sip:+441632960009@x>;reason=no-answer"},
		"withheld": {"id", `"Anonymous" <sip:anonymous@anonymous.invalid>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &call{carrier: udpPeer(t, "127.0.0.2"), phone: phone, at: one, by: two, id: "identity-" + name}
			target := "sip:" + called + "@" + one
			c.carrier.send(one, c.carrier.sdp(), append(c.request("INVITE", 1, target, "<"+target+">"),
				"P-Asserted-Identity: <sip:+441632960999@x>", "Privacy: "+tt.privacy, "Session-ID: "+callers,
				"Diversion: <sip:+441632960009@x>;reason=no-answer")...)
			c.invite = phone.await("INVITE ")
			if from := c.invite.get("From"); !strings.HasPrefix(from, tt.from) {
				t.Errorf("the phone is shown %s", from)
			}
			if pai, d := c.invite.get("P-Asserted-Identity"), c.invite.get("Diversion"); pai != "" || d != tt.diversion {
				t.Errorf("the phone is told of %q, and of the way %q", pai, d)
			}
			if id := c.invite.get("Session-ID"); !strings.HasPrefix(id, callers+";") {
				t.Errorf("the phone is told the session %q", id)
			}
			phone.respond(two, c.invite, "180 Ringing", "", phone.contact("1002"), "Session-ID: "+phones+";remote="+callers)
			if id := c.carrier.await("SIP/2.0 180").get("Session-ID"); id != phones+";remote="+callers {
				t.Errorf("the carrier is told the session %q", id)
			}
			c.answered(t)
			c.phoneBye(t)
		})
	}
}
