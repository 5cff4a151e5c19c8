//go:build !unix

package main

import "os"

// dumpSignals are none here.
var dumpSignals []os.Signal

// survivePipes has nothing to do here: there is no such signal.
func survivePipes() {}

// resumeSignals are none here.
var resumeSignals []os.Signal
