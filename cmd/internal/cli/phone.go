package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/phone"
	"strowger/configs"
	"strowger/media/sdp"
	"strowger/sip/certificate"
	"strowger/sip/transport"
	"strowger/sip/ua"
)

// phoneFlags are those of every command of the test phone.
type phoneFlags struct {
	server, user, passwordFile, transport, bind, ports, output string
	display, caFile, serverName, srtp                          string
	duration                                                   time.Duration
	sound                                                      soundFlags
}

func newPhone() *cobra.Command {
	f := &phoneFlags{}
	c := &cobra.Command{
		Use:   "phone",
		Short: "A test phone: register, call, answer, play, record",
		Long: `A test phone. The password is the demo's, if the server is on loopback; else
that of --password-file ("-" reads standard input) or STROWGER_PASSWORD.`,
	}
	p := c.PersistentFlags()
	p.StringVar(&f.server, "server", "127.0.0.1", "SIP address of the server (default port: 5060, by TLS 5061)")
	p.StringVar(&f.user, "user", "1001", "seat number")
	p.StringVar(&f.display, "name", "", "display name")
	p.StringVar(&f.passwordFile, "password-file", "", `file with the password; "-" is standard input`)
	p.StringVar(&f.transport, "transport", "udp", "udp, tcp or tls")
	p.StringVar(&f.caFile, "ca-file", "", "authorities of the server's certificate, for TLS (default: the system's)")
	p.StringVar(&f.serverName, "server-name", "", "name in the server's certificate, for TLS (default: its address)")
	p.StringVar(&f.srtp, "srtp", "off", "encrypted sound: off, optional, or required, which --srtp alone means")
	p.Lookup("srtp").NoOptDefVal = "required"
	p.StringVar(&f.bind, "bind", "", "own SIP address and port (default: any port)")
	p.StringVar(&f.ports, "rtp-ports", "10000-19999", "ports for sound")
	p.StringVarP(&f.output, "output", "o", "table", "table or json")
	p.DurationVar(&f.duration, "duration", 0, "hang up, or stop, after this time (default: never)")
	c.AddCommand(f.register(), f.call(), f.answer())
	return c
}

func (f *phoneFlags) register() *cobra.Command {
	return &cobra.Command{
		Use:   "register",
		Short: "Register and stay registered until interrupted",
		Example: `  strowger phone register --user 1002 --transport tcp
  strowger phone register --user 1002 --server 192.0.2.1 --transport tls --ca-file ca.pem`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.with(c, nil, func(ctx context.Context, p *phone.Phone) error {
				if err := f.enrol(ctx, c, p); err != nil {
					return err
				}
				<-ctx.Done()
				return nil
			})
		},
	}
}

func (f *phoneFlags) call() *cobra.Command {
	c := &cobra.Command{
		Use:   "call NUMBER",
		Short: "Call a number and report on the call",
		Example: `  strowger phone call '*43' --duration 5s --play hello.wav --record echo.wav
  strowger phone call 1002 --user 1001 --digits 12# -o json
  strowger phone call 1002 --transport tls --ca-file ca.pem --srtp`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.with(c, nil, func(ctx context.Context, p *phone.Phone) error {
				call, err := p.Call(args[0])
				if err != nil {
					return err
				}
				return f.talk(ctx, c, call)
			})
		},
	}
	f.sound.add(c)
	return c
}

func (f *phoneFlags) answer() *cobra.Command {
	var after time.Duration
	c := &cobra.Command{
		Use:     "answer",
		Short:   "Register, answer the next call and report on it",
		Example: "  strowger phone answer --user 1002 --after 3s --echo",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			calls := make(chan *phone.Call, 1)
			incoming := func(call *phone.Call) {
				select {
				case calls <- call:
				default:
					call.Refuse(486)
				}
			}
			return f.with(c, incoming, func(ctx context.Context, p *phone.Phone) error {
				if err := f.enrol(ctx, c, p); err != nil {
					return err
				}
				select {
				case <-ctx.Done():
					return errors.New("no call came")
				case call := <-calls:
					fmt.Fprintf(c.ErrOrStderr(), "%s calls\n", call.Number)
					return f.pickUp(ctx, c, call, after)
				}
			})
		},
	}
	c.Flags().DurationVar(&after, "after", 0, "ring this long before the answer")
	f.sound.add(c)
	return c
}

// enrol registers and says so.
func (f *phoneFlags) enrol(ctx context.Context, c *cobra.Command, p *phone.Phone) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	granted, err := p.Register(ctx, 10*time.Minute)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s is registered at %s by %s (digest %s) for %s\n", f.user, f.server, f.transport, p.Digest(), granted)
	return nil
}

// answerTime is how long the server has to answer a REGISTER, a BYE.
const answerTime = 10 * time.Second

// with makes the phone, does what is to be done and closes it in good order. The
// context given to do ends with the command's, or --duration of standing by.
func (f *phoneFlags) with(c *cobra.Command, incoming func(*phone.Call), do func(context.Context, *phone.Phone) error) error {
	cfg, ports, err := f.config(c)
	if err != nil {
		return usageError{err}
	}
	local, err := ua.Towards(cfg.Server)
	if err != nil {
		return err
	}
	if cfg.Bind.IsValid() {
		local = cfg.Bind.Addr()
	}
	plane, err := phone.NewPlane(local, ports[0], ports[1], cfg.Log)
	if err != nil {
		return err
	}
	defer plane.Close()
	cfg.Plane, cfg.Incoming = plane, incoming
	p, err := phone.New(cfg)
	if err != nil {
		return err
	}
	ctx := c.Context()
	if f.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.duration)
		defer cancel()
	}
	err = do(ctx, p)
	bye, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), answerTime)
	defer cancel()
	return errors.Join(err, p.Close(bye))
}

func (f *phoneFlags) config(c *cobra.Command) (cfg phone.Config, ports [2]uint16, err error) {
	cfg = phone.Config{User: f.user, Display: f.display, Proto: transport.Proto(f.transport)}
	cfg.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := f.connection(&cfg); err != nil {
		return cfg, ports, err
	}
	if f.bind != "" {
		if cfg.Bind, err = netip.ParseAddrPort(f.bind); err != nil {
			return cfg, ports, fmt.Errorf("--bind %s: write an address and port, such as 192.0.2.9:0", f.bind)
		}
	}
	var ok bool
	if cfg.SRTP, ok = sdp.ParseSecurity(f.srtp); !ok {
		return cfg, ports, fmt.Errorf("--srtp=%s: write off, optional or required", f.srtp)
	}
	if f.output != "table" && f.output != "json" {
		return cfg, ports, fmt.Errorf("-o %s: write table or json", f.output)
	}
	if _, err := fmt.Sscanf(f.ports, "%d-%d", &ports[0], &ports[1]); err != nil {
		return cfg, ports, fmt.Errorf("--rtp-ports %s: write two ports, such as 10000-19999", f.ports)
	}
	cfg.Password, err = f.password(c.InOrStdin(), cfg.Server.Addr())
	return cfg, ports, err
}

// connection reads where the server is and how it is reached.
func (f *phoneFlags) connection(cfg *phone.Config) error {
	port := uint16(5060)
	switch cfg.Proto {
	case transport.UDP, transport.TCP:
		if f.caFile != "" || f.serverName != "" {
			return errors.New("--ca-file and --server-name are for --transport tls")
		}
	case transport.TLS:
		port = 5061
	default:
		return fmt.Errorf("--transport %s: write udp, tcp or tls", f.transport)
	}
	var err error
	if cfg.Server, err = netip.ParseAddrPort(f.server); err != nil {
		a, err := netip.ParseAddr(f.server)
		if err != nil {
			return fmt.Errorf("--server %s: write an address and port, such as 192.0.2.1:5060", f.server)
		}
		cfg.Server = netip.AddrPortFrom(a, port)
	}
	if cfg.Proto != transport.TLS {
		return nil
	}
	c := certificate.Client{Name: f.serverName, CAFile: f.caFile}
	if c.Name == "" {
		c.Name = cfg.Server.Addr().String()
	}
	config, err := certificate.NewKeeper(cfg.Log).Client(c)
	if err != nil {
		return fmt.Errorf("--ca-file: %w", err)
	}
	cfg.TLS = config()
	return nil
}

// maxPassword bounds what is read as a password, in bytes.
const maxPassword = 1 << 10

func (f *phoneFlags) password(stdin io.Reader, server netip.Addr) (string, error) {
	if f.passwordFile == "" {
		if p := os.Getenv("STROWGER_PASSWORD"); p != "" || !server.IsLoopback() {
			return p, nil
		}
		return configs.DemoPassword(f.user), nil
	}
	in := stdin
	if f.passwordFile != "-" {
		file, err := os.Open(f.passwordFile)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	b, err := io.ReadAll(io.LimitReader(in, maxPassword))
	return strings.TrimRight(string(b), "\r\n"), err
}
