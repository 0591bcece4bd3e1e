package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin"
	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/node"
	"strowger/configs"
)

func planTest(n *connection) *cobra.Command {
	var offline bool
	var junit string
	c := &cobra.Command{
		Use: "test [FILE]", Short: "Run the tests that a plan has",
		Long: "Run the tests that a plan has: those of a file, or of the published plan. A test\n" +
			"gives a call, what the world is like, and the steps that are expected. Nothing is\n" +
			"called; the interpreter is that of live calls. The exit code is 1 if one fails.",
		Example: "  strowger dialplan test plan.hcl\n" +
			"  strowger dialplan test plan.hcl --offline --junit report.xml",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.check(); err != nil {
				return err
			}
			began := time.Now()
			report, err := n.testPlan(c, args, offline)
			if err != nil {
				return err
			}
			took := time.Since(began)
			if junit != "" {
				if err := writeJUnit(junit, report); err != nil {
					return err
				}
			}
			if err := n.show(c, report, func(w io.Writer) { printReport(w, report, took) }); err != nil {
				return err
			}
			if report.Failed > 0 {
				return fmt.Errorf("%d of %d tests fail", report.Failed, report.Failed+report.Passed)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&offline, "offline", false, "against the configuration's files instead of a node")
	c.Flags().StringVar(&junit, "junit", "", "write the results to this file too, as JUnit's XML")
	return c
}

func (n *connection) testPlan(c *cobra.Command, args []string, offline bool) (api.TestReport, error) {
	var text api.PlanText
	var report api.TestReport
	var err error
	if len(args) > 0 {
		if text, err = planText(c, args[0]); err != nil {
			return report, err
		}
	}
	if !offline {
		err = n.do(c.Context(), "POST", n.path("plan", "test"), text, &report)
		return report, err
	}
	err = n.rehearse(c, func(_ *configs.Config, tenant string, r *node.Rehearsal) error {
		if text.Text == "" {
			if text, err = rehearsedPlan(c, tenant, "", r); err != nil {
				return err
			}
		}
		_, table, err := r.Plans.Check(tenant, text.File, text.Text)
		if err != nil {
			return err
		}
		report = admin.TestPlan(table, tenant, func(number string) string {
			s, err := r.Directory.Seat(c.Context(), tenant, number)
			if err != nil {
				return ""
			}
			return s.Presentation
		})
		return nil
	})
	return report, err
}

// printReport prints what failed, with the path that was taken beside the expected steps.
func printReport(w io.Writer, r api.TestReport, took time.Duration) {
	for _, c := range r.Cases {
		if c.Fault == "" {
			continue
		}
		fmt.Fprintf(w, "FAIL %s\n     %s: %s\n", c.Name, c.Line, c.Fault)
		fmt.Fprintf(w, "expected %s\n", strings.Join(c.Expect, ", "))
		fmt.Fprintf(w, "taken    %s: %s\n", c.Entry, c.Step)
		printPath(w, c.Path, "")
	}
	fmt.Fprintf(w, "%d passed, %d failed in %v\n", r.Passed, r.Failed, took.Round(time.Millisecond))
}

// junitSuite is a report as pipelines read it.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(file string, r api.TestReport) error {
	s := junitSuite{Name: "dialplan", Tests: len(r.Cases), Failures: r.Failed}
	for _, c := range r.Cases {
		one := junitCase{Name: c.Name, Class: c.Line}
		if c.Fault != "" {
			var path strings.Builder
			printPath(&path, c.Path, "")
			one.Failure = &junitFailure{Message: c.Fault, Text: path.String()}
		}
		s.Cases = append(s.Cases, one)
	}
	out, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append([]byte(xml.Header), append(out, '\n')...), 0o644) //nolint:gosec // a report that a pipeline collects
}
