package cli

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"strowger/configs"
)

// Files of init, in its folder, and what they are made from.
const (
	localConfig = "local.hcl"
	localSeats  = "secrets/seats.csv"
	localData   = "./data-local"
	demoSeats   = "demo.seats.csv"
	demoPlan    = "demo.plan.hcl"
)

// passwordLength is in characters of 5 bits.
const passwordLength = 16

// localSite is what init writes.
type localSite struct {
	dir     string
	address netip.Prefix // with the length of its subnet
	port    int
	tls     *selfMade // nil: no TLS

	rows             [][]string // of the seats; the first has the names of columns
	number, password int        // columns
}

func (s *localSite) path(file string) string { return filepath.Join(s.dir, file) }
func (s *localSite) configPath() string      { return s.path(localConfig) }
func (s *localSite) seatsPath() string       { return s.path(localSeats) }

// read takes the demo's seats, moves them to the local network and gives them
// passwords of their own.
func (s *localSite) read() error {
	file, err := os.ReadFile(filepath.Join(s.dir, demoSeats))
	if err == nil {
		_, err = os.Stat(filepath.Join(s.dir, demoPlan))
	}
	if err != nil {
		return fmt.Errorf("the demo's files are needed; name their folder with --dir: %w", err)
	}
	if s.rows, err = csv.NewReader(bytes.NewReader(file)).ReadAll(); err != nil {
		return fmt.Errorf("%s: %w", demoSeats, err)
	}
	if len(s.rows) == 0 {
		return fmt.Errorf("%s is empty", demoSeats)
	}
	network := slices.Index(s.rows[0], "network")
	s.number, s.password = slices.Index(s.rows[0], "number"), slices.Index(s.rows[0], "password")
	if min(network, s.number, s.password) < 0 {
		return fmt.Errorf("%s lacks a column: number, network and password are needed", demoSeats)
	}
	for _, row := range s.rows[1:] {
		row[network], row[s.password] = "lan", strings.ToLower(rand.Text()[:passwordLength])
	}
	return nil
}

// written is one file of init.
type written struct {
	path    string
	content []byte
	mode    fs.FileMode
}

// files are what is written, the configuration last: it needs the others.
func (s *localSite) files(config string) ([]written, error) {
	var seats bytes.Buffer
	if err := csv.NewWriter(&seats).WriteAll(s.rows); err != nil {
		return nil, err
	}
	files := []written{{s.seatsPath(), seats.Bytes(), 0o600}}
	if s.tls != nil {
		files = append(files, written{s.path(localKey), s.tls.key, 0o600}, written{s.path(localCert), s.tls.cert, 0o644})
	}
	return append(files, written{s.configPath(), []byte(config), 0o644}), nil
}

// write creates all files, or none.
func (s *localSite) write(force bool) error {
	text := s.config()
	if _, err := configs.Parse(s.configPath(), []byte(text), configs.Overrides{}); err != nil {
		return err
	}
	files, err := s.files(text)
	if err != nil {
		return err
	}
	if force {
		for _, f := range files {
			if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if err := os.MkdirAll(filepath.Dir(s.seatsPath()), 0o700); err != nil {
		return err
	}
	for i, f := range files {
		if err := create(f.path, f.content, f.mode); err != nil {
			for _, done := range files[:i] {
				err = errors.Join(err, os.Remove(done.path))
			}
			return err
		}
	}
	return nil
}

// create writes a file that must not exist yet, whatever the umask.
func create(path string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; to replace it and its passwords: strowger init --lan --force", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// config is the text of the configuration.
func (s *localSite) config() string {
	a := s.address.Addr()
	return fmt.Sprintf(`# A contact centre for phones of the local network, written by strowger init --lan.

node {
  data = %[3]q # relative to the working directory
}

# Where phones are.
network "lan" {
  listener "udp" {
    bind = %[1]q
  }

  listener "tcp" {
    bind = %[1]q
  }
%[8]s
  rtp {
    bind      = %[2]q
    advertise = %[2]q # what phones send their sound to
    ports     = "20000-29999"
  }

  allow = [%[4]q]
}

# Where the demo's carrier is.
network "local" {
  listener "udp" {
    bind = "127.0.0.1:%[5]d"
  }

  rtp {
    bind  = "127.0.0.1"
    ports = "30000-30999"
  }
}

tenant "demo" {
  realm = "demo" # never changed: stored passwords depend on it

  # The demo's carrier reaches nobody: emergency calls fail until a trunk of a real
  # carrier stands here.
  emergency {
    trunks = ["carrier"]
  }

  # Applied once, to an empty store; from then on the store is the truth.
  seed {
    plan  = %[6]q
    seats = %[7]q
  }
}

trunk "carrier" {
  network = "local"
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2:5060"]
}

admin {
  http   = "127.0.0.1:8080"
  socket = "admin.sock" # in the data folder
}
`, netip.AddrPortFrom(a, uint16(s.port)).String(), a.String(), localData, s.address.Masked().String(), s.port, demoPlan, localSeats, s.tlsListener())
}

// print tells what was written, what to open and whom to register.
func (s *localSite) print(w io.Writer) {
	a, subnet := s.address.Addr(), s.address.Masked()
	fmt.Fprintf(w, "written: %s and %s (passwords: keep it to yourself)\n", s.configPath(), s.seatsPath())
	if _, err := os.Stat(localData); err == nil {
		fmt.Fprintf(w, "\n%s is there from before: its seats keep their old passwords until it is moved away.\n", localData)
	}
	fmt.Fprintf(w, "\nstart:  strowger serve --config %s\n", s.configPath())
	fmt.Fprintf(w, "\nif this machine has a firewall, let the phones in, for example:\n")
	fmt.Fprintf(w, "  ufw allow proto udp from %s to any port %d\n", subnet, s.port)
	fmt.Fprintf(w, "  ufw allow proto tcp from %s to any port %d\n", subnet, s.port)
	if s.tls != nil {
		fmt.Fprintf(w, "  ufw allow proto tcp from %s to any port %d\n", subnet, s.port+1)
	}
	fmt.Fprintf(w, "  ufw allow proto udp from %s to any port 20000:29999\n", subnet)
	fmt.Fprintf(w, "\nEmergency calls fail until a real carrier's trunk is configured: do not use\nthis as anybody's only telephone.\n")
	s.adviseTLS(w)
	fmt.Fprintf(w, "\naccounts, server %s, UDP or TCP; then dial *43:\n", netip.AddrPortFrom(a, uint16(s.port)))
	for _, row := range s.rows[1:] {
		fmt.Fprintf(w, "  user %-6s password %s\n", row[s.number], row[s.password])
	}
}
