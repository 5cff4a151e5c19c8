package process

import (
	"os"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// BecomeReaper makes orphans among the descendants of this process its children. They
// can then be found and ended together with the call that started them.
func BecomeReaper() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}

// ownSession puts a program into a session and a process group of its own,
// without a terminal, and ends it with the thread that started it.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit blocks until a child has ended and does not reap it.
func awaitExit(p *os.Process) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return nil
		}
	}
}

// family reports the living processes that belong to a program. It reports those of its
// group and session and its descendants first, and then orphans that carry its mark.
// The environment of orphans is read last, because that waits for the memory of the
// process.
func (r *running) family(report func(member)) {
	kin, orphans := relatives(processes(), r.proc.Pid, os.Getpid())
	for _, p := range kin {
		report(member{p.pid, p.pgrp == r.proc.Pid})
	}
	for _, p := range orphans {
		if marked(p.pid, r.mark) {
			report(member{pid: p.pid})
		}
	}
}

// relatives returns the processes that certainly belong to a leader, and the orphans
// that may. An orphan has no parent but process 1 or this process.
func relatives(all []stat, leader, self int) (kin, orphans []stat) {
	known := map[int]bool{leader: true}
	for changed := true; changed; {
		changed = false
		for _, p := range all {
			if (p.pgrp == leader || p.session == leader || known[p.ppid]) && !known[p.pid] {
				known[p.pid], changed = true, true
			}
		}
	}
	for _, p := range all {
		switch {
		case p.dead:
		case known[p.pid]:
			kin = append(kin, p)
		case p.ppid == self || p.ppid == 1:
			orphans = append(orphans, p)
		}
	}
	return kin, orphans
}

// adopted are orphans that programs left in the background. This process must reap them
// when they end.
var adopted struct {
	sync.Mutex
	pids map[int]bool
}

// adopt remembers the orphans of a program that ended. It also reaps earlier ones that
// have ended since.
func adopt(leader int, mark string) {
	kids := orphans(leader, mark)
	adopted.Lock()
	defer adopted.Unlock()
	if adopted.pids == nil {
		adopted.pids = map[int]bool{}
	}
	for _, pid := range kids {
		adopted.pids[pid] = true
	}
	for pid := range adopted.pids {
		if got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); got == pid || err == unix.ECHILD {
			delete(adopted.pids, pid)
		}
	}
}

func orphans(leader int, mark string) []int {
	var kids []int
	for _, pid := range children() {
		if pid == leader {
			continue
		}
		p, ok := readStat(strconv.Itoa(pid))
		if ok && (p.pgrp == leader || p.session == leader || marked(pid, mark)) {
			kids = append(kids, pid)
		}
	}
	return kids
}
