package connect

import (
	"cmp"
	"context"
	"fmt"
	"runtime"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// Su starts an agent of another user on the parent's machine, with the password of
// that user. It needs no rule for the user that calls it.
type Su struct {
	Common
	// User: User to become. Default root.
	User string `cbor:"user,omitempty" mito:"needs=user,public,default=root,describes=user"`
	// Password: Of the user to become. Typed when su asks, and only then. It never stands in a
	// command line, an environment or a log. root needs none. A secret.
	Password string `cbor:"password,omitempty" mito:"secret"`
	// Path: The su program. Default su.
	Path string `cbor:"path,omitempty" mito:"public,default=su"`
}

// Manual has the texts of these arguments.
func (Su) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent of another user on the machine of its via context, started with su.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "su" "admin" {
  via  = context.local.here
  user = "deploy"
}
call "hostname" "it" {
  on = context.su.admin
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "become with become_method su.",
			Pyinfra: "the arguments _su and _su_user of each operation.",
			Limits:  "An account whose shell runs nothing, such as nologin, cannot be reached so. A module of PAM that asks for more than a password is refused with what it asked.",
		},
		Attrs: map[string]kind.Entry{
			"user":     {Doc: "User to become.", OtherNames: "remote_user username login_user ansible_user"},
			"password": {Doc: "Of the user to become. Typed when su asks, and only then. It never stands in a command line, an environment or a log. root needs none.", OtherNames: "ansible_password ansible_become_password"},
			"path":     {Doc: "The su program."},
		},
	}
}

func suKind() kind.Kind {
	k := define(func() transport.Connector { return &Su{} })
	k.SameMachine = true
	// su(1) looks at the account that it becomes, its password and its last day.
	k.Unmoved = []string{"comment"}
	return k
}

// Format prints the user, and "(secret)" for the password.
func (k Su) Format(to fmt.State, _ rune) { _, _ = to.Write(shown("su", k.User, k.Password)) }

// MarshalText is for logs and JSON: what Format prints.
func (k Su) MarshalText() ([]byte, error) { return shown("su", k.User, k.Password), nil }

// Kind is "su".
func (Su) Kind() string { return "su" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Su) Validate() []kind.Problem { return (*becoming)(&k).validate() }

// Start runs su. It asks on its stdin, which is therefore the terminal.
func (k Su) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return (*becoming)(&k).start(ctx, &s, k.becomer())
}

func (k Su) becomer() *becomer {
	line := func(script string) []string {
		args := []string{"-c", script, (*becoming)(&k).user()}
		if runtime.GOOS == "linux" {
			args = append([]string{"-s", "/bin/sh"}, args...) // the account's own may be nologin, or no sh
		}
		return args
	}
	return &becomer{
		name: "su", args: line("exec sh <&3 >&4 2>&5 3<&- 4>&- 5>&-"), onStdin: true,
		byHand:   prose.CommandLine(append([]string{cmp.Or(k.Path, "su")}, line("echo ok")...)),
		refusals: suRefusals, needsPassword: &suNeedsPassword, wrongPassword: &suWrongPassword, silent: true,
	}
}
