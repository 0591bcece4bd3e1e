package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/media/recording"
)

func newRecording() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "recording", Short: "Recordings of calls; needs the role recordings"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(recordingList(n), recordingShow(n), recordingPlay(n), recordingExport(n), recordingErase(n))
	return c
}

// flagTime reads a time of a flag: a day, or a day and a time, in UTC.
func flagTime(name, text string) (string, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Format(time.RFC3339), nil
		}
	}
	return "", usageError{fmt.Errorf("--%s %q: write a time in UTC as 2026-11-30 or \"2026-11-30 09:00\"", name, text)}
}

func recordingList(n *connection) *cobra.Command {
	var call, seat, number, from, to string
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List the recordings of all nodes, the newest first",
		Example: "  strowger recording list --seat 1001 --from 2026-11-01 --to 2026-11-08\n" +
			"  strowger recording list --number +441632960001",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			form := url.Values{"limit": {strconv.Itoa(limit)}, "call": {call}, "seat": {seat}, "number": {number}}
			for name, text := range map[string]string{"from": from, "to": to} {
				if text == "" {
					continue
				}
				t, err := flagTime(name, text)
				if err != nil {
					return err
				}
				form.Set(name, t)
			}
			var list api.Recordings
			if err := n.do(c.Context(), "GET", n.path("recordings")+"?"+form.Encode(), nil, &list); err != nil {
				return err
			}
			err := n.show(c, list, func(w io.Writer) { printRecordings(w, list) })
			return errors.Join(err, api.Unanswered(list.Missing))
		},
	}
	f := c.Flags()
	f.StringVar(&call, "call", "", "of this call")
	f.StringVar(&seat, "seat", "", "in which this seat took part")
	f.StringVar(&number, "number", "", "of calls from or to this number, as their record has it")
	f.StringVar(&from, "from", "", "begun at this time or later (UTC)")
	f.StringVar(&to, "to", "", "begun before this time (UTC)")
	f.IntVar(&limit, "limit", 100, "how many at most, up to 1000")
	return c
}

func printRecordings(w io.Writer, list api.Recordings) {
	t := newTable("RECORDING", "LENGTH", "FROM", "TO", "SEATS") // its name says when
	for _, i := range list.Recordings {
		length := "under way"
		if !i.Ended.IsZero() {
			length = lasting(i.Seconds)
		}
		t.add(i.ID, length, orWithheld(i.From), i.To, strings.Join(i.Seats, " "))
	}
	t.print(w)
	if list.More {
		fmt.Fprintln(w, "there are more; narrow the search, or raise --limit")
	}
}

// lasting is a length as people read it.
func lasting(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

func recordingShow(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "show RECORDING", Short: "Show who was in a recording, and what happened",
		Example: "  strowger recording show 1123-101500-k3vq9x2m-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var i recording.Info
			if err := n.do(c.Context(), "GET", n.path("recordings", args[0]), nil, &i); err != nil {
				return err
			}
			return n.show(c, i, func(w io.Writer) { printRecording(w, i) })
		},
	}
}

func printRecording(w io.Writer, i recording.Info) {
	channels := "caller left, agent right"
	if i.Mixed {
		channels = "mixed"
	}
	lost := ""
	if i.Lost > 0 {
		lost = lasting(i.Lost) + " of sound could not be written"
	}
	fields(w, "recording", i.ID, "call", i.Call, "node", i.Node, "from", i.From, "to", i.To, "seats", strings.Join(i.Seats, " "),
		"why", i.Why, "began", at(i.Began), "ended", at(i.Ended), "length", lasting(i.Seconds), "channels", channels,
		"lost", lost, "cut off", map[bool]string{true: "yes, by a crash"}[i.Repaired], "sha-256", i.SHA256)
	if len(i.Marks) > 0 {
		fmt.Fprintln(w)
	}
	for _, m := range i.Marks {
		fmt.Fprintf(w, "%9.3f  %-8s  %s\n", m.At, m.What, m.Who)
	}
}

func recordingPlay(n *connection) *cobra.Command {
	var mixed bool
	var player string
	c := &cobra.Command{
		Use: "play RECORDING", Short: "Play a recording, or write its WAV to standard output",
		Long: `Plays a recording, of whichever node. Where standard output is a terminal it goes to --player,
which reads a WAV file from standard input; else the WAV file is written there.`,
		Example: "  strowger recording play 1123-101500-k3vq9x2m-1 --mixed\n" +
			"  strowger recording play 1123-101500-k3vq9x2m-1 | sox - -d",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := n.path("recordings", args[0], "sound")
			if mixed {
				path += "?mixed=1"
			}
			if !isTerminal(c.OutOrStdout()) && !c.Flags().Changed("player") {
				return n.download(c, "GET", path, "-")
			}
			client, err := n.connect()
			if err != nil {
				return err
			}
			words := strings.Fields(player)
			if len(words) == 0 {
				return usageError{errors.New("--player is empty: give a program that plays WAV from its standard input")}
			}
			sound, err := client.Stream(c.Context(), "GET", path, "", nil)
			if err != nil {
				return err
			}
			defer sound.Close()
			p := exec.CommandContext(c.Context(), words[0], words[1:]...)
			p.Stdin, p.Stdout, p.Stderr = sound, c.OutOrStdout(), c.ErrOrStderr()
			if err := p.Run(); err != nil {
				return fmt.Errorf("%s: %w; name another program with --player, or write the sound to a file", player, err)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&mixed, "mixed", false, "all parties in one channel")
	c.Flags().StringVar(&player, "player", "aplay -q", "program that plays WAV from its standard input")
	return c
}

// isTerminal tells whether somebody reads what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func recordingExport(n *connection) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "export RECORDING...", Short: "Write recordings to files, with their checksums",
		Long: `Writes RECORDING.wav, RECORDING.json (what is known of it) and
RECORDING.wav.sha256 for sha256sum --check. A file that is not what the ledger
has the checksum of is an error.`,
		Example: "  strowger recording export 1123-101500-k3vq9x2m-1 --to /mnt/evidence",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var files []string
			for _, id := range args {
				file, err := n.exportRecording(c, id, dir)
				if err != nil {
					return err
				}
				files = append(files, file)
			}
			return n.show(c, map[string][]string{"files": files}, func(w io.Writer) {
				for _, f := range files {
					fmt.Fprintf(w, "written to %s\n", f)
				}
			})
		},
	}
	c.Flags().StringVar(&dir, "to", ".", "folder for the files")
	return c
}

func (n *connection) exportRecording(c *cobra.Command, id, dir string) (string, error) {
	var i recording.Info
	if err := n.do(c.Context(), "GET", n.path("recordings", id), nil, &i); err != nil {
		return "", err
	}
	file := filepath.Join(dir, i.ID+".wav")
	if err := n.download(c, "GET", n.path("recordings", id, "sound")+"?export=1", file); err != nil {
		return "", err
	}
	sum, err := sumOf(file)
	if err != nil {
		return "", err
	}
	if sum != i.SHA256 {
		return "", fmt.Errorf("%s has the SHA-256 %s, but %s was recorded: the file was changed or cut off", file, sum, i.SHA256)
	}
	text, err := json.MarshalIndent(i, "", "  ")
	if err == nil {
		err = writeWhole(filepath.Join(dir, i.ID+".json"), strings.NewReader(string(text)+"\n"))
	}
	if err == nil {
		err = writeWhole(file+".sha256", strings.NewReader(sum+"  "+filepath.Base(file)+"\n"))
	}
	return file, err
}

// sumOf is the SHA-256 of a file.
func sumOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

func recordingErase(n *connection) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "erase RECORDING", Short: "Erase a recording for good; the ledger keeps who did and why",
		Example: `  strowger recording erase 1123-101500-k3vq9x2m-1 --reason "caller's request 4711"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var i recording.Info
			path := n.path("recordings", args[0]) + "?" + url.Values{"reason": {reason}}.Encode()
			if err := n.do(c.Context(), "DELETE", path, nil, &i); err != nil {
				return err
			}
			return n.show(c, i, func(w io.Writer) { fmt.Fprintf(w, "recording %s is erased\n", i.ID) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the ledger and the audit file")
	_ = c.MarkFlagRequired("reason") // there is such a flag
	return c
}
