package hep_test

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"strowger/sip/hep"
)

// sample is the packet that the HEP3 Network Protocol Specification (rev. 37 of
// 2025-06-25, "Example HEP3 packet") spells out.
const sample = "48455033 0071" +
	"0000 0001 0007 02" + "0000 0002 0007 11" +
	"0000 0003 000a d4ca0001" + "0000 0004 000a 527400d3" +
	"0000 0007 0008 2eea" + "0000 0008 0008 13c4" +
	"0000 0009 000a 4e4982cb" + "0000 000a 000a 0001d4c0" +
	"0000 000b 0007 01" + "0000 000c 000a 000000e4" +
	"0000 000f 0014 494e56495445207369703a626f62"

// all is by the tables of the same document: TCP (IP protocol 6) over IPv6 (family 10),
// an authenticate key, a correlation id and a capture agent's name, each chunk as long as
// it says with its six octets of vendor, type and length.
const all = "48455033 00ab" +
	"0000 0001 0007 0a" + "0000 0002 0007 06" +
	"0000 0005 0016 20010db8000000000000000000000001" + "0000 0006 0016 20010db8000000000000000000000002" +
	"0000 0007 0008 13c4" + "0000 0008 0008 13c5" +
	"0000 0009 000a 4e4982cb" + "0000 000a 000a 0001d4c0" +
	"0000 000b 0007 01" + "0000 000c 000a 000000e4" +
	"0000 0013 000c 6e6f64652d31" + "0000 000e 000c 736563726574" + "0000 0011 000a 63616c6c" +
	"0000 000f 0014 494e56495445207369703a626f62"

func samplePacket() hep.Packet {
	return hep.Packet{
		At: time.Unix(1313440459, 120000*1000), UDP: true, Agent: 228, Payload: []byte("INVITE sip:bob"),
		Source: netip.MustParseAddrPort("212.202.0.1:12010"), Target: netip.MustParseAddrPort("82.116.0.211:5060"),
	}
}

func TestSample(t *testing.T) {
	full := samplePacket()
	full.UDP, full.Name, full.Key, full.Correlation = false, "node-1", "secret", "call"
	full.Source, full.Target = netip.MustParseAddrPort("[2001:db8::1]:5060"), netip.MustParseAddrPort("[2001:db8::2]:5061")
	for want, p := range map[string]hep.Packet{sample: samplePacket(), all: full} {
		got, err := p.Append(nil)
		if err != nil || hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
			t.Errorf("got\n%x, %v, want\n%s", got, err, want)
		}
	}
}

// TestDecoded reads back what the sample has not: TCP over IPv6, and all texts.
func TestDecoded(t *testing.T) {
	p := samplePacket()
	p.UDP, p.Name, p.Key, p.Correlation = false, "node-1", "secret", "1125-100000-abcdefgh"
	p.Source, p.Target = netip.MustParseAddrPort("[2001:db8::1]:1"), netip.MustParseAddrPort("[2001:db8::2]:2")
	data, err := p.Append([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, data[len("before"):])
	for kind, want := range map[uint16]string{
		1: "\x0a", 2: "\x06", 5: string(p.Source.Addr().AsSlice()), 6: string(p.Target.Addr().AsSlice()), 7: "\x00\x01", 8: "\x00\x02",
		0xe: "secret", 0x11: p.Correlation, 0x13: "node-1", 0xf: "INVITE sip:bob",
	} {
		if got[kind] != want {
			t.Errorf("chunk %#x is %q, want %q", kind, got[kind], want)
		}
	}
	if got[3] != "" {
		t.Error("it has an IPv4 address")
	}
}

func TestTooLong(t *testing.T) {
	p := samplePacket()
	p.Payload = make([]byte, 65500)
	if b, err := p.Append(nil); !errors.Is(err, hep.ErrTooLong) || len(b) != 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// decode reads the chunks of a packet by their types.
func decode(t *testing.T, data []byte) map[uint16]string {
	t.Helper()
	number := func(b []byte) int { return int(b[0])<<8 | int(b[1]) }
	if len(data) < 6 || string(data[:4]) != "HEP3" || number(data[4:]) != len(data) {
		t.Fatalf("no packet: %q", data)
	}
	chunks := map[uint16]string{}
	for rest := data[6:]; len(rest) > 0; {
		if len(rest) < 6 || number(rest) != 0 || number(rest[4:]) < 6 || number(rest[4:]) > len(rest) {
			t.Fatalf("no chunk: %q", rest)
		}
		n := number(rest[4:])
		chunks[uint16(number(rest[2:]))] = string(rest[6:n])
		rest = rest[n:]
	}
	return chunks
}
