package codec

// G722Mixer adds sound to the packets of a stream of G.722, packet by packet and without
// delay. The higher band passes as it is: the upper two bits of each byte. The lower one is
// decoded and encoded anew from the first sound that is added; before that, packets pass
// unchanged, and what decodes them further on notices no switch. The zero value is ready for
// use, for one stream.
type G722Mixer struct {
	source, sent band // the lower band of what comes, and of what goes out
	begun        bool // something was added: both differ
	history      [qmfLength - 2]int16
	double       Interpolator
}

// Follow decodes the lower band of a packet to low, a sample for each byte, full scale.
// Every packet of the stream has to go through it, and then through Pass or Put.
func (m *G722Mixer) Follow(low []int16, codes []byte) {
	for i, code := range codes {
		low[i] = int16(2 * m.source.decodeLow(int(code&0x3F)))
	}
}

// Low is the lower band of what is to be added: low gets a sample for each one of pcm, of
// 8000 Hz.
func (m *G722Mixer) Low(low, pcm []int16) {
	var wide [chunk]int16
	var window [qmfLength]int16
	for len(pcm) > 0 {
		n := min(len(pcm), chunk/2)
		m.double.Double(wide[:2*n], pcm[:n])
		for i := range n {
			copy(window[:], m.history[:])
			window[qmfLength-2], window[qmfLength-1] = wide[2*i], wide[2*i+1]
			copy(m.history[:], window[2:])
			even, odd := filterBank(&window)
			low[i] = int16(2 * limit((even+odd)>>14))
		}
		low, pcm = low[n:], pcm[n:]
	}
}

// Pass lets the packet of Follow go out as it is, unless something was added before: then
// its own sound, low, is encoded.
func (m *G722Mixer) Pass(codes []byte, low []int16) {
	if m.begun {
		m.Put(codes, low)
	} else {
		m.sent = m.source
	}
}

// Put gives the packet of Follow another lower band.
func (m *G722Mixer) Put(codes []byte, low []int16) {
	m.begun = true
	for i, x := range low[:len(codes)] {
		codes[i] = codes[i]&0xC0 | byte(m.sent.encodeLow(int(x)/2))
	}
}
