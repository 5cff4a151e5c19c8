//go:build !unix

package main

import "os"

// dumpSignals are none here.
var dumpSignals []os.Signal

// survivePipes has nothing to do here: there is no such signal.
func survivePipes() {}

// stopSignals are none here.
var stopSignals []os.Signal

// obey has nothing to do here: there are no such signals.
func obey(os.Signal) {}

// resumeSignals are none here.
var resumeSignals []os.Signal
