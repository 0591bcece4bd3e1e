package exchange

import (
	"testing"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// TestHopProto: the transport of a next hop, by that of the leg.
func TestHopProto(t *testing.T) {
	for uri, want := range map[string]map[transport.Proto]transport.Proto{
		"sip:h":                {transport.UDP: transport.UDP, transport.TCP: transport.TCP, transport.TLS: transport.TLS},
		"sip:h;transport=TCP":  {transport.UDP: transport.TCP, transport.TCP: transport.TCP, transport.TLS: ""},
		"sip:h;transport=udp":  {transport.UDP: transport.UDP, transport.TCP: transport.UDP, transport.TLS: ""},
		"sip:h;transport=tls":  {transport.UDP: transport.TLS, transport.TCP: transport.TLS, transport.TLS: transport.TLS},
		"sips:h;transport=tcp": {transport.UDP: transport.TLS, transport.TCP: transport.TLS, transport.TLS: transport.TLS},
		"sip:h;transport=ws":   {transport.UDP: "", transport.TCP: "", transport.TLS: ""},
	} {
		hop, err := message.ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		for of, proto := range want {
			if got, ok := hopProto(of, hop); ok != (proto != "") || ok && got != proto {
				t.Errorf("%s of a leg by %s: %s, %t; want %s", uri, of, got, ok, proto)
			}
		}
	}
}
