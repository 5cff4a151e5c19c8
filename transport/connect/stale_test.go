package connect

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cachedAgent puts content in the place of a cached agent. It returns a bootstrap
// that finds it there.
func cachedAgent(t *testing.T, content []byte) (b *Bootstrap, base string) {
	t.Helper()
	base = t.TempDir()
	dir := filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, agentName(sha256.Sum256([]byte(fakeAgent))))
	if err := os.WriteFile(file, content, 0o700); err != nil {
		t.Fatal(err)
	}
	sealAgent(t, file)
	b = NewBootstrap(testStart(&source{content: fakeAgent, known: true}), Common{AgentDirs: []string{base}, ConnectTimeout: "3s"})
	return b, base
}

// sealAgent makes of a file what hosts take for an agent that nobody has changed.
func sealAgent(t *testing.T, file string) {
	t.Helper()
	if err := errors.Join(os.Chmod(file, 0o700|os.ModeSticky), os.Chtimes(file, time.Time{}, time.Unix(0, 0))); err != nil {
		t.Fatal(err)
	}
}

// TestStaleAgents: if a cached agent does not greet, whatever it does instead,
// finding out takes a bounded time. The agent is replaced, and no process is left.
func TestStaleAgents(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	foreign := bytes.Clone(self)
	foreign[18], foreign[19] = 0xf3, 0 // e_machine: RISC-V
	mark := "STALE_TEST_" + strconv.Itoa(os.Getpid())
	script := func(body string) []byte { return []byte("#!/bin/sh\n# " + mark + "\n" + body + "\n") }
	for name, content := range map[string][]byte{
		"exits at once":                script("exit 0"),
		"fails":                        script("echo broken >&2; exit 1"),
		"is killed":                    script("kill -9 $$"),
		"hangs":                        script("sleep 1001; exit"),
		"hangs with others":            script("sleep 1001 & sleep 1001"),
		"hangs and ignores TERM":       script("trap '' TERM HUP; while :; do sleep 1001; done"),
		"stops itself":                 script("kill -STOP $$"),
		"prints garbage":               script("echo garbage; exit 0"),
		"prints garbage without end":   script("exec yes garbage"),
		"prints the token and no more": script(`printf '\n%s\n' "$2"; exit 0`),
		"prints the token and hangs":   script(`printf '\n%s\n' "$2"; sleep 1001; exit`),
		"prints the token and garbage": script(`printf '\n%s\n' "$2"; echo garbage; sleep 1001; exit`),
		"is empty":                     nil,
		"is cut in its header":         self[:200],
		"is cut":                       self[:len(self)/2],
		"is of another architecture":   foreign,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, base := cachedAgent(t, content)
			began := time.Now()
			p, err := greetOnly(t, b, "MARK="+mark+base)
			if err != ErrStale {
				t.Errorf("got %v, want ErrStale; the host printed %q", err, p.words.String())
			}
			if took := time.Since(began); took > 2500*time.Millisecond {
				t.Errorf("finding out took %v of a start of 3 s, want 2.5 s at most", took)
			}
			if s := runLine(t, "sh", nil, b.Fresh()); s.err != nil {
				t.Fatal(s.err, s.words.String())
			}
			if left := carrying(t, "MARK="+mark+base); left != "" {
				t.Errorf("still running: %s", left)
			}
			dir := filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()))
			if got, err := os.ReadFile(filepath.Join(dir, agentName(sha256.Sum256([]byte(fakeAgent))))); string(got) != fakeAgent {
				t.Errorf("the cached agent was not replaced: %d bytes, %v", len(got), err)
			}
			assertHolds(t, base, []string{filepath.Base(dir)})
			assertHolds(t, dir, []string{agentName(sha256.Sum256([]byte(fakeAgent))), "x"})
			if s := runLine(t, "sh", nil, b); s.err != nil {
				t.Errorf("the agent that replaced it does not start: %v", s.err)
			}
			p.close()
			p.signalAll(syscall.SIGKILL)
			p.wait()
		})
	}
}

// greetOnly starts a bootstrap as a connector does that cannot signal its child.
func greetOnly(t *testing.T, b *Bootstrap, env string) (*process, error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", b.Script())
	cmd.Env = append(os.Environ(), env)
	p, err := startProcess(cmd, &LastWords{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Greet(t.Context(), p.stdout, p.stdin, p.words, func() { p.close() })
	p.close()
	return p, err
}

// carrying lists the processes that have a variable in their environment and do not
// end within 5 s. One that began while the shell ended may be a sleep of 2 s, in mksh.
func carrying(t *testing.T, variable string) (left string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 250 {
		left = ""
		names, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, name := range names {
			env, _ := os.ReadFile(name)
			if bytes.Contains(env, []byte(variable+"\x00")) {
				argv, _ := os.ReadFile(filepath.Dir(name) + "/cmdline")
				left += fmt.Sprintf("%s %q; ", filepath.Base(filepath.Dir(name)), argv)
			}
		}
		if left == "" {
			return ""
		}
		<-tick.C
	}
	return left
}

// TestOnlyTheHungAgentIsKilled: if the process id of a hung agent belongs to
// another process by now, that process is not killed.
func TestOnlyTheHungAgentIsKilled(t *testing.T) {
	other := exec.Command("sleep", "1001")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	b, _ := cachedAgent(t, nil)
	b.stale = other.Process.Pid
	if s := runLine(t, "sh", nil, b.Fresh()); s.err != nil {
		t.Error(s.err)
	}
	if st, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", other.Process.Pid)); err != nil || strings.Contains(string(st), ") Z ") {
		t.Errorf("another process was ended: %s %v", st, err)
	}
	other.Process.Kill()
	other.Wait()
}
