package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// initFlags are those of init.
type initFlags struct {
	lan, force bool
	tls        bool
	address    string
	dir        string
	port       int
}

func newInit() *cobra.Command {
	f := &initFlags{}
	c := &cobra.Command{
		Use:   "init --lan",
		Short: "Write a configuration for phones of the local network",
		Long: `Writes local.hcl and secrets/seats.csv beside the demo's files: the same contact
centre on an address of the local network, with a random password for each seat.
The accounts are printed once; secrets/seats.csv keeps them (mode 0600).

With --tls phones may also call by TLS, on the port after --sip-port: a self-made
certificate is written to secrets/tls.crt, and what phones need is printed.`,
		Example: `  strowger init --lan --address 192.168.1.10
  strowger init --lan --tls --address 192.168.1.10
  strowger serve --config configs/local.hcl`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	c.Flags().BoolVar(&f.lan, "lan", false, "for the local network (the only kind there is)")
	c.Flags().StringVar(&f.address, "address", "", "address of this machine (default: its only private one, or asked for)")
	c.Flags().StringVar(&f.dir, "dir", "configs", "folder with the demo's files, written to")
	c.Flags().IntVar(&f.port, "sip-port", 5060, "SIP port")
	c.Flags().BoolVar(&f.tls, "tls", false, "also for phones by TLS, with a self-made certificate")
	c.Flags().BoolVar(&f.force, "force", false, "replace files of an earlier init")
	return c
}

func (f *initFlags) run(c *cobra.Command) error {
	if !f.lan {
		return usageError{errors.New("say what to write: strowger init --lan")}
	}
	if f.tls && f.port >= 65535 {
		return usageError{fmt.Errorf("--sip-port %d: TLS takes the port after it; give one below 65535", f.port)}
	}
	address, err := f.choose(c.InOrStdin(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	site := localSite{dir: f.dir, address: address, port: f.port}
	if err := site.read(); err != nil {
		return err
	}
	if f.tls {
		made, err := makeCertificate(address.Addr(), time.Now())
		if err != nil {
			return err
		}
		site.tls = &made
	}
	if err := site.write(f.force); err != nil {
		return err
	}
	site.print(c.OutOrStdout())
	return nil
}

// choose is the address that was named, the only private one of the machine, or
// the one that is picked.
func (f *initFlags) choose(in io.Reader, out io.Writer) (netip.Prefix, error) {
	own, err := ownAddresses()
	if err != nil {
		return netip.Prefix{}, err
	}
	if f.address != "" {
		return named(f.address, own)
	}
	return pick(own, in, out)
}

// pick is the only private address, or the one that is chosen from a list.
func pick(own []netip.Prefix, in io.Reader, out io.Writer) (netip.Prefix, error) {
	var lan []netip.Prefix
	for _, p := range own {
		if p.Addr().Is4() && p.Addr().IsPrivate() {
			lan = append(lan, p)
		}
	}
	switch len(lan) {
	case 0:
		return netip.Prefix{}, errors.New("this machine has no private IPv4 address; name one with --address")
	case 1:
		return lan[0], nil
	}
	for i, p := range lan {
		fmt.Fprintf(out, "%3d  %s\n", i+1, p.Addr())
	}
	fmt.Fprintf(out, "which address do phones use (1 to %d)? ", len(lan))
	line, _ := bufio.NewReader(in).ReadString('\n')
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || n < 1 || n > len(lan) {
		return netip.Prefix{}, errors.New("no address was picked; name one with --address")
	}
	return lan[n-1], nil
}

// named is an address of the command line, which the machine must have.
func named(text string, own []netip.Prefix) (netip.Prefix, error) {
	address, err := netip.ParseAddr(text)
	if err != nil || address.IsUnspecified() || address.Zone() != "" {
		return netip.Prefix{}, usageError{fmt.Errorf("--address %s: write one address of this machine, such as 192.168.1.10", text)}
	}
	for _, p := range own {
		if p.Addr() == address || p.Addr().IsLoopback() && address.IsLoopback() && p.Contains(address) {
			return netip.PrefixFrom(address, p.Bits()), nil
		}
	}
	return netip.Prefix{}, fmt.Errorf("this machine does not have the address %s; see: ip address", address)
}

// ownAddresses are those of the machine, with the length of their subnets.
func ownAddresses() ([]netip.Prefix, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("the addresses of this machine cannot be listed: %w", err)
	}
	var own []netip.Prefix
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, p)
		}
	}
	return own, nil
}
