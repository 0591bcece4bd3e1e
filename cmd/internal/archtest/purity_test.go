package archtest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// pure are the packages, with all below them, that are advanced from outside:
// bytes or events in, bytes or effects out.
var pure = []string{
	"dialplan",
	"media/sdp", "media/codec", "media/dtmf", "media/jitter", "media/quality", "media/tone", "media/music", "media/prompt/spell",
	"sip/b2bua", "sip/cause", "sip/dialog", "sip/identity", "sip/message", "sip/subscribe", "sip/transaction", "sip/trunk",
}

// impure are imports that reach the world: sockets, files, logs and chance.
// net/netip and net/url only name things.
var impure = []string{
	"net", "net/http", "os", "os/exec", "os/signal", "syscall", "io/ioutil", "embed",
	"golang.org/x/sys/unix", "log", "log/slog", "crypto/rand", "math/rand", "math/rand/v2",
}

// granted are imports that one package may have all the same, and why.
var granted = map[[2]string]string{
	{"dialplan/source/sourcetest", "os"}: "a helper of tests, which writes what they expect anew",
	{"sip/transaction", "crypto/rand"}:   "a To tag must not be guessed (RFC 3261 section 19.3); no decision depends on its letters",
}

// clock are the functions of package time that read or await the time of day.
var clock = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"}

func isPure(dir string) bool {
	return slices.ContainsFunc(pure, func(p string) bool {
		return dir == p || strings.HasPrefix(dir, p+"/")
	})
}

func checkPurity(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		if f.test || !isPure(f.dir()) {
			continue
		}
		for imported := range f.imports {
			if slices.Contains(impure, imported) && granted[[2]string{f.dir(), imported}] == "" {
				breaches = append(breaches, fmt.Sprintf("%s: %s is pure and may not import %s: let the caller pass it in", f.path, f.dir(), imported))
			}
		}
		for name, pos := range f.uses("time") {
			if slices.Contains(clock, name) {
				breaches = append(breaches, fmt.Sprintf("%s: %s is pure and may not call time.%s: take the time as an argument", tr.at(pos), f.dir(), name))
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				breaches = append(breaches, fmt.Sprintf("%s: %s is pure and may not start a goroutine", tr.at(g.Pos()), f.dir()))
			}
			return true
		})
	}
	return breaches
}
