//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const year = 365 * 24 * time.Hour

// Hosts that are unusual in some way work like any other.
func TestOddHosts(t *testing.T) {
	tests := map[string]func(l *lab.Lab){
		"a banner":            func(l *lab.Lab) { l.SetBanner(1, "deploy", "Welcome! Unauthorised access is forbidden.") },
		"a noexec home":       func(l *lab.Lab) { l.NoExecHome(1, "deploy") },
		"a full home":         func(l *lab.Lab) { l.FullHome(1, "deploy") },
		"a home with a space": func(l *lab.Lab) { l.MoveHome(1, "deploy", "/home/de ploy") },
		"a clock a year on":   func(l *lab.Lab) { l.SkewClock(1, year) },
		"a clock a year back": func(l *lab.Lab) { l.SkewClock(1, -year) },
	}
	for _, shell := range lab.Shells() {
		tests["login shell "+shell] = func(l *lab.Lab) { l.SetShell(1, "deploy", shell) }
		tests["login shell "+shell+" with a banner"] = func(l *lab.Lab) {
			l.SetShell(1, "deploy", shell)
			l.SetBanner(1, "deploy", "Welcome to "+shell)
		}
	}
	for name, odd := range tests {
		t.Run(name, func(t *testing.T) {
			l := lab.New(t, lab.Options{})
			odd(l)
			w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + notice})
			w.must(0, "apply", "-auto-approve")
			w.converged() // and now with the agent there
			if got := l.ReadFile(1, "/etc/notice"); got != "This is h1.\n" {
				t.Errorf("the host has %q", got)
			}
			l.AssertNoAgents(t)
		})
	}
}

// What an earlier run left on a host is used, whatever times its files have.
func TestClockMovesBetweenRuns(t *testing.T) {
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + notice})
	w.must(0, "apply", "-auto-approve")
	for _, skew := range []time.Duration{year, -year} {
		l.SkewClock(1, skew)
		w.converged()
	}
	l.AssertNoAgents(t)
}
