package configs

import (
	"log/slog"
	"net/netip"

	"strowger/dialplan/source"
)

// Log is the block log.
type Log struct {
	// Level is "debug", "info", "warn" or "error". Default info.
	Level slog.Level
	// JSON tells that lines are JSON: format = "json". Default "text".
	JSON bool
	// Numbers is how telephone numbers are written: "full", "masked" (without their last
	// four digits) or "hashed" (a word for each, another one after every start).
	// Default full.
	Numbers string
}

// Retention is the block retention: how many days something is kept after the UTC day
// that it is of, up to 3650. 0 keeps it until somebody removes it.
type Retention struct {
	Ledger     int // the events of calls. Default 400
	CDR        int // call and leg records. Default 400
	Ladder     int // SIP messages, as far as the memory for them lasts. Default 1, at least 1
	Recordings int // default 90
}

// Trace is the block trace: the SIP messages that are kept for the ladders of calls.
type Trace struct {
	// MiB is the memory for them, 4 to 65536, taken when the node starts. Default 64,
	// which is some 4,000 calls.
	MiB int
	// Digits tells that digits in INFO are shown. Default false.
	Digits bool
}

// Homer is the block homer: the server that the messages of calls are sent to by HEP
// version 3 over UDP.
type Homer struct {
	// Server is its address and port. No default; the port is 9060 if it is not written.
	Server netip.AddrPort
	// Percent is the share of the calls that are sent, each whole, 1 to 100. Default 100.
	Percent int
	// Agent is the number of this node there, 0 to 4294967295. Default 1.
	Agent uint32
	// KeyFile holds the key that the server wants. Default "": none.
	KeyFile string
	// NoSeats tells that the legs of seats are not sent: seats = "off". Default: they are.
	NoSeats bool
	// Registrations and Options tell that REGISTER and OPTIONS are sent too, which are of
	// no call: registrations = "on", options = "on". Default: they are not.
	Registrations, Options bool
}

// logs reads how the node speaks of what happens, and for how long.
func (r *reader) logs(file *source.Body) {
	r.Log.Numbers = "full"
	if b := file.Block("log"); b != nil {
		r.Log.Level = level(b)
		r.Log.JSON = choice(b, "format", "text", "text", "json") == "json"
		r.Log.Numbers = choice(b, "numbers", "full", "full", "masked", "hashed")
		b.Done()
	}
	r.Retention = Retention{Ledger: 400, CDR: 400, Ladder: 1, Recordings: 90}
	if b := file.Block("retention"); b != nil {
		const most = 3650
		r.Retention.Ledger = b.Int("ledger", r.Retention.Ledger, 0, most)
		r.Retention.CDR = b.Int("cdr", r.Retention.CDR, 0, most)
		r.Retention.Ladder = b.Int("ladder", r.Retention.Ladder, 1, most)
		r.Retention.Recordings = b.Int("recordings", r.Retention.Recordings, 0, most)
		b.Done()
	}
}

// trace reads what is kept of the messages.
func (r *reader) trace(file *source.Body) {
	r.Trace = Trace{MiB: 64}
	b := file.Block("trace")
	if b == nil {
		return
	}
	r.Trace.MiB = b.Int("mib", r.Trace.MiB, 4, 65536)
	r.Trace.Digits = choice(b, "digits", "masked", "masked", "shown") == "shown"
	b.Done()
}

// homer reads where the messages of calls are sent to.
func (r *reader) homer(file *source.Body) {
	b := file.Block("homer")
	if b == nil {
		return
	}
	h := &Homer{Server: address(b, "server", "192.0.2.9:9060", 9060)}
	if !b.Has("server") {
		b.Fault(b.At, "homer needs the address of the server; write: server = \"192.0.2.9:9060\"")
	}
	h.Percent = b.Int("percent", 100, 1, 100)
	h.Agent = uint32(b.Int("agent", 1, 0, 1<<32-1))
	h.KeyFile = r.beside(b.String("key_file", ""))
	h.NoSeats = isOff(b, "seats")
	h.Registrations = choice(b, "registrations", "off", "on", "off") == "on"
	h.Options = choice(b, "options", "off", "on", "off") == "on"
	b.Done()
	r.Homer = h
}

// isOff reads a switch that is on by default.
func isOff(b *source.Body, key string) bool { return choice(b, key, "on", "on", "off") == "off" }
