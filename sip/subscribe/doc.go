// Package subscribe is the notifier of SIP events (RFC 6665) that desk phones
// know: what a colleague's phone is doing (dialog, RFC 4235: the busy lamp field)
// and how many messages wait (message-summary, RFC 3842).
//
// # Contract
//
// A Book is plain data with one owner, a strand of package exchange. It is told
// about SUBSCRIBE (Begin, Refresh), about what is watched (Apply, SetSummary) and
// about what became of its NOTIFYs (Answered, Failed), and sends through Effects.
// It reads no clock. Who may watch what is decided before it is asked.
//
// # Decisions
//
//   - No storm: a subscription has one NOTIFY under way and one a second, with the
//     newest state; all of them together have an allowance (Limits.Rate), in order of
//     need. What changes and changes back in between is not told.
//   - A refresh is answered by the full state, a change by what differs (partial),
//     so that a lost version is found and healed by the phone.
//   - NOTIFY goes down the flow that the last SUBSCRIBE came by and by no other. When
//     that is gone, or the phone says that it knows no such subscription, or says
//     nothing, the subscription is over.
//   - Nothing is kept over a restart: an unknown dialog is 481, and the phone
//     subscribes anew (RFC 6665 section 4.1.2.2).
//   - A phone that subscribes anew to the same, by the same flow, replaces what it
//     had: it has been restarted.
//   - What other nodes' calls do is asked of them (Since) and learned (Learn); each
//     keeps a bounded journal, and tells all it has to who fell behind it.
//   - Seats in calls are known only while somebody watches anything: see Wanted.
package subscribe
