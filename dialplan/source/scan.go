package source

import "github.com/hashicorp/hcl/v2/hclsyntax"

// language is what values of a text may be.
type language uint8

const (
	plainValues language = iota
	expressions
)

// closers are the tokens that close what a token opens.
var closers = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace:         hclsyntax.TokenCBrace,
	hclsyntax.TokenOBrack:         hclsyntax.TokenCBrack,
	hclsyntax.TokenOParen:         hclsyntax.TokenCParen,
	hclsyntax.TokenTemplateInterp: hclsyntax.TokenTemplateSeqEnd,
}

// closing are the tokens that close.
var closing = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenCBrace: true, hclsyntax.TokenCBrack: true, hclsyntax.TokenCParen: true,
	hclsyntax.TokenTemplateSeqEnd: true,
}

// refused are the tokens that no text has.
var refused = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenDoubleColon: true, hclsyntax.TokenEllipsis: true, hclsyntax.TokenFatArrow: true,
	hclsyntax.TokenTemplateControl: true, hclsyntax.TokenOHeredoc: true,
}

// operating are the tokens of expressions, which plain values do not have. On some of
// them the parser calls itself without any bracket.
var operating = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenOParen: true, hclsyntax.TokenStar: true, hclsyntax.TokenSlash: true,
	hclsyntax.TokenPlus: true, hclsyntax.TokenMinus: true, hclsyntax.TokenPercent: true,
	hclsyntax.TokenEqualOp: true, hclsyntax.TokenNotEqual: true, hclsyntax.TokenLessThan: true,
	hclsyntax.TokenLessThanEq: true, hclsyntax.TokenGreaterThan: true, hclsyntax.TokenGreaterThanEq: true,
	hclsyntax.TokenAnd: true, hclsyntax.TokenOr: true, hclsyntax.TokenBang: true,
	hclsyntax.TokenQuestion: true, hclsyntax.TokenColon: true,
}

// scanner goes through the tokens of a text.
type scanner struct {
	language  language
	tokens    hclsyntax.Tokens
	open      []hclsyntax.TokenType // what closes each bracket that is open
	operators int                   // of the expression so far
}

// scan refuses, by its tokens, a text that the recursive parser must not see.
func scan(name string, tokens hclsyntax.Tokens, l language, ds *Diagnostics) bool {
	s := scanner{language: l, tokens: tokens}
	for i, t := range tokens {
		at := Pos{name, t.Range.Start.Line}
		switch {
		case s.meaningless(i):
			ds.Add(at, "%s has no meaning here; write the value itself, in quotes if it is text", t.Bytes)
			return false
		case s.operators > MaxOperators:
			ds.Add(at, "an expression with more than %d operators; set an attribute or use a table", MaxOperators)
			return false
		case !s.bracket(t):
			if len(s.open) == MaxDepth {
				ds.Add(at, "nested deeper than %d; write it flatter", MaxDepth)
			} else {
				ds.Add(at, "%s closes nothing; look for the bracket that is missing or one too many", t.Bytes)
			}
			return false
		}
	}
	return true
}

// meaningless tells whether a token has no place in a text of the language, and counts
// the operators of expressions.
func (s *scanner) meaningless(i int) bool {
	t := s.tokens[i].Type
	switch {
	case refused[t]:
		return true
	case EndsLine(s.tokens[i]):
		if n := len(s.open); n == 0 || s.open[n-1] == hclsyntax.TokenCBrace {
			s.operators = 0
		}
		return false
	case !operating[t]:
		return false
	case s.language == expressions:
		s.operators++
		return t == hclsyntax.TokenStar && s.splat(i)
	}
	return t != hclsyntax.TokenMinus || i+1 == len(s.tokens) || s.tokens[i+1].Type != hclsyntax.TokenNumberLit
}

// splat tells whether a star is that of HCL's a[*].b or a.*.b.
func (s *scanner) splat(i int) bool {
	return i > 0 && (s.tokens[i-1].Type == hclsyntax.TokenOBrack || s.tokens[i-1].Type == hclsyntax.TokenDot)
}

// bracket follows what is open; false if the token opens too much or closes nothing.
func (s *scanner) bracket(t hclsyntax.Token) bool {
	if closer, opens := closers[t.Type]; opens {
		if len(s.open) == MaxDepth {
			return false
		}
		s.open = append(s.open, closer)
		return true
	}
	if !closing[t.Type] {
		return true
	}
	if len(s.open) == 0 || s.open[len(s.open)-1] != t.Type {
		return false
	}
	s.open = s.open[:len(s.open)-1]
	return true
}

// EndsLine tells whether a token ends a line: a comment of one line has its newline in it.
func EndsLine(t hclsyntax.Token) bool {
	return t.Type == hclsyntax.TokenNewline ||
		t.Type == hclsyntax.TokenComment && len(t.Bytes) > 0 && t.Bytes[len(t.Bytes)-1] == '\n'
}
