package main

import "fmt"

// Exit statuses beside 0 and 1.
const (
	exitChanges = 2  // plan -detailed-exitcode and drift: there are differences
	exitPanic   = 11 // a bug in mitoplan
)

// exitError ends a command with a status. The command has already said why.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// ExitCode lets the command line library know the status.
func (e exitError) ExitCode() int { return int(e) }

func status(code int) error {
	if code == 0 {
		return nil
	}
	return exitError(code)
}

// worst is the exit status of an apply: 1 if something failed, else 0.
func worst(failed bool) int {
	if failed {
		return 1
	}
	return 0
}
