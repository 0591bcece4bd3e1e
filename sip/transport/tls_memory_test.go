package transport_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"strowger/sip/certificate"
	"strowger/sip/certificate/certtest"
	"strowger/sip/transport"
)

// asPhones in the environment makes the test binary phones that connect to the address
// in it, and the authority's file after that.
const asPhones = "STROWGER_TEST_PHONES"

const idlePhones = 400

func TestMain(m *testing.M) {
	if where := os.Getenv(asPhones); where != "" {
		if err := phones(where); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// phones connect, are answered once, say so and rest until their input ends.
func phones(where string) error {
	addr, file, _ := strings.Cut(where, " ")
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	conns := make([]net.Conn, 0, idlePhones)
	for i := range idlePhones {
		c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
		if err != nil {
			return err
		}
		conns = append(conns, c)
		if _, err := c.Write([]byte(tlsOptions(i + 1))); err != nil {
			return err
		}
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stdout, "resting")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	for _, c := range conns {
		_ = c.Close()
	}
	return nil
}

// held is what the process holds for its work: its heap and its stacks.
func held() uint64 {
	for range 4 { // each halves stacks that are too large
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestIdleTLSConnectionIsSmall: 30,000 seats by TLS are to take at most 24 KiB each.
func TestIdleTLSConnectionIsSmall(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Write(dir, "node", time.Hour, "127.0.0.1")
	server, err := certificate.NewKeeper(nil).Server(certificate.Server{Pairs: []certificate.Pair{{CertFile: cert, KeyFile: key}}})
	if err != nil {
		t.Fatal(err)
	}
	l, r := start(t, transport.Config{Listeners: []transport.Listener{{
		Name: "tls", Network: "seats", Proto: transport.TLS, Bind: netip.MustParseAddrPort("127.0.0.1:0"), TLS: server,
	}}, HandshakesPerSource: idlePhones})
	r.answer(l)
	before := held()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asPhones+"="+l.Listeners()[0].Addr.String()+" "+ca.WriteCA(dir))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "resting\n" {
		t.Fatalf("the phones say %q, %v", line, err)
	}
	r.forget()
	each := (held() - before) / idlePhones
	t.Log(strconv.FormatUint(each, 10), "bytes a connection")
	if each > 24<<10 {
		t.Errorf("%d bytes a connection", each)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
