//go:build linux

package lab

import (
	"fmt"
	"strings"
	"time"
)

// Spent is how much processor time the sshd of all hosts have taken since they were
// started, with all that they ran: logins, shells, agents. It first waits until these
// have ended, 5 s at most. Each host is told in units of 10 ms, so that what is measured
// should be long, or on many hosts.
func (l *Lab) Spent() (all time.Duration) {
	l.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(5 * time.Second)
	for i := 1; i <= l.Hosts(); i++ {
		for strings.TrimSpace(l.ReadFile(i, "/proc/1/task/1/children")) != "" && time.Now().Before(deadline) {
			<-tick.C
		}
		all += l.spentBy(i)
	}
	return all
}

// spentBy reads what process 1 of a host and all that it has waited for have taken: see
// proc_pid_stat(5).
func (l *Lab) spentBy(i int) time.Duration {
	l.t.Helper()
	text := l.ReadFile(i, "/proc/1/stat")
	f := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	var ticks [4]int64 // user and system, its own and of its children
	_, err := fmt.Sscan(strings.Join(f[11:15], " "), &ticks[0], &ticks[1], &ticks[2], &ticks[3])
	l.check(err)
	return time.Duration(ticks[0]+ticks[1]+ticks[2]+ticks[3]) * 10 * time.Millisecond
}
