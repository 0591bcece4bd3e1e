package cli

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"strowger/sip/transport"
)

// explainBusy adds to an error of an address in use who has it and the way out.
func explainBusy(err error) error {
	var busy *transport.BusyError
	if !errors.As(err, &busy) {
		return err
	}
	who := "another program"
	if h := holder("/proc", busy.Proto, busy.Addr); h != "" {
		who = h
	}
	way := "make run SIP_PORT=5070 (strowger serve --sip-port 5070)"
	if strings.HasPrefix(err.Error(), "admin API") {
		way = "strowger serve --admin-http 127.0.0.1:8081"
	}
	return fmt.Errorf("%s %s is in use by %s; stop that, or take another port: %s", busy.Proto, busy.Addr, who, way)
}

// holder is the program that has a socket on the address, as "kamailio (pid 123)",
// or "" if it cannot be told: other users' programs are known to root alone.
func holder(proc string, proto transport.Proto, addr netip.AddrPort) string {
	if proto == transport.TLS {
		proto = transport.TCP
	}
	for _, file := range []string{string(proto), string(proto) + "6"} {
		for _, inode := range inodes(filepath.Join(proc, "net", file), proto, addr) {
			if who := program(proc, inode); who != "" {
				return who
			}
		}
	}
	return ""
}

// inodes are those of the sockets in a table of /proc/net that hold the address.
func inodes(file string, proto transport.Proto, addr netip.AddrPort) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	const local, status, inode, listen = 1, 3, 9, "0A"
	var found []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		cells := strings.Fields(lines.Text())
		if len(cells) <= inode || proto == transport.TCP && cells[status] != listen {
			continue
		}
		a, ok := procAddr(cells[local])
		if ok && a.Port() == addr.Port() && (a.Addr() == addr.Addr() || a.Addr().IsUnspecified() || addr.Addr().IsUnspecified()) {
			found = append(found, cells[inode])
		}
	}
	return found
}

// procAddr reads 0100007F:13C4: words of 32 bits in the host's order, and a port.
func procAddr(s string) (netip.AddrPort, bool) {
	text, portText, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(text)
	port, err2 := hex.DecodeString(portText)
	if !ok || err != nil || err2 != nil || len(port) != 2 || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for w := range slices.Chunk(raw, 4) {
		binary.NativeEndian.PutUint32(w, binary.BigEndian.Uint32(w))
	}
	a, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(a.Unmap(), binary.BigEndian.Uint16(port)), ok
}

// program is the name and pid of a process that has a socket open.
func program(proc, inode string) string {
	links, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*"))
	if err != nil {
		return ""
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != "socket:["+inode+"]" {
			continue
		}
		dir := filepath.Dir(filepath.Dir(link))
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil {
			continue // it has ended meanwhile
		}
		return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), filepath.Base(dir))
	}
	return ""
}
