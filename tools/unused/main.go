// Unused finds what a module has and does not need: struct fields that are
// written and never read or read and never written, and names of packages that
// nobody uses, or nobody but tests.
//
//	go -C tools run ./unused [-kept FILE] DIRECTORY
//
// It reads every package of the module in DIRECTORY with its tests, as they are
// built for Linux, and once more without tests for Darwin. What it finds is
// printed, one a line, and makes it end with status 1. FILE lists what is kept
// all the same, with the reason; a line of it that is needed no longer is
// reported too.
//
// Functions and parameters are not looked at: deadcode and unparam find those.
// Start reading at run, then field.go and name.go.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	kept := flag.String("kept", "", "file with what is kept")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: unused [-kept FILE] DIRECTORY")
		os.Exit(2)
	}
	found, err := run(flag.Arg(0), *kept)
	if err != nil {
		fmt.Fprintln(os.Stderr, "unused:", err)
		os.Exit(2)
	}
	for _, f := range found {
		fmt.Println(f)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// run returns what is found in the module in dir and is not kept.
func run(dir, kept string) ([]string, error) {
	keep, err := readKept(kept)
	if err != nil {
		return nil, err
	}
	uses, err := load(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range append(uses.fields.findings(), uses.names.findings()...) {
		if !keep.has(f.name) {
			out = append(out, fmt.Sprintf("%s: %s %s", f.pos, f.name, f.what))
		}
	}
	return append(out, keep.stale()...), nil
}
