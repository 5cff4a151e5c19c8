//go:build linux

package lab

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Exec runs a command as root on host i and returns its output. The test fails if the
// command does.
func (l *Lab) Exec(i int, argv ...string) string {
	l.t.Helper()
	out, err := l.Run(i, argv...)
	l.check(err)
	return out
}

// Run is like Exec, for commands that may fail.
func (l *Lab) Run(i int, argv ...string) (string, error) {
	l.t.Helper()
	out, err := l.host(i).run(argv...)
	return string(out), err
}

// ReadFile reads a file of host i, also while the host is off.
func (l *Lab) ReadFile(i int, path string) string {
	l.t.Helper()
	b, err := l.host(i).readFile(path)
	l.check(err)
	return string(b)
}

// WriteFile writes a file of host i as root, also while the host is off.
func (l *Lab) WriteFile(i int, path, content string, mode os.FileMode) {
	l.t.Helper()
	l.check(l.host(i).machine.do(func() error {
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			return err
		}
		return os.Chmod(path, mode)
	}))
}

// WriteAgent writes a file in the place of a cached agent that hosts take for one that nobody
// has changed, as it would look if a disk had damaged it: see bootstrap.sh of package connect.
func (l *Lab) WriteAgent(i int, path, content string) {
	l.t.Helper()
	l.WriteFile(i, path, content, 0o700)
	l.Exec(i, "chmod", "1700", path)
	l.Exec(i, "touch", "-d", "@0", path)
}

// Process is a process of a host.
type Process struct {
	PID     int
	User    string
	Cmdline string // arguments joined by spaces
	Zombie  bool   // it has ended, and its parent has not asked how
}

// Processes lists what runs on host i, kernel threads aside.
func (l *Lab) Processes(i int) []Process {
	l.t.Helper()
	var all []Process
	l.check(l.host(i).machine.do(func() (err error) {
		all, err = processes()
		return err
	}))
	return all
}

// processes reads the calling thread's /proc.
func processes() ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	users := userNames()
	var all []Process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid, users); ok {
			all = append(all, p)
		}
	}
	return all, nil
}

// readProcess returns false if the process has ended meanwhile.
func readProcess(pid int, users map[string]string) (Process, bool) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(dir + "status")
	cmdline, err2 := os.ReadFile(dir + "cmdline")
	if err != nil || err2 != nil {
		return Process{}, false
	}
	p := Process{PID: pid, Cmdline: string(bytes.TrimSpace(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))}
	for line := range strings.Lines(string(status)) {
		switch f := strings.Fields(line); {
		case len(f) > 1 && f[0] == "State:":
			p.Zombie = f[1] == "Z"
		case len(f) > 1 && f[0] == "Uid:":
			p.User = f[1]
			if name := users[f[1]]; name != "" {
				p.User = name
			}
		case len(f) > 1 && f[0] == "Name:" && p.Cmdline == "":
			p.Cmdline = "[" + f[1] + "]"
		}
	}
	return p, true
}

// userNames maps user ids to names by the calling thread's /etc/passwd.
func userNames() map[string]string {
	names := map[string]string{}
	data, _ := os.ReadFile("/etc/passwd")
	for line := range strings.Lines(string(data)) {
		if f := strings.Split(line, ":"); len(f) > 2 {
			names[f[2]] = f[0]
		}
	}
	return names
}

// agentGrace is how long an agent may take to end after its parent is lost.
const agentGrace = 5 * time.Second

// AssertNoAgents fails the test if a process of mitoplan is still running on any host
// after 5 s.
func (l *Lab) AssertNoAgents(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(agentGrace)
	for {
		found := l.Agents()
		if len(found) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("still running:\n%s", strings.Join(found, "\n"))
			return
		}
		<-tick.C
	}
}

// Agents lists the processes of mitoplan on all hosts that are on: the agents, and the
// processes that are becoming one. One that has ended is none, though the first process of
// a container may never ask how.
func (l *Lab) Agents() []string {
	l.t.Helper()
	var found []string
	for _, h := range l.hosts {
		if h.power == nil {
			continue
		}
		for _, p := range l.Processes(h.n) {
			if strings.Contains(p.Cmdline, "mitoplan") && !p.Zombie {
				found = append(found, fmt.Sprintf("%s: %d %s %s", h.name(), p.PID, p.User, p.Cmdline))
			}
		}
	}
	return found
}
