package overload

import "time"

const (
	// roomBelow is how far the load has to fall before calls are taken again: the answer
	// does not change with each call that ends.
	roomBelow = 0.1
	// holdOff is how long calls are refused after packets were lost for want of time.
	holdOff = 5 * time.Second
	// settle and learn are how fast the figures follow: load within seconds, so that one
	// long batch is no load; what a packet costs within half a minute.
	settle = 3 * time.Second
	learn  = 30 * time.Second
	// usual is what a packet is taken to cost until enough came to know.
	usual = 15 * time.Microsecond
	// enough are packets a second by which their cost is known.
	enough = 1000
	// someSpeak is how many parties tell what one sends: with fewer there may be no sound
	// at all, as where other programs test the signalling.
	someSpeak = 20
	// leastRoom is the part of the processors that sound has whatever else they do: the
	// system shares them out.
	leastRoom = 0.25
	// lostPart of the packets, and lostMin of them, are more lost for want of time than
	// by a moment's delay.
	lostPart, lostMin = 0.01, 50
)

// Carried is what a node has counted of its sound up to a moment.
type Carried struct {
	At       time.Time
	Packets  uint64        // taken from parties and carried
	Overrun  uint64        // that came, and that there was no time for
	Busy     time.Duration // of all processors with sound
	CPU      time.Duration // that the process has used
	Legs     int           // with ports
	Speaking int           // of them: those that have sent sound
}

// Load is how near a node's sound is to what it can carry.
type Load struct {
	Packets float64       `json:"packets_per_second"`
	Cost    time.Duration `json:"cpu_per_packet_ns"` // of a packet carried
	Sound   float64       `json:"cpu_sound"`         // processors that sound takes
	CPU     float64       `json:"cpu"`               // processors that the process takes
	Share   float64       `json:"share"`             // of what can be carried, that of legs which only ring included
	Full    bool          `json:"full"`              // new calls are refused
}

// Sound judges from what was counted whether the sound of one more call can be carried,
// by what a packet costs on this machine under its load of now, and by no number of
// calls. It is pure and belongs to one goroutine; see NewSound.
type Sound struct {
	processors float64
	fullAt     float64
	before     Carried
	load       Load
	cost       float64 // seconds for each packet
	lost       time.Time
}

// NewSound judges for a process of so many processors. From fullAt on, a share of what
// can be carried, it is full; 0 means never.
func NewSound(processors int, fullAt float64) *Sound {
	return &Sound{processors: float64(max(processors, 1)), fullAt: fullAt, cost: usual.Seconds()}
}

// Step takes the figures of now, a second or so after the last ones.
func (s *Sound) Step(now Carried) Load {
	before := s.before
	s.before = now
	elapsed := now.At.Sub(before.At).Seconds()
	if before.At.IsZero() || elapsed <= 0 {
		return s.load
	}
	part := min(1, elapsed/settle.Seconds())
	packets, busy := float64(now.Packets-before.Packets), (now.Busy - before.Busy).Seconds()
	follow(&s.load.Packets, packets/elapsed, part)
	follow(&s.load.Sound, busy/elapsed, part)
	follow(&s.load.CPU, (now.CPU-before.CPU).Seconds()/elapsed, part)
	if packets/elapsed >= enough {
		follow(&s.cost, busy/packets, min(1, elapsed/learn.Seconds()))
	}
	s.load.Cost = time.Duration(s.cost * float64(time.Second))
	s.load.Share = (s.load.Sound + s.awaited(now)*s.cost) / s.room()
	if lost := float64(now.Overrun - before.Overrun); lost >= lostMin && lost >= lostPart*packets {
		s.lost = now.At
	}
	s.judge(now.At)
	return s.load
}

// awaited are the packets a second of parties that have sent nothing yet: they ring, or
// are about to speak.
func (s *Sound) awaited(now Carried) float64 {
	if now.Speaking < someSpeak {
		return 0
	}
	return s.load.Packets / float64(now.Speaking) * float64(max(0, now.Legs-now.Speaking))
}

// room is how many processors sound can have: all but those that the rest of the process
// takes.
func (s *Sound) room() float64 {
	others := max(0, s.load.CPU-s.load.Sound)
	return max(s.processors-others, leastRoom*s.processors)
}

func (s *Sound) judge(now time.Time) {
	recently := !s.lost.IsZero() && now.Sub(s.lost) < holdOff
	switch {
	case s.fullAt == 0:
	case recently, s.load.Share >= s.fullAt:
		s.load.Full = true
	case s.load.Share < s.fullAt-roomBelow:
		s.load.Full = false
	}
}

// follow has a figure follow what was measured by a part of the difference.
func follow(figure *float64, measured, part float64) {
	*figure += (measured - *figure) * part
}
