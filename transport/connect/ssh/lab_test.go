//go:build linux

package ssh

import (
	"bufio"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
)

// on makes a context on host i of a lab, as a user.
func on(l *lab.Lab, i int, user string) SSH {
	off := false
	return SSH{Host: l.Addr(i), User: user, IdentityFile: l.Key(), KnownHosts: l.KnownHosts(), SSHConfig: "false", Agent: &off}
}

func TestRealHosts(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true})
	t.Run("login shells", func(t *testing.T) {
		for _, shell := range lab.Shells() {
			t.Run(shell, func(t *testing.T) {
				l := l.For(t)
				l.SetShell(1, "deploy", shell)
				l.SetBanner(1, "deploy", "Welcome to a noisy host")
				assertWorks(t, on(l, 1, "deploy"))
				assertWorks(t, on(l, 1, "deploy"))
			})
		}
	})
	t.Run("homes", func(t *testing.T) {
		l := l.For(t)
		l.MoveHome(1, "nosudo", "/home/with a space")
		assertWorks(t, on(l, 1, "nosudo"))
		assertWorks(t, on(l, 1, "ops"))
		l.NoExecHome(1, "ops") // with the agent that was cached there
		assertWorks(t, on(l, 1, "ops"))
		if left := l.Exec(1, "sh", "-c", "ls "+l.Home(1, "ops")+"/.cache/mitoplan-*/"); left != "x\n" {
			t.Errorf("a directory from which nothing can be executed holds %q", left)
		}
		l.SkewClock(1, -365*24*time.Hour)
		assertWorks(t, on(l, 1, "deploy"))
	})
	t.Run("a full home", func(t *testing.T) {
		l := l.For(t)
		l.FullHome(1, "deploy")
		l.Exec(1, "rm", "-rf", "/var/tmp/mitoplan-2001", l.Home(1, "deploy")+"/.cache")
		assertWorks(t, on(l, 1, "deploy"))
	})
	t.Run("passwords", func(t *testing.T) {
		k := on(l, 1, "pwuser")
		k.IdentityFile, k.Password = "", lab.LoginPassword
		assertWorks(t, k)
		k.Password = "wrong"
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_password_refused", "pwuser", l.Addr(1))
	})
	t.Run("refusals", func(t *testing.T) {
		k := on(l, 1, "deploy")
		k.IdentityFile = l.OtherKey()
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_key_refused", "deploy", "publickey", "SHA256:")
		_, err = on(l, 1, "ghost").Start(t.Context(), start())
		wantCode(t, err, "ssh_key_refused", "may not know the user ghost")
		k = on(l, 1, "deploy")
		k.Port = 9
		_, err = k.Start(t.Context(), start())
		wantCode(t, err, "ssh_refused", l.Addr(1)+" is up")
	})
	t.Run("through the bastion", func(t *testing.T) {
		before, err := on(l, 1, "deploy").Start(t.Context(), start())
		if err != nil {
			t.Fatal(err)
		}
		s := start()
		s.Dial = before.Dial
		far, err := on(l, 2, "deploy").Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(far.R).ReadString('\n'); !strings.HasPrefix(line, hello) {
			t.Errorf("agent said %q", line)
		}
		far.Close()
		far.Wait()
		before.Close()
		before.Wait()
	})
	t.Run("ProxyJump", func(t *testing.T) {
		assertWorks(t, SSH{Host: "h2", SSHConfig: l.SSHConfig()})
	})
	t.Run("changed key", func(t *testing.T) {
		l := l.For(t)
		l.ChangeHostKey(1)
		_, err := on(l, 1, "deploy").Start(t.Context(), start())
		wantCode(t, err, "ssh_host_key_changed", l.KnownHosts())
	})
	l.AssertNoAgents(t)
}

func TestNoForwarding(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1, NoForwarding: true})
	before, err := on(l, 1, "deploy").Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	_, err = before.Dial(t.Context(), "tcp", l.Addr(1)+":22")
	if err == nil || !strings.Contains(err.Error(), transport.ErrForwardingRefused.Error()) {
		t.Errorf("got %v, want that forwarding is refused", err)
	}
	before.Close()
	before.Wait()
}

// TestTurns counts how often one side waits for the other. Over a long link nothing
// else counts. The link is so long that what a side sends at once crosses what the
// other does, also on a busy machine.
func TestTurns(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	p := lab.NewProxy(t, l.Addr(1)+":22", 25*time.Millisecond)
	l.Trust(p.Addr(), 1)
	k := on(l, 1, "deploy")
	k.Host, k.Port = "127.0.0.1", int64(p.Port())
	assertWorks(t, k)
	login := fewestTurns(p, 3, 0, func() (end func()) {
		c, err := k.open(t.Context(), start())
		if err != nil {
			t.Fatal(err)
		}
		return func() { c.close(); c.wait() }
	})
	started := fewestTurns(p, 20, login+4, func() (end func()) {
		link, err := k.Start(t.Context(), start())
		if err != nil {
			t.Fatal(err)
		}
		return func() { link.Close(); link.Wait() }
	})
	t.Logf("turns: %d for the login, %d with a running agent", login, started)
	if started > login+4 {
		t.Errorf("an agent that is cached takes %d turns after the login's %d, want 4 at most: two round trips", started-login, login)
	}
}

// fewestTurns returns the smallest number of turns that f takes, without its end. It
// tries until there are as few as enough. Where the machine keeps a side from going on for
// longer than the link does, there are more.
func fewestTurns(p *lab.Proxy, tries, enough int, f func() (end func())) int {
	fewest := math.MaxInt
	for range tries {
		p.Reset()
		end := f()
		fewest = min(fewest, p.Turns())
		end()
		if fewest <= enough {
			break
		}
	}
	return fewest
}

func BenchmarkStart(b *testing.B) {
	l := lab.New(b, lab.Options{Hosts: 1})
	k := on(l, 1, "deploy")
	b.Run("login", func(b *testing.B) {
		for b.Loop() {
			c, err := k.open(b.Context(), start())
			if err != nil {
				b.Fatal(err)
			}
			c.close()
			c.wait()
		}
	})
	b.Run("exec true", func(b *testing.B) {
		for b.Loop() {
			rawExec(b, k)
		}
	})
	b.Run("agent", func(b *testing.B) {
		for b.Loop() {
			link, err := k.Start(b.Context(), start())
			if err != nil {
				b.Fatal(err)
			}
			link.Close()
			link.Wait()
		}
	})
}

// rawExec is a login with the library alone that runs `true`, to compare with.
func rawExec(b *testing.B, k SSH) {
	c, err := ssh.Dial("tcp", k.Host+":22", bareConfig(b, k.IdentityFile))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	s, err := c.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Run("true"); err != nil {
		b.Fatal(err)
	}
}

// bareConfig is how the library alone logs in to the hosts of a lab.
func bareConfig(b *testing.B, keyFile string) *ssh.ClientConfig {
	b.Helper()
	pem, err := os.ReadFile(keyFile)
	if err != nil {
		b.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		b.Fatal(err)
	}
	return &ssh.ClientConfig{User: "deploy", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}
}
