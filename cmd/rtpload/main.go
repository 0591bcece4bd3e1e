// Command rtpload generates RTP and measures what a relay does to it.
//
//	rtpload floor -calls 200 -seconds 10    no relay: what the machine itself costs
//	rtpload bench -calls 200 -seconds 10    Strowger's relay and rtpengine in turn
//	rtpload media -sizes 100,200            what bench measures, and the whole machine's CPU
//	rtpload relay -calls 200 -peer ADDR     Strowger's relay with bridged calls, for bench
//	rtpload entries -bind ADDR -to ADDR     how fast the kernel plane is filled, for media
//
// A call is two legs of G.711 with 20 ms in a packet, 50 packets a second each way.
// The payload carries the time of sending; loss is what did not come back, and the
// added delay what lies between. All legs share one socket of the generator, so
// that one sendmmsg serves many.
//
//	rtpload spin                            turns of idle processors, for media
//
// CPU is user and system time of the relay's process by /proc; loopback charges
// the delivery of a packet to its sender. Compare figures of one run only.
//
// The CPU of the whole machine is what a thread of the lowest priority on each processor
// did not get, against what it gets alone. Each run with a relay is paired with one in
// which the generator sends to itself; what is told is the difference. Relays in user space
// are measured on loopback, and where there is root beside the kernel plane, over a veth
// pair into a namespace; without a relay, packets then cross that pair once.
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	commands := map[string]func(context.Context, []string) error{"floor": floor, "bench": bench, "relay": relayCalls, "media": mediaBench, "spin": spin, "entries": installEntries}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: rtpload floor|bench|media|relay|spin|entries [flags]; -h after a command lists them")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](context.Background(), os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "rtpload:", err)
		os.Exit(1)
	}
}
