package phone_test

import (
	"net"
	"testing"
)

// freePort is a port of 127.0.0.1 that is free for UDP and TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().(*net.TCPAddr)
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: addr.IP, Port: addr.Port})
		l.Close()
		if err == nil {
			u.Close()
			return addr.Port
		}
	}
	t.Fatal("no port is free for both UDP and TCP")
	return 0
}
