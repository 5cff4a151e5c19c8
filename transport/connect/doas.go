package connect

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// Doas starts an agent of another user on the parent's machine, as doas.conf allows.
type Doas struct {
	Common
	// User: User to become. Default root.
	User string `cbor:"user,omitempty" mito:"needs=user,public,default=root,describes=user"`
	// Password: Of the user that calls doas. Typed when doas asks, and only then. It never
	// stands in a command line, an environment or a log. A secret.
	Password string `cbor:"password,omitempty" mito:"secret"`
	// Path: The doas program. Default doas.
	Path string `cbor:"path,omitempty" mito:"public,default=doas"`
}

// Manual has the texts of these arguments.
func (Doas) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent of another user on the machine of its via context, started with doas.",
		Page: kind.Page{
			Example: `context "ssh" "web" {
  host = "web1.example.com"
  user = "deploy"
}
context "doas" "admin" {
  via = context.ssh.web
}
call "hostname" "it" {
  on = context.doas.admin
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "become with the plugin community.general.doas.",
			Pyinfra: "the arguments _doas and _doas_user of each operation.",
			Limits:  "A rule of doas.conf has to allow sh. Where it keeps no environment, env of this context sets what is needed.",
		},
		Attrs: map[string]kind.Entry{
			"user":     {Doc: "User to become.", OtherNames: "remote_user username login_user ansible_user"},
			"password": {Doc: "Of the user that calls doas. Typed when doas asks, and only then. It never stands in a command line, an environment or a log.", OtherNames: "ansible_password ansible_become_password"},
			"path":     {Doc: "The doas program."},
		},
	}
}

func doasKind() kind.Kind {
	k := define(func() transport.Connector { return &Doas{} })
	k.SameMachine = true
	// doas(1) looks at the account that asks, not at the one that it becomes.
	k.Unmoved = []string{"comment", "shell", "password_hash", "locked", "expires"}
	return k
}

// Format prints the user, and "(secret)" for the password.
func (k Doas) Format(to fmt.State, _ rune) { _, _ = to.Write(shown("doas", k.User, k.Password)) }

// MarshalText is for logs and JSON: what Format prints.
func (k Doas) MarshalText() ([]byte, error) { return shown("doas", k.User, k.Password), nil }

// Kind is "doas".
func (Doas) Kind() string { return "doas" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Doas) Validate() []kind.Problem {
	p := (*becoming)(&k).validate()
	if k.AgentPath != "" && len(k.Env) > 0 {
		p = append(p, *blame("env", kind.CodeBecomeEnvAgentPath, "Environment cannot be set",
			"With agent_path doas runs nothing but the agent, and no shell that could set env. Leave one of the two out, or set the variables with setenv in doas.conf."))
	}
	return p
}

// Start runs doas. It asks on its controlling terminal.
func (k Doas) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return (*becoming)(&k).start(ctx, &s, k.becomer(&s))
}

func (k Doas) becomer(s *transport.Start) *becomer {
	user := (*becoming)(&k).user()
	return &becomer{
		name: "doas", args: append([]string{"-u", user}, agentOrShell(k.AgentPath, s)...),
		byHand:   echoOK + prose.CommandLine([]string{cmp.Or(k.Path, "doas"), "-u", user, "sh"}),
		refusals: doasRefusals, needsPassword: &doasNeedsPassword, wrongPassword: &doasWrongPassword,
	}
}
