package cluster

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// Protocol is the version of the frames. Nodes of different versions do not talk.
const Protocol = 1

// shakeTime is how long a handshake may take.
const shakeTime = 3 * time.Second

// Why a handshake fails.
var (
	errKey      = errors.New("the other node has another secret: give all nodes the same key_file")
	errProtocol = errors.New("the other node speaks another version of the link: run the same release on all nodes")
	errIdentity = errors.New("the other node is not who it should be")
)

// shake makes a connection of two nodes of raw, or closes it. dialled is the
// member that was dialled; nil if the other end dialled.
func (l *Link) shake(ctx context.Context, raw net.Conn, dialled *Member) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, shakeTime)
	defer cancel()
	_ = raw.SetDeadline(time.Now().Add(shakeTime))
	var t *tls.Conn
	if dialled != nil {
		t = tls.Client(raw, l.tls)
	} else {
		t = tls.Server(raw, l.tls)
	}
	peer, err := l.introduce(ctx, t, dialled)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	_ = raw.SetDeadline(time.Time{})
	return newConn(l, t, raw, peer), nil
}

// introduce authenticates both ends and exchanges who they are. The dialling end
// listens first: it hears there that its certificate was refused.
func (l *Link) introduce(ctx context.Context, t *tls.Conn, dialled *Member) (Member, error) {
	var peer Member
	if err := t.HandshakeContext(ctx); err != nil {
		return peer, handshakeError(err)
	}
	if dialled == nil {
		if _, err := t.Write(helloFrame(l.cfg.Self, Protocol)); err != nil {
			return peer, err
		}
	}
	k, payload, _, err := readFrame(t, nil, maxHello)
	if err != nil {
		return peer, handshakeError(err)
	}
	if dialled != nil { // even if the versions differ: both ends say so
		if _, err := t.Write(helloFrame(l.cfg.Self, Protocol)); err != nil {
			return peer, err
		}
	}
	if peer, err = readHello(k, payload); err != nil {
		return peer, err
	}
	name := t.ConnectionState().PeerCertificates[0].Subject.CommonName
	switch {
	case peer.Name != name, peer.Name == l.cfg.Self.Name, peer.Number == l.cfg.Self.Number:
		return peer, fmt.Errorf("%w: it says it is %s, number %d", errIdentity, peer.Name, peer.Number)
	case dialled != nil && (peer.Name != dialled.Name || peer.Number != dialled.Number):
		return peer, fmt.Errorf("%w: %s (number %d) answered for %s (number %d)", errIdentity, peer.Name, peer.Number, dialled.Name, dialled.Number)
	}
	return peer, nil
}

// handshakeError says what it means that one end did not trust the other.
func handshakeError(err error) error {
	_, mistrust := errors.AsType[*tls.CertificateVerificationError](err)
	alert, ok := errors.AsType[*net.OpError](err)
	if mistrust || ok && alert.Op == "remote error" {
		return fmt.Errorf("%w (%w)", errKey, err)
	}
	return err
}

// helloFrame is version (2 bytes, big-endian, in all versions) and member as JSON.
func helloFrame(self Member, version uint16) []byte {
	text, _ := json.Marshal(self) // names, numbers and times: it cannot fail
	return bareFrame(kindHello, append(binary.BigEndian.AppendUint16(nil, version), text...))
}

func readHello(k kind, payload []byte) (Member, error) {
	var m Member
	if k != kindHello || len(payload) < 2 {
		return m, fmt.Errorf("%w: no hello", errFrame)
	}
	if v := binary.BigEndian.Uint16(payload); v != Protocol {
		return m, fmt.Errorf("%w: it speaks %d, this node %d", errProtocol, v, Protocol)
	}
	if err := json.Unmarshal(payload[2:], &m); err != nil || m.Name == "" || m.Number == 0 {
		return m, fmt.Errorf("%w: bad hello", errFrame)
	}
	return m, nil
}
