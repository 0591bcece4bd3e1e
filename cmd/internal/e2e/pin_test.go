package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/phone"
)

// TestConferencePIN: the PIN of a conference is asked for by voice and taken as events and
// by INFO; its digits are in no record, even where digits are shown. Who gives none that is
// right is hung up on.
func TestConferencePIN(t *testing.T) {
	server := captureServer(t)
	const pin = "49152637"
	n := startNode(t, change("demo.plan.hcl", "    # pin   = \"2468\"", fmt.Sprintf("    pin = %q", pin)),
		edit{"strowger.hcl", func(text string) string {
			return text + fmt.Sprintf("\nhomer {\n  server = %q\n}\ntrace {\n  digits = \"shown\"\n}\nlog {\n  level = \"debug\"\n}\n", server.conn.LocalAddr())
		}})
	var heard taped
	enter := func(seat string) (*phone.Phone, *phone.Call) {
		p := n.soundPhone(seat, "demo-"+seat, host(), nil)
		if _, err := p.Register(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		c, err := p.Call("801")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Record(heard.write); err != nil {
			t.Fatal(err)
		}
		given(t, c.Answered())
		return p, c
	}
	said := func(what string, from int) {
		t.Helper()
		until(t, what, func() bool { return speech(heard.from(from)) })
	}

	one, call := enter("1001")
	said("the PIN is asked for", 0)
	if err := errors.Join(call.Press(pin[:5]), press(call, pin[5:])); err != nil {
		t.Fatal(err)
	}
	until(t, "the phone is in", func() bool { return strings.Contains(n.operate("conference", "list"), "801") })

	two, wrong := enter("1003")
	for range 3 {
		if err := wrong.Press("2468#"); err != nil {
			t.Fatal(err)
		}
		talked(1200 * time.Millisecond)
	}
	given(t, wrong.Ended())
	if text := n.operate("conference", "show", "801"); strings.Contains(text, "1003") {
		t.Errorf("a wrong PIN lets in:\n%s", text)
	}
	call.Hangup()
	given(t, call.Ended())
	all := n.recorded(ending{"answered", 403, 21, "switch"}, ending{"answered", 200, 16, "caller"})
	var ladders strings.Builder
	for _, one := range all {
		ladders.WriteString(n.strowger("call", "ladder", one.Call, "-o", "json"))
	}
	if err := errors.Join(one.Close(t.Context()), two.Close(t.Context())); err != nil {
		t.Error(err)
	}
	n.withoutPIN(pin, map[string]string{"ladders": ladders.String(), "capture server": server.said()})
}

// press gives digits by INFO, when those before have been said.
func press(c *phone.Call, digits string) error {
	talked(2 * time.Second)
	return c.Info(digits)
}

// withoutPIN looks for a PIN in what was told, and in all that the node has kept.
func (n *node) withoutPIN(pin string, kept map[string]string) {
	n.t.Helper()
	for where, text := range kept {
		if !strings.Contains(text, "INFO sip:") {
			n.t.Errorf("%s has no INFO", where)
		}
	}
	n.leaves(kept)
	for where, text := range kept {
		if found := signal.FindString(text); found != "" {
			n.t.Errorf("%s has %q", where, found)
		}
		holdsPlan := strings.Contains(where, "plan") || strings.Contains(where, "state") || strings.HasSuffix(where, ".db")
		if strings.Contains(text, pin) && !holdsPlan {
			n.t.Errorf("%s has the PIN:\n%.2000s", where, text)
		}
	}
}
