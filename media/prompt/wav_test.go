package prompt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/media/codec"
)

// wav makes a file with chunks before and after the format.
func wav(encoding, channels, bits uint16, rate uint32, data []byte) []byte {
	le := binary.LittleEndian
	fmtChunk := le.AppendUint16(nil, encoding)
	fmtChunk = le.AppendUint16(fmtChunk, channels)
	fmtChunk = le.AppendUint32(fmtChunk, rate)
	fmtChunk = le.AppendUint32(fmtChunk, rate)
	fmtChunk = le.AppendUint16(fmtChunk, 1)
	fmtChunk = le.AppendUint16(fmtChunk, bits)
	if encoding == formatExtensible {
		fmtChunk = append(fmtChunk, 22, 0, byte(bits), 0, 4, 0, 0, 0)
		fmtChunk = append(le.AppendUint16(fmtChunk, formatPCM), make([]byte, 14)...)
	}
	out := []byte("RIFF\xff\xff\xff\xffWAVE")
	for _, c := range []struct {
		name string
		data []byte
	}{{"LIST", []byte("odd")}, {"fmt ", fmtChunk}, {"fact", make([]byte, 4)}, {"data", data}, {"id3 ", []byte("x")}} {
		out = le.AppendUint32(append(out, c.name...), uint32(len(c.data)))
		out = append(out, c.data...)
		if len(c.data)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out
}

func TestDecodeWAV(t *testing.T) {
	tests := []struct {
		name string
		file []byte
		want []int16
	}{
		{"16 bits", wav(formatPCM, 1, 16, 8000, []byte{1, 0, 0xFF, 0xFF, 0, 0x80}), []int16{1, -1, -32768}},
		{"8 bits", wav(formatPCM, 1, 8, 8000, []byte{128, 255, 0}), []int16{0, 127 << 8, -32768}},
		{"mu-law", wav(formatULaw, 1, 8, 8000, []byte{0xFF, 0x80}), []int16{0, 32124}},
		{"A-law", wav(formatALaw, 1, 8, 8000, []byte{0xD5, 0xAA}), []int16{8, 32256}},
		{"stereo", wav(formatPCM, 2, 16, 8000, []byte{4, 0, 2, 0, 0xFF, 0x7F, 0xFF, 0x7F}), []int16{3, 32767}},
		{"extensible", wav(formatExtensible, 1, 16, 8000, []byte{2, 0}), []int16{2}},
		{"no samples", wav(formatPCM, 1, 16, 8000, nil), []int16{}},
		{"cut short", wav(formatPCM, 1, 16, 8000, []byte{1, 0, 2, 0, 3, 0})[:12+12+24+12+8+3], []int16{1}},
	}
	for _, tt := range tests {
		got, err := DecodeWAV(tt.file)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDecodeWAVErrors(t *testing.T) {
	good := wav(formatPCM, 1, 16, 8000, []byte{1, 0})
	tests := []struct {
		name string
		file []byte
		want error
		says string
	}{
		{"empty", nil, ErrFormat, "not WAV"},
		{"MP3", []byte("ID3 and more than twelve bytes"), ErrFormat, "not WAV"},
		{"96 kHz", wav(formatPCM, 1, 16, 96000, nil), ErrFormat, "sox IN.wav -r 8000 -c 1"},
		{"surround", wav(formatPCM, 6, 16, 8000, nil), ErrFormat, "6 channels"},
		{"24 bits", wav(formatPCM, 1, 24, 8000, nil), ErrFormat, "24 bits"},
		{"ADPCM", wav(2, 1, 4, 8000, nil), ErrFormat, "encoding 2"},
		{"16-bit mu-law", wav(formatULaw, 1, 16, 8000, nil), ErrFormat, "encoding 7"},
		{"no data", good[:12+12+24], ErrFormat, "no data"},
		{"data first", append([]byte("RIFF0000WAVEdata\x02\x00\x00\x00"), 1, 0), ErrFormat, "before its format"},
		{"short fmt", append([]byte("RIFF0000WAVEfmt \x02\x00\x00\x00"), 1, 0), ErrFormat, "cut short"},
		{"large", make([]byte, MaxFile+1), ErrLimit, ""},
	}
	for _, tt := range tests {
		_, err := DecodeWAV(tt.file)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestWriter(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "rec.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	want := Tone(440, time.Second, -10)
	for rest := want; len(rest) > 0; rest = rest[160:] {
		if err := w.Write(rest[:160]); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string) []byte {
		data, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeWAV(data)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: %d samples, error %v", when, len(got), err)
		}
		return data
	}
	check("before Close")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := check("after Close")
	riff, size := binary.LittleEndian.Uint32(data[4:]), binary.LittleEndian.Uint32(data[40:])
	if int(riff) != len(data)-8 || int(size) != 2*len(want) {
		t.Errorf("lengths %d and %d in a file of %d", riff, size, len(data))
	}
	w.size = maxData - 1
	if err := w.Write(make([]int16, 1)); !errors.Is(err, ErrLimit) {
		t.Errorf("beyond 4 GiB: %v", err)
	}
}

func TestTone(t *testing.T) {
	tone := Tone(440, time.Second, -10)
	if len(tone) != SampleRate {
		t.Fatalf("%d samples in a second", len(tone))
	}
	for i, share := range ToneShare(tone, 440) {
		if share < 0.99 {
			t.Errorf("window %d: share %.3f at its own frequency", i, share)
		}
	}
	for i, share := range ToneShare(tone, 1000) {
		if share > 0.01 {
			t.Errorf("window %d: share %.3f at another frequency", i, share)
		}
	}
	law := make([]byte, len(tone))
	codec.ULaw.Encode(law, tone)
	codec.ULaw.Decode(tone, law)
	if share := ToneShare(tone, 440)[3]; share < 0.99 {
		t.Errorf("share %.3f after mu-law", share)
	}
	if got := ToneShare(make([]int16, 900), 440); len(got) != 1 || got[0] != 0 {
		t.Errorf("silence: %v", got)
	}
	if got := Tone(440, -time.Second, 0); len(got) != 0 {
		t.Errorf("a negative time has %d samples", len(got))
	}
}

func FuzzDecodeWAV(f *testing.F) {
	f.Add(wav(formatPCM, 1, 16, 8000, []byte{1, 0, 2, 0}))
	f.Add(wav(formatULaw, 1, 8, 8000, []byte{1, 2, 3}))
	f.Add(wav(formatExtensible, 1, 16, 8000, []byte{1, 0}))
	f.Fuzz(func(t *testing.T, file []byte) {
		pcm, err := DecodeWAV(file)
		if err == nil && len(pcm) > len(file)+1 {
			t.Fatalf("%d samples out of %d bytes", len(pcm), len(file))
		}
		if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrLimit) {
			t.Fatal(err)
		}
		if err == nil && len(pcm) > 0 && !bytes.Contains(file, []byte("data")) {
			t.Fatal("samples without a data chunk")
		}
	})
}
