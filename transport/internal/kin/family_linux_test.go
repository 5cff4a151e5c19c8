package kin

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

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
	// 0 and 1 lead no program: they are above everything.
	for _, nobody := range []int{-1, 0, 1} {
		all := append(all, stat{pid: 2}, stat{pid: 3, ppid: 2})
		if kin, _ := relatives(all, nobody, self); len(kin) > 0 {
			t.Errorf("of %d: %v", nobody, pids(kin))
		}
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
		"9 (a) T 1 2 3 4":              "{9 1 2 3 false} true",
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
	mark := NewMark()
	for b.Loop() {
		Family(os.Getpid(), os.Getpid(), mark, func(Member) {})
	}
	b.ReportMetric(float64(len(processes())), "procs")
}
