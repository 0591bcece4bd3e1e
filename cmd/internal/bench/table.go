package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write prints the results as a table or as JSON.
func Write(w io.Writer, results []Result, format string) error {
	switch format {
	case "table":
		return writeTable(w, results)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(results)
	}
	return fmt.Errorf("there is no format %q: table or json", format)
}

func writeTable(w io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "what\tsystem\tmedian\tbeside rival\truns")
	for _, r := range results {
		ratio := ""
		if r.Ratio != 0 {
			ratio = fmt.Sprintf("%.2fx", r.Ratio)
		}
		runs := make([]string, len(r.Runs))
		for i, v := range r.Runs {
			runs[i] = fmt.Sprintf("%.4g", v)
		}
		fmt.Fprintf(tw, "%s\t%s\t%.4g\t%s\t%s\n", r.Unit, r.System, r.Median, ratio, strings.Join(runs, " "))
	}
	return tw.Flush()
}
