//go:build linux

package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// keptRow is a file of known hosts, and what comes of a login with either client for each value
// of host_key_check: a code, or "" for a login.
type keptRow struct {
	name string
	// file makes the file, and returns its path.
	file           func(t *testing.T, l *loginLab) string
	port           string // a profile of sshd, "" for the usual one
	strict, accept kind.Code
	ofProgram      kind.Code // in the place of strict, of the ssh program
	keeps          bool      // the file has the key after a login with accept_new
	says           string    // by both clients, if the file cannot be written
}

// inFile makes a file with these lines.
func inFile(lines ...string) func(*testing.T, *loginLab) string {
	return func(t *testing.T, l *loginLab) string {
		text := ""
		if len(lines) > 0 {
			text = l.replacer.Replace(strings.Join(lines, "\n")) + "\n"
		}
		return writeFile(t, "known", text)
	}
}

// onDisk makes a disk of its own that holds the file known, with the lines of shell that are
// run there before. It ends with the test, whatever becomes of that.
func onDisk(script string) func(*testing.T, *loginLab) string {
	return func(t *testing.T, _ *loginLab) string {
		cmd := exec.Command("unshare", "-m", "--propagation", "private", "sh", "-ec",
			"mount -t tmpfs -o size=16k none /mnt; cd /mnt\n"+script+"\necho made; cd /; exec cat")
		in, err := cmd.StdinPipe()
		out, err2 := cmd.StdoutPipe()
		if err = errors.Join(err, err2, cmd.Start()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "made\n" {
			t.Fatalf("the disk says %q (%v)", line, err)
		}
		return fmt.Sprintf("/proc/%d/root/mnt/known", cmd.Process.Pid)
	}
}

// fullWithinALine leaves room for the beginning of a line.
const fullWithinALine = `head -c 4080 /dev/zero | tr '\0' '#' >known; echo >>known; cat /dev/zero >filler 2>/dev/null || :`

var keptRows = []keptRow{
	{name: "missing", file: func(t *testing.T, _ *loginLab) string { return filepath.Join(t.TempDir(), "known") },
		strict: kind.CodeSSHHostKeyUnknown, keeps: true},
	{name: "in a directory that is missing", file: func(t *testing.T, _ *loginLab) string { return filepath.Join(t.TempDir(), "a", "b", "known") },
		strict: kind.CodeSSHHostKeyUnknown, keeps: true},
	{name: "empty", file: inFile(), strict: kind.CodeSSHHostKeyUnknown, keeps: true},
	{name: "known", file: inFile("{addr} {host:ssh-ed25519}"), keeps: true},
	{name: "known, hashed", keeps: true, file: func(t *testing.T, l *loginLab) string {
		file := inFile("{addr} {host:ssh-ed25519}")(t, l)
		shellIn(t, filepath.Dir(file), "ssh-keygen -q -H -f known")
		return file
	}},
	{name: "known to another host alone", file: inFile("other.example {host:ssh-ed25519}"), strict: kind.CodeSSHHostKeyUnknown, keeps: true},
	{name: "another key", file: inFile("{addr} {stranger.pub}"), strict: kind.CodeSSHHostKeyChanged, accept: kind.CodeSSHHostKeyChanged},
	{name: "revoked", file: inFile("{addr} {host:ssh-ed25519}", "@revoked * {host:ssh-ed25519}"), strict: kind.CodeSSHHostKeyRevoked, accept: kind.CodeSSHHostKeyRevoked},
	{name: "authority", port: "certs", file: inFile("@cert-authority * {host_ca.pub}")},
	{name: "another authority", port: "certs", file: inFile("@cert-authority * {user_ca.pub}"), strict: kind.CodeSSHHostCAUnknown, ofProgram: kind.CodeSSHHostKeyUnknown, keeps: true},
	{name: "no directory can be made", file: func(*testing.T, *loginLab) string { return "/proc/mitoplan/known" },
		strict: kind.CodeSSHHostKeyUnknown, accept: kind.CodeSSHKnownHosts, says: "/proc/mitoplan"},
	{name: "below a file", file: func(t *testing.T, _ *loginLab) string { return filepath.Join(writeFile(t, "file", ""), "known") },
		strict: kind.CodeSSHKnownHosts, accept: kind.CodeSSHKnownHosts, says: "not a directory"},
	{name: "a directory", file: func(t *testing.T, _ *loginLab) string { return t.TempDir() },
		strict: kind.CodeSSHKnownHosts, accept: kind.CodeSSHKnownHosts, says: "is not a regular file"},
	{name: "read-only", file: onDisk(": >known; mount -o remount,ro /mnt"),
		strict: kind.CodeSSHHostKeyUnknown, accept: kind.CodeSSHKnownHosts, says: "read-only file system"},
	{name: "missing on a disk that is read-only", file: onDisk("mount -o remount,ro /mnt"),
		strict: kind.CodeSSHHostKeyUnknown, accept: kind.CodeSSHKnownHosts, says: "read-only file system"},
	{name: "a write that fails", file: onDisk("touch known; mount --bind /proc/version known"),
		strict: kind.CodeSSHHostKeyUnknown, accept: kind.CodeSSHKnownHosts, says: "ssh-ed25519"},
	{name: "full disk", file: onDisk(": >known; cat /dev/zero >filler 2>/dev/null || :"),
		strict: kind.CodeSSHHostKeyUnknown, accept: kind.CodeSSHKnownHosts, says: "no space left on device"},
	{name: "full disk, within a line", file: onDisk(fullWithinALine),
		strict: kind.CodeSSHHostKeyUnknown, accept: kind.CodeSSHKnownHosts, says: "no space left on device"},
}

// Whatever is with the file of known hosts, the ssh program and mitoplan itself come to the
// same: a login, or a problem of the same code that names the file and what is wrong. The key of
// a new host is remembered by then, or the host is refused.
func TestBothClientsKeepHostKeys(t *testing.T) {
	l := newLoginLab(t)
	for _, row := range keptRows {
		t.Run(row.name, func(t *testing.T) {
			for check, want := range map[string]kind.Code{checkStrict: row.strict, checkAcceptNew: row.accept, checkOff: ""} {
				for _, client := range []string{clientNative, clientOpenSSH} {
					t.Run(check+" "+client, func(t *testing.T) { row.play(t, l, check, client, want) })
				}
			}
		})
	}
	l.AssertNoAgents(t)
}

func (row keptRow) play(t *testing.T, l *loginLab, check, client string, want kind.Code) {
	k := byOpenSSH(t, l.For(t), 1, "Host *\n HashKnownHosts no\n")
	k.Client, k.KnownHosts, k.HostKeyCheck = client, row.file(t, l), check
	if row.port != "" {
		_, err := fmt.Sscan(l.ports[row.port], &k.Port)
		if err != nil {
			t.Fatal(err)
		}
		k.IdentityFile, k.Certificate = filepath.Join(l.dir, "ed"), filepath.Join(l.dir, "certificate")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	link, err := k.Start(ctx, start())
	if err == nil {
		link.Close()
		link.Wait()
	}
	if client == clientOpenSSH && check == checkStrict && row.ofProgram != "" {
		want = row.ofProgram
	}
	switch {
	case want == "" && err != nil:
		t.Errorf("it is not logged in to: %v", err)
	case want == kind.CodeSSHKnownHosts:
		p := wantCode(t, err, want, row.says, k.KnownHosts)
		if content, _ := os.ReadFile(k.KnownHosts); client == clientNative && len(content) > 0 && !strings.HasSuffix(string(content), "\n") {
			t.Errorf("the file ends with a part of a line: %q", content[max(0, len(content)-100):])
		}
		if p.Attr != "known_hosts" {
			t.Errorf("%q is to blame: %v", p.Attr, p)
		}
	case want != "":
		wantCode(t, err, want)
	case row.keeps && check == checkAcceptNew:
		k.Client, k.HostKeyCheck = clientNative, checkStrict
		if _, err := logIn(t, k); err != nil {
			content, _ := os.ReadFile(k.KnownHosts)
			t.Errorf("the key is not remembered: %v\n%s", err, content)
		}
	}
	leavesNone(t, k)
}

// If the configuration of the ssh program has it accept new hosts, and not an argument, the
// login goes on as the program does. That the key was not remembered is a warning.
func TestOpenSSHWarnsOfAKeyThatIsNotKept(t *testing.T) {
	for check, refuses := range map[string]bool{checkAcceptNew: true, "": false} {
		var warned []kind.Problem
		s := start()
		s.Warn = func(p kind.Problem) { warned = append(warned, p) }
		var gaveUp error
		p := &programProgress{start: s, target: "web", args: SSH{Host: "web", KnownHosts: "/proc/mitoplan/known", HostKeyCheck: check}, giveUp: func(err error) { gaveUp = err }}
		p.hear("OpenSSH_9.2p1 Debian-2")
		p.hear("Failed to add the host to the list of known hosts (/of/a/ProxyCommand).")
		if gaveUp != nil || len(warned) > 0 {
			t.Errorf("before the host has shown a key, %v and %v are told", gaveUp, warned)
		}
		p.hear("debug1: Server host key: ssh-ed25519 SHA256:x")
		p.hear("Failed to add the host to the list of known hosts (/proc/mitoplan/known).")
		if (gaveUp != nil) != refuses || (len(warned) == 1) == refuses {
			t.Errorf("with %q, it is given up for %v, with the warnings %v", check, gaveUp, warned)
		}
	}
}
