//go:build linux

package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sshCommand is the ssh client on its way to a host, as a user.
func sshCommand(t *testing.T, l *Lab, user, host string, argv ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("the ssh program is missing (Debian package openssh-client)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	args := append([]string{"-F", l.SSHConfig(), "-o", "BatchMode=yes", "-l", user, host}, argv...)
	return exec.CommandContext(ctx, program, args...)
}

func sshOutput(t *testing.T, l *Lab, user, host string, argv ...string) string {
	t.Helper()
	cmd := sshCommand(t, l, user, host, argv...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ssh %s@%s %s: %v: %s", user, host, argv, err, errs.String())
	}
	return string(out)
}

func TestHostsAreSeparateMachines(t *testing.T) {
	t.Parallel()
	l := New(t, Options{Hosts: 2})
	for i, name := range []string{1: "h1", 2: "h2"} {
		if i == 0 {
			continue
		}
		if got := strings.TrimSpace(sshOutput(t, l, "deploy", name, "hostname; id -un; sudo id -un")); got != name+"\ndeploy\nroot" {
			t.Errorf("ssh %s says %q", name, got)
		}
	}
	l.WriteFile(1, "/etc/only-here", "one", 0o600)
	if _, err := l.Run(2, "cat", "/etc/only-here"); err == nil {
		t.Error("host 2 sees a file of host 1")
	}
	if _, err := os.Stat("/etc/only-here"); err == nil {
		t.Error("the machine sees a file of host 1")
	}
	for _, p := range l.Processes(1) {
		if strings.Contains(p.Cmdline, "lab.test") {
			t.Errorf("host 1 sees a process of the machine: %v", p)
		}
	}
}

// What is written to Disk is on the same disk as the machine's /var/tmp, and counts in
// what the host has received.
func TestDiskAndTraffic(t *testing.T) {
	t.Parallel()
	l := New(t, Options{Hosts: 2, OnDisk: true})
	cmd := sshCommand(t, l, "deploy", "h2", "cat >/disk/file")
	cmd.Stdin = io.LimitReader(rand.Reader, 100_000)
	before, _ := l.Traffic(2)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if after, _ := l.Traffic(2); after-before < 100_000 || after-before > 200_000 {
		t.Errorf("%d bytes have come to the host", after-before)
	}
	var there, here unix.Stat_t
	err := l.host(2).machine.do(func() error { return unix.Stat(Disk+"/file", &there) })
	if err = errors.Join(err, unix.Stat("/var/tmp", &here)); err != nil || there.Dev != here.Dev || there.Size != 100_000 {
		t.Errorf("the file has %d bytes on the device %d, want 100000 on %d (%v)", there.Size, there.Dev, here.Dev, err)
	}
	if _, err := l.Run(1, "stat", Disk+"/file"); err == nil {
		t.Error("host 1 has the file, too")
	}
}

func TestHostsSeeNothingOfOurs(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	home, _ := os.UserHomeDir()
	for _, dir := range []string{cwd, filepath.Join(home, "go"), l.Dir(), t.TempDir()} {
		if _, err := l.Run(1, "ls", dir); err == nil {
			t.Errorf("the host sees %s", dir)
		}
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	if out, err := sshCommand(t, l, "ops", "h1", "sudo -n id -un").CombinedOutput(); err == nil {
		t.Errorf("ops needs no sudo password: %s", out)
	}
	if got := sshOutput(t, l, "ops", "h1", "echo "+OpsPassword+" | sudo -S -p '' id -un"); got != "root\n" {
		t.Errorf("sudo of ops says %q", got)
	}
	if out, _ := sshCommand(t, l, "nosudo", "h1", "echo none | sudo -S -p '' id -un").CombinedOutput(); strings.Contains(string(out), "root") {
		t.Errorf("nosudo has sudo: %s", out)
	}
	for _, user := range []string{"app", "pwuser", "nobody-here"} {
		if out, err := sshCommand(t, l, user, "h1", "true").CombinedOutput(); err == nil || !strings.Contains(string(out), "Permission denied") {
			t.Errorf("%s logs in with the key: %v %s", user, err, out)
		}
	}
	if got := l.Exec(1, "su", "-s", "/bin/sh", "-c", "id -un", "app"); got != "app\n" {
		t.Errorf("su app says %q", got)
	}
}

func TestBastionIsTheOnlyWayIn(t *testing.T) {
	t.Parallel()
	l := New(t, Options{Hosts: 3, Bastion: true})
	if got := sshOutput(t, l, "deploy", "h3", "hostname"); got != "h3\n" {
		t.Errorf("through the bastion: %q", got)
	}
	c, err := net.DialTimeout("tcp", l.Addr(3)+":22", 5*time.Second)
	if err == nil {
		c.Close()
		t.Error("host 3 answers without the bastion")
	}
	if got := l.Exec(1, "find", "/home", "/root", "/etc/ssh", "-name", "id_*"); got != "" {
		t.Errorf("the bastion holds keys: %s", got)
	}
}

func TestNoForwarding(t *testing.T) {
	t.Parallel()
	l := New(t, Options{Hosts: 2, Bastion: true, NoForwarding: true})
	if out, err := sshCommand(t, l, "deploy", "h2", "true").CombinedOutput(); err == nil || !strings.Contains(string(out), "forwarding failed") {
		t.Errorf("the bastion forwards: %v %s", err, out)
	}
}

// A cut link is silent: the connection neither ends nor fails, and goes on when
// the link is healed.
func TestCutAndHeal(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	cmd := sshCommand(t, l, "deploy", "h1", "cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	echo := func(s string) string {
		in.Write([]byte(s))
		buf := make([]byte, len(s))
		io.ReadFull(out, buf)
		return string(buf)
	}
	if got := echo("before\n"); got != "before\n" {
		t.Fatalf("before the cut: %q", got)
	}
	l.CutLink(1)
	d := net.Dialer{Timeout: 500 * time.Millisecond}
	if c, err := d.Dial("tcp", l.Addr(1)+":22"); err == nil {
		c.Close()
		t.Error("a cut host answers")
	}
	l.HealLink(1)
	if got := echo("after\n"); got != "after\n" {
		t.Errorf("after healing: %q", got)
	}
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	l := New(t, Options{Hosts: 2})
	l.WriteFile(1, "/etc/kept", "yes", 0o644)
	l.Exec(1, "touch", "/run/lost")
	l.Stop(1)
	if _, err := l.Run(1, "true"); err == nil {
		t.Error("a host that is off runs commands")
	}
	if got := l.ReadFile(1, "/etc/kept"); got != "yes" {
		t.Errorf("the file reads %q while the host is off", got)
	}
	l.Start(1)
	if got := sshOutput(t, l, "deploy", "h1", "cat /etc/kept; ls /run/lost 2>/dev/null || echo gone"); got != "yesgone\n" {
		t.Errorf("after a reboot: %q", got)
	}
}

func TestChangedHostKeyIsRefused(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	l.ChangeHostKey(1)
	out, err := sshCommand(t, l, "deploy", "h1", "true").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Host key verification failed") {
		t.Errorf("ssh says %v: %s", err, out)
	}
}

func TestLoginShells(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	for _, shell := range Shells() {
		t.Run(shell, func(t *testing.T) {
			sub := l.For(t)
			sub.SetShell(1, "deploy", shell)
			sub.SetBanner(1, "deploy", "Welcome to "+shell)
			if got := sshOutput(t, l, "deploy", "h1", "echo it runs"); !strings.HasSuffix(got, "it runs\n") {
				t.Errorf("%s says %q", shell, got)
			}
		})
	}
}

func TestHomes(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	runs := func() bool {
		return sshCommand(t, l, "deploy", "h1", "cp /bin/true ~/t && ~/t").Run() == nil
	}
	if !runs() {
		t.Fatal("a program in the home does not run")
	}
	l.Exec(1, "rm", "/home/deploy/t")
	l.MoveHome(1, "deploy", "/home/a space")
	if got := sshOutput(t, l, "deploy", "h1", "pwd"); got != "/home/a space\n" {
		t.Errorf("the home is %q", got)
	}
	l.NoExecHome(1, "deploy")
	if runs() {
		t.Error("a program runs from a noexec home")
	}
	l.FullHome(1, "deploy")
	if err := sshCommand(t, l, "deploy", "h1", "echo x >~/more").Run(); err == nil {
		t.Error("a full home has space")
	}
	l.SkewClock(1, 365*24*time.Hour)
	if got := strings.TrimSpace(l.Exec(1, "date", "+%Y")); got == time.Now().UTC().Format("2006") {
		t.Errorf("the skewed clock says %s", got)
	}
}

// Labs at once do not meet, and hosts come up quickly.
func TestTwoLabs(t *testing.T) {
	t.Parallel()
	a, b := New(t, Options{Hosts: 2}), New(t, Options{Hosts: 10, Bastion: true})
	if a.Addr(1) == b.Addr(1) || a.Dir() == b.Dir() {
		t.Errorf("both labs are %s and %s", a.Addr(1), a.Dir())
	}
	if got := sshOutput(t, b, "deploy", "h10", "hostname"); got != "h10\n" {
		t.Errorf("host 10 of the second says %q", got)
	}
}

func TestAssertNoAgents(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	l.AssertNoAgents(t)
	l.Exec(1, "bash", "-c", "exec -a mitoplan:me sleep 60 >/dev/null 2>&1 &")
	// In the moment of its execve a process has no command line.
	found := l.Agents()
	for until := time.Now().Add(10 * time.Second); len(found) != 1 && time.Now().Before(until); {
		found = l.Agents()
	}
	if len(found) != 1 {
		t.Errorf("found %v", found)
	}
}

func TestEncryptedKey(t *testing.T) {
	t.Parallel()
	l := New(t, Options{})
	pem, err := os.ReadFile(l.EncryptedKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ssh.ParsePrivateKey(pem); err == nil {
		t.Error("the key needs no passphrase")
	}
	if _, err := ssh.ParsePrivateKeyWithPassphrase(pem, []byte(KeyPassphrase)); err != nil {
		t.Error(err)
	}
}
