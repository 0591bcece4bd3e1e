// Package message is the thin layer over sipgo's messages: it parses and
// validates them, reads what sipgo does not (parameters, lists, comparison of
// URIs) and writes them. The messages stay *sip.Request and *sip.Response.
//
// # Contract
//
//   - Parse takes one datagram, or one message that a Framer cut from a stream. What
//     it returns is valid by RFC 3261: every mandatory header once (Via, Contact
//     and the like any number of times), CSeq and method agree, nothing is larger
//     than the limits, no control character outside a quoted pair.
//   - Header names of a parsed message are canonical ("Supported", not "k"), and
//     names of parameters are lower case. Values of parameters are as they came,
//     quotes included; Param takes the quotes off. A display name is what stood
//     between the quotes, still escaped.
//   - A list of Via, Contact, Route or Record-Route on one line becomes one header
//     a value. Other lists stay lines; List splits them.
//   - The strings of a request line share a copy of the head, those of a header one of
//     its line. Who keeps one of them for long clones it (strings.Clone).
//   - Headers of a parsed message are never changed, but replaced: messages built
//     from it share them.
//
// # Decisions
//
// sipgo's HeadersParser reads each header line, with its own readers for Call-ID,
// CSeq, Max-Forwards and Content-Length, and ours for Via and addresses, whose
// parameters its readers lose. What it lets pass is checked on the typed header.
// Before it comes one pass over the head: it refuses what is beyond a limit and
// control characters, unfolds lines, writes names out and gives each value of a
// list a line of its own, since a reader given to sipgo cannot say that it met a
// comma. TestSipgoStillCannot has the smallest example of each fault that a part
// of this package works round, and fails when sipgo mends it.
//
// sipgo's Parser as a whole is not used: it stops at the first bad header, while
// a refusal needs those behind it (Via, From, To, Call-ID and CSeq, in any order);
// it keeps nothing of a bad start line; it writes methods in upper case and takes
// a response whose reason begins with "SIP" for a request.
//
// Nor is its stream parser: it does not unfold a line whose second half comes in
// the next read, takes the last of two lengths, bounds neither lines nor their
// number, and cannot go on behind a bad header although the end of the message is
// known. A Framer finds where a message ends, and Parse reads it as a datagram.
//
// sipgo trims what Unicode calls a space off both ends of a value; SIP knows only
// space and tab, but a value that ends in another is not valid anyway.
//
// Grammar is enforced where a mistake could make two readers understand two
// things (start line, framing, mandatory headers, addresses); other headers pass
// as text.
package message
