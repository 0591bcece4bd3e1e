package ladder_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"golang.org/x/tools/txtar"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/ladder"
	"strowger/sip/trace"
)

var update = flag.Bool("update", false, "write the ladders anew")

var began = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// TestDraw: a file of testdata has the legs of a call, a file for each message, named
// by its second and its way (<2 came from leg 2, >2 went to it), and the ladder.
func TestDraw(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no ladders: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, call := readCall(t, file)
			var got bytes.Buffer
			ladder.Draw(&got, call)
			for line := range strings.Lines(got.String()) {
				if n := len(strings.TrimRight(line, "\n")); n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			last := &archive.Files[len(archive.Files)-1]
			if *update {
				last.Data = got.Bytes()
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(last.Data), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func readCall(t *testing.T, file string) (*txtar.Archive, api.Trace) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	call := api.Trace{ID: "1125-100000-abcdefgh"}
	for _, f := range archive.Files[:len(archive.Files)-1] {
		if f.Name == "legs" {
			for line := range strings.Lines(string(f.Data)) {
				var l trace.Leg
				if _, err := fmt.Sscan(line, &l.ID, &l.Party); err != nil {
					t.Fatalf("%s: leg %q: %v", file, line, err)
				}
				l.CallID = fmt.Sprint("dialog-", l.ID)
				call.Legs = append(call.Legs, l)
			}
			continue
		}
		var second float64
		var way string
		if _, err := fmt.Sscan(f.Name, &second, &way); err != nil {
			t.Fatalf("%s: message %q: %v", file, f.Name, err)
		}
		call.Messages = append(call.Messages, trace.Message{
			At: began.Add(time.Duration(second * float64(time.Second))), Sent: way[0] == '>', Proto: "udp", CallID: "dialog-" + way[1:],
			Local: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.1" + way[1:] + ":5060"),
			Text: strings.ReplaceAll(string(f.Data), "\n", "\r\n"),
		})
	}
	return archive, call
}

// TestPCAP reads a capture back.
func TestPCAP(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("192.0.2.1:5061"), netip.MustParseAddrPort("[2001:db8::1]:5060")
	messages := []trace.Message{
		{At: began, Local: v4, Remote: netip.MustParseAddrPort("192.0.2.9:40000"), Text: "INVITE"},
		{At: began.Add(1500), Sent: true, Local: v4, Remote: netip.MustParseAddrPort("192.0.2.9:40000"), Text: "?", Raw: []byte("\xff")},
		{At: began.Add(time.Second), Local: v6, Remote: netip.MustParseAddrPort("[2001:db8::2]:5060"), Text: strings.Repeat("x", 1<<17)},
	}
	var file bytes.Buffer
	if err := ladder.WritePCAP(&file, messages); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		from, to layers.UDPPort
		payload  string
	}{
		{from: 40000, to: 5061, payload: "INVITE"},
		{from: 5061, to: 40000, payload: "\xff"},
		{from: 5060, to: 5060, payload: strings.Repeat("x", 65507)},
	} {
		data, info, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		if !info.Timestamp.Equal(messages[i].At) {
			t.Errorf("packet %d is of %v, want %v", i, info.Timestamp, messages[i].At)
		}
		p := gopacket.NewPacket(data, r.LinkType(), gopacket.Default)
		udp, ok := p.TransportLayer().(*layers.UDP)
		if !ok || udp.SrcPort != want.from || udp.DstPort != want.to || string(udp.Payload) != want.payload {
			t.Errorf("packet %d is %v", i, p)
		}
		if ok {
			if err := udp.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
				t.Fatal(err)
			}
		}
		if err, mismatches := p.VerifyChecksums(); err != nil || len(mismatches) > 0 {
			t.Errorf("packet %d: checksums: %v, %v", i, err, mismatches)
		}
	}
	if _, _, err := r.ReadPacketData(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last packet: %v", err)
	}
	mixed := []trace.Message{{Local: v4, Remote: v6}}
	if err := ladder.WritePCAP(io.Discard, mixed); err == nil {
		t.Error("a message between two families was written")
	}
}
