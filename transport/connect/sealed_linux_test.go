package connect

import (
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
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

// linkTo puts a link in the place of the cached agent.
func (h *sealedHost) linkTo(to string) {
	h.t.Helper()
	if err := errors.Join(os.Remove(h.file()), os.Symlink(to, h.file())); err != nil {
		h.t.Fatal(err)
	}
}

// old is a program of the user that is older than sh, and executes what it is given.
func (h *sealedHost) old() string {
	h.t.Helper()
	old := filepath.Join(h.t.TempDir(), "old")
	if err := errors.Join(os.WriteFile(old, []byte("#!/bin/sh\nexec touch "+h.bases[0]+"/taken\n"), 0o755), os.Chtimes(old, time.Time{}, time.Unix(0, 0))); err != nil {
		h.t.Fatal(err)
	}
	return old
}

// pipe is a pipe of the user that nobody writes to.
func (h *sealedHost) pipe() string {
	h.t.Helper()
	pipe := filepath.Join(h.bases[0], "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return pipe
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
		{name: "others may read it", change: func(t *testing.T, h *sealedHost) { chmod(t, h.file(), 0o755|os.ModeSticky) }, sent: 1},
		{name: "others may write to it", change: func(t *testing.T, h *sealedHost) { chmod(t, h.file(), 0o722|os.ModeSticky) }, sent: 2, stale: true},
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
		{name: "it was open, written to, and closed, with other modes", change: func(t *testing.T, h *sealedHost) {
			if err := os.WriteFile(h.file(), []byte("#!/bin/sh\nexec touch "+h.bases[0]+"/taken\n"), 0); err != nil {
				t.Fatal(err)
			}
			chmod(t, h.file(), 0o777)
			chmod(t, h.file(), 0o700)
		}, sent: 2},
		{name: "it belongs to another user", change: func(t *testing.T, h *sealedHost) { chown(t, h.file()); sealAgent(t, h.file()) }, sent: 2},
		{name: "it is a link to an old program", change: func(t *testing.T, h *sealedHost) { h.linkTo(h.old()) }, sent: 2},
		{name: "it is a link to a pipe", change: func(t *testing.T, h *sealedHost) { h.linkTo(h.pipe()) }, sent: 2},
		{name: "it is a link to a directory", change: func(t *testing.T, h *sealedHost) { h.linkTo(t.TempDir()) }, sent: 2},
		{name: "it is a pipe", change: func(t *testing.T, h *sealedHost) {
			if err := os.Rename(h.pipe(), h.file()); err != nil {
				t.Fatal(err)
			}
		}, sent: 2},
		{name: "it is a directory", change: func(t *testing.T, h *sealedHost) {
			if err := errors.Join(os.Remove(h.file()), os.MkdirAll(h.file()+"/below", 0o700)); err != nil {
				t.Fatal(err)
			}
		}, sent: 2},
		{name: "its directory is another user's, with an old program", change: func(t *testing.T, h *sealedHost) { h.linkTo(h.old()); chown(t, h.dir()) }, sent: 2, base: 1},
		{name: "its directory is another user's, with a pipe", change: func(t *testing.T, h *sealedHost) { h.linkTo(h.pipe()); chown(t, h.dir()) }, sent: 2, base: 1},
		{name: "its directory is another user's link to one of the user's", change: func(t *testing.T, h *sealedHost) {
			other := filepath.Join(t.TempDir(), "of the user")
			h.linkTo(h.old())
			if err := errors.Join(os.Rename(h.dir(), other), os.Symlink(other, h.dir()), os.Lchown(h.dir(), 4711, 4711)); err != nil {
				t.Fatal(err)
			}
		}, sent: 2, base: 1},
		{name: "what tells noexec is a link to another user's program", change: func(t *testing.T, h *sealedHost) {
			evil := filepath.Join(t.TempDir(), "evil")
			x := filepath.Join(h.dir(), "x")
			if err := errors.Join(os.Remove(h.file()), os.Remove(x), os.WriteFile(evil, []byte("#!/bin/sh\nexec touch "+h.bases[0]+"/taken\n"), 0o700), os.Symlink(evil, x)); err != nil {
				t.Fatal(err)
			}
			chown(t, evil)
		}, sent: 2},
		{name: "what tells noexec was written to", change: func(t *testing.T, h *sealedHost) {
			if err := errors.Join(os.Remove(h.file()), os.WriteFile(filepath.Join(h.dir(), "x"), []byte("#!/bin/sh\nexec touch "+h.bases[0]+"/taken\n"), 0o700)); err != nil {
				t.Fatal(err)
			}
		}, sent: 2},
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
		{name: "it is not sealed, and another one", change: func(t *testing.T, h *sealedHost) {
			if err := os.WriteFile(h.file(), []byte(h.src.content+"# changed\n"), 0); err != nil {
				t.Fatal(err)
			}
			chmod(t, h.file(), 0o700)
		}, sent: 2},
		{name: "/proc is not mounted any more", change: func(*testing.T, *sealedHost) {}, again: withoutProc, sent: 1},
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

// TestReadOnlyOpenCache: where an agent cannot take its seal away, it is not sent again at
// every start.
func TestReadOnlyOpenCache(t *testing.T) {
	h := newSealedHost(t, true)
	h.start(unchanged)
	if err := syscall.Mount(h.bases[0], h.bases[0], "", syscall.MS_BIND, ""); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(h.bases[0], syscall.MNT_DETACH) })
	chmod(t, h.dir(), 0o777)
	if err := syscall.Mount("", h.bases[0], "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, stale := h.start(unchanged); stale || h.src.asked != 1 {
		t.Errorf("%d agents were sent for two starts, want 1; the cached one ended by itself: %v", h.src.asked, stale)
	}
}
