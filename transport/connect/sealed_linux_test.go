package connect

import (
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// sealedHost is a host whose agent is a script, or the program of this test, which calls
// EndIfOpen as every agent does.
type sealedHost struct {
	t     *testing.T
	src   *source
	bases []string
	shell string
	env   []string
}

func newSealedHost(t *testing.T, program bool) *sealedHost {
	t.Helper()
	needRoot(t)
	h := &sealedHost{t: t, src: &source{content: fakeAgent, known: true}, bases: []string{t.TempDir(), t.TempDir()}, shell: "sh"}
	if program {
		self, err := os.ReadFile("/proc/self/exe")
		if err != nil {
			t.Fatal(err)
		}
		h.src.content = string(self)
	}
	return h
}

// dir is the directory for agents in the first base, and file the agent there.
func (h *sealedHost) dir() string { return filepath.Join(h.bases[0], "mitoplan-0") }
func (h *sealedHost) file() string {
	return filepath.Join(h.dir(), agentName(sha256.Sum256([]byte(h.src.content))))
}

// start starts an agent as connectors do: again without the cached ones, if one of them is
// stale. It returns what the agent said, and whether it was.
func (h *sealedHost) start(change func(*exec.Cmd)) (out string, stale bool) {
	h.t.Helper()
	b := NewBootstrap(testStart(h.src), Common{AgentDirs: h.bases})
	s := runLineWith(h.t, h.shell, h.env, b, change)
	if stale = errors.Is(s.err, ErrStale); stale {
		s = runLineWith(h.t, h.shell, h.env, b.Fresh(), change)
	}
	if s.err != nil {
		h.t.Fatal(s.err, s.words.String())
	}
	return s.out, stale
}

func unchanged(*exec.Cmd) {}

// withoutProc runs a login shell where /proc is not mounted.
func withoutProc(cmd *exec.Cmd) {
	cmd.Args = append([]string{"unshare", "-m", "sh", "-c", `mount -t tmpfs none /proc && exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path, cmd.Err = exec.LookPath("unshare")
}

// TestSealedAgents: a cached agent is executed as it was put there, or not at all.
func TestSealedAgents(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, h *sealedHost)
		again  func(*exec.Cmd) // how the second start differs
		// sent is how many agents are sent for both starts. stale says that the cached one ends
		// by itself, and base in which base another one is afterwards.
		sent  int
		stale bool
		base  int
	}{
		{name: "nothing happened", change: func(*testing.T, *sealedHost) {}, sent: 1},
		{name: "others may read it", change: func(t *testing.T, h *sealedHost) { chmod(t, h.file(), 0o755) }, sent: 1},
		{name: "others may write to it", change: func(t *testing.T, h *sealedHost) { chmod(t, h.file(), 0o722) }, sent: 2, stale: true},
		{name: "others may write to its directory", change: func(t *testing.T, h *sealedHost) { chmod(t, h.dir(), 0o777) }, sent: 2, stale: true, base: 1},
		{name: "others may write above it, which is sticky", change: func(t *testing.T, h *sealedHost) { chmod(t, h.bases[0], 0o777|os.ModeSticky) }, sent: 1},
		{name: "it was open, written to, and closed", change: func(t *testing.T, h *sealedHost) {
			f, err := os.OpenFile(h.file(), os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString("#!/bin/sh\nexec touch " + h.bases[0] + "/taken\n"); err != nil {
				t.Fatal(err)
			}
		}, sent: 2},
		{name: "it belongs to another user", change: func(t *testing.T, h *sealedHost) { chown(t, h.file()); seal(t, h.file()) }, sent: 2},
		{name: "it is another user's link to it", change: func(t *testing.T, h *sealedHost) {
			other := filepath.Join(h.dir(), "other")
			if err := errors.Join(os.WriteFile(other, nil, 0o700), os.Rename(h.file(), other), os.Symlink(other, h.file())); err != nil {
				t.Fatal(err)
			}
			chown(t, other)
		}, sent: 2},
		{name: "it is not sealed, and closed", change: func(t *testing.T, h *sealedHost) {
			now := time.Now()
			if err := os.Chtimes(h.file(), now, now); err != nil {
				t.Fatal(err)
			}
			chmod(t, h.file(), 0o700)
		}, sent: 1},
		{name: "/proc is not mounted any more", change: func(*testing.T, *sealedHost) {}, again: withoutProc, sent: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newSealedHost(t, c.stale)
			h.start(unchanged)
			assertSealed(t, h.file(), true)
			c.change(t, h)
			if c.again == nil {
				c.again = unchanged
			}
			if _, stale := h.start(c.again); stale != c.stale || h.src.asked != c.sent {
				t.Errorf("%d agents were sent for two starts, want %d; the cached one ended by itself: %v, want %v", h.src.asked, c.sent, stale, c.stale)
			}
			if _, err := os.Stat(filepath.Join(h.bases[0], "taken")); err == nil {
				t.Error("what another user had written was executed")
			}
			if _, err := os.Stat(filepath.Join(h.bases[1], "mitoplan-0")); (err == nil) != (c.base == 1) {
				t.Errorf("an agent is in the second base: %v, want base %d", err == nil, c.base)
			}
			sent := h.src.asked
			if h.start(c.again); h.src.asked != sent {
				t.Error("the third start sent an agent once more")
			}
		})
	}
}

// TestAgentsWithoutASeal: where nothing can be known from a time, ls tells.
func TestAgentsWithoutASeal(t *testing.T) {
	h := newSealedHost(t, false)
	for range 2 {
		h.start(withoutProc)
	}
	assertSealed(t, h.file(), false)
	if h.src.asked != 1 {
		t.Errorf("%d agents were sent for two starts, want 1", h.src.asked)
	}
	chmod(t, h.dir(), 0o777)
	if h.start(withoutProc); h.src.asked != 2 {
		t.Errorf("an agent was taken from a directory that others may write to")
	}
}

// TestSealedDescriptor: an agent does not keep the descriptor that it was executed
// through, whichever shell did that.
func TestSealedDescriptor(t *testing.T) {
	for _, shell := range []string{"dash", "bash", "mksh", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			h := newSealedHost(t, true)
			h.shell, h.env = shell, []string{"MODE=program descriptors"}
			h.start(unchanged)
			out, stale := h.start(unchanged)
			if h.src.asked != 1 || stale || out != "0 of "+sealedProgram+"\nframes\n" {
				t.Errorf("the cached agent has its program open %q times (%d were sent), want 0", out, h.src.asked)
			}
		})
	}
}

func assertSealed(t *testing.T, file string, want bool) {
	t.Helper()
	st, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	mode := map[bool]os.FileMode{true: 0o700 | os.ModeSticky, false: 0o700}[want]
	if (st.ModTime().Unix() == 0) != want || st.Mode() != mode {
		t.Errorf("the agent has the mode %v and was changed at %v; sealed is to be %v", st.Mode(), st.ModTime(), want)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func chown(t *testing.T, path string) {
	t.Helper()
	if err := os.Chown(path, 4711, 4711); err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, path string) {
	t.Helper()
	if err := os.Chtimes(path, time.Now(), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
}
