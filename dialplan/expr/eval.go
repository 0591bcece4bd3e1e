package expr

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// node is a part of an expression. Its eval is given nil facts if all parts are constants.
type node interface {
	eval(f Facts) (Value, error)
	parts() []node
}

type (
	constant struct{ v Value }
	named    struct{ name string }
	input    struct {
		key string
		typ Type
	}
	hours struct {
		key      string
		calendar Calendar
	}
	listed struct {
		name string
		list List
		key  node
	}
	starts struct {
		text   node
		prefix string
	}
	matches struct {
		text node
		re   *regexp.Regexp
	}
	share struct{ percent int64 }
	unary struct {
		op  string
		arg node
	}
	binary struct {
		op          string
		left, right node
	}
	choice struct{ when, one, other node }
	join   struct{ args []node }
)

// unfolded is a part of a node that asks for something, so that it is no constant.
var unfolded = []node{named{}}

func (constant) parts() []node  { return nil }
func (named) parts() []node     { return unfolded }
func (input) parts() []node     { return unfolded }
func (hours) parts() []node     { return unfolded }
func (listed) parts() []node    { return unfolded }
func (share) parts() []node     { return unfolded }
func (n starts) parts() []node  { return []node{n.text} }
func (n matches) parts() []node { return []node{n.text} }
func (n unary) parts() []node   { return []node{n.arg} }
func (n binary) parts() []node  { return []node{n.left, n.right} }
func (n choice) parts() []node  { return []node{n.when, n.one, n.other} }
func (n join) parts() []node    { return n.args }

func (n constant) eval(Facts) (Value, error) { return n.v, nil }
func (n named) eval(f Facts) (Value, error)  { return f.Name(n.name), nil }

func (n input) eval(f Facts) (Value, error) {
	v, ok := f.Input(n.key)
	if !ok {
		return Value{}, MissingError{n.key}
	}
	if f.Noting() {
		f.Note(n.key + " is " + v.String())
	}
	return v, nil
}

// Words of the input of hours.
const (
	ForcedOpen   = "open"
	ForcedClosed = "closed"
)

func (n hours) eval(f Facts) (Value, error) {
	forced, ok := f.Input(n.key)
	if !ok {
		return Value{}, MissingError{n.key}
	}
	open, why := forced.text == ForcedOpen, "forced"
	if forced.text == "" {
		open, why = n.calendar.Open(f.At())
	}
	if f.Noting() {
		word := ForcedClosed
		if open {
			word = ForcedOpen
		}
		f.Note(fmt.Sprintf("%s are %s: %s", n.key, word, why))
	}
	return TruthOf(open), nil
}

func (n listed) eval(f Facts) (Value, error) {
	key, err := n.key.eval(f)
	if err != nil {
		return Value{}, err
	}
	has := n.list.Has(key.text)
	if f.Noting() {
		not := ""
		if !has {
			not = "not "
		}
		f.Note(fmt.Sprintf("%q is %sin table %s", key.text, not, n.name))
	}
	return TruthOf(has), nil
}

func (n starts) eval(f Facts) (Value, error) {
	v, err := n.text.eval(f)
	return TruthOf(strings.HasPrefix(v.text, n.prefix)), err
}

func (n matches) eval(f Facts) (Value, error) {
	v, err := n.text.eval(f)
	return TruthOf(n.re.MatchString(v.text)), err
}

func (n share) eval(f Facts) (Value, error) {
	at := portion(f.Name("caller").text)
	if f.Noting() {
		f.Note(fmt.Sprintf("the caller is number %d of 0 to 99, share is %d", at, n.percent))
	}
	return TruthOf(at < n.percent), nil
}

func (n unary) eval(f Facts) (Value, error) {
	v, err := n.arg.eval(f)
	if n.op == "!" {
		return TruthOf(!v.Truth()), err
	}
	return NumberOf(-v.n), err
}

func (n choice) eval(f Facts) (Value, error) {
	when, err := n.when.eval(f)
	if err != nil {
		return Value{}, err
	}
	if when.Truth() {
		return n.one.eval(f)
	}
	return n.other.eval(f)
}

func (n join) eval(f Facts) (Value, error) {
	var out strings.Builder
	for _, arg := range n.args {
		v, err := arg.eval(f)
		if err != nil {
			return Value{}, err
		}
		out.WriteString(v.String())
		if out.Len() > maxText {
			return TextOf(out.String()[:maxText]), nil
		}
	}
	return TextOf(out.String()), nil
}

// maxText bounds a text that is joined, in bytes.
const maxText = 1000

func (n binary) eval(f Facts) (Value, error) {
	left, err := n.left.eval(f)
	if err != nil {
		return Value{}, err
	}
	if n.op == "&&" && !left.Truth() || n.op == "||" && left.Truth() {
		return left, nil
	}
	right, err := n.right.eval(f)
	if err != nil {
		return Value{}, err
	}
	switch n.op {
	case "&&", "||":
		return right, nil
	case "==":
		return TruthOf(left == right), nil
	case "!=":
		return TruthOf(left != right), nil
	case "<":
		return TruthOf(left.n < right.n), nil
	case "<=":
		return TruthOf(left.n <= right.n), nil
	case ">":
		return TruthOf(left.n > right.n), nil
	case ">=":
		return TruthOf(left.n >= right.n), nil
	}
	return Value{Type: left.Type, n: reckon(n.op, left.n, right.n)}, nil
}

// reckon is arithmetic that stays at the end of the range instead of leaving it; what is
// divided by zero is 0.
func reckon(op string, a, b int64) int64 {
	switch op {
	case "+":
		return add(a, b)
	case "-":
		if b == math.MinInt64 {
			return add(add(a, math.MaxInt64), 1)
		}
		return add(a, -b)
	case "*":
		return multiply(a, b)
	case "/":
		if b == 0 || b == -1 {
			return multiply(a, b)
		}
		return a / b
	}
	if b == 0 || b == -1 {
		return 0
	}
	return a % b
}

func add(a, b int64) int64 {
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	default:
		return sum
	}
}

func multiply(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	if p := a * b; p/b == a && (a != -1 || b != math.MinInt64) && (b != -1 || a != math.MinInt64) {
		return p
	}
	if (a > 0) == (b > 0) {
		return math.MaxInt64
	}
	return math.MinInt64
}
