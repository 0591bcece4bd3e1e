package bench

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// The seats that call by TLS. They come from several addresses, as from several sites,
// and no faster than a node lets handshakes in.
const (
	tlsSeats   = 30_000
	tlsSources = 30
	tlsDialers = 16
	tlsRate    = 450 // a second

	otherDescriptors = 1000 // of a process, beside those of its connections
)

var secureServer = netip.MustParseAddrPort("127.0.0.1:5981")

// memoryPerTLSSeat weighs connections that have said something and rest.
func memoryPerTLSSeat(ctx context.Context, r *run) (float64, error) {
	var limit syscall.Rlimit // the node's is the same
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	count := min(tlsSeats, int(limit.Max)-otherDescriptors)
	if count < tlsSeats {
		fmt.Fprintf(r.Progress, "  ulimit -n is %d: %d connections instead of %d\n", limit.Max, count, tlsSeats)
	}
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	return memoryEach(r, count, func() (err error) {
		if conns, err = connectSeats(ctx, count); err != nil {
			return err
		}
		return wait(ctx, restTime)
	})
}

// connectSeats opens connections. What is kept of each is its socket: the state of TLS on
// this side is nothing that is measured.
func connectSeats(ctx context.Context, count int) ([]net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turns := make(chan int)
	go func() {
		defer close(turns)
		tick := time.NewTicker(time.Second / tlsRate)
		defer tick.Stop()
		for i := range count {
			select {
			case turns <- i:
			case <-ctx.Done():
				return
			}
			<-tick.C
		}
	}()
	var mu sync.Mutex
	var conns []net.Conn
	var failed error
	var dialers sync.WaitGroup
	for range tlsDialers {
		dialers.Go(func() {
			for i := range turns {
				c, err := connectSeat(ctx, i)
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("seat %d: %w", i, err))
					cancel()
				} else {
					conns = append(conns, c)
				}
				mu.Unlock()
			}
		})
	}
	dialers.Wait()
	return conns, failed
}

// connectSeat connects, sends a request and reads its answer.
func connectSeat(ctx context.Context, i int) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	site := netip.AddrFrom4([4]byte{127, 0, 1, byte(1 + i%tlsSources)})
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(site, 0))}
	wire, err := d.DialContext(ctx, "tcp", secureServer.String())
	if err != nil {
		return nil, err
	}
	if err := greetSeat(ctx, wire, i); err != nil {
		return nil, errors.Join(err, wire.Close())
	}
	return wire, nil
}

func greetSeat(ctx context.Context, wire net.Conn, i int) error {
	deadline, _ := ctx.Deadline()
	if err := wire.SetDeadline(deadline); err != nil {
		return err
	}
	//nolint:gosec // G402: the node is this bench's own, and nothing secret is said
	c := tls.Client(wire, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return err
	}
	local := wire.LocalAddr().String()
	if _, err := fmt.Fprintf(c, "OPTIONS sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/TLS %[2]s;branch=z9hG4bK%[3]d;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%[3]d@%[2]s>;tag=%[3]d\r\nTo: <sip:%[1]s>\r\nCall-ID: tls-%[3]d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		secureServer, local, i); err != nil {
		return err
	}
	buf := make([]byte, 4<<10)
	n, err := c.Read(buf)
	if err == nil && !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 200 ")) {
		line, _, _ := bytes.Cut(buf[:n], []byte("\r\n"))
		err = fmt.Errorf("OPTIONS was answered with %q", line)
	}
	return err
}

// withTLS gives a benched node a TLS listener with a certificate.
func withTLS(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IPAddresses: []net.IP{secureServer.Addr().AsSlice()},
	}
	cert, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "strowger.hcl")
	config, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	listener := fmt.Sprintf("\n  listener \"tls\" {\n    bind = %q\n    cert_file = \"tls.crt\"\n    key_file = \"tls.key\"\n  }\n\n  rtp {", secureServer)
	write := func(name string, text []byte) error { return os.WriteFile(filepath.Join(dir, name), text, 0o600) }
	return errors.Join(
		write("strowger.hcl", bytes.Replace(config, []byte("\n  rtp {"), []byte(listener), 1)),
		write("tls.crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})),
		write("tls.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	)
}
