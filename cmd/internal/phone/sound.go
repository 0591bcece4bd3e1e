package phone

import (
	"strowger/media"
	"strowger/media/sdp"
)

// open reserves the ports of a call.
func (c *Call) open() error {
	port, err := c.phone.cfg.Plane.Open(Network, c.phone.cfg.User, c.heard)
	c.port = port
	return err
}

// close releases the ports and keeps the figures.
func (c *Call) close() {
	c.report.Media = figures(c.port.Close())
	c.port = nil
	if c.played != nil {
		close(c.played)
		c.played = nil
	}
}

// offer is our first SDP.
func (c *Call) offer() []byte {
	return c.session.Offer(c.port.Local(), c.codecs, sdp.SendRecv)
}

// answerTo is our SDP to an offer of the other side; without one we offer.
func (c *Call) answerTo(offer []byte) ([]byte, error) {
	if offer == nil {
		c.ours = true
		return c.offer(), nil
	}
	d, err := c.session.Parse(offer)
	if err != nil {
		return nil, err
	}
	body, agreed, err := c.session.Answer(d, c.port.Local(), c.codecs, sdp.SendRecv)
	if err != nil {
		return nil, err
	}
	return body, c.agree(agreed)
}

// accept takes an answer to our offer. No body repeats what was agreed before.
func (c *Call) accept(body []byte) error {
	if body == nil {
		return nil
	}
	d, err := c.session.Parse(body)
	if err != nil {
		return err
	}
	agreed, err := c.session.Accept(d)
	if err != nil {
		return err
	}
	return c.agree(agreed)
}

// reoffered answers the other side's re-INVITE.
func (c *Call) reoffered(offer []byte) {
	body, err := c.answerTo(offer)
	if err != nil {
		c.sip.RefuseReoffer()
		return
	}
	c.sip.AnswerReoffer(body)
}

// agree lets sound flow as was agreed.
func (c *Call) agree(a sdp.Agreed) error {
	first := c.report.Codec == ""
	c.report.SRTP = ""
	if crypto := a.Remote.Crypto; crypto != nil {
		c.report.SRTP = crypto.Suite.String()
	}
	if len(a.Codecs) > 0 {
		c.report.Codec = a.Codecs[0].Encoding
	}
	if err := c.port.Update(a.Remote); err != nil {
		return err
	}
	if first {
		return c.port.Hear(c.speaks)
	}
	return nil
}

// Play says a prompt to the other side, then silence. The channel is closed when
// the prompt has ended or something else took its place.
func (c *Call) Play(p *media.Prompt) (<-chan struct{}, error) {
	played := make(chan struct{})
	err := c.speak(p, played)
	return played, err
}

// Echo lets the other side hear itself.
func (c *Call) Echo() error {
	c.mu.Lock()
	port := c.port
	c.mu.Unlock()
	if port == nil {
		return ErrOver
	}
	return c.speak(port, nil)
}

func (c *Call) speak(s media.Source, played chan struct{}) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return ErrOver
	}
	if c.played != nil {
		close(c.played)
	}
	c.played, c.speaks = played, s
	if c.report.Codec == "" { // nothing is agreed yet: agree begins
		return nil
	}
	return c.port.Hear(s)
}

// Record gives what is heard to write until the call ends, as media.Endpoint.Tap does.
func (c *Call) Record(write func(pcm []int16)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return ErrOver
	}
	_, err := c.port.Tap(write)
	return err
}

// Press sends digits by RFC 4733.
func (c *Call) Press(digits string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return ErrOver
	}
	return c.port.Press(digits)
}

// Info sends digits by SIP INFO.
func (c *Call) Info(digits string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return ErrOver
	}
	for i := range len(digits) {
		c.sip.Info(digits[i])
	}
	return nil
}

// heard takes the events of the call's ports, on the plane's goroutines.
func (c *Call) heard(e media.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.port == nil:
	case e.Kind == media.Digit:
		c.digit(e.Digit)
	case e.Kind == media.Ended && c.played != nil:
		close(c.played)
		c.played, c.speaks = nil, silence
		_ = c.port.Hear(silence) // it fails only when closed
	}
}
