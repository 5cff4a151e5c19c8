package connect

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/kind"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
}

// TestBases holds in which directories an agent is kept: only in those where nobody
// else can exchange it between the look at it and its start.
func TestBases(t *testing.T) {
	needRoot(t)
	const other = 4711
	for _, c := range []struct {
		name string
		mode os.FileMode
		uid  int
		fits bool
	}{
		{"own", 0o755, 0, true},
		{"own, private", 0o700, 0, true},
		{"own, of a group that may read", 0o750, 0, true},
		{"own, setgid", 0o755 | os.ModeSetgid, 0, true},
		{"own, for all, sticky", 0o777 | os.ModeSticky, 0, true},
		{"own, for all, not sticky", 0o777, 0, false},
		{"own, for a group", 0o775, 0, false},
		{"own, for a group, sticky", 0o775 | os.ModeSticky, 0, true},
		{"own, others may write", 0o757, 0, false},
		{"of another user", 0o755, other, false},
		{"of another user, for all, sticky", 0o777 | os.ModeSticky, other, false},
	} {
		for _, linked := range []bool{false, true} {
			t.Run(c.name+map[bool]string{true: ", through a link"}[linked], func(t *testing.T) {
				base := filepath.Join(t.TempDir(), "the base's $x")
				if err := os.Mkdir(base, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Chown(base, c.uid, 0); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(base, c.mode); err != nil {
					t.Fatal(err)
				}
				if linked {
					link := filepath.Join(t.TempDir(), "link")
					if err := os.Symlink(base, link); err != nil {
						t.Fatal(err)
					}
					base = link
				}
				src := &source{content: fakeAgent, known: true}
				start := func() *shellRun {
					return runLine(t, "sh", nil, NewBootstrap(testStart(src), Common{AgentDirs: []string{base}}))
				}
				if !c.fits {
					p := wantCode(t, start().err, "agent_no_directory")
					if !strings.Contains(p.Detail, "\n  "+base+" can be changed by others") {
						t.Errorf("the problem does not say that others can change %s: %s", base, p.Detail)
					}
					assertHolds(t, base, nil)
					return
				}
				for range 2 {
					if s := start(); s.err != nil {
						t.Fatal(s.err, s.words.String())
					}
				}
				if src.asked != 1 {
					t.Errorf("%d images were sent for two starts, want 1", src.asked)
				}
			})
		}
	}
}

// TestCachedInBadBase: an agent was cached in a base directory, and others may
// write there since. It is not executed from there.
func TestCachedInBadBase(t *testing.T) {
	needRoot(t)
	bases := []string{t.TempDir(), t.TempDir()}
	src := &source{content: fakeAgent, known: true}
	b := NewBootstrap(testStart(src), Common{AgentDirs: bases})
	if s := runLine(t, "sh", nil, b); s.err != nil {
		t.Fatal(s.err)
	}
	// This agent is a script, and sees no mode: see TestSealedAgents for those that do.
	if err := hostcache.Unseal(filepath.Join(bases[0], "mitoplan-0", agentName(sha256.Sum256([]byte(fakeAgent))))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(bases[0], 0o777); err != nil {
		t.Fatal(err)
	}
	if s := runLine(t, "sh", nil, b); s.err != nil || src.asked != 2 {
		t.Fatalf("%d images, %v", src.asked, s.err)
	}
	assertCache(t, bases[1])
}

// TestWhyNoDirectory holds that the reason is told for each directory.
func TestWhyNoDirectory(t *testing.T) {
	needRoot(t)
	mounted := func(flags uintptr, data string) string {
		dir := t.TempDir()
		if err := unix.Mount("test", dir, "tmpfs", flags, data); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
		return dir
	}
	id := strconv.Itoa(os.Getuid())
	inodes := mounted(0, "mode=755,nr_inodes=1")
	full := mounted(0, "mode=755,size=8k")
	if err := os.WriteFile(filepath.Join(full, "filler"), make([]byte, 8<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly := mounted(unix.MS_RDONLY, "mode=755")
	noexec := mounted(unix.MS_NOEXEC, "mode=755")
	missing := filepath.Join(t.TempDir(), "missing")
	open := t.TempDir()
	if err := os.Mkdir(filepath.Join(open, "mitoplan-"+id), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(open, "mitoplan-"+id), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"dash", "bash", "busybox"} {
		for _, c := range []struct{ name, dir, code, says string }{
			{"full", full, "agent_disk_full", full + ": cat: write error: No space left on device"},
			{"without inodes", inodes, "agent_disk_full", "No space left on device"},
			{"read only", readOnly, "agent_no_directory", "Read-only file system"},
			{"noexec", noexec, "agent_no_directory", noexec + " is mounted noexec"},
			{"missing", missing, "agent_no_directory", missing + " does not exist"},
			{"with an open directory", open, "agent_no_directory", open + " holds a directory for agents that is a link"},
		} {
			t.Run(c.name+" for "+shell, func(t *testing.T) {
				s := runLine(t, shell, nil, NewBootstrap(testStart(&source{content: fakeAgent + strings.Repeat("#", 64<<10)}), Common{AgentDirs: []string{c.dir}}))
				p := wantCode(t, s.err, kind.Code(c.code))
				if !strings.Contains(p.Detail, c.says) || p.Attr != "agent_dirs" {
					t.Errorf("%s: %s", p.Attr, p.Detail)
				}
			})
		}
	}
	t.Run("all of them", func(t *testing.T) {
		s := runLine(t, "sh", nil, NewBootstrap(testStart(&source{content: fakeAgent + strings.Repeat("#", 64<<10)}), Common{AgentDirs: []string{missing, noexec, readOnly, full}}))
		p := wantCode(t, s.err, "agent_disk_full")
		if n := strings.Count(p.Detail, "\n  "); n != 4 {
			t.Errorf("%d reasons are told, want 4: %s", n, p.Detail)
		}
	})
	t.Run("the next one has room", func(t *testing.T) {
		dir := t.TempDir()
		s := runLine(t, "sh", nil, NewBootstrap(testStart(&source{content: fakeAgent + strings.Repeat("#", 64<<10)}), Common{AgentDirs: []string{full, readOnly, dir}}))
		if s.err != nil {
			t.Error(s.err)
		}
	})
}

// TestNotes holds what is shown of the reasons that a host sends, whatever it puts
// in them.
func TestNotes(t *testing.T) {
	for line, want := range map[string]string{
		"write /x: gzip: stdout: Disk quota exceeded": "/x: gzip: stdout: Disk quota exceeded",
		"noexec /x":              "/x is mounted noexec: nothing in it can be executed",
		"unheard of /x":          "of /x",
		"write /x: \x1b[2Jred\a": "/x: red",
		"":                       "",
	} {
		if got := noteOf(line).String(); got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
	}
	for text, want := range map[string]bool{
		"/x: gzip: stdout: No space left on device": true, "/x: Disk quota exceeded": true, "/x: Quota exceeded": true,
		"/x: Read-only file system": false, "": false,
	} {
		if (note{"write", text}).full() != want {
			t.Errorf("that %q means a full disk is not %v", text, want)
		}
	}
}
