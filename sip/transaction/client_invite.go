package transaction

import "time"

// clientInvite is the INVITE client machine: RFC 3261 section 17.1.1 as RFC 6026
// section 7.2 has it, with the CANCEL of RFC 3261 section 9.1. In Proceeding it
// waits for ever unless cancelled: how long a phone may ring is the call's
// business. After the final response nothing is a failure any more: the user has
// what it waited for.
type clientInvite struct {
	timers
	reliable bool
	state    state
	cancel   bool // CANCEL is wanted
}

// Step is the machine's transition.
func (m *clientInvite) Step(now time.Time, e event) (action, time.Time) {
	do := m.step(now, e)
	if do.has(end) {
		m.state = terminated
		m.stop()
	}
	return do, m.next()
}

func (m *clientInvite) step(now time.Time, e event) action {
	switch m.state {
	case trying:
		return m.calling(now, e)
	case proceeding:
		return m.proceeding(now, e)
	case completed:
		return m.completed(now, e)
	case accepted:
		return m.accepted(now, e)
	default: // the transaction is over
	}
	return 0
}

func (m *clientInvite) calling(now time.Time, e event) action {
	switch e.kind {
	case started:
		m.end = now.Add(64 * T1) // timer B
		if m.reliable {
			return send
		}
		m.repeat(now, T1) // timer A
		return send | keep
	case adopted:
		if e.status == 0 {
			m.end = now.Add(64 * T1)
		} else {
			m.state = proceeding
		}
	case cancelled:
		m.cancel = true
	case received:
		return m.response(now, e.status)
	case fired:
		if m.over(now) {
			return fail | end
		}
		if m.due(now) {
			m.repeat(now, 2*m.interval)
			return resend
		}
	case unsent, broken:
		return fail | end
	default: // nothing else matters here
	}
	return 0
}

func (m *clientInvite) proceeding(now time.Time, e event) action {
	switch e.kind {
	case cancelled:
		if !m.cancel {
			m.cancel = true
			m.end = now.Add(64 * T1)
			return sendCancel
		}
	case received:
		return m.response(now, e.status)
	case fired:
		if m.over(now) {
			return fail | end
		}
	case broken:
		return fail | end
	default: // nothing else matters here
	}
	return 0
}

// response takes the responses before the final one, and that one.
func (m *clientInvite) response(now time.Time, status int) action {
	switch {
	case status < 200:
		return m.provisional(now)
	case status < 300:
		m.state = accepted
		m.linger(now, 64*T1) // timer M
		return forget | pass
	}
	m.state = completed
	if m.reliable {
		return sendAck | pass | end
	}
	m.linger(now, timerD)
	return sendAck | pass
}

func (m *clientInvite) provisional(now time.Time) action {
	if m.state == proceeding {
		return pass
	}
	m.state = proceeding
	m.stop()
	if m.cancel {
		m.end = now.Add(64 * T1)
		return forget | sendCancel | pass
	}
	return forget | pass
}

func (m *clientInvite) completed(now time.Time, e event) action {
	switch {
	case e.kind != received:
		return m.lingering(now, e)
	case e.status >= 300:
		return resend | absorb
	}
	return absorb
}

func (m *clientInvite) accepted(now time.Time, e event) action {
	switch {
	case e.kind != received:
		return m.lingering(now, e)
	case e.status >= 200 && e.status < 300:
		return pass
	}
	return absorb
}
