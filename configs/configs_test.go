package configs_test

import (
	"encoding/csv"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"strowger/configs"
	"strowger/dialplan"
	"strowger/dialplan/number"
	"strowger/dialplan/plan"
)

// loopback is the machine that tests pretend to be.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// nodeEnv is the environment of a node of the shipped cluster.
func nodeEnv(name, address string) func(string) (string, bool) {
	vars := map[string]string{
		"STROWGER_NODE": name, "STROWGER_ADDRESS": address,
		"STROWGER_STORE": "redis://127.0.0.1:6379/0", "STROWGER_KEY": "/run/strowger.key",
	}
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

// TestShippedFiles loads every configuration that is shipped, and checks its seed
// as a node does.
func TestShippedFiles(t *testing.T) {
	files, err := filepath.Glob("*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".plan.hcl") || file == "local.hcl" { // local.hcl is whoever's it is
			continue
		}
		loaded++
		c, err := configs.Load(file, configs.Overrides{Env: nodeEnv("node-1", "127.0.0.11"), Subnets: loopback})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if err := c.DemoExposed(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, tenant := range c.Tenants {
			checkSeed(t, c, tenant)
		}
	}
	if loaded != 2 {
		t.Errorf("%d files were loaded, want strowger.hcl and cluster.hcl", loaded)
	}
}

func checkSeed(t *testing.T, c *configs.Config, tenant configs.Tenant) {
	t.Helper()
	src, err := os.ReadFile(tenant.Seed.Plan)
	if err != nil {
		t.Fatal(err)
	}
	p, faults := plan.Parse(tenant.Seed.Plan, src)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	places := readSeats(t, c, tenant)
	inv := plan.Inventory{Numbering: tenant.Numbering, Prompts: []string{"announcement", "demo-menu", "goodbye", "unavailable"}}
	inv.HasSeat = func(s string) bool {
		return slices.ContainsFunc(places, func(p dialplan.Place) bool { return p.Seat == s })
	}
	for _, trunk := range c.TrunksOf(tenant.Name) {
		inv.Trunks = append(inv.Trunks, trunk.Name)
	}
	if _, faults := p.Check(inv); len(faults) > 0 {
		t.Error(faults)
	}
	for _, fault := range tenant.Emergency.Faults(tenant.Name, places, c.EmergencyTrunks(tenant.Name)) {
		t.Errorf("%s: %s", c.File, fault)
	}
}

// readSeats checks the demo's seats: twenty, with the password that is told
// everywhere, numbers of Ofcom's drama range and a network that there is.
func readSeats(t *testing.T, c *configs.Config, tenant configs.Tenant) []dialplan.Place {
	t.Helper()
	f, err := os.Open(tenant.Seed.Seats)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split("number,name,network,password,ha1_md5,ha1_sha256,realm,presentation,site_number,address,desk,reached,disabled", ",")
	for _, column := range rows[0] {
		if !slices.Contains(known, column) {
			t.Errorf("unknown column %q", column)
		}
	}
	var places []dialplan.Place
	for i, row := range rows[1:] {
		cell := func(column string) string { return row[slices.Index(rows[0], column)] }
		seat := cell("number")
		if want := strconv.Itoa(1001 + i); seat != want || cell("password") != configs.DemoPassword(want) {
			t.Errorf("row %d is seat %s with password %s, want %s", i+2, seat, cell("password"), want)
		}
		if _, ok := c.Network(cell("network")); !ok {
			t.Errorf("seat %s is in network %q, which does not exist", seat, cell("network"))
		}
		for _, n := range []string{cell("presentation"), cell("site_number")} {
			if !number.Valid(n) || !strings.HasPrefix(n, "+441632960") {
				t.Errorf("seat %s has %s, which is not of the drama range", seat, n)
			}
		}
		places = append(places, dialplan.Place{Seat: seat, SiteNumber: cell("site_number")})
	}
	if len(places) != 20 {
		t.Errorf("%d seats, want 20", len(places))
	}
	return places
}

// TestClusterServesEveryNode: the one file gives two nodes that clash in nothing.
func TestClusterServesEveryNode(t *testing.T) {
	var nodes []*configs.Config
	for i, name := range []string{"node-1", "node-2"} {
		c, err := configs.Load("cluster.hcl", configs.Overrides{Env: nodeEnv(name, fmt.Sprintf("127.0.0.%d", 11+i)), Subnets: loopback})
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, c)
	}
	a, b := nodes[0], nodes[1]
	if a.Node.Name == b.Node.Name || a.Node.Data == b.Node.Data || a.Admin.HTTP == b.Admin.HTTP || a.Cluster.Link == b.Cluster.Link ||
		a.Networks[0].Listeners[0].Bind == b.Networks[0].Listeners[0].Bind || a.Networks[0].RTP[0].Bind == b.Networks[0].RTP[0].Bind {
		t.Error("the nodes have something in common that each needs for itself")
	}
	if a.Cluster.Network != "local" || b.Cluster.Network != "local" {
		t.Errorf("the nodes hear each other by the networks %q and %q", a.Cluster.Network, b.Cluster.Network)
	}
	if a.Store != b.Store || a.Cluster.KeyFile != b.Cluster.KeyFile {
		t.Error("the nodes do not share store and key")
	}
}

// TestPasswordInEnvironment: a password may come by the environment, never by the file.
func TestPasswordInEnvironment(t *testing.T) {
	const url = "redis://:secret@127.0.0.1:6379/0"
	lookup := func(string) (string, bool) { return url, true }
	c, err := configs.Parse("x", whole("store {\n  url = env.URL\n}\n"), configs.Overrides{Env: lookup})
	if err != nil {
		t.Fatal(err)
	}
	if c.Store.URL != url {
		t.Errorf("got %s", c.Store.URL)
	}
}
