//go:build linux

package ssh

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/transport"
)

// stuckProgram is an ssh program on a line that was cut: it stays whatever becomes of its
// input, and of TERM. So does what it has started to reach the host. It says which processes
// these are, before the agent starts.
const stuckProgram = `#!/bin/sh
trap '' TERM
while [ "$1" != sh ]; do shift; done
exec 3<&0
(exec 3<&- >/dev/null 2>&1; while :; do sleep 0.05; done) &
echo $$ $! >"$0.pids"
setsid "$@" <&3 3<&- &
exec 3<&- >/dev/null 2>&1
while :; do sleep 0.05; done
`

// stuckClient puts such a program into PATH. pids are the processes of the last start.
func stuckClient(t *testing.T) (k SSH, pids func() (program, proxy int)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(path, []byte(stuckProgram), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(path)+":"+os.Getenv("PATH"))
	k = SSH{Host: "web", Client: clientOpenSSH}
	k.AgentDirs = []string{t.TempDir()}
	return k, func() (program, proxy int) {
		said, err := os.ReadFile(path + ".pids")
		if _, serr := fmt.Sscan(string(said), &program, &proxy); err != nil || serr != nil {
			t.Fatalf("the program said %q (%v)", said, err)
		}
		t.Cleanup(func() { _, _ = syscall.Kill(program, syscall.SIGKILL), syscall.Kill(proxy, syscall.SIGKILL) })
		return program, proxy
	}
}

// The ssh program that waits for a host behind a line that was cut ends with KILL, and so
// does what it has started here.
func TestOpenSSHIsKilledWithWhatItStarted(t *testing.T) {
	k, pids := stuckClient(t)
	link, err := k.Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	program, proxy := pids()
	_ = link.Close()
	_ = link.Kill(syscall.SIGTERM)
	_ = link.Kill(syscall.SIGKILL)
	link.Wait()
	_ = link.Kill(syscall.SIGKILL) // which means nothing any more
	childtest.EventuallyGone(t, "the ssh program", program)
	childtest.EventuallyGone(t, "what it has started", proxy)
}

const endsBefore = "MITOPLAN_TEST_ENDS_BEFORE_ITS_SSH"

// The ssh program does not outlive the process that started it, whatever it waits for.
func TestOpenSSHEndsWithWhoStartedIt(t *testing.T) {
	if os.Getenv(endsBefore) != "" {
		k := SSH{Host: "web", Client: clientOpenSSH}
		k.AgentDirs = []string{os.Getenv(endsBefore)}
		if _, err := k.Start(t.Context(), start()); err != nil {
			t.Fatal(err)
		}
		os.Exit(0)
	}
	_, pids := stuckClient(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestOpenSSHEndsWithWhoStartedIt$")
	cmd.Env = append(os.Environ(), endsBefore+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, proxy := pids()
	defer syscall.Kill(proxy, syscall.SIGKILL)
	childtest.EventuallyGone(t, "the ssh program", program)
}

// A silent line is noticed by the ssh program itself, also without arguments.
func TestOpenSSHAsksWhetherTheHostLives(t *testing.T) {
	for _, c := range []struct {
		interval string
		count    int64
		want     string
	}{
		{"", 0, "-o ServerAliveInterval=15 -o ServerAliveCountMax=3"},
		{"1500ms", 0, "-o ServerAliveInterval=2 -o ServerAliveCountMax=3"},
		{"", 7, "-o ServerAliveInterval=15 -o ServerAliveCountMax=7"},
	} {
		k := SSH{Host: "web", KeepaliveInterval: c.interval, KeepaliveCount: c.count}
		if line := strings.Join(k.programArgs(), " "); !strings.Contains(line, c.want) {
			t.Errorf("with %q and %d the command line is %s", c.interval, c.count, line)
		}
	}
}

// A program that ends before the host has said how the agent ended has lost its connection:
// what runs there goes on. How the agent ended is told as it was.
func TestOpenSSHLosesItsConnection(t *testing.T) {
	lost := transport.Exit{Status: -1, Err: errConnectionLost}
	for _, c := range []struct {
		name, last string
		exit, want transport.Exit
	}{
		{"the line was cut", "Timeout, server web not responding.", transport.Exit{Status: 255}, lost},
		{"the line was reset", "client_loop: send disconnect: Broken pipe", transport.Exit{Status: 255}, lost},
		{"the program was killed", "", transport.Exit{Status: -1, Signal: "KILL"}, lost},
		{"the agent ended", "debug1: client_input_channel_req: channel 0 rtype exit-status reply 0", transport.Exit{Status: 2}, transport.Exit{Status: 2}},
		{"the agent ended with 255", "debug1: client_input_channel_req: channel 0 rtype exit-status reply 0", transport.Exit{Status: 255}, transport.Exit{Status: 255}},
		{"a signal ended the agent", "debug1: client_input_channel_req: channel 0 rtype exit-signal reply 0", transport.Exit{Status: 255}, transport.Exit{Status: -1, Err: errSignalled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &programProgress{start: start()}
			p.hear("debug1: Local version string SSH-2.0-OpenSSH_9.2")
			p.hear("Authenticated to web ([192.0.2.1]:22) using \"publickey\".")
			p.hear(c.last)
			if got := p.ended(c.exit); got != c.want {
				t.Errorf("it ended with %v, want %v", got, c.want)
			}
		})
	}
}
