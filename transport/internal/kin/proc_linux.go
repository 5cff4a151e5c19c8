package kin

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// stat is what /proc shows of a process; see proc_pid_stat(5).
type stat struct {
	pid, ppid, pgrp, session int
	dead                     bool
}

// processes returns all processes that /proc shows. It makes three system calls for
// each process and no more, because a busy machine may have thousands.
func processes() []stat {
	names := entries("/proc")
	all := make([]stat, 0, len(names))
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if p, ok := readStat(name); ok {
			all = append(all, p)
		}
	}
	return all
}

func entries(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	names, _ := d.Readdirnames(-1)
	_ = d.Close()
	return names
}

// readStat reads the stat file of the process with a number. Signals do not interrupt
// calls on /proc.
func readStat(pid string) (stat, bool) {
	var buf [512]byte // the name has 64 bytes at most, what counts follows it
	fd, err := syscall.Open("/proc/"+pid+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return stat{}, false
	}
	n, err := syscall.Read(fd, buf[:])
	_ = syscall.Close(fd)
	if err != nil {
		return stat{}, false
	}
	return parseStat(buf[:n])
}

// parseStat parses "pid (name) state ppid pgrp session …". The name may contain
// anything.
func parseStat(b []byte) (stat, bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < open || len(b) < end+4 {
		return stat{}, false
	}
	var n [4]int
	rest := b
	for i := range n {
		value, digits := 0, 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			value = 10*value + int(rest[digits]-'0')
			digits++
		}
		if digits == 0 || digits >= len(rest) || rest[digits] != ' ' {
			return stat{}, false
		}
		n[i], rest = value, rest[digits+1:]
		if i == 0 {
			rest = b[end+4:]
		}
	}
	state := b[end+2]
	return stat{pid: n[0], ppid: n[1], pgrp: n[2], session: n[3], dead: state == 'Z' || state == 'X'}, true
}

// ContinueAbove continues the processes above this one, as far as it may: its parent, and the
// parent of that. One that runs takes no notice. Whether one is stopped is not asked: a stop
// that is on its way is not seen, and ends by this. sudo stops itself when the agent that it runs was
// stopped, and goes on when it is told to by its own parent, which may be gone. It is called
// only if that is so: a program that started an agent may have been stopped by a person.
func ContinueAbove() {
	for pid, far := os.Getppid(), 0; pid > 1 && far < 2; far++ {
		p, ok := readStat(strconv.Itoa(pid))
		if !ok {
			return
		}
		_ = syscall.Kill(pid, syscall.SIGCONT)
		pid = p.ppid
	}
}

// marked reports whether a process was started with the variable that has this value.
// Nobody can guess the value.
func marked(pid int, mark string) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(env, []byte(mark))
}

// children returns the children of this process, including dead ones.
func children() []int {
	var pids []int
	for _, thread := range entries("/proc/self/task") {
		b, _ := os.ReadFile("/proc/self/task/" + thread + "/children")
		for _, f := range bytes.Fields(b) {
			if pid, err := strconv.Atoi(string(f)); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
