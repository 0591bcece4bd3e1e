package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// checkPackageDocs wants one package comment in each package.
func checkPackageDocs(tr *tree) (breaches []string) {
	tr.packages(func(dir string, files []file) {
		var docs []string
		for _, f := range files {
			if f.ast.Doc == nil {
				continue
			}
			docs = append(docs, f.path)
			want := "Package " + f.ast.Name.Name + " "
			if f.ast.Name.Name == "main" {
				want = "Command "
			}
			if !strings.HasPrefix(f.ast.Doc.Text(), want) {
				breaches = append(breaches, fmt.Sprintf("%s: the package comment starts with %q", f.path, want))
			}
		}
		switch len(docs) {
		case 0:
			breaches = append(breaches, dir+": has no package comment: say what it is for, its contract and who owns which state")
		case 1:
		default:
			breaches = append(breaches, fmt.Sprintf("%s: has %d package comments: keep one", docs[1], len(docs)))
		}
	})
	return breaches
}

// checkExportedDocs wants a comment on everything exported, a field of a struct
// and a method of an interface excepted: the type's comment may cover those.
func checkExportedDocs(tr *tree) (breaches []string) {
	missing := func(pos token.Pos, name string) {
		breaches = append(breaches, fmt.Sprintf("%s: exported %s has no comment", tr.at(pos), name))
	}
	for _, f := range tr.files {
		if f.test {
			continue
		}
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
					missing(d.Pos(), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, name := range undocumented(d) {
					missing(name.Pos(), name.Name)
				}
			}
		}
	}
	return breaches
}

// exportedReceiver tells whether a function is seen from outside by its receiver.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	seen := true
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			seen = name.IsExported()
			return false
		}
		return seen
	})
	return seen
}

// undocumented returns the exported names of a declaration that neither they nor
// their group comment on.
func undocumented(d *ast.GenDecl) (names []*ast.Ident) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if d.Doc == nil && s.Doc == nil && s.Name.IsExported() {
				names = append(names, s.Name)
			}
		case *ast.ValueSpec:
			if d.Doc != nil || s.Doc != nil || s.Comment != nil {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// checkCounters wants a comment on each field of a Counters struct: it becomes
// the help text of a metric.
func checkCounters(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		if f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != "Counters" {
				return true
			}
			st, ok := spec.Type.(*ast.StructType)
			if !ok {
				return false
			}
			for _, field := range st.Fields.List {
				if field.Doc != nil || field.Comment != nil {
					continue
				}
				for _, name := range field.Names {
					breaches = append(breaches, fmt.Sprintf("%s: counter %s has no comment", tr.at(name.Pos()), name.Name))
				}
			}
			return false
		})
	}
	return breaches
}

// checkComments wants ASCII, and no work left for later.
func checkComments(tr *tree) (breaches []string) {
	later := []string{"TO" + "DO", "FIX" + "ME"}
	for _, f := range tr.files {
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				for _, word := range later {
					if strings.Contains(c.Text, word) {
						breaches = append(breaches, fmt.Sprintf("%s: %s: do it or drop it", tr.at(c.Pos()), word))
					}
				}
				if strings.ContainsFunc(c.Text, func(r rune) bool { return r > 126 }) {
					breaches = append(breaches, tr.at(c.Pos())+": comments are ASCII")
				}
			}
		}
	}
	return breaches
}
