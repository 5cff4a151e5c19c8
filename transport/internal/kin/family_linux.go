package kin

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Member is a living process that belongs to a program. A negative number stands for a
// process group.
type Member struct {
	PID   int
	Group bool // in the program's own group
}

// BecomeReaper makes orphans among the descendants of this process its children. They
// can then be found and ended together with the program that started them.
func BecomeReaper() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}

func executable() (string, error) { return "/proc/self/exe", nil }

// watcherSession is a session of its own. If the watcher is stopped when the agent dies, the
// kernel continues it. One that runs takes no notice of that.
func watcherSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGCONT}
}

// Family reports the living processes that belong to a program. leader is the process that
// it began with, 0 if that is not known, and reaper the one that gets the orphans. It
// reports those of the leader's group and session and its descendants first, and then
// orphans that carry the mark. The environment of orphans is read last, because that waits
// for the memory of the process.
func Family(leader, reaper int, mark string, report func(Member)) {
	kin, orphans := relatives(processes(), leader, reaper)
	for _, p := range kin {
		report(Member{p.pid, p.pgrp == leader})
	}
	for _, p := range orphans {
		if marked(p.pid, mark) {
			report(Member{PID: p.pid})
		}
	}
}

// relatives returns the processes that certainly belong to a leader, and the orphans
// that may. An orphan has no parent but process 1 or the reaper.
func relatives(all []stat, leader, reaper int) (kin, orphans []stat) {
	known := map[int]bool{leader: true}
	if leader <= 1 { // 0 is the parent, group and session of others
		clear(known)
	}
	for changed := len(known) > 0; changed; {
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
		case p.ppid == reaper || p.ppid == 1:
			orphans = append(orphans, p)
		}
	}
	return kin, orphans
}

// Orphans are the children of this process that belong to a program which has ended.
func Orphans(leader int, mark string) []int {
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
