package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"strowger/media/prompt"
)

// examined is a file as check tells of it.
type examined struct {
	File    string  `json:"file"`
	Seconds float64 `json:"seconds,omitempty"`
	Level   float64 `json:"level,omitempty"` // RMS, dB of full scale
	Fault   string  `json:"fault,omitempty"`
	Note    string  `json:"note,omitempty"` // it can be used, but may not be wanted
}

func newPromptCheck(f *promptFlags) *cobra.Command {
	return &cobra.Command{
		Use: "check [FOLDER|FILE...]", Short: "Check sound files before a node reads them",
		Args: cobra.MaximumNArgs(1000),
		Long: `Checks sound files, those of a folder with its languages, and tells how long
and how loud they are: the built-in voices are at -20 dB. Without an argument
the folder of the configuration is checked. The exit code is 1 if a file cannot
be used.`,
		Example: "  strowger prompt check prompts\n  strowger prompt check hold.wav",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				cfg, err := f.load()
				if err != nil {
					return err
				}
				if cfg.Media.Prompts == "" {
					return usageError{errors.New("say what to check: a folder, files, or --config FILE with media { prompts = ... }")}
				}
				args = append(args, cfg.Media.Prompts)
			}
			return f.examine(c, args)
		},
	}
}

func (f *promptFlags) examine(c *cobra.Command, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	files, err := soundFiles(args)
	if err != nil {
		return err
	}
	list, bad := make([]examined, len(files)), 0
	for i, file := range files {
		if list[i] = examineFile(file); list[i].Fault != "" {
			bad++
		}
	}
	err = f.show(c, list, func(w io.Writer) {
		for _, e := range list {
			if e.Fault == "" {
				fmt.Fprintf(w, "%s: %.1f s, %.0f dB%s\n", e.File, e.Seconds, e.Level, e.Note)
			}
		}
	})
	for _, e := range list {
		if e.Fault != "" {
			fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", e.File, e.Fault)
		}
	}
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d of %d files cannot be used", bad, len(files))
	}
	return err
}

// soundFiles are the files of arguments: of a folder, and of the folders in it, those
// that a node would read.
func soundFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		for _, pattern := range []string{"*", "*/*"} {
			found, err := filepath.Glob(filepath.Join(arg, pattern))
			if err != nil {
				return nil, err
			}
			files = append(files, slices.DeleteFunc(found, func(file string) bool { return !prompt.IsSound(file) })...)
		}
	}
	return files, nil
}

// quiet and loud bound what callers take for right, in dB.
const quiet, loud = -30, -12

func examineFile(file string) examined {
	p, err := prompt.Load(file)
	if err != nil {
		return examined{File: file, Fault: strings.TrimPrefix(err.Error(), file+": ")}
	}
	var power float64
	for _, s := range p.PCM {
		power += float64(s) * float64(s)
	}
	e := examined{File: file, Seconds: seconds(p.PCM), Level: math.Round(10 * math.Log10(max(power, 1)/float64(len(p.PCM))/(1<<30)))}
	switch {
	case e.Level < quiet:
		e.Note = ", quiet: the built-in voices are at -20 dB"
	case e.Level > loud:
		e.Note = ", loud: the built-in voices are at -20 dB"
	}
	return e
}
