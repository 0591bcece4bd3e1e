package source

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxSigns bounds the operators of one expression.
const maxSigns = 64

// foreign are the tokens that no text has, whatever its values may be.
var foreign = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenDoubleColon: true, hclsyntax.TokenEllipsis: true, hclsyntax.TokenFatArrow: true,
	hclsyntax.TokenTemplateControl: true, hclsyntax.TokenOHeredoc: true,
}

// Syntax parses a text without reading it: its values may be any expression. It is
// for who lays a text out or edits it. The Body is nil, and why is in ds, if the text
// is no HCL or beyond the limits of a text.
func Syntax(name string, src []byte, ds *Diagnostics) (*hclsyntax.Body, hclsyntax.Tokens) {
	if len(src) > MaxBytes {
		ds.Add(Pos{File: name}, "the file has %d bytes; at most %d are read", len(src), MaxBytes)
		return nil, nil
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	if !bounded(name, tokens, ds) {
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

// bounded refuses, by its tokens, a text that would have the parser call itself too deep.
func bounded(name string, tokens hclsyntax.Tokens, ds *Diagnostics) bool {
	var open []hclsyntax.TokenType // what closes each bracket that is open
	signs := 0                     // operators of the expression so far
	for _, t := range tokens {
		at := Pos{name, t.Range.Start.Line}
		closer, opens := closers[t.Type]
		if t.Type == hclsyntax.TokenOParen {
			closer, opens = hclsyntax.TokenCParen, true
		}
		switch {
		case foreign[t.Type]:
			ds.Add(at, "%s has no meaning here; write the value itself, in quotes if it is text", t.Bytes)
			return false
		case opens && len(open) == MaxDepth:
			ds.Add(at, "nested deeper than %d; write it flatter", MaxDepth)
			return false
		case opens:
			open = append(open, closer)
		case t.Type == hclsyntax.TokenCBrace, t.Type == hclsyntax.TokenCBrack, t.Type == hclsyntax.TokenCParen, t.Type == hclsyntax.TokenTemplateSeqEnd:
			if len(open) == 0 || open[len(open)-1] != t.Type {
				ds.Add(at, "%s closes nothing; look for the bracket that is missing or one too many", t.Bytes)
				return false
			}
			open = open[:len(open)-1]
		case EndsLine(t) && (len(open) == 0 || open[len(open)-1] == hclsyntax.TokenCBrace):
			signs = 0
		case refused[t.Type]:
			if signs++; signs > maxSigns {
				ds.Add(at, "an expression with more than %d operators; write it shorter", maxSigns)
				return false
			}
		}
	}
	return true
}

// EndsLine tells whether a token ends a line: a comment of one line has its newline in it.
func EndsLine(t hclsyntax.Token) bool {
	return t.Type == hclsyntax.TokenNewline ||
		t.Type == hclsyntax.TokenComment && len(t.Bytes) > 0 && t.Bytes[len(t.Bytes)-1] == '\n'
}
