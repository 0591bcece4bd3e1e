package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/ledger"
)

// printSound shows how the sound of each leg is: what comes from its party, and what the
// party reports of ours.
func printSound(w io.Writer, c api.Call) {
	t := newTable("LEG", "IN", "OUT", "LOSS", "JITTER", "GAP", "ROUND TRIP", "FAR LOSS", "MOS")
	var notes []string
	for _, l := range c.Legs {
		if l.ID > len(c.Sound) || l.ID < 1 {
			continue
		}
		s := c.Sound[l.ID-1]
		mos := ""
		if s.Received > 0 {
			mos = strconv.FormatFloat(s.MOS, 'f', 2, 64)
		}
		t.add(strconv.Itoa(l.ID), strconv.FormatUint(s.Received, 10), strconv.FormatUint(s.Sent, 10), percent(s.Loss),
			short(s.Jitter), short(s.MaxGap), short(s.RoundTrip), percent(s.FarLoss), mos)
		if note := strings.Join(append(manner(s), remarks(l, s)...), ", "); note != "" {
			notes = append(notes, fmt.Sprintf("leg %d: %s", l.ID, note))
		}
	}
	fmt.Fprintln(w)
	t.print(w)
	for _, note := range notes {
		fmt.Fprintln(w, note)
	}
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + "%" }

// short is a time to a tenth of a millisecond; nothing if it is not known.
func short(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.Round(100 * time.Microsecond).String()
}

// manner is how the sound of a leg is carried.
func manner(s media.Stats) (list []string) {
	if s.SRTP != "" {
		list = append(list, "SRTP "+s.SRTP)
	}
	if s.Converted > 0 {
		list = append(list, fmt.Sprintf("%d packets out converted", s.Converted))
	}
	if s.InKernel {
		list = append(list, "in the kernel")
	}
	return list
}

// remarks are what is wrong with the sound of a leg.
func remarks(l b2bua.LegInfo, s media.Stats) (list []string) {
	if l.OneWay {
		list = append(list, "one way")
	}
	switch {
	case s.Silent:
		list = append(list, "never heard")
	case s.Silence >= time.Second:
		list = append(list, "silent for "+s.Silence.Round(time.Second).String())
	}
	if s.Overrun > 0 {
		list = append(list, fmt.Sprintf("%d lost as this node had no time for them", s.Overrun))
	}
	if s.Duplicate > 0 {
		list = append(list, fmt.Sprintf("%d came twice", s.Duplicate))
	}
	if s.Reordered > 0 {
		list = append(list, fmt.Sprintf("%d out of order", s.Reordered))
	}
	return list
}

// sounded is the sound of a leg that ended, in words.
func sounded(m *ledger.Media) string {
	text := fmt.Sprintf("; %d packets in, %d out, %d lost, MOS %.2f", m.Received, m.Sent, m.Lost, m.MOS)
	if m.Received > 0 {
		text += fmt.Sprintf("; jitter %v, longest gap %v", milliseconds(m.JitterMs), milliseconds(m.MaxGapMs))
	}
	if m.RoundTripMs > 0 {
		text += fmt.Sprintf(", round trip %v, %.1f%% lost at the far side", milliseconds(m.RoundTripMs), 100*m.FarLoss)
	}
	if m.SRTP != "" {
		text += "; SRTP " + m.SRTP
	}
	if m.Converted > 0 {
		text += fmt.Sprintf("; %d packets out converted", m.Converted)
	}
	if m.OneWay {
		text += "; one way"
	}
	if m.Silent {
		text += "; never heard"
	}
	if m.Overrun > 0 {
		text += fmt.Sprintf("; this node had no time for %d of them", m.Overrun)
	}
	return text
}

func milliseconds(ms float64) time.Duration {
	return time.Duration(ms * float64(time.Millisecond)).Round(100 * time.Microsecond)
}
