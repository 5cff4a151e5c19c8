package main

import (
	"os"
	"strings"

	"github.com/mitoplan/mitoplan/internal/process"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// takeEnvironment returns the environment and removes from the process' own
// what is for mitoplan alone, so that no program that it starts inherits it and
// /proc shows no secret.
func takeEnvironment() []string {
	settings := process.Erase(connect.IsSetting)
	return append(os.Environ(), settings...)
}

func (a *app) getenv(name string) string {
	for i := len(a.environ) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(a.environ[i], "="); k == name {
			return v
		}
	}
	return ""
}

// unattended reports whether nobody can answer questions: CI is set in the
// environment, or standard input is no terminal.
func (a *app) unattended() bool {
	switch strings.ToLower(a.getenv("CI")) {
	case "", "0", "false":
		return !a.inTTY
	}
	return true
}
