// Command strowger is a telephony softswitch for virtual contact centres: one
// binary that serves calls, and the tools to run it.
package main

func main() {}
