package kernel

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os/exec"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"
)

// TestVLANDevice: the device of a VLAN has an address and the program, and what comes
// tagged is carried.
func TestVLANDevice(t *testing.T) {
	w := newWorld(t, v4)
	var err error
	w.caller.Do(func() {
		err = exec.CommandContext(t.Context(), "ip", "link", "add", "link", "wire", "name", "vlan5", "type", "vlan", "id", "5").Run()
	})
	if err != nil {
		t.Skip("this kernel has no VLAN devices (CONFIG_VLAN_8021Q)")
	}
	w.exchange.Run("ip", "link", "add", "link", "left", "name", "vlan5", "type", "vlan", "id", "5")
	w.at.left, w.at.caller = ip("10.99.5.1"), ip("10.99.5.2")
	w.exchange.Address("vlan5", netip.PrefixFrom(w.at.left, 24))
	w.caller.Address("vlan5", netip.PrefixFrom(w.at.caller, 24))
	w.exchange.Run("ip", "link", "set", "dev", "vlan5", "up")
	w.caller.Run("ip", "link", "set", "dev", "vlan5", "up")
	w.line(w.open(w.config())).carries(10)
}

// TestVLANTag: a frame that belongs to a VLAN is not taken for one of the device below,
// though it has the addresses of an entry.
func TestVLANTag(t *testing.T) {
	for name, how := range map[string]Attach{"TCX": TCX, "clsact": Clsact} {
		t.Run(name, func(t *testing.T) { vlanTag(t, how) })
	}
}

func vlanTag(t *testing.T, how Attach) {
	t.Helper()
	w := newWorld(t, v4)
	cfg := w.config()
	cfg.Attach = how
	l := w.line(w.open(cfg))
	rtp := func(seq uint16) []byte { return rtpPacket(theirs, seq, 0, 1, 2) }
	l.inject(rtp(100), false)
	if b, _ := receive(t, l.to, soon); b == nil {
		t.Fatal("a frame without a tag is not carried")
	}
	l.inject(rtp(101), true)
	if b, _ := receive(t, l.to, never); b != nil {
		t.Errorf("a tagged frame is carried: % x", b)
	}
	if f := l.entry.Figures(); f.Packets != 1 || f.Foreign != 0 || f.Raised != 0 {
		t.Errorf("figures %+v", f)
	}
	l.carries(2)
}

// inject sends the caller's packet as a frame.
func (l *line) inject(rtp []byte, tagged bool) {
	l.Helper()
	var from, to net.HardwareAddr
	l.caller.Do(func() { from = macOf("wire") })
	l.exchange.Do(func() { to = macOf("left") })
	ethernet := &layers.Ethernet{SrcMAC: from, DstMAC: to, EthernetType: layers.EthernetTypeIPv4}
	network := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: l.at.caller.AsSlice(), DstIP: l.at.left.AsSlice()}
	udp := &layers.UDP{SrcPort: 4000, DstPort: 20000}
	if err := udp.SetNetworkLayerForChecksum(network); err != nil {
		l.Fatal(err)
	}
	parts := []gopacket.SerializableLayer{ethernet, network, udp, gopacket.Payload(rtp)}
	if tagged {
		ethernet.EthernetType = layers.EthernetTypeDot1Q
		tag := &layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeIPv4}
		parts = []gopacket.SerializableLayer{ethernet, tag, network, udp, gopacket.Payload(rtp)}
	}
	frame := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(frame, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, parts...); err != nil {
		l.Fatal(err)
	}
	var err error
	l.caller.Do(func() { err = sendFrame("wire", frame.Bytes()) })
	if err != nil {
		l.Fatal(err)
	}
}

func macOf(name string) net.HardwareAddr {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil
	}
	return i.HardwareAddr
}

func sendFrame(device string, frame []byte) error {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	protocol := binary.NativeEndian.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL})
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(protocol))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: i.Index, Halen: 6})
}
