package process

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// begin starts a script and returns after its first output.
func begin(t *testing.T, script string) *running {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	s := sh(script)
	s.Stdout = cancelWhen{cancel}
	r, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	return r
}

// Signals to the group do not wait for the search. In this test a search lasts until
// the program has ended, and only those signals can end it.
func TestSignalsComeBeforeTheSearch(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		grace  time.Duration
		signal string
	}{
		"ends when told":    {"echo up; sleep 1000; echo x", time.Hour, "terminated"},
		"in the background": {"sleep 1000 & sleep 1000 & echo up; wait", time.Hour, "terminated"},
		"ignores TERM":      {"trap '' TERM; echo up; while :; do sleep 1000; done", 0, "killed"},
		"in a hurry":        {"trap '' TERM; echo up; while :; do sleep 1000; done", time.Hour, "killed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := begin(t, c.script)
			mark, family := r.mark, r.search
			r.search = func(report func(kin.Member)) {
				<-r.exited
				family(report)
			}
			g := graces{within: func() time.Duration { return c.grace }}
			if name == "in a hurry" {
				hurry, asked := make(chan struct{}), 0
				g.hurry = hurry
				g.within = func() time.Duration {
					if asked++; asked == 1 {
						close(hurry)
						return time.Hour
					}
					return 0
				}
			}
			if err := r.end(g); err != nil {
				t.Error(err)
			}
			if e := r.finish(); e.Signal != c.signal {
				t.Errorf("got %v", e)
			}
			if left := carrying(mark); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// The search for what left the group goes on until two searches find nothing. A search
// that never ends is given up.
func TestTheSearchGoesOn(t *testing.T) {
	r, looks := begin(t, "echo up; sleep 1000"), 0
	found := []int{3, 1, 0, 2, 0, 0}
	r.search = func(report func(kin.Member)) {
		if looks == 0 {
			<-r.exited
		}
		for range found[looks] {
			report(kin.Member{PID: r.proc.Pid, Group: true})
		}
		looks++
	}
	if err := r.end(graces{within: func() time.Duration { return time.Hour }}); err != nil {
		t.Error(err)
	}
	if r.finish(); looks != len(found) {
		t.Errorf("searched %d times", looks)
	}
}

func TestASearchWithoutEndIsGivenUp(t *testing.T) {
	t.Parallel()
	r, release, over := begin(t, "echo up; sleep 1000"), make(chan struct{}), make(chan struct{})
	// A process that the test started itself, which the search finds only after the
	// end.
	other := exec.Command("sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	r.search = func(report func(kin.Member)) {
		defer close(over)
		<-release
		report(kin.Member{PID: other.Process.Pid})
	}
	err := r.end(graces{within: func() time.Duration { return 0 }})
	if err == nil || !strings.Contains(err.Error(), "could not be looked for") {
		t.Errorf("got %v", err)
	}
	close(release)
	<-over
	if e := r.finish(); e.Signal == "" {
		t.Errorf("got %v", e)
	}
	_ = other.Process.Signal(syscall.SIGINT)
	if err := other.Wait(); err == nil || err.Error() != "signal: interrupt" {
		t.Errorf("what was found after the end: %v", err)
	}
}

// TERM is sent to each process once. KILL is sent whenever a process is found. Nothing
// is sent after the end.
func TestWhatASearchSignals(t *testing.T) {
	for name, c := range map[string]struct {
		sig   syscall.Signal
		looks int
		group bool
		sent  bool
	}{
		"TERM, out of the group":        {syscall.SIGTERM, 1, false, true},
		"TERM, in the group":            {syscall.SIGTERM, 1, true, false},
		"TERM, found by a later one":    {syscall.SIGTERM, 2, false, false},
		"KILL, in the group":            {syscall.SIGKILL, 1, true, true},
		"KILL, found by a later one":    {syscall.SIGKILL, 9, false, true},
		"nothing when the hunt is over": {0, 1, false, false},
	} {
		p := exec.Command("sleep", "1000")
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		h := hunt{sig: c.sig, looks: c.looks}
		h.signal(kin.Member{PID: p.Process.Pid, Group: c.group})
		const marker = unix.SIGSTKFLT // of a higher number: it is delivered later
		_ = p.Process.Signal(marker)
		_ = p.Wait()
		want := marker
		if c.sent {
			want = c.sig
		}
		if got := p.ProcessState.Sys().(syscall.WaitStatus).Signal(); got != want {
			t.Errorf("%s: ended by %v", name, got)
		}
	}
}
