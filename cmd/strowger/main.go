// Command strowger is a telephony softswitch for virtual contact centres: one
// binary that serves calls, and the tools to run it.
package main

import (
	"os"

	"strowger/cmd/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
