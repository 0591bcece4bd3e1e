// Package registrar answers REGISTER (RFC 3261 section 10): it authenticates the
// seat and keeps where its phones can be reached.
//
// # Contract
//
//   - Handle takes one REGISTER, blocks on the store and returns the final
//     response. It is called on a worker, with a context that has a deadline, and
//     never for a retransmission.
//   - A change is all or nothing: every contact of the request, or none.
//   - Of two REGISTERs for one seat at once both take effect, on whichever nodes:
//     the record is compared and set, and read again after a conflict, at most
//     MaxTries times.
//
// # Ownership
//
// The registrar keeps nothing itself. Seats and bindings are the Directory's,
// nonces the Authenticator's.
//
// # Decisions
//
//   - Which tenant and realm a phone means is not decided here (Config.Domain), and
//     does not depend on whether the seat exists.
//   - The seat is the user of To. It must be the authenticated user; registering
//     for another is refused. Only who proved the password learns that a seat is
//     disabled or belongs to another network.
//   - Requests to a binding go by the flow its REGISTER came by; the contact is
//     kept as registered and need not be reachable. So phones behind NAT and on
//     TCP connections need no rewriting.
//   - Lifetimes: a wish of less than Lifetimes.Min is refused (423), of more than
//     Lifetimes.Max shortened.
//   - Contacts are equal by RFC 3261 section 19.1.4, or by instance and reg-id
//     (RFC 5626 section 6). No GRUU is given.
//   - A phone that comes back with ever new contacts is not locked out: beyond
//     seat.MaxBindings the binding that was refreshed longest ago gives way.
//   - A Path is kept if the phone supports it and refused with 420 if not (RFC
//     3327 section 5.3): its replies would not show it that a proxy is in the way.
//   - "Require: outbound" is answered to who asks for it without a proxy between;
//     behind a proxy instance and reg-id still name the binding.
package registrar
