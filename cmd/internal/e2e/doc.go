// Package e2e holds the end-to-end tests: strowger as a process on its demo
// configuration, with sipp and baresip as the carrier and the phones, and what
// the call left in the record afterwards.
//
// # How
//
// The test binary is the node too: started again with a mark in its environment
// it runs the command line. The node is therefore built from the tree that is
// tested, with the race detector if the tests have it, and go test knows when a
// result is out of date.
//
// Everything has a loopback address of its own (host), with the ports that the
// demo configuration names: tests run side by side and beside a running node.
// Nothing leaves 127.0.0.0/8.
//
// A test says what each side sends and awaits (scenario_test.go); sipp does it
// and fails on anything else. Then come the records: a test states how the call
// ended and by whom, and that no other call was recorded. A node must end cleanly
// on SIGTERM, without a stack trace or a data race in its output.
//
// Programs that are not installed skip the tests that need them, by name.
package e2e
