package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/node"
	"strowger/configs"
	"strowger/media"
	"strowger/media/prompt"
	"strowger/media/prompt/spell"
	"strowger/media/sound"
)

// promptFlags say where prompts come from.
type promptFlags struct {
	output
	config, folder, language string
}

func newPrompt() *cobra.Command {
	f := &promptFlags{}
	c := &cobra.Command{
		Use: "prompt", Short: "Prompts, music on hold and tones: list, check, play",
		Long: `Prompts, music on hold and tones, without a node. Own prompts lie in the
folder that the configuration names (media { prompts = "FOLDER" }): WAV (PCM of
8 or 16 bits, A-law, mu-law; 8 to 48 kHz) or raw G.711 (.alaw, .ulaw). FOLDER/cy
holds those of one language, FOLDER itself those for every one; they win over
the built-in ones of their name.`,
		Example: `  strowger prompt list --language cy
  strowger prompt check prompts
  strowger prompt play position:3 wait:12 --language cy --to queue.wav`,
	}
	f.add(c)
	c.PersistentFlags().StringVarP(&f.config, "config", "c", "", "configuration file, for its prompts, music and language")
	c.PersistentFlags().StringVar(&f.folder, "folder", "", "folder of own prompts, instead of the configuration's")
	c.PersistentFlags().StringVar(&f.language, "language", "", "language of the prompts (default: the configuration's, or en)")
	c.AddCommand(newPromptList(f), newPromptCheck(f), newPromptPlay(f))
	return c
}

// load reads the configuration, if there is one.
func (f *promptFlags) load() (*configs.Config, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	cfg := &configs.Config{}
	if f.config != "" {
		var err error
		if cfg, err = configs.Load(f.config, configs.Overrides{}); err != nil {
			return nil, err
		}
	}
	if f.folder != "" {
		cfg.Media.Prompts = f.folder
	}
	return cfg, nil
}

// open reads what the flags name. Files that cannot be used are told on standard error.
func (f *promptFlags) open(c *cobra.Command) (*sound.Book, error) {
	cfg, err := f.load()
	if err != nil {
		return nil, err
	}
	for _, or := range []string{cfg.Media.Language, prompt.Fallback} {
		if f.language == "" {
			f.language = or
		}
	}
	book, err := node.Sounds(cfg)
	if book != nil && err != nil {
		fmt.Fprintln(c.ErrOrStderr(), err)
		err = nil
	}
	return book, err
}

// listed is a prompt as list tells of it.
type listed struct {
	Name     string  `json:"name"`
	Language string  `json:"language,omitempty"` // none: for every one
	Seconds  float64 `json:"seconds"`
	File     string  `json:"file,omitempty"` // none: it is built in
}

func newPromptList(f *promptFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show which prompts there are", Args: cobra.NoArgs,
		Long:    "Shows the prompts of a language, with those of English that it lacks.",
		Example: "  strowger prompt list --language cy --config configs/strowger.hcl",
		RunE: func(c *cobra.Command, _ []string) error {
			book, err := f.open(c)
			if err != nil {
				return err
			}
			list := []listed{}
			for _, e := range book.Library.Entries(f.language) {
				list = append(list, listed{e.Name, e.Language, seconds(e.PCM), e.File})
			}
			return f.show(c, list, func(w io.Writer) {
				t := newTable("NAME", "LANGUAGE", "SECONDS", "FROM")
				for _, e := range list {
					from, language := e.File, e.Language
					if from == "" {
						from = "built in"
					}
					if language == "" {
						language = "every"
					}
					t.add(e.Name, language, fmt.Sprintf("%.1f", e.Seconds), from)
				}
				t.print(w)
			})
		},
	}
}

func seconds(pcm []int16) float64 { return float64(len(pcm)*10/prompt.SampleRate) / 10 }

func newPromptPlay(f *promptFlags) *cobra.Command {
	var to string
	var length time.Duration
	c := &cobra.Command{
		Use: "play NAME... --to FILE.wav", Short: "Write what would be heard to a WAV file", Args: cobra.MinimumNArgs(1),
		Long: `Writes what a caller would hear, one after the other, to a WAV file. A NAME is
a prompt, music/CLASS, tone/KIND or tone/COUNTRY/KIND, or a value to be spelled:
` + wrapped(strings.Split(spell.Kinds, ", ")) + `
Music and tones, which have no end, last as long as --length says.`,
		Example: `  strowger prompt play position:3 wait:12 --language cy --to queue.wav
  strowger prompt play time-is time:now today-is date:today --to now.wav
  strowger prompt play tone/de/busy --to busy.wav`,
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" {
				return usageError{errors.New("say where to: --to FILE.wav")}
			}
			if length <= 0 || length > time.Hour {
				return usageError{fmt.Errorf("--length %v: give a time up to 1h", length)}
			}
			book, err := f.open(c)
			if err != nil {
				return err
			}
			pcm, err := f.spoken(book, args, int(length*prompt.SampleRate/time.Second))
			if err != nil {
				return err
			}
			return writeWAV(to, pcm)
		},
	}
	c.Flags().StringVar(&to, "to", "", "file to write, replaced if it is there")
	c.Flags().DurationVar(&length, "length", 10*time.Second, "of music and tones")
	return c
}

// wrapped is a list in lines of help.
func wrapped(words []string) string {
	half := (len(words) + 1) / 2
	return "  " + strings.Join(words[:half], ", ") + ",\n  " + strings.Join(words[half:], ", ")
}

// spoken is the sound of words; endless sound has so many samples.
func (f *promptFlags) spoken(book *sound.Book, words []string, endless int) ([]int16, error) {
	var pcm []int16
	for _, word := range words {
		names, err := spell.Words(spell.In(f.language), time.Now(), word)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			full := name
			if !strings.Contains(name, "/") {
				full = f.language + "/" + name
			}
			p := book.Find([]string{full})
			if p == nil {
				return nil, fmt.Errorf("%w: %q; see: strowger prompt list", prompt.ErrUnknown, name)
			}
			pcm = append(pcm, played(p, endless)...)
		}
	}
	return pcm, nil
}

// played is a prompt from its start, so many samples of it if it has no end.
func played(p *media.Prompt, endless int) []int16 {
	if !p.Loop && !p.Live {
		return p.PCM
	}
	out := make([]int16, endless)
	for at := 0; at < endless; {
		at += copy(out[at:], p.PCM)
	}
	return out
}

func writeWAV(file string, pcm []int16) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	w, err := prompt.NewWriter(out)
	if err == nil {
		err = errors.Join(w.Write(pcm), w.Close())
	}
	return errors.Join(err, out.Close())
}
