// Package hosttest gives tests loopback addresses that nothing else uses: neither other
// tests of the process nor those of processes that run beside it.
package hosttest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
)

// The blocks are 127.X.0.0/16 for these X. Lower ones are left to nodes that people run.
const (
	firstBlock = 65
	lastBlock  = 254
)

// block is the one of this process.
var block = sync.OnceValue(claim)

var taken atomic.Uint32

// Next is an address that nobody was given before. There are 51,000 in a process.
func Next() string {
	n := taken.Add(1)
	return fmt.Sprintf("127.%d.%d.%d", block(), n/200, 2+n%200)
}

// claim finds a block that no process has. The socket that marks it is open until the
// process ends, however that comes about.
func claim() int {
	const count = lastBlock - firstBlock + 1
	start := rand.IntN(count)
	for i := range count {
		x := firstBlock + (start+i)%count
		if claimed(x) {
			return x
		}
	}
	panic("every block of loopback addresses is in use by other tests")
}

// claimed tells whether a block was free, and takes it.
func claimed(x int) bool {
	l, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, byte(x), 255, 254), Port: 65000})
	if err != nil {
		return false
	}
	marks = append(marks, l)
	return true
}

// marks keeps the sockets open.
var marks []net.PacketConn
