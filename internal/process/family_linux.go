package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// BecomeReaper makes orphans of this process' descendants its children, so
// that they can be found and ended with the call that they belong to.
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

// stat is what /proc tells of a process.
type stat struct {
	pid, ppid, pgrp int
	dead            bool
}

// family returns the living processes that belong to a program: its group,
// its descendants, and orphans that carry its mark.
func (r *running) family() []int {
	leader, self := r.proc.Pid, os.Getpid()
	all := processes()
	member := map[int]bool{leader: true}
	for changed := true; changed; {
		changed = false
		for _, p := range all {
			if !member[p.pid] && (p.pgrp == leader || member[p.ppid]) {
				member[p.pid], changed = true, true
			}
		}
	}
	var live []int
	for _, p := range all {
		orphan := !member[p.pid] && (p.ppid == self || p.ppid == 1) && marked(p.pid, r.mark)
		if (member[p.pid] || orphan) && !p.dead {
			live = append(live, p.pid)
		}
	}
	return live
}

func processes() []stat {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	all := make([]stat, 0, len(names))
	for _, name := range names {
		if p, ok := readStat(name); ok {
			all = append(all, p)
		}
	}
	return all
}

// readStat reads "pid (name) state ppid pgrp …"; the name may hold anything.
func readStat(name string) (stat, bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return stat{}, false
	}
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < open {
		return stat{}, false
	}
	f := bytes.Fields(b[end+1:])
	if len(f) < 3 {
		return stat{}, false
	}
	pid, err0 := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	ppid, err1 := strconv.Atoi(string(f[1]))
	pgrp, err2 := strconv.Atoi(string(f[2]))
	ok := err0 == nil && err1 == nil && err2 == nil
	return stat{pid, ppid, pgrp, f[0][0] == 'Z' || f[0][0] == 'X'}, ok
}

func marked(pid int, mark string) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false
	}
	for _, v := range bytes.Split(env, []byte{0}) {
		if string(v) == mark {
			return true
		}
	}
	return false
}

// adopted are orphans that programs left in the background and that this
// process must reap when they end.
var adopted struct {
	sync.Mutex
	pids map[int]bool
}

// adopt remembers the orphans of a program that ended, and reaps those of
// earlier ones that have ended since.
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
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		b, _ := os.ReadFile(list)
		for _, f := range bytes.Fields(b) {
			pid, err := strconv.Atoi(string(f))
			if err != nil || pid == leader {
				continue
			}
			p, ok := readStat("/proc/" + string(f) + "/stat")
			if ok && (p.pgrp == leader || marked(pid, mark)) {
				kids = append(kids, pid)
			}
		}
	}
	return kids
}
