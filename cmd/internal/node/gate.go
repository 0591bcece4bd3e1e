package node

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"strowger/configs"
	"strowger/sip/message"
	"strowger/sip/overload"
	"strowger/sip/seat"
	"strowger/sip/transport"
)

// gate tells the transport what it has to know before it parses a message. Its
// functions are called once the node is built.
func (n *Node) gate() *transport.Gate {
	return &transport.Gate{
		Judge: overload.Judge{
			Mine: func(token string) bool {
				_, ok := n.mint.Read(token)
				return ok
			},
			Emergency: func(user string) bool { return n.Admission.EmergencyNumber(message.Unescape(user)) },
		},
		Blocked: func(network string, from netip.Addr) bool {
			return n.Guard.Silent(time.Now(), network, from) && !n.Desk.Registrar(network, from)
		},
		Trunk: func(network string, from netip.Addr) bool {
			return n.Trunks.BySource(network, from) != nil || n.Desk.Registrar(network, from)
		},
		Certificate: func(network string, names []string) bool {
			return slices.ContainsFunc(n.Config.Trunks, func(t configs.Trunk) bool { return t.Network == network && shows(t, names) })
		},
	}
}

// recognise has the flows known again by which phones registered before the start.
// A store that is away leaves them unknown until they register.
func (n *Node) recognise(ctx context.Context) error {
	err := n.Directory.AllBindings(ctx, "", func(_, _ string, bindings []seat.Binding) bool {
		for _, b := range bindings {
			if b.Flow.Node == n.Config.Node.Name {
				n.Transport.Know(b.Flow)
			}
		}
		return true
	})
	if err != nil {
		n.log.Warn("phones that registered before are not known again until they register", "error", err)
	}
	return nil
}
