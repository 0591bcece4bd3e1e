package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// figure is one line of the metrics, with its labels.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

func newMetrics() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{
		Use: "metrics [WORD]", Short: "Show the figures of a node that have a word in their name",
		Long: `Shows the figures of a node, of histograms the number and sum of what was measured.
Prometheus reads them all, with help and buckets, from /metrics of the admin API,
with a viewer's token as the bearer. What to ask of it, for example:

Answer-seizure ratio of each trunk, of the INVITEs that we send
  sum by (trunk) (rate(strowger_sip_responses_total{direction="in",
    method="INVITE",code="200"}[5m]))
  / sum by (trunk) (rate(strowger_sip_requests_total{direction="out",
    method="INVITE"}[5m]))
Post-dial delay that 95 of 100 calls to a trunk stay below, in seconds
  histogram_quantile(0.95, sum by (trunk, le)
    (rate(strowger_call_pdd_seconds_bucket{direction="out"}[5m])))
Refusals of a trunk by code, each second
  sum by (trunk, code) (rate(strowger_sip_responses_total{direction="in",
    method="INVITE",code=~"[456].."}[5m]))
Share of calls that the switch passes on within 10 ms
  sum(rate(strowger_call_setup_seconds_bucket{le="0.01"}[5m]))
  / sum(rate(strowger_call_setup_seconds_count[5m]))`,
		Example: "  strowger metrics sip_responses",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			figures, err := n.figures(c.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			return n.show(c, figures, func(w io.Writer) {
				for _, f := range figures {
					fmt.Fprintln(w, f.Name, strconv.FormatFloat(f.Value, 'f', -1, 64))
				}
			})
		},
	}
	n.add(c)
	return c
}

// figures reads those of the switch that have a word in their names.
func (n *connection) figures(ctx context.Context, word string) ([]figure, error) {
	client, err := n.connect()
	if err != nil {
		return nil, err
	}
	answer, err := client.Stream(ctx, "GET", "/metrics", "", nil)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	found := []figure{}
	lines := bufio.NewScanner(answer)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || !strings.HasPrefix(lines.Text(), "strowger_") {
			continue
		}
		name, text := lines.Text()[:at], lines.Text()[at+1:]
		bare, _, _ := strings.Cut(name, "{")
		value, err := strconv.ParseFloat(text, 64)
		if err == nil && strings.Contains(bare, word) && !strings.HasSuffix(bare, "_bucket") {
			found = append(found, figure{name, value})
		}
	}
	return found, lines.Err()
}
