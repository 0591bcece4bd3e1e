package cli

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"strowger/sip/transport"
)

// The kernel's tables, as a little-endian machine writes them.
const (
	udpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11111 2 0000000000000000 0
  101: 00000000:13C6 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 22222 2 0000000000000000 0
  102: broken
`
	tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:13C4 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 33333 1 0000000000000000 100 0 0 10 0
   1: 0100007F:13C4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 44444 1 0000000000000000 100 0 0 10 0
`
	tcp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 55555 1 0000000000000000 100 0 0 10 0
`
)

func TestHolder(t *testing.T) {
	proc := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("net/udp", udpTable)
	write("net/tcp", tcpTable)
	write("net/tcp6", tcp6Table)
	for pid, inode := range map[string]string{"10": "11111", "20": "22222", "30": "33333", "40": "44444", "50": "55555"} {
		write(pid+"/comm", "program"+pid+"\n")
		write(pid+"/fd/.keep", "")
		if err := os.Symlink("socket:["+inode+"]", filepath.Join(proc, pid, "fd", "3")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		proto transport.Proto
		addr  string
		want  string
	}{
		{transport.UDP, "127.0.0.1:5060", "program10 (pid 10)"},
		{transport.UDP, "0.0.0.0:5060", "program10 (pid 10)"},
		{transport.UDP, "127.0.0.2:5060", ""},
		{transport.UDP, "127.0.0.9:5062", "program20 (pid 20)"},
		{transport.TCP, "127.0.0.1:5060", "program40 (pid 40)"}, // who listens, not who is connected
		{transport.TCP, "[::1]:8080", "program50 (pid 50)"},
		{transport.TCP, "127.0.0.1:8080", ""},
	} {
		if got := holder(proc, c.proto, netip.MustParseAddrPort(c.addr)); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.proto, c.addr, got, c.want)
		}
	}
	if got := inodes(filepath.Join(proc, "net/udp"), transport.UDP, netip.MustParseAddrPort("127.0.0.1:5060")); !slices.Equal(got, []string{"11111"}) {
		t.Error(got)
	}
}
