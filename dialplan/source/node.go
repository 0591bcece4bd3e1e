package source

// Op is what a Node is.
type Op uint8

// The kinds of a Node.
const (
	OpText   Op = iota + 1 // Text is a literal text
	OpNumber               // Text is a whole number in decimal
	OpTruth                // Text is "true" or "false"
	OpName                 // Text is a name with dots: queue.claims, caller
	OpCall                 // Text is the function, Args what it is given
	OpUnary                // Text is "!" or "-", Args has one
	OpBinary               // Text is an operator (&& || == != < <= > >= + - * / %), Args has two
	OpChoice               // Args has three: condition ? one : other
	OpJoin                 // a text with ${...} in it: Args joined
	OpList                 // [ ... ]
	OpObject               // { key = value }: Keys and Args
)

// Node is an expression as it is written, without a meaning yet. Package expr gives it
// one.
type Node struct {
	Op   Op
	Text string
	Args []*Node
	Keys []string // of OpObject, as many as Args
	At   Pos
}
