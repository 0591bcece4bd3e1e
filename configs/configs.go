// Package configs describes a node: the strict schema of its configuration file,
// how it is loaded and checked, beside the files themselves.
//
// A key that is unknown or misspelt, a bad address or overlapping ranges are
// errors with file, line and what to write instead. Each field says its unit,
// its default and what zero means. Secrets are file paths or environment
// variables, never values.
package configs
