package subscribe

import "time"

// allowance is how many NOTIFYs may go out now: it grows by rate a second, up to
// most.
type allowance struct {
	rate, most float64
	have       float64
	at         time.Time // when have was true; zero means full
}

// take takes one, or returns false.
func (a *allowance) take(now time.Time) bool {
	if a.at.IsZero() {
		a.have = a.most
	} else {
		a.have = min(a.most, a.have+a.rate*now.Sub(a.at).Seconds())
	}
	a.at = now
	if a.have < 1 {
		return false
	}
	a.have--
	return true
}

// next is when there is one to take; zero means now.
func (a *allowance) next() time.Time {
	if a.at.IsZero() || a.have >= 1 {
		return time.Time{}
	}
	return a.at.Add(time.Duration((1 - a.have) / a.rate * float64(time.Second)))
}
