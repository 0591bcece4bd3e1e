// Package archtest holds the tree to its design, by tests that parse every Go
// file in their own process: nothing is cached from a run on another tree.
//
// Change the code, not the policy. A breach names the file and what to do; the
// limits here only ever go down.
//
// # Policy
//
//   - The planes: cmd may import configs, sip, media and dialplan; configs may
//     import sip, media and dialplan; sip may import media and dialplan; media and
//     dialplan import nothing of ours but themselves.
//   - media and dialplan, the root packages, are vocabulary: they import none of
//     their children.
//   - Only packages under sip/ import sipgo, and of it only its message package;
//     their tests may use the rest of it as an oracle. sip/ itself holds only
//     doc.go, so that the bare word sip means that package.
//   - Pure packages (listed in purity_test.go) read no clock, start no goroutine and
//     import nothing that talks to a socket, a file, a log or a source of chance;
//     an exception is granted there by package and import, with its reason.
//     What a pure package gets from others of ours is judged there.
//   - The top level has its listed entries and no others.
//   - Every package says what it is for, every exported name and every counter
//     what it means. Comments are ASCII and leave no work for later.
//   - No test sleeps, and none is skipped without a reason.
//   - Files end before a reader does: see the limits in size_test.go.
//
// Each rule is shown to fail on a planted breach.
package archtest
