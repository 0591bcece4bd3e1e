// Package configs describes a node: the strict schema of its configuration file,
// how it is loaded and checked, beside the files themselves.
//
// A key that is unknown or misspelt, a bad address or overlapping ranges are
// errors with file, line and what to write instead. Each field says its unit,
// its default and what zero means. Secrets are file paths or environment
// variables, never values.
//
// # Files
//
//   - strowger.hcl is the demo contact centre on one node, with demo.plan.hcl and
//     demo.seats.csv as its seed.
//   - cluster.hcl serves every node of a cluster on one Redis; the environment says
//     which node it is.
//
// # Keys
//
// A key is the name of its field in Config, in lower case with underscores
// (EmergencyTrunks of a Tenant: trunks in its block emergency). An advertised
// address is the key advertise; ports are written "20000-29999"; times have their
// unit, "30s". strowger.hcl shows most of them.
//
// # Decisions
//
//   - A value may be taken from the environment: env.NAME, or "${env.NAME}" inside
//     a string. A variable that is not set is an error. Flags of the command line
//     are Overrides and win.
//   - data is relative to the working directory, as a flag would be. The other
//     files a configuration names lie beside it, so they are relative to it.
//   - Load gives a whole Config: defaults filled in, every reference checked. Who
//     uses it checks nothing again.
//   - What depends on the machine (descriptors, ephemeral ports) is compared at
//     start, by Fit, and lowers a limit; it is no fault of the file.
package configs
