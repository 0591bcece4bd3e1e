package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strowger/sip/state/redistest"
)

// TestNoStart: what keeps a node from starting is said in one line, with exit code
// 1 and without a stack trace.
func TestNoStart(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	t.Parallel()
	running := startNode(t)
	for name, c := range map[string]struct {
		edits []edit
		says  string
	}{
		"busy port":     {[]edit{change("strowger.hcl", "127.0.0.1:5060", running.host+":5060")}, running.host + ":5060"},
		"unknown key":   {[]edit{change("strowger.hcl", "algorithms", "digests")}, "strowger.hcl:"},
		"no plan":       {[]edit{change("strowger.hcl", "demo.plan.hcl", "none.plan.hcl")}, "none.plan.hcl"},
		"wrong plan":    {[]edit{change("demo.plan.hcl", `["1002"]`, `["2002"]`)}, "demo.plan.hcl:"},
		"Redis is away": {inRedis("redis://127.0.0.1:1/0"), "connection refused"},
		"TLS is away":   {inRedis("rediss://127.0.0.1:1"), "connection refused"},
		"no cluster":    {inRedis("redis://127.0.0.1:1,127.0.0.1:2?cluster=true"), "connection refused"},
		"no sentinels":  {inRedis("redis://127.0.0.1:1,127.0.0.1:2?sentinel=strowger"), "connection refused"},
		"no CA":         {inRedis("rediss://127.0.0.1:1?ca_file=none.pem"), "none.pem"},
		"wrong URL":     {inRedis("redis://127.0.0.1:1,127.0.0.1:2"), "strowger.hcl:"},
		"wrong seats":   {[]edit{change("demo.seats.csv", "leeds-1", "leeds-1,x")}, "demo.seats.csv"},
		"no such trunk": {[]edit{change("strowger.hcl", `trunks = ["carrier"]`, `trunks = ["none"]`)}, "strowger.hcl:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doesNotStart(t, c.edits, c.says)
		})
	}
	t.Run("no such master", func(t *testing.T) {
		t.Parallel()
		url := redistest.Setup{}.Sentinels(t, 1).URL
		url = strings.Replace(url, redistest.MasterName, "other", 1)
		doesNotStart(t, nil, `no sentinel there knows a master named "other"`, "--redis", url)
	})
	t.Run("another's certificate", func(t *testing.T) {
		t.Parallel()
		server := redistest.Setup{TLS: redistest.NewAuthority(t)}.Server(t)
		doesNotStart(t, nil, "signed by unknown authority", "--redis", redistest.Setup{TLS: redistest.NewAuthority(t)}.URL(server))
	})
}

// inRedis keeps a node's state in a Redis.
func inRedis(url string) []edit {
	return []edit{change("strowger.hcl", "admin {", "store {\n  url = \""+url+"\"\n}\n\nadmin {")}
}

// doesNotStart holds that a node ends with exit code 1 and one line.
func doesNotStart(t *testing.T, edits []edit, says string, args ...string) {
	t.Helper()
	n := &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
	n.configure(edits)
	cmd := n.command()
	cmd.Args = append(cmd.Args, args...)
	n.process = launch(t, cmd, filepath.Join(n.dir, "node.log"))
	if err := n.process.wait(startWait); err != nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v (%v), want exit code 1", n.process.err, err)
	}
	text := strings.TrimSuffix(n.process.output(), "\n")
	if !strings.HasPrefix(text, "strowger: ") || strings.Contains(text, "\n") || !strings.Contains(text, says) {
		t.Errorf("it says\n%s\nwant one line with %q", text, says)
	}
}

// TestSeedDiffers: the store is the truth after the first start, and one line says
// that the file is another.
func TestSeedDiffers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	n.stop()
	plan := filepath.Join(n.dir, "demo.plan.hcl")
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plan, []byte(strings.Replace(string(text), "+448081570004", "+448081570009", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	n.start()
	if said := strings.Join(n.notices, "\n"); !strings.Contains(said, "strowger dialplan diff") {
		t.Errorf("the node said nothing of the plan that differs:\n%s", said)
	}
	const to = "+448081570009"
	n.fromCarrier(to, carrier.isRefused(to, "404")).done()
	n.recorded(notInPlan)
}

// TestManyCalls: two hundred calls at fifty a second, none lost, each with its
// record.
func TestManyCalls(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	at := host()
	n.registered("1002", at)
	many := []string{"-m", "200", "-r", "50", "-l", "200"}
	phone := n.run("1002", at, "u1", append(many, "-s", "1002"), answers(), hungUp())
	listening(t, "udp", at)
	call := n.run("carrier", n.carrier, "u1", append(many, "-s", to), carrier.calls(to), pause(500), carrier.hangsUp(2))
	allDone(call, phone)
	want := make([]ending, 200)
	for i := range want {
		want[i] = byCaller
	}
	n.recorded(want...)
}
