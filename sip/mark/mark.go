// Package mark makes the identifiers that this switch puts into its own tags,
// Contact users and Via branches: an opaque token that says which node and which
// strand of it owns the dialog or transaction.
//
// A token is one AES block (node, strand, random, check value) under a key that
// the nodes of a cluster share. It is a hint for dispatch and never proof of who
// sent it: who has seen a token can send it again.
package mark

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
)

// KeySize is the length of a key in bytes.
const KeySize = 16

// Length is that of a token in characters.
const Length = 26

// check lets a reader tell our tokens from others: 4 bytes, so a stranger's
// token passes once in 2^32.
const check = 0x5354_5257

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Mark is what a token says.
type Mark struct {
	Node   uint16 // number of the node in its cluster; 0 on a single node
	Strand uint16
}

// Minter makes and reads tokens. Safe for concurrent use.
type Minter struct {
	block cipher.Block
	node  uint16
}

// NewMinter returns the minter of a node. The key has KeySize bytes.
func NewMinter(key []byte, node uint16) (*Minter, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a mark key has %d bytes, not %d", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &Minter{block: block, node: node}, nil
}

// Node is the number of the node that mints here.
func (m *Minter) Node() uint16 { return m.node }

// Token returns a new token for the strand: 26 characters of a-z and 2-7, 64 of
// its bits random.
func (m *Minter) Token(strand uint16) string {
	var b [aes.BlockSize]byte
	binary.BigEndian.PutUint16(b[0:], m.node)
	binary.BigEndian.PutUint16(b[2:], strand)
	_, _ = rand.Read(b[4:12]) // never fails (crypto/rand)
	binary.BigEndian.PutUint32(b[12:], check)
	m.block.Encrypt(b[:], b[:])
	return encoding.EncodeToString(b[:])
}

// Read returns what a token says, or false if it is none of ours.
func (m *Minter) Read(token string) (Mark, bool) {
	var b [aes.BlockSize]byte
	if len(token) != Length {
		return Mark{}, false
	}
	if n, err := encoding.Decode(b[:], []byte(token)); err != nil || n != aes.BlockSize {
		return Mark{}, false
	}
	m.block.Decrypt(b[:], b[:])
	if binary.BigEndian.Uint32(b[12:]) != check {
		return Mark{}, false
	}
	return Mark{Node: binary.BigEndian.Uint16(b[0:]), Strand: binary.BigEndian.Uint16(b[2:])}, true
}
