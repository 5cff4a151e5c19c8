//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const year = 365 * 24 * time.Hour

// Hosts that are unusual in some way work like any other, and beside each other.
func TestOddHosts(t *testing.T) {
	t.Parallel()
	tests := map[string]func(l *lab.Lab, i int){
		"a banner": func(l *lab.Lab, i int) {
			l.SetBanner(i, "deploy", "Welcome! Unauthorised access is forbidden.")
		},
		"a noexec home":       func(l *lab.Lab, i int) { l.NoExecHome(i, "deploy") },
		"a full home":         func(l *lab.Lab, i int) { l.FullHome(i, "deploy") },
		"a home with a space": func(l *lab.Lab, i int) { l.MoveHome(i, "deploy", "/home/de ploy") },
		"a clock a year on":   func(l *lab.Lab, i int) { l.SkewClock(i, year) },
		"a clock a year back": func(l *lab.Lab, i int) { l.SkewClock(i, -year) },
	}
	for _, shell := range lab.Shells() {
		tests["login shell "+shell] = func(l *lab.Lab, i int) { l.SetShell(i, "deploy", shell) }
		tests["login shell "+shell+" with a banner"] = func(l *lab.Lab, i int) {
			l.SetShell(i, "deploy", shell)
			l.SetBanner(i, "deploy", "Welcome to "+shell)
		}
	}
	names := slices.Sorted(maps.Keys(tests))
	l := lab.New(t, lab.Options{Hosts: len(names)})
	for at, name := range names {
		// What this machine does not have is said, and its host stays as it is.
		t.Run(name, func(t *testing.T) { tests[name](l.For(t), at+1) })
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, len(names)) + notice})
	w.must(0, "apply", "-auto-approve")
	w.converged() // and now with the agents there
	for at, name := range names {
		if got := l.ReadFile(at+1, "/etc/notice"); got != fmt.Sprintf("This is h%d.\n", at+1) {
			t.Errorf("%s: the host has %q", name, got)
		}
	}
	l.AssertNoAgents(t)
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
