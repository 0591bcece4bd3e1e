package relay

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"strowger/media/datagram"
)

// floodTo is the environment variable that makes a process of the test the source of a
// flood: where it goes.
const floodTo = "STROWGER_TEST_FLOOD_TO"

// sendFlood is such a process: it sends until its standard input ends. The socket to send
// from is its descriptor 3.
func sendFlood(text string) error {
	// It gives way to the switch, which it shares processors with.
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, 19); err != nil {
		return err
	}
	to := datagram.AddressOf(netip.MustParseAddrPort(text))
	junk := floodKinds()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	for sent := uint64(0); ; {
		for range 1000 {
			b := junk[sent%uint64(len(junk))]
			if len(b) > minRTP && b[0] == 0x80 && b[1] < 128 { // a stream each, of one SSRC
				binary.BigEndian.PutUint16(b[2:], uint16(sent))
			}
			if datagram.Send(3, b, &to) == 0 {
				sent++
			}
		}
		select {
		case <-stopped:
			_, err := io.WriteString(os.Stdout, strconv.FormatUint(sent, 10))
			return err
		default:
		}
	}
}

// floodKinds are packets of a flood: RTP of strangers, RTCP, STUN, DTLS, what is none of
// them, what is longer than a frame and what is empty.
func floodKinds() [][]byte {
	forged, other := stream{ssrc: 99}, stream{ssrc: 98, payload: 77}
	return [][]byte{
		forged.next(sound(66)),
		{1, 1, 0, 0, 0, 0, 0, 0, 0},
		forged.next(sound(66)),
		{22, 3, 3, 0, 0, 0, 0, 0, 0},
		other.next(sound(66)),
		make([]byte, 500),
		{0x80, 200, 0, 6, 1, 1, 1, 1, 1},
		{0x80, 201, 0, 1, 0, 0, 0, 7},
		{255, 9, 9},
		{},
		make([]byte, MaxPacket+1),
	}
}

// flood is a process that sends junk as fast as it can.
type flood struct {
	testing.TB
	command *exec.Cmd
	stop    io.Closer
	out     strings.Builder
	began   time.Time
}

// startFlood floods an address from a socket.
func startFlood(tb testing.TB, from *net.UDPConn, to netip.AddrPort) *flood {
	tb.Helper()
	socket, err := from.File()
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	f := &flood{TB: tb, command: exec.CommandContext(tb.Context(), os.Args[0])}
	f.command.Env = append(os.Environ(), floodTo+"="+to.String())
	f.command.ExtraFiles = []*os.File{socket}
	f.command.Stdout = &f.out
	f.stop, err = f.command.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.command.Start(); err != nil {
		tb.Fatal(err)
	}
	f.began = time.Now()
	return f
}

// end ends it, and tells how much it sent and how much of that in a second.
func (f *flood) end() (sent uint64, rate float64) {
	f.Helper()
	_ = f.stop.Close()
	if err := f.command.Wait(); err != nil {
		f.Fatalf("%v: %s", err, &f.out)
	}
	sent, err := strconv.ParseUint(f.out.String(), 10, 64)
	if err != nil {
		f.Fatalf("%v: %s", err, &f.out)
	}
	return sent, float64(sent) / time.Since(f.began).Seconds()
}
