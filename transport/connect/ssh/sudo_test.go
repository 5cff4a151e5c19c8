//go:build linux

package ssh

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// realAgents is the source of what the controller pushes. Building an agent may
// take minutes if nothing was compiled before. So it is built before any deadline
// runs.
func realAgents(t *testing.T) transport.AgentSource {
	t.Helper()
	if testing.Short() {
		t.Skip("builds an agent")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no Go here to build an agent with")
	}
	content, err := agentbin.Build(t.Context(), "../../..", connect.Platform{OS: "linux", Arch: "amd64"}, agentbin.Usual)
	if err != nil {
		t.Fatal(err)
	}
	return imageOf(content)
}

// TestRealSudo becomes other users on a real host, with the real sudo.
func TestRealSudo(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	agents := realAgents(t)
	broker := transport.NewBroker(transport.Options{Agents: agents})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	become := func(login string, k connect.Sudo) (transport.Greeting, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		host, err := router.Connect(ctx, on(l, 1, login))
		if err != nil {
			return transport.Greeting{}, err
		}
		defer host.Shutdown(ctx)
		other, err := host.Connect(ctx, k)
		if err != nil {
			return transport.Greeting{}, err
		}
		return other.Ready().Get(ctx)
	}
	for _, c := range []struct {
		name, login string
		sudo        connect.Sudo
		user        string
	}{
		{"without a password", "deploy", connect.Sudo{}, "root"},
		{"again, from root's cache", "deploy", connect.Sudo{}, "root"},
		{"with a password", "ops", connect.Sudo{Password: lab.OpsPassword}, "root"},
		{"as a login", "deploy", connect.Sudo{Login: true, Common: connect.Common{Env: map[string]string{"A": "b"}}}, "root"},
		{"keeping the home", "deploy", connect.Sudo{PreserveEnv: true}, "root"},
		{"to an account without a login", "deploy", connect.Sudo{User: "app"}, "app"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := become(c.login, c.sudo)
			if err != nil || g.User != c.user {
				t.Fatalf("the user is %q, %v; want %s", g.User, err, c.user)
			}
		})
	}
	l.WriteFile(1, "/etc/sudoers.d/cases", "Defaults:ops lecture=always, use_pty\nDefaults:deploy requiretty, log_input, log_output\npwuser ALL=(root) NOPASSWD: /bin/true\n", 0o440)
	for _, login := range []string{"deploy", "ops"} {
		if g, err := become(login, connect.Sudo{Password: lab.OpsPassword}); err != nil || g.User != "root" {
			t.Errorf("%s with other defaults became %q, %v; want root", login, g.User, err)
		}
	}
	for _, c := range []struct {
		name, login string
		sudo        connect.Sudo
		code        kind.Code
	}{
		{"wrong password", "ops", connect.Sudo{Password: "wrong"}, "sudo_wrong_password"},
		{"no password", "ops", connect.Sudo{}, "sudo_password_needed"},
		{"unknown user", "deploy", connect.Sudo{User: "ghost"}, "sudo_unknown_user"},
		{"no sudo there", "deploy", connect.Sudo{Path: "/usr/bin/no-sudo"}, "sudo_missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := become(c.login, c.sudo)
			var p *kind.Problem
			if !errors.As(err, &p) || p.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	l.AssertNoAgents(t)
}
