//go:build linux

package lab

import (
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// shells are login shells that users have in practice, by short name.
var shells = []struct{ name, program, pkg string }{
	{"bash", "/bin/bash", "bash"},
	{"dash", "/bin/dash", "dash"},
	{"zsh", "/bin/zsh", "zsh"},
	{"fish", "/usr/bin/fish", "fish"},
	{"tcsh", "/bin/tcsh", "tcsh"},
	{"busybox", "/bin/busybox", "busybox"},
}

// Shells are the short names of the login shells that SetShell knows.
func Shells() []string {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return names
}

// SetShell changes the login shell of a user on host i. It skips the test if the
// machine does not have that shell.
func (l *Lab) SetShell(i int, user, shell string) {
	l.t.Helper()
	for _, s := range shells {
		if s.name != shell {
			continue
		}
		if _, err := os.Stat(s.program); err != nil {
			l.t.Skipf("%s is missing (Debian package %s)", s.program, s.pkg)
		}
		program := s.program
		if shell == "busybox" { // is the shell by the name it is called
			program = "/bin/ash"
			l.Exec(i, "ln", "-sf", s.program, program)
		}
		l.setAccountField(i, user, 6, program)
		return
	}
	l.t.Fatalf("lab: unknown shell %q", shell)
}

// setAccountField changes one field of a user's line in /etc/passwd.
func (l *Lab) setAccountField(i int, user string, field int, value string) {
	l.t.Helper()
	var b strings.Builder
	for line := range strings.Lines(l.ReadFile(i, "/etc/passwd")) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if f[0] == user {
			f[field] = value
		}
		b.WriteString(strings.Join(f, ":") + "\n")
	}
	l.WriteFile(i, "/etc/passwd", b.String(), 0o644)
}

// Home is a user's home directory on host i.
func (l *Lab) Home(i int, user string) string {
	l.t.Helper()
	for line := range strings.Lines(l.ReadFile(i, "/etc/passwd")) {
		if f := strings.Split(line, ":"); f[0] == user {
			return f[5]
		}
	}
	l.t.Fatalf("lab: %s has no user %s", l.Name(i), user)
	return ""
}

// SetBanner makes a user's start-up files, of every shell, print a text, and
// some of it without a newline at the end.
func (l *Lab) SetBanner(i int, user, text string) {
	l.t.Helper()
	home := l.Home(i, user)
	script := fmt.Sprintf("printf '%%s\\n' %s\nprintf '%%s' 'no newline '\n", quote(text))
	for _, name := range []string{".profile", ".bash_profile", ".bashrc", ".zshenv", ".cshrc", ".tcshrc", ".login", ".config/fish/config.fish"} {
		file := path.Join(home, name)
		l.Exec(i, "mkdir", "-p", path.Dir(file))
		l.WriteFile(i, file, script, 0o644)
	}
	l.Exec(i, "chown", "-R", user+":", home)
}

// quote quotes a text for sh, csh and fish. The text must have no quotes, backslashes
// or exclamation marks.
func quote(s string) string { return "'" + s + "'" }

// MoveHome gives a user another home directory on host i, such as one with a space
// in its path.
func (l *Lab) MoveHome(i int, user, to string) {
	l.t.Helper()
	l.Exec(i, "mkdir", "-p", path.Dir(to))
	l.Exec(i, "mv", l.Home(i, user), to)
	l.setAccountField(i, user, 5, to)
}

// NoExecHome makes a user's home directory on host i one that no program can be
// started from.
func (l *Lab) NoExecHome(i int, user string) {
	l.t.Helper()
	l.mountHome(i, user, unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=16m")
}

// FullHome leaves no space in a user's home directory on host i.
func (l *Lab) FullHome(i int, user string) {
	l.t.Helper()
	l.mountHome(i, user, unix.MS_NOSUID|unix.MS_NODEV, "size=64k,nr_inodes=32")
	if _, err := l.Run(i, "sh", "-c", `cat /dev/zero > "$1/filler" 2>/dev/null; chown "$2:" "$1/filler"`, "sh", l.Home(i, user), user); err != nil {
		l.t.Fatalf("lab: filling the home of %s: %v", user, err)
	}
}

// mountHome mounts a memory file system at a user's home directory and copies what
// was there into it.
func (l *Lab) mountHome(i int, user string, flags uintptr, options string) {
	l.t.Helper()
	home := l.Home(i, user)
	l.Exec(i, "cp", "-a", home, home+".before")
	l.check(l.host(i).machine.do(func() error {
		return unix.Mount("home", home, "tmpfs", flags, "mode=755,"+options)
	}))
	l.Exec(i, "cp", "-a", home+".before/.", home)
	l.Exec(i, "chown", user+":", home)
	l.Exec(i, "rm", "-r", home+".before")
}

// SkewClock makes host i look as if its clock were off by d: the times of every file in
// the homes and temporary directories are moved, and date prints the moved time. The
// clock itself belongs to the whole machine, because the kernel has no namespace for
// it, and a statically linked program asks the kernel. So a test with SkewClock shows
// that times found on a host do not matter, but not what a wrong clock does inside a
// process.
func (l *Lab) SkewClock(i int, d time.Duration) {
	l.t.Helper()
	seconds := int64(d / time.Second)
	l.WriteFile(i, "/usr/local/bin/date", fmt.Sprintf("#!/bin/sh\nexec /bin/date -d \"@$(( $(/bin/date +%%s) + %d ))\" \"$@\"\n", seconds), 0o755)
	l.Exec(i, "sh", "-c", fmt.Sprintf(
		`find /home /root /tmp /var/tmp /dev/shm -exec touch -h -d "@$(( $(/bin/date +%%s) + %d ))" {} +`, seconds))
}
