package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/phone"
)

// TestMenu: a carrier's caller hears the menu, presses a wrong key and is asked again, then
// the right one, and talks to the seat; who presses only wrong keys hears goodbye and is
// hung up on. The record says which way both went.
func TestMenu(t *testing.T) {
	n := startNode(t)
	calls := make(chan *phone.Call, 1)
	agent := n.soundPhone("1002", "demo-1002", host(), func(c *phone.Call) {
		if err := c.Answer(); err != nil {
			t.Error(err)
		}
		calls <- c
	})
	if _, err := agent.Register(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	caller := n.soundPhone(string(carrier), "", n.carrier, nil)
	dial := func(heard *taped) *phone.Call {
		call, err := caller.Call("+448081570005")
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Record(heard.write); err != nil {
			t.Fatal(err)
		}
		given(t, call.Answered())
		until(t, "the menu is heard", func() bool { return speech(heard.from(0)) })
		return call
	}

	var heard taped
	call := dial(&heard)
	if err := call.Press("9"); err != nil {
		t.Fatal(err)
	}
	id := n.onlyCall()
	until(t, "it is asked again", func() bool { return strings.Contains(n.strowger("call", "explain", id), "wrong_key -> once more") })
	if err := call.Press("2"); err != nil {
		t.Fatal(err)
	}
	desk := given(t, calls)
	until(t, "both are joined", func() bool { return strings.Contains(n.strowger("call", "explain", id), "hear each other") })
	desk.Hangup()
	given(t, call.Ended())
	if text := n.strowger("call", "explain", id); !strings.Contains(text, "menu.which: key 2 -> step.second") {
		t.Errorf("the record says\n%s", text)
	}

	var other taped
	wrong := dial(&other)
	for range 3 {
		if err := wrong.Press("7"); err != nil {
			t.Fatal(err)
		}
		talked(700 * time.Millisecond)
	}
	given(t, wrong.Ended())
	n.recorded(ending{"answered", 200, 16, "callee"}, ending{"answered", 200, 16, "switch"})
	if err := errors.Join(agent.Close(t.Context()), caller.Close(t.Context())); err != nil {
		t.Error(err)
	}
}

// speech tells whether there is speech in the sound.
func speech(pcm []int16) bool {
	loudest := 0
	for _, s := range pcm {
		loudest = max(loudest, int(s))
	}
	return loudest > 3000
}
