package seat

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"strowger/sip/state"
)

const testHeader = "number,name,network,password,ha1_md5,ha1_sha256,realm,presentation,site_number,address,desk,reached,disabled\n"

func TestImport(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	md5, _ := HA1("1002", testRealm, "secret", MD5)
	file := testHeader +
		"1001,Seat 1001,lan,demo-1001,,,,+448081570001,+441632960000,site 1,+441632960001,,\n" +
		"1002,\"Bob, the second\",lan,," + strings.ToUpper(md5) + ",," + testRealm + ",,,,,,true\n" +
		"1003,,,,,,,,,,,carrier:+441632960123,false\n"
	want := []Seat{
		testSeat(t, "1001"),
		{
			Tenant: "demo", Number: "1002", Name: "Bob, the second", Network: "lan", Disabled: true,
			Credentials: []Credential{{Algorithm: MD5, Realm: testRealm, HA1: md5}},
		},
		{Tenant: "demo", Number: "1003", Reached: "carrier:+441632960123"},
	}
	report, err := d.Import(ctx, "demo", strings.NewReader(file), ImportOptions{DryRun: true})
	if diff := cmp.Diff(ImportReport{Created: 3}, report); diff != "" || err != nil {
		t.Errorf("dry run: %v\n%s", err, diff)
	}
	if got, _ := d.List(ctx, "demo"); len(got) != 0 {
		t.Errorf("a dry run wrote %v", got)
	}
	if _, err := d.Import(ctx, "demo", strings.NewReader(file), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := d.List(ctx, "demo")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("imported: %v\n%s", err, diff)
	}

	// A row without a secret keeps the stored one; other columns may be missing.
	report, err = d.Import(ctx, "demo", strings.NewReader("network,number\nvpn,1001\n"), ImportOptions{})
	if diff := cmp.Diff(ImportReport{Updated: 1}, report); diff != "" || err != nil {
		t.Errorf("second import: %v\n%s", err, diff)
	}
	s, err := d.Seat(ctx, "demo", "1001")
	if err != nil || s.Network != "vpn" || len(s.Credentials) != 2 || s.Name != "" {
		t.Errorf("after the second import: %+v, %v", s, err)
	}
}

func TestExport(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	if _, err := d.SeedIfEmpty(ctx, Tenant{Name: "demo", Realm: testRealm}, []Seat{testSeat(t, "1002"), testSeat(t, "1001")}); err != nil {
		t.Fatal(err)
	}
	var open, secret bytes.Buffer
	if err := errors.Join(d.Export(ctx, "demo", &open, false), d.Export(ctx, "demo", &secret, true)); err != nil {
		t.Fatal(err)
	}
	want := "number,name,network,presentation,site_number,address,desk,reached,disabled,pickup,ring,auto_answer,class,calls,srtp,latch,music,dtmf\n" +
		"1001,Seat 1001,lan,+448081570001,+441632960000,site 1,+441632960001,,false,,,false,,,,,,\n" +
		"1002,Seat 1002,lan,+448081570001,+441632960000,site 1,+441632960001,,false,,,false,,,,,,\n"
	if diff := cmp.Diff(want, open.String()); diff != "" {
		t.Error(diff)
	}
	for _, file := range []*bytes.Buffer{&open, &secret} {
		report, err := d.Import(ctx, "demo", file, ImportOptions{})
		if diff := cmp.Diff(ImportReport{Unchanged: 2}, report); diff != "" || err != nil {
			t.Errorf("importing an export: %v\n%s", err, diff)
		}
	}
}

func TestImportFaults(t *testing.T) {
	tests := []struct {
		name, file string
		line       int
		text       string
	}{
		{"empty", "", 1, "header line is missing"},
		{"unknown column", "number,network,colour\n", 1, `unknown column "colour"`},
		{"column twice", "number,network,number\n", 1, "twice"},
		{"no network", "number,name\n", 1, "column network is missing"},
		{"short row", "number,network\n1001,lan\n1002\n", 3, "1 cells, the header has 2"},
		{"bad number", "number,network\n10x,lan\n", 2, "2 to 15 digits"},
		{"same number", "number,network\n1001,lan\n1001,lan\n", 3, "in line 2 already"},
		{"bad disabled", "number,network,disabled\n1001,lan,perhaps\n", 2, "true or false"},
		{"two kinds of secret", "number,network,password,ha1_md5\n1001,lan,x,y\n", 2, "give one of them"},
		{"no realm", "number,network,ha1_md5\n1001,lan,00112233445566778899aabbccddeeff\n", 2, "realm is missing"},
		{"other realm", "number,network,ha1_md5,realm\n1001,lan,00112233445566778899aabbccddeeff,x\n", 2, "realm differs"},
		{"bad hash", "number,network,ha1_md5,realm\n1001,lan,0011," + testRealm + "\n", 2, "32 lower-case hex digits"},
		{"formula", "number,network,name\n1001,lan,=1+1\n", 2, "formula"},
		{"bad quote", "number,network\n1001,lan\n\"10\"02,lan\n1003,lan\n", 3, "what follows was not read"},
		{"quoted lines count", "number,network,name\n1001,lan,\"a\nb\"\n1002,,\n", 4, "network is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newTestDirectory(t)
			report, err := d.Import(t.Context(), "demo", strings.NewReader(tt.file), ImportOptions{})
			if !errors.Is(err, ErrImport) || len(report.Faults) == 0 {
				t.Fatalf("%+v, %v; want ErrImport", report, err)
			}
			last := report.Faults[len(report.Faults)-1]
			if last.Line != tt.line || !strings.Contains(last.Text, tt.text) {
				t.Errorf("got %v, want line %d: ...%s...", last, tt.line, tt.text)
			}
			if got, _ := d.List(t.Context(), "demo"); len(got) != 0 {
				t.Errorf("a bad file left %v", got)
			}
		})
	}
}

func TestImportUnknownTenant(t *testing.T) {
	_, err := newTestDirectory(t).Import(t.Context(), "nobody", strings.NewReader(testHeader), ImportOptions{})
	if !errors.Is(err, state.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

func bigFile(rows int) string {
	var b strings.Builder
	b.WriteString(testHeader)
	for i := range rows {
		fmt.Fprintf(&b, "%d,Seat %d,lan,demo-%d,,,,+448081570001,+441632960000,site 1,+441632960001,,\n", 100000+i, i, i)
	}
	return b.String()
}

func TestImportReportsEveryBadRow(t *testing.T) {
	file := strings.ReplaceAll(bigFile(1000), "9,Seat", "9x,Seat")
	report, err := newTestDirectory(t).Import(t.Context(), "demo", strings.NewReader(file), ImportOptions{})
	if !errors.Is(err, ErrImport) || len(report.Faults) != 100 {
		t.Errorf("%d faults, %v; want 100", len(report.Faults), err)
	}
}

func BenchmarkImport30000(b *testing.B) {
	file := bigFile(30_000)
	for b.Loop() {
		d := newTestDirectory(b)
		if report, err := d.Import(b.Context(), "demo", strings.NewReader(file), ImportOptions{}); err != nil || report.Created != 30_000 {
			b.Fatal(report, err)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add(testHeader + "1001,Seat 1001,lan,demo-1001,,,,+448081570001,+441632960000,site 1,+441632960001,,\n")
	f.Add("number,network\n\"1001\n\",lan\n")
	f.Add("\uFEFFnetwork,number\nlan,1001\n\nlan,1002")
	t := Tenant{Name: "demo", Realm: testRealm}
	f.Fuzz(func(t2 *testing.T, file string) {
		rows, faults := readRows(strings.NewReader(file), t, []string{MD5})
		if len(faults) > 0 {
			return
		}
		seats := make([]Seat, len(rows))
		for i, r := range rows {
			seats[i] = r.seat
			if err := r.seat.Validate(); err != nil {
				t2.Fatalf("line %d was taken: %v", r.line, err)
			}
		}
		var out bytes.Buffer
		if err := writeRows(&out, seats, true); err != nil {
			t2.Fatal(err)
		}
		again, faults := readRows(&out, t, []string{MD5})
		if len(faults) > 0 {
			t2.Fatalf("what was written is not read: %v", faults)
		}
		for i := range again {
			if diff := cmp.Diff(seats[i], again[i].seat); diff != "" {
				t2.Fatal(diff)
			}
		}
	})
}

// TestImportKeepsService: a file that does not speak of classes takes none away.
func TestImportKeepsService(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	want := func(class string, calls int) {
		t.Helper()
		if s, err := d.Seat(ctx, "demo", "1001"); err != nil || s.Class != class || s.Calls != calls {
			t.Errorf("class %q, %d calls, %v; want %q, %d", s.Class, s.Calls, err, class, calls)
		}
	}
	for _, step := range []struct {
		file  string
		class string
		calls int
	}{
		{"network,number,class,calls\nlan,1001,mobile,2\n", "mobile", 2},
		{"network,number\nvpn,1001\n", "mobile", 2},
		{"network,number,class\nvpn,1001,\n", "", 2},
		{"network,number,calls\nvpn,1001,\n", "", 0},
	} {
		if _, err := d.Import(ctx, "demo", strings.NewReader(step.file), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		want(step.class, step.calls)
	}
	for _, bad := range []string{"calls\nlan,1001,many", "calls\nlan,1001,-1", "class\nlan,1001,a b"} {
		if _, err := d.Import(ctx, "demo", strings.NewReader("network,number,"+bad+"\n"), ImportOptions{}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
