package cluster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strowger/sip/transport"
)

func TestFrames(t *testing.T) {
	six := phoneFlow("", 1<<63)
	six.Advertised, six.Remote = netip.MustParseAddrPort("[2001:db8::1]:5060"), netip.MustParseAddrPort("[2001:db8::2]:1")
	zoned := six
	zoned.Remote = netip.MustParseAddrPort("[fe80::1%eth0]:5060")
	for _, f := range []transport.Flow{{}, phoneFlow("", 0), phoneFlow("", 7), six, zoned} {
		frame, err := newFrame(kindSend, f, []byte("message"))
		if err != nil {
			t.Fatal(err)
		}
		k, payload, _, err := readFrame(bytes.NewReader(frame), nil, maxFrame)
		if err != nil || k != kindSend {
			t.Fatalf("kind %d, %v", k, err)
		}
		got, rest, err := readFlow(payload)
		f.Remote = netip.AddrPortFrom(f.Remote.Addr().WithZone(""), f.Remote.Port())
		if err != nil || got != f || string(rest) != "message" {
			t.Errorf("got %+v, %q, %v\nwant %+v", got, rest, err, f)
		}
		for cutAt := range len(payload) - len("message") {
			if _, _, err := readFlow(payload[:cutAt]); !errors.Is(err, errFrame) {
				t.Errorf("cut at %d: %v", cutAt, err)
			}
		}
	}
	if _, err := newFrame(kindSend, transport.Flow{Listener: strings.Repeat("x", maxText+1)}, nil); !errors.Is(err, errLarge) {
		t.Errorf("a long name: %v", err)
	}
}

func TestFrameLimits(t *testing.T) {
	for name, head := range map[string]uint32{"empty": 0, "too long": maxFrame + 1, "much too long": 1<<32 - 1} {
		b := binary.BigEndian.AppendUint32(nil, head)
		if _, _, _, err := readFrame(bytes.NewReader(append(b, make([]byte, 64)...)), nil, maxFrame); !errors.Is(err, errFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzFrame: whatever comes, a frame is read or refused, and a flow that was read
// is written as it was.
func FuzzFrame(f *testing.F) {
	f.Add(helloFrame(Member{Name: "node-1", Number: 1, Link: linkAddr(1), Protocol: Protocol}, Protocol))
	f.Add(bareFrame(kindBeat, nil))
	for _, flow := range []transport.Flow{phoneFlow("", 0), phoneFlow("", 7), {}} {
		frame, err := newFrame(kindMessage, flow, []byte("SIP/2.0 200 OK\r\n\r\n"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, payload, _, err := readFrame(bytes.NewReader(data), nil, maxFrame)
		if err != nil {
			return
		}
		if k == kindHello {
			if m, err := readHello(k, payload); err == nil && (m.Name == "" || m.Number == 0) {
				t.Errorf("a hello of nobody: %+v", m)
			}
			return
		}
		flow, rest, err := readFlow(payload)
		if err != nil {
			return
		}
		again, err := newFrame(k, flow, rest)
		if err != nil {
			t.Fatal(err)
		}
		if got, gotRest, err := readFlow(again[lengthSize+1:]); err != nil || got != flow || !bytes.Equal(gotRest, rest) {
			t.Errorf("%+v was written as %+v, %v", flow, got, err)
		}
	})
}

func TestReadKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if _, err := ReadKeys(file); err == nil {
		t.Error("a missing file was read")
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("  too short to be a secret of a cluster      \n")
	if _, err := ReadKeys(file); err != nil {
		t.Errorf("36 bytes: %v", err)
	}
	write(strings.Repeat(" ", 40) + "short\n")
	if _, err := ReadKeys(file); err == nil || !strings.Contains(err.Error(), "openssl rand -hex 32") || strings.Contains(err.Error(), "short\n") {
		t.Errorf("a short secret: %v", err)
	}
	write(string(secret.secret) + "\n")
	k, err := ReadKeys(file)
	if err != nil || !bytes.Equal(k.Mark(), secret.Mark()) || !bytes.Equal(k.Nonce(), secret.Nonce()) {
		t.Errorf("the same secret gives other keys: %v", err)
	}
	if bytes.Equal(k.Mark(), k.Nonce()[:len(k.Mark())]) {
		t.Error("two uses share a key")
	}
}
