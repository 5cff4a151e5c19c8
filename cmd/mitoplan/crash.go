package main

import (
	"fmt"
	"runtime/debug"
)

const reportAt = "https://github.com/mitoplan/mitoplan/issues"

// guard is deferred in every goroutine of the command: a panic there flushes
// the journal, says where to report it, and ends the process.
func (a *app) guard() {
	r := recover()
	if r == nil {
		return
	}
	stack := debug.Stack()
	a.terminal.leave()
	for _, flush := range a.flush {
		if err := flush(); err != nil {
			fmt.Fprintln(a.stderr, "While saving what was done so far:", err)
		}
	}
	fmt.Fprintf(a.stderr, `
!!!!!!!!!!!!!!!!!!!!!!!!!!! MITOPLAN CRASH !!!!!!!!!!!!!!!!!!!!!!!!!!!

mitoplan crashed. This is always a bug in mitoplan. Please report it at
%s with these lines and what you ran.
What was done on hosts so far is recorded; the next plan reads them again.

%s

panic: %v

%s`, reportAt, toolVersion(), a.mask.Text(fmt.Sprint(r)), a.mask.Words(string(stack)))
	a.exit(exitPanic)
}
