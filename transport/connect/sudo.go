package connect

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// Sudo starts an agent of another user on the parent's machine. It bootstraps
// like an agent on another host: the user has a cache directory of its own, and
// if no agent is there, the parent's image is pushed.
//
// The controlling terminal is a pseudo terminal: sudo asks for a password there,
// and requiretty wants to see one.
type Sudo struct {
	Common
	// User: User to become. Default root.
	User string `cbor:"user,omitempty" mito:"needs=user,public,default=root,describes=user"`
	// Password: Typed when sudo asks, and only then. It never stands in a command line, an
	// environment or a log. A secret.
	Password string `cbor:"password,omitempty" mito:"secret"`
	// Path: The sudo program. Default sudo.
	Path string `cbor:"path,omitempty" mito:"public,default=sudo"`
	// Login: Start as a login of the user: its shell reads its profile (sudo -i). Not together
	// with PreserveEnv.
	Login bool `cbor:"login,omitempty" mito:"conflicts=preserve_env,heeds=shell"`
	// PreserveEnv: Keep the environment of the via context (sudo -E).
	PreserveEnv bool `cbor:"preserve_env,omitempty"`
	// SetHome: Set HOME to the user's home directory (sudo -H).
	SetHome bool `cbor:"set_home,omitempty"`
	// Role: SELinux role (sudo -r).
	Role string `cbor:"role,omitempty"`
	// Type: SELinux type (sudo -t).
	Type string `cbor:"type,omitempty"`
}

// Manual has the texts of these arguments.
func (Sudo) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent of another user on the machine of its via context, started with sudo.",
		Page: kind.Page{
			Example: `context "ssh" "web" {
  host = "web1.example.com"
  user = "deploy"
}
context "sudo" "web" {
  via = context.ssh.web
}
call "hostname" "it" {
  on = context.sudo.web
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "become with become_method sudo, which is set for each task or play, and runs sudo for each task. Here it is a place with a name, started once, and a block says with on which place it means.",
			Pyinfra: "the arguments _sudo and _sudo_user of each operation.",
			Limits:  "A rule of sudoers has to allow sh, or all commands, since an agent is started. Where a rule allows named programs alone, install an agent and name it with agent_path.",
		},
		OtherNames: "become root",
		Attrs: map[string]kind.Entry{
			"user":         {Doc: "User to become.", OtherNames: "remote_user username login_user ansible_user"},
			"password":     {Doc: "Typed when sudo asks, and only then. It never stands in a command line, an environment or a log.", OtherNames: "ansible_password ansible_become_password"},
			"path":         {Doc: "The sudo program."},
			"login":        {Doc: "Start as a login of the user: its shell reads its profile (sudo -i)."},
			"preserve_env": {Doc: "Keep the environment of the via context (sudo -E)."},
			"set_home":     {Doc: "Set HOME to the user's home directory (sudo -H)."},
			"role":         {Doc: "SELinux role (sudo -r)."},
			"type":         {Doc: "SELinux type (sudo -t)."},
		},
	}
}

func sudoKind() kind.Kind {
	k := define(func() transport.Connector { return &Sudo{} })
	k.SameMachine = true
	// sudo(8) looks at the account that asks, not at the password, lock and last
	// day of the one that it becomes.
	k.Unmoved = []string{"comment", "shell", "password_hash", "locked", "expires"}
	return k
}

// Format prints the user, and "(secret)" for the password.
func (k Sudo) Format(to fmt.State, _ rune) { _, _ = to.Write(shown("sudo", k.User, k.Password)) }

// MarshalText is for logs and JSON: what Format prints.
func (k Sudo) MarshalText() ([]byte, error) { return shown("sudo", k.User, k.Password), nil }

// Kind is "sudo".
func (Sudo) Kind() string { return "sudo" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Sudo) Validate() []kind.Problem {
	p := k.Common.Validate()
	if k.User != "" {
		p = append(p, CheckUser(kind.CodeSudoUser, k.User)...)
	}
	p = append(p, checkSELinux("role", k.Role)...)
	p = append(p, checkSELinux("type", k.Type)...)
	p = append(p, checkProgram("path", kind.CodeSudoPath, k.Path)...)
	if k.Login && strings.Contains(k.AgentPath, "$") {
		// sudo(8): -i escapes every special character for the shell but $.
		p = append(p, *blame("agent_path", kind.CodeSudoLoginPath, "Path cannot be given to a login shell",
			"sudo -i lets the login shell replace what begins with $ in %q. Set login to false, or use another path.", k.AgentPath))
	}
	p = conflict(p, k.Login && k.PreserveEnv, "preserve_env", "sudo takes no -E beside -i. Leave one of login and preserve_env out.")
	if k.AgentPath != "" && len(k.Env) > 0 {
		p = append(p, *blame("env", kind.CodeSudoEnvAgentPath, "Environment cannot be set",
			"With agent_path sudo runs nothing but the agent, and no shell that could set env. Leave one of the two out, or set the variables in sudoers."))
	}
	return append(p, checkPassword(kind.CodeSudoPasswordForm, k.Password)...)
}

// Start runs sudo.
func (k Sudo) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	if p := k.Validate(); len(p) > 0 {
		return nil, &p[0]
	}
	return k.prefix(s).start(ctx, s)
}

func (k Sudo) prefix(s transport.Start) prefix {
	return prefix{
		Common: k.Common, program: cmp.Or(k.Path, "sudo"), args: k.args(s),
		direct: k.AgentPath != "", keepsLocale: true,
		asks:    &asks{prompt: promptFor(s.Token), password: k.Password, unanswered: kind.CodeSudoPasswordUnanswered, noTerminal: sudoNoTerminal},
		explain: k.explain, missing: sudoMissing,
		by: "path", byHand: echoOK + prose.CommandLine(append([]string{cmp.Or(k.Path, "sudo")}, append(k.options(), "sh")...)),
	}
}

// args are the arguments of sudo. Its command line is also shown to all that runs
// below it, as SUDO_COMMAND, and with Login a shell of the user reads it.
func (k Sudo) args(s transport.Start) []string {
	return append(append([]string{"-p", promptFor(s.Token)}, k.options()...), agentOrShell(k.AgentPath, &s)...)
}

// options are the arguments of sudo that say who runs a command, and how.
func (k Sudo) options() []string {
	args := []string{"-u", k.user()}
	for _, o := range []struct {
		on     bool
		option []string
	}{
		{k.PreserveEnv, []string{"-E"}},
		{k.SetHome, []string{"-H"}},
		{k.Login, []string{"-i"}},
		{k.Role != "", []string{"-r", k.Role}},
		{k.Type != "", []string{"-t", k.Type}},
	} {
		if o.on {
			args = append(args, o.option...)
		}
	}
	return append(args, "--")
}

func sudoMissing(program string, err error) *kind.Problem {
	return blame("path", kind.CodeSudoMissing, "No sudo on the host",
		"%s cannot be executed: %v. Install sudo, or set path to where it is.", program, err)
}

func sudoNoTerminal(err error) *kind.Problem {
	return problem(kind.CodeSudoNoTTY, "No terminal for sudo", "A pseudo terminal cannot be opened: %v. Look whether /dev/pts is mounted there, and how many are open (/proc/sys/kernel/pty).", err)
}
