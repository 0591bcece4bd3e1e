// Package codec converts between linear sound and what RTP carries of it: G.711
// (ITU-T G.711, mu-law and A-law) and G.722 (ITU-T G.722 at 64 kbit/s), and between
// 8000 and 16000 samples a second.
//
// # Contract
//
// Linear samples are 16 bits, full scale. G.711 is a table lookup, one byte a sample,
// and safe for concurrent use: the tables are computed once and never written again.
// Its 14 bits of mu-law and 13 bits of A-law are the upper bits of a sample. Silence is
// 0xFF in mu-law and 0xD5 in A-law. G.722 and the filters have state: a value belongs
// to one stream. Nothing allocates, and no input is refused.
//
// # Decisions
//
//   - Between the laws the value is decoded and encoded to the nearest code of the
//     other law; from one law to the other and back keeps every sample within one
//     step of where it was.
//   - Encoding to G.711 is one lookup in 64 KiB a law, so that a prompt for a thousand
//     listeners costs what a copy costs.
//   - G.722 is ours: what there is in Go is C by machine translation, with few users.
//     It gives bit for bit what ffmpeg's gives, and its encoder what spandsp's does;
//     only where the sum of both bands is beyond 16 bits does spandsp's decoder
//     differ, and saturates less.
//   - Sound is added to G.722 in its lower band (G722Mixer): nothing is delayed, the higher
//     band stays, and what is heard by telephone has nothing for it.
//   - Only mode 1 of G.722 (64 kbit/s) is known, as RTP knows no other.
//   - Sound between G.722 and G.711 goes through a filter, not only the lower band of
//     G.722: its edge at 4 kHz is too soft for that.
package codec
