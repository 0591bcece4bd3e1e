// Package auth is digest authentication (RFC 7616, RFC 8760; RFC 2617 for old
// phones): it challenges and verifies what seats send, and answers the challenges
// that carriers send to us.
//
// # Contract
//
//   - Verify judges one request and Challenges writes the headers of a 401 or 407.
//     Both read no clock and do no I/O but for the caller's lookup.
//   - Anything but OK, Malformed and Unavailable is answered with a fresh
//     challenge (Result.Stale says which); a wrong password is no 403, because a
//     phone gives up at a 403.
//   - An unknown user costs the same work as a wrong password and gives the same
//     Verdict: Result.Known is for the operator and never for the wire. What the
//     lookup costs is the caller's to keep equal.
//   - A retransmission must not come here: it would be a replay. Transactions
//     absorb it.
//
// # Nonces
//
// A nonce is base64url of: key number, time of issue, the number drawn when the
// Authenticator was made, a serial number, and a truncated HMAC-SHA256 over them. A
// challenge therefore keeps no state. A nonce is good for NonceLife with the
// Authenticator that issued it; every other, and the same node after a restart,
// answers stale=true with its own, so what was used is known where it matters.
//
// State begins with success: a window of nonce counts per serial number (RFC 7616
// section 3.4.6), at most MaxNonces of them, forgotten NonceLife after the issue.
// When there are more, the oldest slot of time is forgotten at once and its
// nonces are stale from then on: memory is bounded and no replay slips through.
//
// # Decisions
//
//   - stale=true is said only to who proved the password: with a wrong one the
//     age of the nonce does not matter.
//   - A response without qop (RFC 2069) is taken for md5 only, once a nonce.
//   - The digest URI must be a sip URI and, if it has a user, that of the
//     Request-URI. Host, port and parameters are not compared: every name of the
//     node means the node, and phones and proxies rewrite them.
//   - The username may be "user@realm"; user is then looked up. Since HA1 holds
//     the username, such a phone passes only if it hashes the user alone.
//   - Challenges are listed by listener, never by seat, or they would tell which
//     seats exist. A seat accepts the algorithms it has a secret for.
package auth
