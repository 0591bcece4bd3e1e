package sdp

import (
	"fmt"
	"strconv"
	"strings"
)

// section is the session part or one m-line with its lines.
type section struct {
	media      string // value of m=
	connection string // value of c=
	attributes []Attribute
}

func (s *section) attribute(name string) (string, bool) {
	for _, a := range s.attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// direction is the last direction attribute, or otherwise.
func (s *section) direction(otherwise Direction) Direction {
	for _, a := range s.attributes {
		if d, ok := parseDirection(a.Name); ok {
			otherwise = d
		}
	}
	return otherwise
}

// Parse reads a session description. Errors are ErrMalformed and ErrLimit; what is
// wrong with a line that an exchange does not use is no error. It is read as for a
// session that is Optional; see Session.Parse.
func Parse(body []byte) (*Description, error) {
	if len(body) > MaxBody {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(body), MaxBody)
	}
	d := &Description{text: string(body), how: Optional}
	sections, err := d.split()
	if err != nil {
		return nil, err
	}
	session := &sections[0]
	d.Media = make([]Media, len(sections)-1)
	for i := range d.Media {
		if err := d.Media[i].read(session, &sections[i+1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// split cuts the text into the session section and one section an m-line.
func (d *Description) split() ([]section, error) {
	sections := make([]section, 1, 2)
	attributes, number := 0, 0
	for line := range strings.Lines(d.text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' || strings.ContainsFunc(line, isControl) {
			return nil, fmt.Errorf("%w: line %d is not type=value", ErrMalformed, number)
		}
		if number == 1 && strings.TrimSpace(line) != "v=0" {
			break
		}
		var err error
		value, current := line[2:], &sections[len(sections)-1]
		switch line[0] {
		case 'o':
			d.Origin, err = parseOrigin(value)
		case 'c':
			current.connection = value
		case 'a':
			attributes++
			name, v, _ := strings.Cut(value, ":")
			current.attributes = append(current.attributes, Attribute{Name: strings.TrimSpace(name), Value: strings.TrimSpace(v)})
		case 'm':
			sections = append(sections, section{media: value})
		}
		switch {
		case err != nil:
			return nil, err
		case attributes > MaxAttributes:
			return nil, fmt.Errorf("%w: more than %d attributes", ErrLimit, MaxAttributes)
		case len(sections) > 1+MaxMedia:
			return nil, fmt.Errorf("%w: more than %d m-lines", ErrLimit, MaxMedia)
		}
	}
	if !strings.HasPrefix(d.text, "v=0") || d.Origin == (Origin{}) {
		return nil, fmt.Errorf("%w: it does not begin with v=0 or has no o= line", ErrMalformed)
	}
	return sections, nil
}

func parseOrigin(value string) (Origin, error) {
	f := strings.Fields(value)
	if len(f) != 6 {
		return Origin{}, fmt.Errorf("%w: the o= line has %d fields, not 6", ErrMalformed, len(f))
	}
	return Origin{Username: f[0], ID: f[1], Version: f[2], Address: f[5]}, nil
}

// isSpace: what Unicode takes for a space beyond these belongs to a format's name.
func isSpace(r rune) bool { return r == ' ' || r == '\t' }

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// read fills m from its section and the session's.
func (m *Media) read(session, own *section) error {
	f := strings.FieldsFunc(own.media, isSpace)
	if len(f) < 4 {
		return fmt.Errorf("%w: m=%.40s has no format", ErrMalformed, own.media)
	}
	if len(f)-3 > MaxFormats {
		return fmt.Errorf("%w: more than %d formats on an m-line", ErrLimit, MaxFormats)
	}
	portText, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return fmt.Errorf("%w: port %.20q is not 0 to 65535", ErrMalformed, portText)
	}
	m.Kind, m.Port, m.Proto, m.Formats = strings.ToLower(f[0]), uint16(port), f[2], f[3:]
	if !m.anyRTP() {
		return nil
	}
	m.Direction = own.direction(session.direction(SendRecv))
	m.PTime = packetTime(own)
	m.Codecs, m.Crypto = codecs(m.Formats, own), cryptos(own)
	m.readAddresses(session, own)
	return nil
}
