package source

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// closers are the tokens that close what a token opens.
var closers = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace:         hclsyntax.TokenCBrace,
	hclsyntax.TokenOBrack:         hclsyntax.TokenCBrack,
	hclsyntax.TokenTemplateInterp: hclsyntax.TokenTemplateSeqEnd,
}

// refused are the tokens that values do not have. On some of them the parser calls
// itself without any bracket.
var refused = map[hclsyntax.TokenType]bool{
	hclsyntax.TokenOParen: true, hclsyntax.TokenStar: true, hclsyntax.TokenSlash: true,
	hclsyntax.TokenPlus: true, hclsyntax.TokenMinus: true, hclsyntax.TokenPercent: true,
	hclsyntax.TokenEqualOp: true, hclsyntax.TokenNotEqual: true, hclsyntax.TokenLessThan: true,
	hclsyntax.TokenLessThanEq: true, hclsyntax.TokenGreaterThan: true, hclsyntax.TokenGreaterThanEq: true,
	hclsyntax.TokenAnd: true, hclsyntax.TokenOr: true, hclsyntax.TokenBang: true,
	hclsyntax.TokenDoubleColon: true, hclsyntax.TokenEllipsis: true, hclsyntax.TokenFatArrow: true,
	hclsyntax.TokenQuestion: true, hclsyntax.TokenColon: true, hclsyntax.TokenTemplateControl: true,
	hclsyntax.TokenOHeredoc: true,
}

// scan refuses, by its tokens, a text that the recursive parser must not see.
func scan(name string, src []byte, ds *Diagnostics) bool {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	var open []hclsyntax.TokenType // what closes each bracket that is open
	for i, t := range tokens {
		at := Pos{name, t.Range.Start.Line}
		closer, opens := closers[t.Type]
		switch {
		case t.Type == hclsyntax.TokenMinus && i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenNumberLit:
		case refused[t.Type]:
			ds.Add(at, "%s has no meaning here; write the value itself, in quotes if it is text", t.Bytes)
			return false
		case opens && len(open) == MaxDepth:
			ds.Add(at, "nested deeper than %d; write it flatter", MaxDepth)
			return false
		case opens:
			open = append(open, closer)
		case t.Type == hclsyntax.TokenCBrace, t.Type == hclsyntax.TokenCBrack, t.Type == hclsyntax.TokenTemplateSeqEnd:
			if len(open) == 0 || open[len(open)-1] != t.Type {
				ds.Add(at, "%s closes nothing; look for the bracket that is missing or one too many", t.Bytes)
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return true
}
