package transaction

import "time"

// serverInvite is the INVITE server machine: RFC 3261 section 17.2.1 as RFC 6026
// section 7.1 has it. An error of the transport tells the user and leaves the
// state, so that retransmissions are still absorbed.
type serverInvite struct {
	timers
	reliable  bool
	state     state
	cancelled bool // the user knows of a CANCEL
	failed    bool // the user knows of a failure
}

// Step is the machine's transition.
func (m *serverInvite) Step(now time.Time, e event) (action, time.Time) {
	do := m.step(now, e)
	if do.has(end) {
		m.state = terminated
		m.stop()
	}
	return do, m.next()
}

func (m *serverInvite) step(now time.Time, e event) action {
	switch m.state {
	case trying, proceeding:
		return m.proceeding(now, e)
	case completed:
		return m.completed(now, e)
	case confirmed, accepted:
		return m.done(now, e)
	default: // the transaction is over
	}
	return lateResponse(e)
}

func (m *serverInvite) proceeding(now time.Time, e event) action {
	switch e.kind {
	case started:
		m.again = now.Add(tryingAfterInvite)
		return pass
	case repeated:
		return resend | absorb
	case cancelled:
		if !m.cancelled {
			m.cancelled = true
			return pass
		}
	case responded:
		return m.respond(now, e.status)
	case fired:
		if m.over(now) {
			return end
		}
		if m.due(now) {
			m.again = time.Time{}
			m.state = proceeding
			return sendTrying
		}
	case unsent:
		m.end = now.Add(64 * T1)
		return m.failure()
	case broken:
		return m.failure() | end
	default: // nothing else matters here
	}
	return 0
}

func (m *serverInvite) respond(now time.Time, status int) action {
	m.stop()
	switch {
	case status < 200:
		m.state = proceeding
		return send | keep
	case status < 300:
		m.state = accepted
		m.linger(now, 64*T1) // timer L
		return send | forget
	}
	m.state = completed
	m.end = now.Add(64 * T1) // timer H
	if !m.reliable {
		m.repeat(now, T1) // timer G
	}
	return send | keep
}

func (m *serverInvite) completed(now time.Time, e event) action {
	switch e.kind {
	case repeated:
		return resend | absorb
	case acked:
		m.state = confirmed
		if m.reliable {
			return absorb | end
		}
		m.linger(now, T4) // timer I
		return absorb | forget
	case fired:
		if m.over(now) {
			return m.failure() | end
		}
		if m.due(now) {
			m.repeat(now, min(2*m.interval, T2))
			return resend
		}
	case unsent:
		return m.failure()
	case broken:
		return m.failure() | end
	default: // nothing else matters here
	}
	return lateResponse(e)
}

// done holds Confirmed and Accepted. In Accepted an ACK goes to the user, and so
// does the user's retransmission of its 2xx to the wire.
func (m *serverInvite) done(now time.Time, e event) action {
	switch e.kind {
	case repeated:
		return absorb
	case acked:
		if m.state == accepted {
			return pass
		}
		return absorb
	case responded:
		if m.state == accepted && e.status >= 200 && e.status < 300 {
			return send
		}
		return refuse
	case fired:
		if m.over(now) {
			return end
		}
	case unsent:
		return m.failure()
	case broken:
		return end
	default: // nothing else matters here
	}
	return 0
}

// speaks tells whether the user may have something to send yet.
func (m *serverInvite) speaks() bool {
	return m.state == trying || m.state == proceeding || m.state == accepted
}

// failure tells the user once.
func (m *serverInvite) failure() action {
	if m.failed {
		return 0
	}
	m.failed = true
	return fail
}

// lateResponse refuses what the user answers after the final response.
func lateResponse(e event) action {
	if e.kind == responded {
		return refuse
	}
	return 0
}
