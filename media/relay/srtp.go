package relay

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"strowger/media"
)

const (
	// replayWindow is how many packets before the newest one may still come, of SRTP
	// and of SRTCP (RFC 3711 section 3.3.2 asks for at least 64).
	replayWindow = 128
	// protection bounds what SRTP and SRTCP add to a packet, in bytes: the tag of GCM and
	// the index.
	protection = 16 + 4
	// lowSequence bounds the first sequence number under a key, so that a loss at the
	// start hides no turn of it from the far side (RFC 3711 section 3.3.1).
	lowSequence = 1 << 15
)

// context makes the state of a key.
func context(suite media.Suite, key media.Key) (*srtp.Context, error) {
	profile := srtp.ProtectionProfileAeadAes128Gcm
	if suite == media.AESCM128HMACSHA1 {
		profile = srtp.ProtectionProfileAes128CmHmacSha1_80
	}
	if n := suite.KeySize(); n == 0 || len(key) != n {
		return nil, fmt.Errorf("SRTP suite %q has keys of %d bytes, not %d", suite, n, len(key))
	}
	c, err := srtp.CreateContext(key[:media.MasterKeySize], key[media.MasterKeySize:], profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("SRTP key: %w", err)
	}
	return c, nil
}

// sealer protects what is sent to a party. It belongs to the outbound mutex.
type sealer struct {
	suite   media.Suite
	key     media.Key
	context *srtp.Context
	header  rtp.Header
	packet  [MaxPacket + protection]byte
}

// newSealer makes the sealer of an exchange: the former one if its key stays, nil if
// nothing is protected.
func newSealer(c *media.Crypto, former *sealer) (*sealer, error) {
	if c == nil {
		return nil, nil
	}
	if former != nil && former.suite == c.Suite && bytes.Equal(former.key, c.Send) {
		return former, nil
	}
	state, err := context(c.Suite, c.Send)
	if err != nil {
		return nil, err
	}
	return &sealer{suite: c.Suite, key: c.Send, context: state}, nil
}

// protect makes SRTP of RTP; it holds until the next call. A nil sealer leaves it plain.
func (s *sealer) protect(b []byte) ([]byte, error) {
	if s == nil {
		return b, nil
	}
	return s.context.EncryptRTP(s.packet[:0], b, &s.header)
}

// protectControl makes SRTCP of RTCP in the same way.
func (s *sealer) protectControl(b []byte) ([]byte, error) {
	if s == nil {
		return b, nil
	}
	return s.context.EncryptRTCP(s.packet[:0], b, nil)
}

// rekey sends by another sealer from now on. Under a new key a stream has a new SSRC:
// whether the turns of the old sequence count on is read differently by those who
// receive it.
func (o *outbound) rekey(s *sealer) {
	if s != nil && s != o.sealer {
		o.ssrc, o.seq, o.fresh = rand.Uint32(), uint16(rand.Uint32N(lowSequence)), true
	}
	o.sealer = s
}

// opener proves and decrypts what a party sends. It belongs to the inbound mutex; what
// it returns belongs to the endpoint's worker until the next packet.
type opener struct {
	suite   media.Suite
	key     media.Key
	context *srtp.Context
	former  *srtp.Context // of the key before, until the first packet of this one; nil for none
	turns   uint32        // of the sequence under the key before, to go on with or not
	ssrc    uint32        // whose sequence that was
	header  rtp.Header
	packet  [MaxPacket]byte
}

// newOpener makes the opener of an exchange: the one in use if its key stays, nil if
// nothing is protected. ssrc is whose sound is heard at present.
func newOpener(c *media.Crypto, in *opener, ssrc uint32) (*opener, error) {
	if c == nil {
		return nil, nil
	}
	if in != nil && in.suite == c.Suite && bytes.Equal(in.key, c.Receive) {
		return in, nil
	}
	state, err := context(c.Suite, c.Receive)
	if err != nil {
		return nil, err
	}
	o := &opener{suite: c.Suite, key: c.Receive, context: state}
	if in != nil {
		o.former, o.ssrc = in.context, ssrc
		o.turns, _ = in.context.ROC(ssrc)
	}
	return o, nil
}

// open makes RTP of SRTP. Packets of the key before are taken until one of the new key
// comes. The new key's may count the turns of the sequence on, as RFC 3711 section
// 3.3.1 has it, or anew.
func (o *opener) open(b []byte) ([]byte, error) {
	plain, err := o.context.DecryptRTP(o.packet[:0], b, &o.header)
	if err == nil || o.former == nil {
		if err == nil {
			o.former = nil
		}
		return plain, err
	}
	if o.turns > 0 && o.header.SSRC == o.ssrc {
		for _, turns := range []uint32{o.turns, 0} {
			o.context.SetROC(o.ssrc, turns)
			if plain, err := o.context.DecryptRTP(o.packet[:0], b, &o.header); err == nil {
				o.former = nil
				return plain, nil
			}
		}
	}
	return o.former.DecryptRTP(o.packet[:0], b, &o.header)
}

// openControl makes RTCP of SRTCP.
func (o *opener) openControl(b []byte) ([]byte, error) {
	plain, err := o.context.DecryptRTCP(o.packet[:0], b, nil)
	if err != nil && o.former != nil {
		return o.former.DecryptRTCP(o.packet[:0], b, nil)
	}
	return plain, err
}

// open makes RTP of what came if it is protected, false if it is not to be believed.
// Of a stranger nothing is decrypted. It needs the inbound mutex.
func (in *inbound) open(now time.Time, from netip.AddrPort, b []byte, c *Counters) ([]byte, bool) {
	switch {
	case in.opener == nil:
		return b, true
	case in.latch.excludes(now, from):
		in.foreign++
		c.Foreign.Add(1)
		return nil, false
	}
	plain, err := in.opener.open(b)
	return plain, in.proven(err, c)
}

// proven counts what its key does not prove, or what came before.
func (in *inbound) proven(err error, c *Counters) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, srtp.ErrFailedToVerifyAuthTag):
		c.Undecrypted.Add(1)
	default:
		c.Replayed.Add(1)
	}
	in.undecrypted++
	return false
}

// secure applies the keys of an exchange to both halves, and nothing of it if one is
// none. It needs both mutexes.
func (e *endpoint) secure(c *media.Crypto) error {
	sealer, err := newSealer(c, e.out.sealer)
	if err != nil {
		return err
	}
	opener, err := newOpener(c, e.in.opener, e.in.ssrc)
	if err != nil {
		return err
	}
	e.out.rekey(sealer)
	e.in.opener = opener
	return nil
}
