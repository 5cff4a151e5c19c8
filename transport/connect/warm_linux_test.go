package connect

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// countingAgent greets like an agent. Its first frame then says which number the next
// process gets.
const countingAgent = `#!/bin/sh
printf '\n%s\n\000\000\000\014' "$2"
sh -c 'echo $$'
`

// TestProcessesOfACachedStart counts what a host starts before a cached agent runs: the
// login shell alone. In a namespace of its own processes are numbered from 1 on.
func TestProcessesOfACachedStart(t *testing.T) {
	needRoot(t)
	for _, shell := range []string{"dash", "bash", "busybox"} {
		for name, process := range map[string]string{
			"one context":            "mitoplan:ssh.web:me@host:1",
			"an instance of several": "mitoplan:ssh.web[a-1]:me@host:1",
		} {
			t.Run(name+" in "+shell, func(t *testing.T) {
				start := testStart(&source{content: countingAgent, known: true})
				start.ProcessName = process
				b := NewBootstrap(start, Common{AgentDirs: []string{t.TempDir()}})
				var last *shellRun
				for range 2 { // the first brings the agent
					last = runLineWith(t, shell, nil, b, func(cmd *exec.Cmd) {
						cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
					})
					if last.err != nil {
						t.Fatal(last.err, last.words.String())
					}
				}
				if got := strings.TrimSpace(last.out); got != "2" {
					t.Errorf("the process after the agent is number %s, want 2", got)
				}
			})
		}
	}
}
