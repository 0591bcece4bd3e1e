package transaction

import "time"

// serverNonInvite is the non-INVITE server machine: RFC 3261 section 17.2.2 as
// RFC 4320 has it. It sends no provisional response but 100, none over UDP
// before the client's timer E has reached T2, one by itself at that time, and
// never 408. A user who has not answered after 64*T1 answers nobody: the client
// has given up, and the transaction fails.
type serverNonInvite struct {
	timers
	reliable bool
	state    state
}

// Step is the machine's transition.
func (m *serverNonInvite) Step(now time.Time, e event) (action, time.Time) {
	do := m.step(now, e)
	if do.has(end) {
		m.state = terminated
		m.stop()
	}
	return do, m.next()
}

func (m *serverNonInvite) step(now time.Time, e event) action {
	switch m.state {
	case trying, proceeding:
		return m.open(now, e)
	case completed:
		return m.completed(now, e)
	default: // the transaction is over
	}
	return lateResponse(e)
}

// open holds Trying and Proceeding.
func (m *serverNonInvite) open(now time.Time, e event) action {
	switch e.kind {
	case started:
		m.again = now.Add(tryingAfterOther)
		m.end = now.Add(64 * T1)
		return pass
	case repeated:
		return resend | absorb
	case responded:
		return m.respond(now, e.status)
	case fired:
		if m.over(now) {
			return fail | end
		}
		if m.due(now) {
			m.again = time.Time{}
			m.state = proceeding
			return sendTrying
		}
	case unsent, broken:
		return fail | end
	default: // nothing else matters here
	}
	return 0
}

func (m *serverNonInvite) respond(now time.Time, status int) action {
	early := !m.again.IsZero() && now.Before(m.again)
	switch {
	case status == 408, status > 100 && status < 200, status == 100 && early && !m.reliable:
		return refuse
	case status == 100:
		m.state = proceeding
		m.again = time.Time{}
		return send | keep
	}
	m.state = completed
	if m.reliable {
		return send | end
	}
	m.linger(now, 64*T1) // timer J
	return send | keep
}

func (m *serverNonInvite) completed(now time.Time, e event) action {
	switch e.kind {
	case repeated:
		return resend | absorb
	case fired:
		if m.over(now) {
			return end
		}
	case unsent, broken:
		return fail | end
	default: // nothing else matters here
	}
	return lateResponse(e)
}
