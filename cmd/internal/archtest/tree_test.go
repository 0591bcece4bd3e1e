package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "strowger"

// planes are the folders that hold Go code.
var planes = []string{"cmd", "configs", "sip", "media", "dialplan"}

// file is one parsed Go file.
type file struct {
	path    string // from the top, with slashes
	ast     *ast.File
	lines   int
	test    bool
	imports map[string]string // path -> name in this file
}

func (f file) dir() string { return path.Dir(f.path) }

// plane is the first element of a path.
func plane(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}

// tree is what the rules judge.
type tree struct {
	top   []string // entries of the top level
	files []file   // in order of path
	fset  *token.FileSet
}

// load parses every Go file of the planes; testdata, and folders that the go
// tool passes over, are left out, and so is generated code.
func load(t *testing.T, fsys fs.FS) *tree {
	t.Helper()
	tr := &tree{fset: token.NewFileSet()}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		tr.top = append(tr.top, e.Name())
	}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if p != "." && (name == "testdata" || name[0] == '.' || name[0] == '_' || !slices.Contains(planes, plane(p))) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" || !strings.Contains(p, "/") {
			return nil
		}
		src, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		return tr.add(p, src)
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func (tr *tree) add(p string, src []byte) error {
	parsed, err := parser.ParseFile(tr.fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if ast.IsGenerated(parsed) {
		return nil
	}
	f := file{
		path: p, ast: parsed, lines: strings.Count(string(src), "\n"),
		test: strings.HasSuffix(p, "_test.go"), imports: make(map[string]string),
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		f.imports[imported] = path.Base(imported)
		if spec.Name != nil {
			f.imports[imported] = spec.Name.Name
		}
	}
	tr.files = append(tr.files, f)
	return nil
}

// packages calls fn for every package that has more than tests.
func (tr *tree) packages(fn func(dir string, files []file)) {
	byDir := make(map[string][]file)
	var dirs []string
	for _, f := range tr.files {
		if f.test {
			continue
		}
		if byDir[f.dir()] == nil {
			dirs = append(dirs, f.dir())
		}
		byDir[f.dir()] = append(byDir[f.dir()], f)
	}
	for _, dir := range dirs {
		fn(dir, byDir[dir])
	}
}

// uses returns the names that the file takes from an imported package, with
// where each stands.
func (f file) uses(imported string) map[string]token.Pos {
	name, ok := f.imports[imported]
	if !ok {
		return nil
	}
	used := make(map[string]token.Pos)
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				used[sel.Sel.Name] = sel.Pos()
			}
		}
		return true
	})
	return used
}

// at writes a position as path:line.
func (tr *tree) at(pos token.Pos) string {
	p := tr.fset.Position(pos)
	return p.Filename + ":" + strconv.Itoa(p.Line)
}
