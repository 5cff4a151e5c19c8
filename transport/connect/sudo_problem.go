package connect

import (
	"cmp"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// sudoRefusals are what sudo and sudo-rs say under LC_ALL=C when they refuse. A
// wrong or missing password is told by our own prompt, in whatever language;
// the rest can only be told by these words.
var sudoRefusals = refusals{
	{[]string{"is not in the sudoers file", "may not run sudo on", "is not allowed to run sudo on"},
		"", kind.CodeSudoNotInSudoers, "User is not in the sudoers file",
		"sudo does not let this user run anything. Give it a rule in sudoers, or connect as a user that has one."},
	{[]string{"is not allowed to execute", "I'm afraid I can't do that"},
		"", kind.CodeSudoCommandNotAllowed, "sudo does not allow the command",
		"The user's rules in sudoers do not let it run the agent as this user. Allow sh, or install the agent, set agent_path and allow that path."},
	{[]string{"unknown user", "user not found", "invalid user"},
		"user", kind.CodeSudoUnknownUser, "No such user on the host",
		"The host knows no user of that name. Create it before this context is used, or correct the name."},
	{[]string{"must have a tty", "no tty present", "a terminal is required"},
		"", kind.CodeSudoNoTTY, "sudo wants a terminal",
		"sudo did not take the terminal that it was given. Remove requiretty for this user in sudoers."},
	{[]string{"account has expired", "Account expired", "account validation failure", "account is locked", "Account or password is expired", "password has expired"},
		"", kind.CodeSudoAccountExpired, "Account has expired",
		"The account of the user that calls sudo, or its password, has expired. Renew it on the host (chage)."},
	{[]string{"incorrect password attempt", "incorrect authentication attempt", "Maximum 1 incorrect"},
		"password", kind.CodeSudoWrongPassword, "Wrong sudo password", wrongPassword},
	{[]string{"command not found"},
		"", kind.CodeSudoCommandMissing, "sudo does not find the command",
		"It is to run sh, or agent_path if that is set, and looks for it in the secure_path of sudoers. Put the directory there."},
	{[]string{"effective uid is not 0", "must be owned by uid 0 and have the setuid bit set", "no new privileges"},
		"", kind.CodeSudoPowerless, "sudo cannot change the user",
		"The sudo program has no setuid bit here, or the process was started where new privileges are not given. Look at its mode (4755, root), whether its file system is mounted nosuid, and at NoNewPrivileges of the service."},
	{[]string{"no valid sudoers", "parse error in", "syntax error"},
		"", kind.CodeSudoSudoersBroken, "The sudoers file is broken",
		"sudo cannot read its rules. Repair them on the host with visudo."},
}

const wrongPassword = "sudo asked again after the password was typed. Correct password. It is that of the user that calls sudo, unless targetpw, rootpw or runaspw is set in sudoers."

// explain is the problem of a sudo that ended without an agent, nil if nothing
// is known of the reason.
func (k Sudo) explain(ask *prompter, said string) error {
	switch n := ask.asked(); {
	case n > 0 && k.Password == "":
		return k.about("password", kind.CodeSudoPasswordNeeded, "sudo asks for a password",
			"No password is set. Set password, from a sensitive variable, or allow the command with NOPASSWD in sudoers.", "")
	case n > 1:
		return k.about("password", kind.CodeSudoWrongPassword, "Wrong sudo password", wrongPassword, "")
	}
	if r := sudoRefusals.in(said); r != nil {
		return k.about(r.Attr, r.Code, r.Summary, r.Detail, said)
	}
	if ask.sawOtherPrompt() {
		return k.about("", kind.CodeSudoUnknownPrompt, "sudo did not get to its agent",
			"It did not ask with the prompt that it was told to use, so nothing was typed. A PAM module that asks for a code cannot be answered: allow the user sudo with a password alone, or with NOPASSWD.", said)
	}
	return nil
}

func (k Sudo) about(attr string, code kind.Code, summary, detail, said string) *kind.Problem {
	p := blame(attr, code, summary, "Becoming user %s: %s", k.user(), detail)
	if said != "" {
		p.Detail += saying(said)
	}
	return p
}

func (k Sudo) user() string { return cmp.Or(k.User, "root") }
