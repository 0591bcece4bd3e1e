// Package ua is a small SIP user agent: it registers, calls, answers and sends
// requests within its calls. The test phone, the demo and load tests are made of
// it; the switch itself does not use it.
//
// # Contract
//
//   - An Agent talks to one server, from a socket of its own. It takes calls from
//     the server's address alone and answers digest challenges of nobody else.
//   - It knows no SDP: bodies are the user's.
//   - Verbs (Agent.Call, Call.Answer, ...) may be called from any goroutine and
//     return at once, but for Register. What happens is told by events, in order,
//     on the agent's goroutine; an event's receiver must not block and may use
//     every verb but Register and Close.
//   - The last event of a call is leg.Ends, unless the user ended it by Hangup,
//     Refuse or Close; Call.Done is closed in either case.
//
// # Ownership
//
// An Agent owns its sockets, one goroutine and all transactions and legs, which no
// other goroutine touches.
package ua
