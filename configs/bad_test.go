package configs_test

import (
	"strings"
	"testing"

	"strowger/configs"
	"strowger/dialplan/source/sourcetest"
)

// parts make a whole configuration of a case that is about one block. A case's
// first line, "# without X Y", leaves parts out.
var parts = map[string]string{
	"network": "network \"lan\" {\n listener \"udp\" { bind = \"127.0.0.1:5060\" }\n rtp { bind = \"127.0.0.1\" }\n}\n",
	"tenant":  "tenant \"demo\" {\n emergency { trunks = [\"carrier\"] }\n}\n",
	"trunk":   "trunk \"carrier\" {\n sources = [\"127.0.0.2\"]\n targets = [\"127.0.0.2\"]\n}\n",
}

func whole(text string) []byte {
	first, _, _ := strings.Cut(text, "\n")
	sections := []string{text}
	for _, part := range []string{"network", "tenant", "trunk"} {
		if !strings.HasPrefix(first, "# without") || !strings.Contains(first, part) {
			sections = append(sections, parts[part])
		}
	}
	return []byte(strings.Join(sections, ""))
}

func env(name string) (string, bool) { return "5060", name == "SIP_PORT" }

func TestBad(t *testing.T) {
	sourcetest.Bad(t, "bad.txtar", func(name string, text []byte) error {
		_, err := configs.Parse(name, whole(string(text)), configs.Overrides{Env: env})
		return err
	})
}
