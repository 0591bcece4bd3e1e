// Package source reads the HCL text that people write, plans and node
// configurations alike, strictly and safely: what nobody asked for is an error
// with its line and the word that was probably meant.
//
// # Decisions
//
//   - Parse accepts only values: strings, whole numbers, true, false, lists of strings,
//     a bare word where a reader allows it, and env.NAME where a resolver is
//     given. ParsePlan accepts expressions too, which Body.Expr gives as Nodes without
//     a meaning: package expr has that. HCL's evaluator is not used, so no text can
//     make reading it expensive.
//   - HCL's parser is recursive. Text larger than MaxBytes, nested deeper than
//     MaxDepth, with brackets that do not match or with more than MaxOperators in an
//     expression is refused from its tokens, before parsing; so are operators at all
//     where only values are accepted.
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
	MaxBytes = 2 << 20 // a file, in bytes
	MaxDepth = 64      // brackets, braces and templates inside each other
	// MaxOperators is how many operators an expression may have, with those of the lines
	// that belong to it.
	MaxOperators = 64
	maxFaults    = 100 // faults kept of one text; a wholly wrong file has as many as lines
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

// Parse reads a text of plain values. env resolves env.NAME and may be nil, which makes
// env.NAME an error. Faults found here and later by the Body's methods are added to ds.
// The Body is nil if the text is no HCL.
func Parse(name string, src []byte, env func(string) (string, bool), ds *Diagnostics) *Body {
	return parse(&text{name: name, env: env, faults: ds}, src, plainValues)
}

// ParsePlan is Parse of a text in which values may be expressions, for Body.Expr, and
// which has no environment.
func ParsePlan(name string, src []byte, ds *Diagnostics) *Body {
	return parse(&text{name: name, faults: ds}, src, expressions)
}

func parse(t *text, src []byte, l language) *Body {
	body, _ := syntax(t.name, src, l, t.faults)
	if body == nil {
		return nil
	}
	return newBody(t, body, Pos{File: t.name, Line: 1})
}

// Syntax parses a text with expressions without reading it, for who lays it out or
// edits it. The Body is nil, and why is in ds, if ParsePlan would refuse it.
func Syntax(name string, src []byte, ds *Diagnostics) (*hclsyntax.Body, hclsyntax.Tokens) {
	return syntax(name, src, expressions, ds)
}

func syntax(name string, src []byte, l language, ds *Diagnostics) (*hclsyntax.Body, hclsyntax.Tokens) {
	if len(src) > MaxBytes {
		ds.Add(Pos{File: name}, "the file has %d bytes; at most %d are read", len(src), MaxBytes)
		return nil, nil
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	if !scan(name, tokens, l, ds) {
		return nil, nil
	}
	file, faults := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	for _, f := range faults {
		ds.Add(posOf(f.Subject, name), "%s", message(f))
	}
	if faults.HasErrors() {
		return nil, nil
	}
	return file.Body.(*hclsyntax.Body), tokens
}

func posOf(r *hcl.Range, name string) Pos {
	if r == nil {
		return Pos{File: name}
	}
	return Pos{name, r.Start.Line}
}

// message is a fault of HCL's parser in one line, put so that it says what to write.
func message(d *hcl.Diagnostic) string {
	switch d.Summary {
	case "Invalid single-argument block definition":
		return "one argument per one-line block; put each on its own line"
	case "Argument definition required":
		if strings.Contains(d.Detail, "single-line block") {
			return "a block within a block begins on its own line"
		}
	}
	text := d.Summary
	if d.Detail != "" {
		text += ": " + d.Detail
	}
	return strings.Join(strings.Fields(text), " ")
}
