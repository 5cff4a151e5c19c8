//go:build unix

package kin

import (
	"bufio"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// MarkName is the name of the environment variable by which what belongs to one
	// program is told from what belongs to another.
	MarkName = "MITOPLAN_CALL"
	// markLength is that of every mark. A watcher looks for nothing shorter, which could be
	// in the environment of any process.
	markLength = len(MarkName) + 1 + 26
	// pace is the time between two searches.
	pace = 20 * time.Millisecond
	// killTime is how long what was killed may take to be gone: a process in an
	// uninterruptible sleep takes for ever.
	killTime = 5 * time.Second
)

// Watch is the whole life of a watcher. It reads what runs until the agent has ended, and
// then ends what runs.
func Watch(agent io.Reader) {
	// Who tells an agent to end by a signal often tells everything that looks like it. To
	// catch those signals is enough.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	pid, runs := running(agent)
	if len(runs) == 0 {
		return
	}
	// The kernel closes the pipe of an agent before it gives the agent's children to
	// another parent.
	for until := time.Now().Add(killTime); os.Getppid() == pid && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	endAll(runs)
}

// running reads until the end what an agent tells, and returns its number and what runs
// then: the leaders of programs by their marks.
func running(from io.Reader) (agent int, runs map[string]int) {
	runs = map[string]int{}
	for lines := bufio.NewScanner(from); lines.Scan(); {
		number, mark, _ := strings.Cut(lines.Text(), " ")
		pid, err := strconv.Atoi(number)
		switch {
		case err == nil && mark == "":
			agent = pid
		case err != nil || !strings.HasPrefix(mark, MarkName+"=") || len(mark) < markLength:
		case pid < 0:
			delete(runs, mark)
		default:
			runs[mark] = pid
		}
	}
	return agent, runs
}

// endAll kills what belongs to programs until two searches in a row have found nothing,
// because during the first one a process may have started another and ended.
func endAll(runs map[string]int) {
	until := time.Now().Add(killTime)
	for empty := 0; len(runs) > 0 && empty < 2 && time.Now().Before(until); empty++ {
		for mark, leader := range runs {
			if leader > 1 {
				_ = syscall.Kill(-leader, syscall.SIGKILL)
			}
			Family(leader, os.Getppid(), mark, func(m Member) {
				empty = -1
				_ = syscall.Kill(m.PID, syscall.SIGKILL)
			})
		}
		if empty < 0 {
			time.Sleep(pace)
		}
	}
}
