// Package prompt is recorded and synthetic sound: reading and writing WAV, the
// library of prompts with its built-in English and Welsh voices, and tones with a way
// to find them again in a recording. How numbers and times are spoken is package spell.
//
// # Contract
//
// Sound is 8000 samples a second, mono, 16 bits. What is read is a WAV file in PCM
// (8 or 16 bits), A-law or mu-law, mono or stereo, from 8 to 48 kHz, which is filtered
// and resampled, or raw G.711 at 8 kHz (.ulaw, .alaw). All files are read when a
// Library is opened, so that playing never waits for a disk; a built-in prompt is made
// from memory when it is first asked for. A Library is safe for concurrent use, and the
// sound of its prompts read-only. A file that is not what it claims, or in another
// format, is left out and told with its path, the reason and the sox command that
// converts it; the others can be used.
//
// # Decisions
//
//   - A prompt in the folder takes the place of the built-in one of its name, in its
//     language or in all; a folder need not be complete.
//   - What a language lacks is said in English: better than silence.
//   - The built-in voices are made by voices/make.sh from en.txt and cy.txt, which say
//     the words, and kept as A-law, 8 KB a second, in the binary.
package prompt

import "errors"

// SampleRate is that of all sound here, in Hz.
const SampleRate = 8000

// Limits.
const (
	MaxFile    = 64 << 20  // bytes of one file: 2 hours of G.711, 6 minutes of a CD's sound
	MaxLibrary = 256 << 20 // bytes of samples of an administrator in one Library
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
