package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
			r.search = func(report func(member)) {
				<-r.exited
				family(report)
			}
			s := Spec{Grace: func(error) time.Duration { return c.grace }}
			if name == "in a hurry" {
				hurry, asked := make(chan struct{}), 0
				s.Hurry = hurry
				s.Grace = func(error) time.Duration {
					if asked++; asked == 1 {
						close(hurry)
						return time.Hour
					}
					return 0
				}
			}
			if err := r.end(s, errWanted); err != nil {
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
	r.search = func(report func(member)) {
		if looks == 0 {
			<-r.exited
		}
		for range found[looks] {
			report(member{pid: r.proc.Pid, group: true})
		}
		looks++
	}
	if err := r.end(Spec{Grace: func(error) time.Duration { return time.Hour }}, errWanted); err != nil {
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
	r.search = func(report func(member)) {
		defer close(over)
		<-release
		report(member{pid: other.Process.Pid})
	}
	err := r.end(Spec{Grace: func(error) time.Duration { return 0 }}, errWanted)
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
		h.signal(member{p.Process.Pid, c.group})
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

// Among thousands of processes, only orphans have their environment read.
func TestRelatives(t *testing.T) {
	const leader, self = 50, 40
	all := []stat{
		{pid: 1}, {pid: self, ppid: 1, pgrp: self, session: self}, // above it, and maybe an orphan
		{pid: leader, ppid: self, pgrp: leader, session: leader, dead: true},
		{pid: 51, ppid: leader, pgrp: leader, session: leader},
		{pid: 52, ppid: self, pgrp: 52, session: leader},  // a job of its session, left alone
		{pid: 60, ppid: 61, pgrp: 60, session: 60},        // its number is below its parent's
		{pid: 61, ppid: 51, pgrp: 61, session: 61},        // a session of its own
		{pid: 62, ppid: self, pgrp: 62, session: 62},      // may be a double fork
		{pid: 63, ppid: 1, pgrp: 63, session: 63},         // the same without a reaper
		{pid: 64, ppid: 1, pgrp: leader, session: leader}, // in the group whoever its parent is
		{pid: 65, ppid: 51, pgrp: 65, session: 65, dead: true},
	}
	for pid := 1000; pid < 6000; pid++ {
		all = append(all, stat{pid: pid, ppid: 999 + pid%7, pgrp: pid, session: pid})
	}
	kin, orphans := relatives(all, leader, self)
	if got, want := fmt.Sprint(pids(kin), pids(orphans)), "[51 52 60 61 64] [40 62 63]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func pids(all []stat) (pids []int) {
	for _, p := range all {
		pids = append(pids, p.pid)
	}
	return pids
}

func TestParseStat(t *testing.T) {
	for in, want := range map[string]string{
		"7 (sh) S 1 7 7 0 -1 4194560":  "{7 1 7 7 false} true",
		"8 (a) R (b) 1 ) Z 2 3 4 0 -1": "{8 2 3 4 true} true",
		"9 (\n) X 0 0 0 0":             "{9 0 0 0 true} true",
		"7 (sh) S 1 7":                 "false",
		"7 (sh) S 1 x 7 0":             "false",
		"7 (sh)":                       "false",
		"":                             "false",
		") (":                          "false",
	} {
		p, ok := parseStat([]byte(in))
		if got := fmt.Sprint(p, ok); got != want && (ok || want != "false") {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	p, ok := readStat("self")
	if !ok || p.pid != os.Getpid() || p.ppid != os.Getppid() || p.pgrp != unix.Getpgrp() {
		t.Errorf("of this process: %+v", p)
	}
	if _, ok := readStat("0"); ok {
		t.Error("there is no process 0")
	}
}

// A search makes fewer than four allocations for each process.
func TestASearchIsCheap(t *testing.T) {
	for range 200 {
		c := exec.Command("sleep", "1000")
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	}
	count := len(processes())
	if n := testing.AllocsPerRun(3, func() { processes() }); n > float64(4*count+100) {
		t.Errorf("%v allocations for %d processes", n, count)
	}
}

func BenchmarkFamily(b *testing.B) {
	b.ReportAllocs()
	r := &running{proc: &os.Process{Pid: os.Getpid()}, mark: newMark()}
	for b.Loop() {
		r.family(func(member) {})
	}
	b.ReportMetric(float64(len(processes())), "procs")
}
