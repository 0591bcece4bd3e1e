package tone

import (
	"maps"
	"slices"
	"time"
)

// Default is the country of who names none.
const Default = "uk"

// Of is the tone of a country, that of the United Kingdom for one that is not in the
// table.
func Of(country string, k Kind) Signal {
	table, ok := countries[country]
	if !ok {
		table = countries[Default]
	}
	if s, ok := table[k]; ok {
		return s
	}
	return special
}

// Countries lists the table, in order: codes of ISO 3166 in lower case, and "uk".
func Countries() []string { return slices.Sorted(maps.Keys(countries)) }

// special is the special information tone (E.180 section 5.5).
var special = Signal{on(330, 950), on(330, 1400), on(330, 1800), off(1000)}

// on and off are bursts in milliseconds.
func on(ms int, hz ...float64) Burst {
	return Burst{Hz: hz, For: time.Duration(ms) * time.Millisecond}
}

func off(ms int) Burst { return on(ms) }

// modulated is a tone of 400 Hz, modulated by another frequency.
func modulated(ms int, by float64) Burst {
	b := on(ms, 400)
	b.By = by
	return b
}

// beat repeats bursts of one frequency and pauses, in milliseconds.
func beat(hz float64, ms ...int) Signal {
	var s Signal
	for i, d := range ms {
		if i%2 == 0 {
			s = append(s, on(d, hz))
		} else {
			s = append(s, off(d))
		}
	}
	return s
}

// double is the ringing of the United Kingdom and of who took it over.
var double = Signal{on(400, 400, 450), off(200), on(400, 400, 450), off(2000)}

// usual are the tones of most of Europe: one frequency, and cadences that differ.
func usual(ringing, busy, congestion Signal) map[Kind]Signal {
	return map[Kind]Signal{Ringing: ringing, Busy: busy, Congestion: congestion}
}

var uk = map[Kind]Signal{
	Ringing:      double,
	Busy:         beat(400, 375, 375),
	Congestion:   beat(400, 400, 350, 225, 525),
	Unobtainable: {on(1000, 400)}, // without a pause
}

var northAmerica = map[Kind]Signal{
	Ringing:    {on(2000, 440, 480), off(4000)},
	Busy:       {on(500, 480, 620), off(500)},
	Congestion: {on(250, 480, 620), off(250)},
}

var countries = map[string]map[Kind]Signal{
	"uk": uk,
	"gb": uk,
	"ie": usual(double, beat(425, 500, 500), beat(425, 250, 250)),
	"at": usual(beat(420, 1000, 5000), beat(420, 400, 400), beat(420, 200, 200)),
	"be": usual(beat(425, 1000, 3000), beat(425, 500, 500), beat(425, 167, 167)),
	"ch": usual(beat(425, 1000, 4000), beat(425, 500, 500), beat(425, 200, 200)),
	"de": usual(beat(425, 1000, 4000), beat(425, 480, 480), beat(425, 240, 240)),
	"dk": usual(beat(425, 1000, 4000), beat(425, 500, 500), beat(425, 250, 250)),
	"es": usual(beat(425, 1500, 3000), beat(425, 200, 200), beat(425, 200, 200, 200, 200, 200, 600)),
	"fi": usual(beat(425, 1000, 4000), beat(425, 300, 300), beat(425, 200, 200)),
	"fr": usual(beat(440, 1500, 3500), beat(440, 500, 500), beat(440, 250, 250)),
	"it": usual(beat(425, 1000, 4000), beat(425, 500, 500), beat(425, 200, 200)),
	"nl": usual(beat(425, 1000, 4000), beat(425, 500, 500), beat(425, 250, 250)),
	"no": usual(beat(425, 1000, 4000), beat(425, 500, 500), beat(425, 200, 200)),
	"pl": usual(beat(425, 1000, 4000), beat(425, 500, 500), beat(425, 500, 500)),
	"pt": usual(beat(425, 1000, 5000), beat(425, 500, 500), beat(425, 200, 200)),
	"se": usual(beat(425, 1000, 5000), beat(425, 250, 250), beat(425, 250, 750)),
	"us": northAmerica,
	"ca": northAmerica,
	"au": usual(Signal{on(400, 400, 425), off(200), on(400, 400, 425), off(2000)}, beat(425, 375, 375), beat(425, 375, 375)),
	"nz": {
		Ringing: double, Busy: beat(400, 500, 500), Congestion: beat(400, 250, 250),
		Unobtainable: beat(400, 75, 100, 75, 100, 75, 100, 75, 400),
	},
	"in": usual(Signal{modulated(400, 25), off(200), modulated(400, 25), off(2000)}, beat(400, 750, 750), beat(400, 250, 250)),
	"jp": usual(Signal{modulated(1000, 16), off(2000)}, beat(400, 500, 500), beat(400, 500, 500)),
	"za": usual(Signal{modulated(400, 33), off(200), modulated(400, 33), off(2000)}, beat(400, 500, 500), beat(400, 250, 250)),
}
