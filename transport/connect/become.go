package connect

import (
	"cmp"
	"context"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// becoming is what su and doas have in common: programs that run an agent as another
// user, and ask for a password in words of their own. The arguments of both are
// converted to it.
type becoming struct {
	Common
	User, Password, Path string
}

// theirPrompt is how both ask for a password under LC_ALL=C: "Password: " and "doas
// (user@host) password: ". Nothing but the program writes to its terminal, and both
// turn echo off before they ask.
const theirPrompt = "assword: "

func (k *becoming) user() string { return cmp.Or(k.User, "root") }

// validate says what is wrong with the arguments.
func (k *becoming) validate() []kind.Problem {
	p := k.Common.Validate()
	if k.User != "" {
		p = append(p, CheckUser(kind.CodeBecomeUser, k.User)...)
	}
	p = append(p, checkProgram("path", kind.CodeContextProgram, k.Path)...)
	return append(p, checkPassword(kind.CodeBecomePasswordForm, k.Password)...)
}

// becomer is a program that becomes another user.
type becomer struct {
	name string
	args []string
	// onStdin is that of asks. byHand is the line of shell with which a person tries it.
	onStdin bool
	byHand  string
	// refusals are those that its words tell. needsPassword and wrongPassword are told by
	// how often it asks.
	refusals                     refusals
	needsPassword, wrongPassword *refusal
	// silent means that without the rights of root it says that a password is wrong, as PAM
	// does then.
	silent bool
}

// start runs the program.
func (k *becoming) start(ctx context.Context, s *transport.Start, by *becomer) (*transport.Link, error) {
	if bad := k.validate(); len(bad) > 0 {
		return nil, &bad[0]
	}
	return k.prefix(by).start(ctx, *s)
}

func (k *becoming) prefix(by *becomer) prefix {
	return prefix{
		Common: k.Common, program: cmp.Or(k.Path, by.name), args: by.args, keepsLocale: true,
		direct: !by.onStdin && k.AgentPath != "", missing: programMissing, by: "path", byHand: by.byHand,
		asks: &asks{prompt: theirPrompt, password: k.Password, onStdin: by.onStdin, unanswered: kind.CodeBecomePasswordUnanswered, noTerminal: becomeNoTerminal},
		explain: func(ask *prompter, said saidWords) error {
			return k.refused(by, ask.asked(), said.heard).problem("Becoming user "+k.user()+" with "+by.name+": ", said.shown)
		},
	}
}

// refused is the reason of a program that ended without an agent, nil if nothing is
// known of it. asked is how often it asked for the password.
func (k *becoming) refused(by *becomer, asked int, said string) *refusal {
	r := becomeRefusals.in(said)
	if r == nil {
		r = by.refusals.in(said)
	}
	wrong := r == nil && asked > 1 || r != nil && r.Code == kind.CodeBecomeWrongPassword
	switch {
	case by.silent && (wrong || r == nil && asked > 0) && powerless(cmp.Or(k.Path, by.name)):
		return &becomePowerless
	case asked > 0 && k.Password == "" && (r == nil || wrong):
		return by.needsPassword
	case wrong && asked == 0:
		return &becomeUnasked
	case r == nil && wrong:
		return by.wrongPassword
	case r == nil && asked == 0 && strings.HasSuffix(said, ":"):
		return &becomeOtherPrompt
	}
	return r
}

func becomeNoTerminal(err error) *kind.Problem {
	return problem(kind.CodeBecomeNoTTY, "No terminal to ask on", "A pseudo terminal cannot be opened: %v. Look whether /dev/pts is mounted there, and how many are open (/proc/sys/kernel/pty).", err)
}
