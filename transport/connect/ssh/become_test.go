//go:build linux

package ssh

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// doasRules let ops become root with a password, deploy anybody without, and pwuser
// nobody.
const doasRules = "permit nopass deploy\npermit ops as root\npermit nopass root\n"

// TestRealSuAndDoas becomes other users on a real host, with the real programs.
func TestRealSuAndDoas(t *testing.T) {
	if _, err := exec.LookPath("doas"); err != nil {
		t.Skip("no doas here (Debian package opendoas)")
	}
	l := lab.New(t, lab.Options{Hosts: 1})
	l.WriteFile(1, "/etc/doas.conf", doasRules, 0o400)
	for _, set := range [][]string{
		{"useradd", "-m", "-s", "/bin/bash", "-K", "UID_MIN=3000", "old"}, {"chage", "-E", "2001-01-01", "ops"},
	} {
		l.Exec(1, set...)
	}
	l.Exec(1, "sh", "-c", "echo old:oldpass | chpasswd; chage -E 2001-01-01 old; chage -E -1 ops")
	l.Exec(1, "sh", "-c", "useradd -s /usr/sbin/nologin -K UID_MIN=3000 noshell; echo noshell:noshellpass | chpasswd")
	l.WriteFile(1, "/srv/code", "#!/bin/sh\nprintf 'Verification code: '\nread code\n", 0o755)
	broker := transport.NewBroker(transport.Options{Agents: realAgents(t)})
	defer broker.Shutdown()
	hosts := map[string]*transport.Context{}
	for _, login := range []string{"deploy", "ops", "nosudo"} {
		host, err := transport.NewRouter(broker).Connect(t.Context(), on(l, 1, login))
		if err != nil {
			t.Fatal(err)
		}
		hosts[login] = host
	}
	become := func(login string, k ...transport.Connector) (transport.Greeting, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		at := hosts[login]
		for i, hop := range k {
			next, err := at.Connect(ctx, hop)
			if err != nil {
				return transport.Greeting{}, err
			}
			if i == 0 {
				defer next.Shutdown(ctx)
			}
			at = next
		}
		return at.Ready().Get(ctx)
	}
	for _, c := range []struct {
		name, login string
		hops        []transport.Connector
		user        string
		code        kind.Code
		attr        string
	}{
		{"su with a password", "deploy", []transport.Connector{connect.Su{User: "ops", Password: lab.OpsPassword}}, "ops", "", ""},
		{"doas without a password", "deploy", []transport.Connector{connect.Doas{}}, "root", "", ""},
		{"doas with a password", "ops", []transport.Connector{connect.Doas{Password: lab.OpsPassword}}, "root", "", ""},
		{"doas to an account without a login", "deploy", []transport.Connector{connect.Doas{User: "app"}}, "app", "", ""},
		{"su from root to an account without a login", "deploy", []transport.Connector{connect.Doas{}, connect.Su{User: "app"}}, "app", "", ""},
		{"su, doas, su", "nosudo", []transport.Connector{connect.Su{User: "ops", Password: lab.OpsPassword}, connect.Doas{Password: lab.OpsPassword}, connect.Su{User: "deploy"}}, "deploy", "", ""},
		{"su, wrong password", "deploy", []transport.Connector{connect.Su{User: "ops", Password: "wrong"}}, "", "become_wrong_password", "password"},
		{"su, no password", "deploy", []transport.Connector{connect.Su{User: "ops"}}, "", "become_password_needed", "password"},
		{"su, no such user", "deploy", []transport.Connector{connect.Su{User: "ghost"}}, "", "become_unknown_user", "user"},
		{"su, expired account", "deploy", []transport.Connector{connect.Su{User: "old", Password: "oldpass"}}, "", "become_expired", "user"},
		{"su, no program", "deploy", []transport.Connector{connect.Su{Path: "/no/su"}}, "", "context_program_missing", "path"},
		{"doas, wrong password", "ops", []transport.Connector{connect.Doas{Password: "wrong"}}, "", "become_wrong_password", "password"},
		{"doas, no password", "ops", []transport.Connector{connect.Doas{}}, "", "become_password_needed", "password"},
		{"doas, no such user", "deploy", []transport.Connector{connect.Doas{User: "ghost"}}, "", "become_unknown_user", "user"},
		{"doas, no rule", "nosudo", []transport.Connector{connect.Doas{}}, "", "become_not_allowed", ""},
		{"doas, no such command", "deploy", []transport.Connector{connect.Doas{Common: connect.Common{AgentPath: "/no/agent"}}}, "", "agent_path_missing", "agent_path"},
		{"su, no shell", "deploy", []transport.Connector{connect.Su{User: "noshell", Password: "noshellpass"}}, "", "become_no_shell", "user"},
		{"something else is asked for", "deploy", []transport.Connector{connect.Su{Path: "/srv/code", Password: "secret", Common: connect.Common{ConnectTimeout: "1s"}}}, "", "become_unknown_prompt", ""},
		{"doas, no program", "deploy", []transport.Connector{connect.Doas{Path: "no-doas"}}, "", "context_program_missing", "path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := become(c.login, c.hops...)
			assertBecame(t, g, err, c.user, c.code, c.attr)
		})
	}
	l.Exec(1, "chage", "-E", "2001-01-01", "ops")
	g, err := become("ops", connect.Doas{Password: lab.OpsPassword})
	assertBecame(t, g, err, "", "become_expired", "")
	l.Exec(1, "sh", "-c", "sed -i '1iauth required pam_wheel.so group=root' /etc/pam.d/su")
	g, err = become("deploy", connect.Su{User: "ops", Password: lab.OpsPassword})
	assertBecame(t, g, err, "", "become_not_allowed", "")
	for rules, want := range map[string]kind.Code{"permitted ops\n": "become_rules", "": "become_rules"} {
		l.WriteFile(1, "/etc/doas.conf", rules, 0o400)
		if rules == "" {
			l.Exec(1, "rm", "/etc/doas.conf")
		}
		g, err = become("deploy", connect.Doas{})
		assertBecame(t, g, err, "", want, "")
	}
	l.Exec(1, "sh", "-c", "cp /usr/bin/su /usr/bin/doas /tmp; chmod 755 /tmp/su /tmp/doas")
	g, err = become("deploy", connect.Doas{Path: "/tmp/doas"})
	assertBecame(t, g, err, "", "become_powerless", "")
	l.Exec(1, "umount", "/dev/pts")
	g, err = become("nosudo", connect.Su{User: "ops", Password: lab.OpsPassword})
	assertBecame(t, g, err, "", "become_no_tty", "")
	broker.Shutdown()
	l.AssertNoAgents(t)
}

// assertBecame fails the test unless the start came to an agent of the user, or to a
// problem of the code and argument.
func assertBecame(t *testing.T, g transport.Greeting, err error, user string, code kind.Code, attr string) {
	t.Helper()
	var p *kind.Problem
	errors.As(err, &p)
	switch {
	case code == "" && (err != nil || g.User != user):
		t.Errorf("the user is %q, %v; want %s", g.User, err, user)
	case code != "" && (p == nil || p.Code != code || p.Attr != attr):
		t.Errorf("the start came to %#v, %v; want the problem %s of %q", p, err, code, attr)
	case err != nil:
		t.Log(err)
	}
}

// TestRealChroot changes the root on a real host, to one of busybox.
func TestRealChroot(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	for _, root := range []string{"/srv/r", "/srv/noproc"} {
		l.BusyboxRoot(1, root)
	}
	l.MakeNull(1, "/srv/r")
	l.Exec(1, "mount", "-t", "proc", "proc", "/srv/r/proc")
	l.MakeNull(1, "/srv/noproc")
	l.Exec(1, "mkdir", "-p", "/srv/empty/dev")
	l.MakeNull(1, "/srv/empty")
	broker := transport.NewBroker(transport.Options{Agents: realAgents(t)})
	defer broker.Shutdown()
	for _, c := range []struct {
		name string
		hops []transport.Connector
		code kind.Code
		attr string
	}{
		{"busybox", []transport.Connector{connect.Sudo{}, connect.Chroot{Root: "/srv/r"}}, "", ""},
		{"sudo, su, sudo, chroot", []transport.Connector{connect.Sudo{}, connect.Su{User: "deploy"}, connect.Sudo{}, connect.Chroot{Root: "/srv/r"}}, "", ""},
		{"busybox without /proc", []transport.Connector{connect.Sudo{}, connect.Chroot{Root: "/srv/noproc"}}, "", ""},
		{"no such root", []transport.Connector{connect.Sudo{}, connect.Chroot{Root: "/srv/none"}}, "chroot_root", "root"},
		{"no shell", []transport.Connector{connect.Sudo{}, connect.Chroot{Root: "/srv/empty"}}, "chroot_no_shell", "root"},
		{"not root", []transport.Connector{connect.Chroot{Root: "/srv/r", Path: "/usr/sbin/chroot"}}, "chroot_not_allowed", ""},
		{"no program", []transport.Connector{connect.Chroot{Root: "/srv/r", Path: "/no/chroot"}}, "context_program_missing", "path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			at, err := transport.NewRouter(broker).Connect(ctx, on(l, 1, "deploy"))
			if err != nil {
				t.Fatal(err)
			}
			defer at.Shutdown(ctx)
			for _, hop := range c.hops {
				if at, err = at.Connect(ctx, hop); err != nil {
					t.Fatal(err)
				}
			}
			g, err := at.Ready().Get(ctx)
			assertBecame(t, g, err, g.User, c.code, c.attr)
			if c.code == "" && g.UID != 0 {
				t.Errorf("the agent in the root has the number %d, want that of root", g.UID)
			}
		})
	}
	broker.Shutdown()
	l.AssertNoAgents(t)
}
