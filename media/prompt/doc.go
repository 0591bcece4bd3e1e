// Package prompt is recorded and synthetic sound: reading and writing WAV, the
// library of prompts with its built-in English voice, numbers spoken digit by
// digit, and tones with a way to find them again in a recording.
//
// # Contract
//
// Sound is 8000 samples a second, mono, 16 bits. What is read is a WAV file in PCM
// (8 or 16 bits), A-law or mu-law, or raw G.711 (.ulaw, .alaw). Everything is
// loaded at once when a Library is opened, so that playing never waits for a disk;
// from then on a Library and the sound of its prompts are read-only and safe for
// concurrent use. A file in another format is refused with the sox command that
// converts it: resampling well is sox's trade, not that of a switch.
//
// # Decisions
//
//   - A prompt in the folder takes the place of the built-in one of its name; a
//     folder need not be complete.
//   - The built-in voice is made by voices/make.sh and kept as mu-law, 8 KB a
//     second, in the binary.
package prompt

import "errors"

// SampleRate is that of all sound here, in Hz.
const SampleRate = 8000

// Limits.
const (
	MaxFile    = 16 << 20  // bytes of one file: 35 minutes of G.711
	MaxLibrary = 256 << 20 // bytes of samples in one Library
)

// Errors, to be told apart with errors.Is.
var (
	// ErrFormat: not sound that is read here; the text says how to convert it.
	ErrFormat = errors.New("unusable sound file")
	// ErrLimit: a file, a library or a recording is too long.
	ErrLimit = errors.New("sound exceeds a limit")
	// ErrUnknown: the library has no prompt of the name.
	ErrUnknown = errors.New("no such prompt")
)
