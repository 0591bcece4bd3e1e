package seat

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The columns of a seat file. A file has a header line and at least number and
// network, in any order; an empty cell is an empty value.
//
//	password            plain; HA1 is made of it with the tenant's realm
//	ha1_md5, ha1_sha256 instead of a password, with realm
//	class, calls        class of service and calls at once; empty is the tenant's
//	music               class of music on hold; empty is the tenant's
//	srtp, latch         how its sound is secured; empty is what the network says
//	disabled, auto_answer
//	                    true or false; empty is false
//
// A row without any secret keeps those that the seat has, and a file without the column
// class, calls, music, srtp or latch what the seat has there.
const (
	colNumber       = "number"
	colName         = "name"
	colNetwork      = "network"
	colPassword     = "password"
	colHA1MD5       = "ha1_md5"
	colHA1SHA256    = "ha1_sha256"
	colRealm        = "realm"
	colPresentation = "presentation"
	colSiteNumber   = "site_number"
	colAddress      = "address"
	colDesk         = "desk"
	colReached      = "reached"
	colClass        = "class"
	colCalls        = "calls"
	colDisabled     = "disabled"
	colPickup       = "pickup"
	colRing         = "ring"
	colAutoAnswer   = "auto_answer"
	colDTMF         = "dtmf"
	colMusic        = "music"
	colSRTP         = "srtp"
	colLatch        = "latch"
)

var columns = []string{
	colNumber, colName, colNetwork, colPassword, colHA1MD5, colHA1SHA256, colRealm,
	colPresentation, colSiteNumber, colAddress, colDesk, colReached, colDisabled,
	colPickup, colRing, colAutoAnswer, colClass, colCalls,
	colSRTP, colLatch, colMusic, colDTMF,
}

// Limits of an import.
const (
	MaxImportRows  = 100_000
	MaxImportBytes = 64 << 20
)

// RowError is a fault of one line of a seat file. Line 1 is the header.
type RowError struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Error is the line and what is wrong with it.
func (e RowError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// row is a line of a seat file that has no fault of its own.
type row struct {
	line int
	seat Seat
	has  map[string]int // the columns of the file
}

// rowReader makes seats of lines.
type rowReader struct {
	tenant     Tenant
	algorithms []string
	index      map[string]int // of the columns
	first      map[string]int // line of each number
	cells      []string
}

// readRows returns all rows and the faults of all others.
func readRows(r io.Reader, t Tenant, algorithms []string) ([]row, []RowError) {
	limited := &io.LimitedReader{R: r, N: MaxImportBytes + 1}
	in := csv.NewReader(limited)
	in.ReuseRecord = true
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return nil, []RowError{{1, "a header line is missing: give " + strings.Join(columns, ",")}}
	}
	p := rowReader{tenant: t, algorithms: algorithms, first: make(map[string]int)}
	if p.index, err = readHeader(header); err != nil {
		return nil, []RowError{{1, err.Error()}}
	}
	width := len(header)
	var rows []row
	var faults []RowError
	line := 1
	for {
		cells, err := in.Read()
		if len(cells) > 0 {
			line, _ = in.FieldPos(0)
		}
		switch parse := (*csv.ParseError)(nil); {
		case limited.N <= 0:
			return nil, append(faults, RowError{line, fmt.Sprintf("the file is larger than %d bytes: split it", MaxImportBytes)})
		case errors.Is(err, io.EOF):
			return rows, faults
		case errors.As(err, &parse):
			// A bad quote leaves open where the next line begins.
			return rows, append(faults, RowError{parse.Line, parse.Err.Error() + "; what follows was not read"})
		case err != nil:
			return nil, append(faults, RowError{line, err.Error()})
		case len(rows)+len(faults) >= MaxImportRows:
			return nil, append(faults, RowError{line, fmt.Sprintf("more than %d rows: split the file", MaxImportRows)})
		case len(cells) != width:
			faults = append(faults, RowError{line, fmt.Sprintf("%d cells, the header has %d", len(cells), width)})
			continue
		}
		seat, err := p.read(line, cells)
		if err != nil {
			faults = append(faults, RowError{line, strings.ReplaceAll(err.Error(), "\n", "; ")})
			continue
		}
		rows = append(rows, row{line, seat, p.index})
	}
}

func readHeader(header []string) (map[string]int, error) {
	index := make(map[string]int)
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF")))
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("unknown column %q: known are %s", name, strings.Join(columns, ", "))
		}
		if _, twice := index[name]; twice {
			return nil, fmt.Errorf("column %s is there twice", name)
		}
		index[name] = i
	}
	for _, name := range []string{colNumber, colNetwork} {
		if _, ok := index[name]; !ok {
			return nil, fmt.Errorf("column %s is missing", name)
		}
	}
	return index, nil
}

func (p *rowReader) cell(column string) string {
	if i, ok := p.index[column]; ok {
		return strings.Clone(p.cells[i])
	}
	return ""
}

func (p *rowReader) read(line int, cells []string) (Seat, error) {
	p.cells = cells
	s := Seat{
		Tenant: p.tenant.Name, Number: p.cell(colNumber), Name: p.cell(colName), Network: p.cell(colNetwork),
		Presentation: p.cell(colPresentation), SiteNumber: p.cell(colSiteNumber), Address: p.cell(colAddress),
		Desk: p.cell(colDesk), Reached: p.cell(colReached), Pickup: p.cell(colPickup), Ring: p.cell(colRing), Class: p.cell(colClass),
		DTMF: p.cell(colDTMF), Music: p.cell(colMusic), SRTP: p.cell(colSRTP), Latch: p.cell(colLatch),
	}
	if text := p.cell(colCalls); text != "" {
		calls, err := strconv.Atoi(text)
		if err != nil {
			return Seat{}, fmt.Errorf("calls %q: give a number of calls, or nothing for what the tenant says", text)
		}
		s.Calls = calls
	}
	for column, to := range map[string]*bool{colDisabled: &s.Disabled, colAutoAnswer: &s.AutoAnswer} {
		text := p.cell(column)
		if text == "" {
			continue
		}
		var err error
		if *to, err = strconv.ParseBool(text); err != nil {
			return Seat{}, fmt.Errorf("%s %q: give true or false", column, text)
		}
	}
	if first, twice := p.first[s.Number]; twice {
		return Seat{}, fmt.Errorf("number %s is in line %d already", s.Number, first)
	}
	p.first[s.Number] = line
	err := p.readSecrets(&s)
	return s, errors.Join(err, s.Validate())
}

func (p *rowReader) readSecrets(s *Seat) (err error) {
	password, md5, sha256, realm := p.cell(colPassword), p.cell(colHA1MD5), p.cell(colHA1SHA256), p.cell(colRealm)
	hashed := md5 != "" || sha256 != ""
	switch {
	case password != "" && hashed:
		return errors.New("password and HA1: give one of them")
	case hashed && realm == "":
		return fmt.Errorf("realm is missing: HA1 belongs to one, here to %s", p.tenant.Realm)
	case realm != "" && realm != p.tenant.Realm:
		return fmt.Errorf("%w: %q, the tenant's is %q; give the password instead of HA1", ErrRealm, realm, p.tenant.Realm)
	case password != "":
		s.Credentials, err = Credentials(s.Number, p.tenant.Realm, password, p.algorithms)
		return err
	}
	for algorithm, ha1 := range map[string]string{MD5: md5, SHA256: sha256} {
		if ha1 != "" {
			s.Credentials = append(s.Credentials, Credential{Algorithm: algorithm, Realm: realm, HA1: strings.ToLower(ha1)})
		}
	}
	slices.SortFunc(s.Credentials, func(a, b Credential) int { return strings.Compare(a.Algorithm, b.Algorithm) })
	return nil
}

// writeRows writes seats as a file that readRows takes. Without secrets the
// columns of secrets are left out.
func writeRows(w io.Writer, seats []Seat, secrets bool) error {
	names := slices.DeleteFunc(slices.Clone(columns), func(name string) bool {
		return name == colPassword || !secrets && (name == colHA1MD5 || name == colHA1SHA256 || name == colRealm)
	})
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return err
	}
	cells := make([]string, len(names))
	for i := range seats {
		values := seatCells(&seats[i])
		for j, name := range names {
			cells[j] = values[name]
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func seatCells(s *Seat) map[string]string {
	cells := map[string]string{
		colNumber: s.Number, colName: s.Name, colNetwork: s.Network, colPresentation: s.Presentation,
		colSiteNumber: s.SiteNumber, colAddress: s.Address, colDesk: s.Desk, colReached: s.Reached,
		colDisabled: strconv.FormatBool(s.Disabled), colPickup: s.Pickup, colRing: s.Ring,
		colAutoAnswer: strconv.FormatBool(s.AutoAnswer), colClass: s.Class, colMusic: s.Music,
		colDTMF: s.DTMF, colSRTP: s.SRTP, colLatch: s.Latch,
	}
	if s.Calls > 0 {
		cells[colCalls] = strconv.Itoa(s.Calls)
	}
	for _, c := range s.Credentials {
		cells[colRealm] = c.Realm
		switch c.Algorithm {
		case MD5:
			cells[colHA1MD5] = c.HA1
		case SHA256:
			cells[colHA1SHA256] = c.HA1
		}
	}
	return cells
}
