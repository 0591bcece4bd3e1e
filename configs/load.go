package configs

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"strowger/dialplan/source"
)

// Load reads a configuration file. Its error has a line for each fault, with file
// and line.
func Load(path string, o Overrides) (*Config, error) {
	src, err := read(path)
	if err != nil {
		return nil, err
	}
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	if o.Subnets == nil {
		o.Subnets = subnets()
	}
	return Parse(path, src, o)
}

// read takes no more than the limit, and a byte that shows that there is more.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w; name the file with --config", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, source.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return src, nil
}

// subnets are those of the machine's interfaces; loopback is all of 127/8.
func subnets() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	out := make([]netip.Prefix, 0, len(addrs))
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

// Parse is Load of a text, without any I/O. path names it and is the base of
// relative paths.
func Parse(path string, src []byte, o Overrides) (*Config, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var faults source.Diagnostics
	body := source.Parse(path, src, o.Env, &faults)
	if body == nil {
		return nil, faults.Sorted()
	}
	r := reader{path: path, o: o, Config: &Config{File: path}, places: map[string]source.Pos{}}
	r.read(body)
	body.Done()
	if len(faults) == 0 {
		r.check(body)
	}
	if err := faults.Sorted().Err(); err != nil {
		return nil, err
	}
	r.allow()
	return r.Config, nil
}

// check tells whether the ports are such that a file could have.
func (o Overrides) check() error {
	for _, port := range []int{o.SIPPort, o.TrunkPort, o.RTPFrom, o.RTPTo} {
		if port < 0 || port > 65535 {
			return fmt.Errorf("port %d is not from 1 to 65535", port)
		}
	}
	if (o.RTPFrom != 0 || o.RTPTo != 0) && (o.RTPFrom < 1024 || o.RTPFrom%2 != 0 || o.RTPTo-o.RTPFrom < 3) {
		return fmt.Errorf("RTP ports %d to %d are no range of four or more from an even port above 1023", o.RTPFrom, o.RTPTo)
	}
	return nil
}
