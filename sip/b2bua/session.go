package b2bua

// introduce has the parties that p talks to know p by the Session-ID that it has
// now, and p know them (RFC 7989): who talks to whom is said by each message of both.
func (c *Call) introduce(p *party) {
	switch other := c.other(p); {
	case c.state == over:
	case other != nil:
		p.Dialog.Meet(other.Dialog)
	case p != c.caller() && c.state == ringing && !p.over:
		p.Dialog.Meet(c.caller().Dialog)
	}
}
