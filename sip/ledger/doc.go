// Package ledger is the append-only record of what happened, and its
// projections: call detail records (CDR) and per-leg records.
//
// # Contract
//
//   - An event is written before the fact is acted on: Record returns after
//     write(2), so kill -9 loses nothing; fsync each 200 ms bounds what a power
//     cut takes (package segment).
//
//   - A call has one CDR, written within FlushEvery of its Ended event. At start every
//     call left open is closed once, "node lost", and a CDR that the process did
//     not live to write is written.
//
//   - Record never fails its caller. While the disk refuses, events are kept in
//     memory up to Backlog and written in order when it takes them again; what
//     exceeds that is lost and counted.
//
//   - Sweep removes files whose days are over, and begins a segment of events each day,
//     so that none holds old days behind a new one. Without it nothing is ever removed.
//
//   - Erase puts a word in the place of a person's number, in events and records alike:
//     they stay consistent, and say no longer who it was. A segment is replaced whole,
//     by rename, after the newest was closed for another.
//
// # Files
//
// In the folder of the ledger: events/NNNNNNNN.log (segments), and for each UTC
// day cdr-DATE.jsonl, cdr-DATE.csv, legs-DATE.jsonl and legs-DATE.csv. Times are
// UTC with milliseconds; durations come from the monotonic clock. A CSV cell that
// begins with = + - or @ is written behind an apostrophe, so that no spreadsheet
// takes it for a formula.
//
// # Ownership
//
// One Ledger owns the folder; readers may read the files at any time.
package ledger
