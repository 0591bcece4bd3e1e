package cli

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// faultMark begins the lines that tell of faults above a draft. They are no part of it.
const faultMark = "#! "

// draft is a text in a file while it is edited.
type draft struct{ file, start string }

func newDraft(text string) (*draft, error) {
	f, err := os.CreateTemp("", "strowger-*.plan.hcl")
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return &draft{f.Name(), text}, err
}

// edit runs the editor, which may have arguments of its own, and returns the text.
func (d *draft) edit(c *cobra.Command) (string, error) {
	editor := cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"), "vi")
	run := exec.CommandContext(c.Context(), "sh", "-c", editor+` "$1"`, "sh", d.file)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stderr, os.Stderr
	if term, ok := c.OutOrStdout().(*os.File); ok {
		run.Stdout = term
	}
	if err := run.Run(); err != nil {
		return "", fmt.Errorf("the editor %s ended with: %w; name another one in $EDITOR", editor, err)
	}
	text, err := planText(c, d.file)
	for strings.HasPrefix(text.Text, faultMark) {
		_, text.Text, _ = strings.Cut(text.Text, "\n")
	}
	return text.Text, err
}

// fault writes faults above a text, with the lines where they are then.
func (d *draft) fault(text string, err error) error {
	faults := strings.Split(err.Error(), "\n")
	for i, f := range faults {
		file, _, _ := strings.Cut(f, ":")
		faults[i] = moveFaults(f, file, len(faults)+1)
	}
	head := faultMark + "Not published. These lines are left out:\n" + faultMark + strings.Join(faults, "\n"+faultMark) + "\n"
	return os.WriteFile(d.file, []byte(head+text), 0o600)
}

// moveFaults moves the lines that faults of a file name, FILE:LINE: ..., a fault each.
func moveFaults(faults, file string, by int) string {
	lines := strings.Split(faults, "\n")
	for i, f := range lines {
		rest, ok := strings.CutPrefix(f, file+":")
		number, text, ok2 := strings.Cut(rest, ":")
		if n, err := strconv.Atoi(number); ok && ok2 && err == nil {
			lines[i] = fmt.Sprintf("%s:%d:%s", file, n+by, text)
		}
	}
	return strings.Join(lines, "\n")
}
