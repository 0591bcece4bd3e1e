// Package flow runs the flows of a plan. It is pure: a Tree is what the plan's compiler
// made, a State is a call's place in it, and Step takes the place and what happened and
// tells what is to be done next. Time, figures and switches come in by Facts.
//
// # Contract
//
//   - Step runs by itself what needs nobody else (set, go, run, conditions, keys of a
//     menu) and stops at the next act: something that the call, or a simulation, has to
//     do. When it is done, its outcome is the next Event.
//   - A State is plain data. With the plan's version it is enough to go on elsewhere.
//   - Between two acts at most MaxSteps steps are taken, and flows call each other at
//     most MaxFrames deep; beyond that the call ends with a fault of ours. The compiler
//     refuses plans that would get there without waiting.
//
// # Decisions
//
//   - Success goes to next, by default to the step below; behind the last step the flow
//     returns to who ran it, and the first flow hangs up. After a conversation the
//     default is to hang up.
//   - An outcome that a step has no rule for, which the compiler only leaves to what
//     cannot happen, hangs up.
//   - stay does no new act: who waits keeps the place.
//   - Digits of a menu are taken one by one by the caller's side; which key means what,
//     and how often it is asked, is decided here.
package flow
