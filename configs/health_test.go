package configs_test

import (
	"testing"
	"time"

	"strowger/configs"
)

// TestHealth: a trunk is asked by OPTIONS unless its health says no.
func TestHealth(t *testing.T) {
	for text, want := range map[string]configs.Health{
		``:                            {Interval: 30 * time.Second, Down: 3, Up: 2},
		`health {}`:                   {Interval: 30 * time.Second, Down: 3, Up: 2, Answers: true},
		`health { interval = "10s" }`: {Interval: 10 * time.Second, Down: 3, Up: 2, Answers: true},
		`health { enabled = true }`:   {Interval: 30 * time.Second, Down: 3, Up: 2, Answers: true},
		`health { enabled = false }`:  {},
	} {
		c, err := configs.Parse("x", whole("trunk \"a\" {\n sources = [\"127.0.0.3\"]\n targets = [\"127.0.0.3\"]\n"+text+"\n}\n"), configs.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Trunks[0].Health; got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
