package configs

import (
	"time"

	"strowger/dialplan/source"
)

// logs reads how the node speaks of what happens, and for how long.
func (r *reader) logs(file *source.Body) {
	r.Log.Numbers = "full"
	if b := file.Block("log"); b != nil {
		r.Log.Level = level(b)
		r.Log.JSON = choice(b, "format", "text", "text", "json") == "json"
		r.Log.Numbers = choice(b, "numbers", "full", "full", "masked", "hashed")
		b.Done()
	}
	if b := file.Block("records"); b != nil {
		r.Records.Days = b.Int("days", 0, 0, 3650)
		b.Done()
	}
}

// trace reads what is kept of the messages.
func (r *reader) trace(file *source.Body) {
	r.Trace = Trace{MiB: 64, Keep: 24 * time.Hour}
	b := file.Block("trace")
	if b == nil {
		return
	}
	r.Trace.MiB = b.Int("mib", r.Trace.MiB, 4, 65536)
	r.Trace.Keep = b.Duration("keep", r.Trace.Keep, time.Minute, 365*24*time.Hour)
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
