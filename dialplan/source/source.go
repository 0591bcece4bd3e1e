// Package source reads the HCL text that people write, plans and node
// configurations alike, strictly and safely: what nobody asked for is an error
// with its line and the word that was probably meant.
//
// # Decisions
//
//   - Only values are accepted: strings, whole numbers, true, false, lists of strings,
//     a bare word where a reader allows it, and env.NAME where a resolver is
//     given. HCL's evaluator is not used, so no text can make reading it
//     expensive.
//   - HCL's parser is recursive. Text larger than MaxBytes, nested deeper than
//     MaxDepth, with brackets that do not match or with operators is refused from
//     its tokens, before parsing.
//   - A reader asks a Body for the keys that it knows and ends with Done, which
//     reports every key that was not asked for.
package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Limits of a text.
const (
	MaxBytes  = 2 << 20 // a file, in bytes
	MaxDepth  = 64      // brackets, braces and templates inside each other
	maxFaults = 100     // faults kept of one text; a wholly wrong file has as many as lines
)

// Pos is a place in a text.
type Pos struct {
	File string
	Line int // from 1; 0 if the fault belongs to no line
}

// String is file:line.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Diagnostic is one fault: where it is and what to write instead.
type Diagnostic struct {
	Pos     Pos
	Message string
}

// String is one line: file:line: message.
func (d Diagnostic) String() string { return d.Pos.String() + ": " + d.Message }

// Diagnostics are the faults of a text. They are an error of one line for each.
type Diagnostics []Diagnostic //nolint:errname // a list, and an error only if it is not empty

// Error lists the faults, a line each.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil if there is no fault.
func (ds Diagnostics) Err() error {
	if len(ds) == 0 {
		return nil
	}
	return ds
}

// Add appends one fault, up to a limit.
func (ds *Diagnostics) Add(at Pos, format string, args ...any) {
	if len(*ds) < maxFaults {
		*ds = append(*ds, Diagnostic{at, fmt.Sprintf(format, args...)})
	}
}

// Sorted returns the faults in the order of the text.
func (ds Diagnostics) Sorted() Diagnostics {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Message, b.Message))
	})
	return ds
}

// Parse reads a text. env resolves env.NAME and may be nil, which makes env.NAME
// an error. Faults found here and later by the Body's methods are added to ds.
// The Body is nil if the text is no HCL.
func Parse(name string, src []byte, env func(string) (string, bool), ds *Diagnostics) *Body {
	if len(src) > MaxBytes {
		ds.Add(Pos{File: name}, "the file has %d bytes; at most %d are read", len(src), MaxBytes)
		return nil
	}
	if !scan(name, src, ds) {
		return nil
	}
	file, faults := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	for _, f := range faults {
		ds.Add(posOf(f.Subject, name), "%s", message(f))
	}
	if faults.HasErrors() {
		return nil
	}
	text := &text{name: name, env: env, faults: ds}
	return newBody(text, file.Body.(*hclsyntax.Body), Pos{File: name, Line: 1})
}

func posOf(r *hcl.Range, name string) Pos {
	if r == nil {
		return Pos{File: name}
	}
	return Pos{name, r.Start.Line}
}

func message(d *hcl.Diagnostic) string {
	text := d.Summary
	if d.Detail != "" {
		text += ": " + d.Detail
	}
	return strings.Join(strings.Fields(text), " ")
}

// ParsePlan is Parse of a text that may have expressions.
func ParsePlan(name string, src []byte, ds *Diagnostics) *Body { return Parse(name, src, nil, ds) }
