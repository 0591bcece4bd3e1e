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
//   - The strings of a message share one copy of its head. Who keeps one of them
//     for long clones it (strings.Clone).
//   - Headers of a parsed message are never changed, but replaced: messages built
//     from it share them.
//
// # Decisions
//
// sipgo's types are used, its parser is not: a header parser given to it cannot
// say that a value is a list, which Via and Contact are, and it has lost what was
// wrong before one can look (spaces round separators, the end of a quoted
// string, a second Content-Length). Tests compare the two on valid messages.
//
// Grammar is enforced where a mistake could make two readers understand two
// things (start line, framing, mandatory headers, addresses); other headers pass
// as text.
package message
