// Package ledger is the append-only record of what happened, and its
// projections: call detail records (CDR) and per-leg records.
//
// An event is written before the fact is acted on: write(2) at once survives
// kill -9, fsync grouped at most each 200 ms bounds what a power cut takes. At
// start every call left open is closed once, with the cause "node lost".
package ledger
