package transaction

import "time"

// clientNonInvite is the non-INVITE client machine: RFC 3261 section 17.1.2.
type clientNonInvite struct {
	timers
	reliable bool
	state    state
}

// Step is the machine's transition.
func (m *clientNonInvite) Step(now time.Time, e event) (action, time.Time) {
	do := m.step(now, e)
	if do.has(end) {
		m.state = terminated
		m.stop()
	}
	return do, m.next()
}

func (m *clientNonInvite) step(now time.Time, e event) action {
	switch m.state {
	case trying, proceeding:
		return m.open(now, e)
	case completed:
		return m.completed(now, e)
	default: // the transaction is over
	}
	return 0
}

// open holds Trying and Proceeding.
func (m *clientNonInvite) open(now time.Time, e event) action {
	switch e.kind {
	case started:
		m.end = now.Add(64 * T1) // timer F
		if m.reliable {
			return send
		}
		m.repeat(now, T1) // timer E
		return send | keep
	case received:
		return m.response(now, e.status)
	case fired:
		if m.over(now) {
			return fail | end
		}
		if m.due(now) {
			m.repeat(now, m.slower())
			return resend
		}
	case unsent, broken:
		return fail | end
	default: // nothing else matters here
	}
	return 0
}

// slower is the interval after this one: T2 as soon as the server is known to
// work on the request.
func (m *clientNonInvite) slower() time.Duration {
	if m.state == proceeding {
		return T2
	}
	return min(2*m.interval, T2)
}

func (m *clientNonInvite) response(now time.Time, status int) action {
	if status < 200 {
		m.state = proceeding
		return pass
	}
	m.state = completed
	if m.reliable {
		return pass | end
	}
	m.linger(now, T4) // timer K
	return forget | pass
}

func (m *clientNonInvite) completed(now time.Time, e event) action {
	if e.kind == received {
		return absorb
	}
	return m.lingering(now, e)
}
