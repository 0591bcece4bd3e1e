package message

import (
	"github.com/emiago/sipgo/sip"
)

// Limits of one message. A message beyond one of them is refused with TooLarge.
const (
	MaxHeaders = 128               // header lines, and values of split lists
	MaxLine    = 8 << 10           // bytes of one header line, unfolded
	MaxHead    = 64 << 10          // bytes of start line and headers
	MaxBody    = 64 << 10          // bytes of the body
	MaxMessage = MaxHead + MaxBody // bytes of a message
)

// Kind is what is wrong with a message. There is a counter for each.
type Kind uint8

// The kinds of fault.
const (
	NotSIP    Kind = iota + 1 // the first line is neither a request nor a status line
	Truncated                 // the head has no end, or the body is shorter than announced
	Version                   // another version of SIP than 2.0
	StartLine                 // a request or status line that breaks the grammar
	Syntax                    // a header that breaks the grammar
	Missing                   // a mandatory header is absent
	Duplicate                 // a header that may stand only once stands twice
	Mismatch                  // the method of CSeq is not the method of the request
	Control                   // a control character or a bare line end in the head
	TooLarge                  // beyond one of the limits
)

var kindNames = [...]string{
	"", "not SIP", "truncated", "version", "start line", "syntax", "missing header",
	"duplicate header", "method mismatch", "control character", "too large",
}

// String is the kind in words, for a log line.
func (k Kind) String() string { return kindNames[k] }

// ParseError says why a message was refused, and what may be answered.
type ParseError struct {
	Kind   Kind
	Status int    // the status to answer: 400, 413, 416, 505 or 513; 0 means drop it silently
	Reason string // what is wrong, fit for a reason phrase
	// Request is what could be read, at least a Via and a CSeq. It is set if and only
	// if Status is not 0.
	Request *sip.Request
}

// Error is the kind and the reason.
func (e *ParseError) Error() string {
	return "malformed SIP message (" + e.Kind.String() + "): " + e.Reason
}

// fault is a fault of a value, before it is known whether it can be answered.
type fault struct {
	kind   Kind
	status int
	reason string
}

func (f *fault) Error() string { return f.reason }

func syntax(reason string) *fault { return &fault{Syntax, 400, reason} }
