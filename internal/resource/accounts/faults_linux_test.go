package accounts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestWhereAccountsCannotBeChanged runs real programs for accounts on an /etc that is full,
// read-only, immutable or locked.
func TestWhereAccountsCannotBeChanged(t *testing.T) {
	onStage(t, "TestWhereAccountsCannotBeChanged", func(t *testing.T, s stage) {
		t.Run("full", func(t *testing.T) { s.fullDisk(t) })
		t.Run("read-only", func(t *testing.T) { s.readOnly(t) })
		t.Run("immutable", func(t *testing.T) { s.immutable(t) })
		t.Run("mounted by itself", func(t *testing.T) { s.mountedByItself(t) })
		t.Run("locked for a while", func(t *testing.T) { s.lockedForAWhile(t) })
		t.Run("locked by a file", func(t *testing.T) { s.lockedByAFile(t) })
		t.Run("another language", func(t *testing.T) { s.anotherLanguage(t) })
	})
}

// changesOfAccounts are blocks of each kind that make, change and remove.
func changesOfAccounts() []step {
	return []step{
		{Kind: "group", Args: args{"name": "app"}},
		{Kind: "group", Args: args{"name": "dev", "gid": 1601}},
		{Kind: "group", Args: args{"name": "left", "state": "absent"}},
		{Kind: "user", Args: args{"name": "app", "create_home": false}},
		{Kind: "user", Args: args{"name": "old", "comment": text("Older")}},
		{Kind: "user", Args: args{"name": "stray", "state": "absent"}},
	}
}

// ownEtc mounts a file system of 1 MB over /etc, until the end of the test.
func (s stage) ownEtc(t *testing.T) testDir {
	root := testDir{Path: "/"}
	root.Tmpfs(t, "etc")
	for _, keep := range []string{"ld.so.cache", "ld.so.conf", "pam.d", "security"} {
		if from := filepath.Join(s.path, "etc", keep); exec.Command("test", "-e", from).Run() == nil {
			must(t, exec.Command("cp", "-a", from, "/etc/"+keep).Run())
		}
	}
	s.setup(t)
	return root
}

// refusesAll holds that each change is a problem of the name while planning, and that nothing
// is written.
func (s stage) refusesAll(t *testing.T, code kind.Code, words string) {
	t.Helper()
	before := s.snapshot(t, true)
	for _, st := range changesOfAccounts() {
		resourcetest.Problem(t, st.Kind, st.Args, "name", code)
		_, err := check(t, newService(), "p", st)
		if p := asProblem(err); p == nil || !strings.Contains(p.Detail, words) || strings.Contains(p.Detail, "in_place") || strings.Contains(p.Detail, "/sys") {
			t.Errorf("%s %v: the problem does not say %q, or something else: %v", st.Kind, st.Args, words, err)
		}
	}
	if after := s.snapshot(t, true); len(after) != len(before) {
		t.Errorf("something was written:\n%v\n%v", before, after)
	}
}

// fullDisk: the program's words say that no space is left. Nothing is changed or left over,
// and with space again the same apply does it.
func (s stage) fullDisk(t *testing.T) {
	s.ownEtc(t)
	for _, st := range changesOfAccounts() {
		s.setup(t)
		before := resourcetest.Tree(t, "/etc", false)
		filled, err := os.Create("/etc/filler")
		must(t, err)
		for block := make([]byte, 4096); err == nil; {
			_, err = filled.Write(block)
		}
		must(t, filled.Close())
		err = apply(t, newService(), st.Kind, st.Args)
		if p := asProblem(err); p == nil || p.Code != kind.CodeAccountsLocked || !strings.Contains(p.Said, "No space left on device") {
			t.Errorf("%s %v: got %v, want that no space is left", st.Kind, st.Args, err)
		}
		must(t, os.Remove("/etc/filler"))
		after := resourcetest.Tree(t, "/etc", false)
		for name, is := range after {
			if was, there := before[name]; was != is && filepath.Base(name) != ".pwd.lock" {
				t.Errorf("%s %v: %s is %q, and was %q, %v", st.Kind, st.Args, name, is, was, there)
			}
		}
		must(t, apply(t, newService(), st.Kind, st.Args))
	}
}

// readOnly: that nothing can be written is told while planning.
func (s stage) readOnly(t *testing.T) {
	s.ownEtc(t).MakeReadOnly(t, "etc")
	s.refusesAll(t, kind.CodeReadOnly, "read-only")
}

// immutable: so is that the files, or their directory, have the immutable attribute, as on
// hardened hosts.
func (s stage) immutable(t *testing.T) {
	s.setup(t)
	for _, names := range [][]string{{"/etc/passwd", "/etc/group"}, {"/etc/shadow", "/etc/gshadow"}, {"/etc"}} {
		if err := exec.Command("chattr", append([]string{"+i"}, names...)...).Run(); err != nil {
			t.Skip("this file system has no immutable files")
		}
		s.refusesAll(t, kind.CodeImmutable, "chattr -i")
		must(t, exec.Command("chattr", append([]string{"-i"}, names...)...).Run())
	}
}

// mountedByItself: a file over which another is mounted, as in containers, cannot be replaced.
func (s stage) mountedByItself(t *testing.T) {
	s.setup(t)
	other := t.TempDir()
	for _, name := range []string{"passwd", "group"} {
		must(t, os.WriteFile(filepath.Join(other, name), []byte(files[name]), 0o644))
		resourcetest.Mount(t, filepath.Join(other, name), "/etc/"+name, "", unix.MS_BIND, "")
	}
	s.refusesAll(t, kind.CodeBusy, "mount point")
}

// lockedForAWhile: another program holds the lock of all accounts. The change waits for it,
// and is made when the lock is released.
func (s stage) lockedForAWhile(t *testing.T) {
	for _, st := range changesOfAccounts() {
		s.setup(t)
		lock, err := os.OpenFile("/etc/.pwd.lock", os.O_CREATE|os.O_WRONLY, 0o600)
		must(t, err)
		must(t, unix.FcntlFlock(lock.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
		done := make(chan error, 1)
		go func() { done <- apply(t, newService(), st.Kind, st.Args) }()
		for deadline := time.Now().Add(10 * time.Second); !waitsForALock(t); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s %v: no program waits for the lock", st.Kind, st.Args)
				break
			}
		}
		select {
		case err := <-done:
			t.Errorf("%s %v: it did not wait: %v", st.Kind, st.Args, err)
			done <- nil
		default:
		}
		must(t, lock.Close())
		must(t, <-done)
	}
}

// waitsForALock reports whether a child of this process waits for a lock of this kind: in
// /proc/locks a line with an arrow is that of a waiter.
func waitsForALock(t *testing.T) bool {
	b, err := os.ReadFile("/proc/locks")
	must(t, err)
	var st syscall.Stat_t
	must(t, syscall.Stat("/etc/.pwd.lock", &st))
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) > 6 && f[1] == "->" && strings.HasSuffix(f[6], ":"+strconv.FormatUint(st.Ino, 10)) {
			return true
		}
	}
	return false
}

// lockedByAFile: a lock file without a process, as a program that was killed leaves it, is told
// in the words of the program.
func (s stage) lockedByAFile(t *testing.T) {
	for _, name := range []string{"group", "passwd"} {
		s.setup(t)
		must(t, os.WriteFile("/etc/"+name+".lock", nil, 0o600))
		for _, st := range changesOfAccounts() {
			if (st.Kind == "group") != (name == "group") || st.Args["state"] == "absent" {
				continue
			}
			err := apply(t, newService(), st.Kind, st.Args)
			if p := asProblem(err); p == nil || p.Code != kind.CodeAccountsLocked || p.Attr != "name" || !strings.Contains(p.Said, "/etc/"+name+".lock") {
				t.Errorf("%s %v: got %v, want that %s.lock is in the way", st.Kind, st.Args, err, name)
			}
		}
	}
	s.setup(t)
}

// anotherLanguage: whatever language the machine speaks, programs are asked in C.
func (s stage) anotherLanguage(t *testing.T) {
	s.setup(t)
	bin := t.TempDir()
	for _, program := range []string{"groupadd", "groupmod", "groupdel", "useradd", "usermod", "userdel"} {
		must(t, os.WriteFile(bin+"/"+program, []byte("#!/bin/sh\n[ \"$LC_ALL\" = C ] || exit 99\nPATH=/usr/sbin:/sbin:/usr/bin:/bin exec "+program+" \"$@\"\n"), 0o755))
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	t.Setenv("LANGUAGE", "de")
	for _, st := range changesOfAccounts() {
		s.setup(t)
		must(t, apply(t, newService(), st.Kind, st.Args))
		if c := mustCheck(t, newService(), "p", st); c.Op != resource.NoOp {
			t.Errorf("%s %v: the second plan says %s", st.Kind, st.Args, c.Op)
		}
	}
}
