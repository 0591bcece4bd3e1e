// Package usage counts what seats and trunks do, as the ledger tells it: how many calls
// each seat has, and the calls and minutes of an hour that each party had to each
// destination, with an alarm when they are more than the tenant's policy states (toll
// fraud).
//
// A Meter stands before the ledger and passes every event on. Emergency calls are not
// counted. All it keeps is bounded by named limits. It reads no clock.
//
// # Nodes of a cluster
//
// The calls that a seat has at once, and the sums of an hour, are the cluster's: each node
// asks the others every few seconds for what they counted since (Since, Learn), keeps what
// each told, and judges the sum of all when it counts a call itself and when it is told. Told of, the first of the nodes by name that counted
// something to the destination raises the alarm, and tells the others that it did.
//
// # How exact it is
//
// An hour is 12 slots of 5 minutes: the last 55 to 60 minutes. The time of a call that
// goes on is added at each Tick. Of what other nodes count, a sum lacks what came since
// they were last asked, so in a cluster an alarm comes later by the time between two
// questions and their answer, and in that time two nodes may raise the same one. What
// a node counts while it cannot be reached is in no other sum before it is reached again.
// What a node that dies had told is kept by the others for its hour; what it had not is
// lost, and on a single node everything. Clocks that differ shift the slots of that node
// by as much. Of the calls that a seat has at once at other nodes, what began or ended
// since they were last asked is not known, and those of a node that is gone count for
// toldFor and one Tick more.
package usage
