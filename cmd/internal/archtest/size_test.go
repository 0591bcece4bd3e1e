package archtest

import (
	"fmt"
	"go/ast"
)

// Limits of a file, in lines. Most files stay far below; they only go down.
const (
	maxLines     = 500
	maxTestLines = 700
)

func checkSize(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		limit := maxLines
		if f.test {
			limit = maxTestLines
		}
		if f.lines > limit {
			breaches = append(breaches, fmt.Sprintf("%s: %d lines, limit %d: split it by idea", f.path, f.lines, limit))
		}
	}
	return breaches
}

// checkSleeps wants time to be driven by testing/synctest, or awaited by a timer
// that something can stop.
func checkSleeps(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		if pos, ok := f.uses("time")["Sleep"]; ok {
			breaches = append(breaches, tr.at(pos)+": time.Sleep: use testing/synctest, or wait for what is awaited")
		}
	}
	return breaches
}

// checkSkips wants a reason for each test that is not run. A rapid property skips
// an action that does not apply, which is no test: its files are left out.
func checkSkips(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		if _, rapid := f.imports["pgregory.net/rapid"]; rapid || !f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && (sel.Sel.Name == "SkipNow" || sel.Sel.Name == "Skip") && len(call.Args) == 0 {
				breaches = append(breaches, tr.at(call.Pos())+": a skip says why, in t.Skip")
			}
			return true
		})
	}
	return breaches
}
