package connect

import (
	"cmp"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// sudoRefusals are what sudo and sudo-rs say under LC_ALL=C when they refuse. A
// wrong or missing password is told by our own prompt, in whatever language;
// the rest can only be told by these words.
var sudoRefusals = refusals{
	{[]string{"is not in the sudoers file", "may not run sudo on"},
		"", kind.CodeSudoNotInSudoers, "User is not in the sudoers file",
		"sudo does not let this user run anything. Give it a rule in sudoers, or connect as a user that has one."},
	{[]string{"is not allowed to run sudo on"},
		"", kind.CodeSudoOtherHost, "sudo is allowed on other hosts only",
		"The rules of the user in sudoers are for other hosts. Add this one, by the name that it has for itself (hostname)."},
	{[]string{"not allowed to preserve the environment"},
		"preserve_env", kind.CodeSudoEnvironment, "sudo does not keep the environment",
		"The rules of the user in sudoers do not allow that. Remove preserve_env, or add the tag SETENV to the rule."},
	{[]string{"is not allowed to execute", "I'm afraid I can't do that"},
		"", kind.CodeSudoCommandNotAllowed, "sudo does not allow the command",
		"The user's rules in sudoers do not let it run the agent as this user. Allow sh, or install the agent, set agent_path and allow that path."},
	{[]string{"unknown user", "user not found", "invalid user"},
		"user", kind.CodeSudoUnknownUser, "No such user on the host",
		"The host knows no user of that name. Create it before this context is used, or correct the name."},
	{[]string{"must have a tty", "no tty present", "a terminal is required"},
		"", kind.CodeSudoNoTTY, "sudo wants a terminal",
		"sudo did not take the terminal that it was given. Remove requiretty for this user in sudoers."},
	{[]string{"unable to allocate pty"},
		"", kind.CodeSudoNoPTY, "sudo gets no terminal",
		"use_pty, or a log of what is typed, has sudo make a pseudo terminal, and it cannot. Look whether /dev/pts is mounted there, and how many are open (/proc/sys/kernel/pty)."},
	{[]string{"you do not exist in the passwd database"},
		"", kind.CodeSudoNoAccount, "The user that asks has no account",
		"The host knows no user with the number that sudo runs as. Reach the context through a user that it knows."},
	{[]string{"account validation failure", "account management error"},
		"", kind.CodeSudoAccountRefused, "Account may not use sudo",
		"PAM does not accept the account of the user that calls sudo: it has expired (chage -l) or is locked (passwd -S), or a rule of /etc/pam.d/sudo keeps it out, such as pam_access or pam_time. sudo does not tell which; the log of the host does."},
	{[]string{"or password is expired", "Password expired", "password has expired"},
		"", kind.CodeSudoPasswordExpired, "Password has expired",
		"The password of the user that calls sudo has expired. Change it on the host (passwd), or allow it to be older (chage)."},
	{[]string{"account has expired", "Account expired"},
		"", kind.CodeSudoAccountExpired, "Account has expired",
		"The account of the user that calls sudo has expired, or PAM has no account rules for sudo. Renew it on the host (chage -E)."},
	sudoWrongPassword,
	tooManyLogins,
	sessionRefused,
	{[]string{"command not found"},
		"", kind.CodeSudoCommandMissing, "sudo does not find the command",
		"It is to run sh, or agent_path if that is set, and looks for it in the secure_path of sudoers. Put the directory there."},
	{[]string{"effective uid is not 0", "must be owned by uid 0 and have the setuid bit set", "no new privileges"},
		"", kind.CodeSudoPowerless, "sudo cannot change the user",
		"The sudo program has no setuid bit here, or the process was started where new privileges are not given. Look at its mode (4755, root), whether its file system is mounted nosuid, and at NoNewPrivileges of the service."},
	{[]string{"is world writable", "is group writable", "is owned by"},
		"", kind.CodeSudoSudoersOpen, "The sudoers file may be changed by others",
		"sudo does not use rules that others than root may change. Look at who did, and run chown root:root and chmod 440 on the file."},
	{[]string{"currently not available"},
		"login", kind.CodeSudoNoShell, "Account has no shell",
		"With login = true the shell of the user to become is run, and that refuses, as nologin does. Leave login out: sudo then runs sh."},
	{[]string{"invalid shell for user"},
		"user", kind.CodeSudoNoShell, "Account has no shell",
		"runas_check_shell in sudoers asks for a user whose shell is in /etc/shells. Give it one (chsh), or become another."},
	{[]string{"no valid sudoers", "parse error in", "syntax error"},
		"", kind.CodeSudoSudoersBroken, "The sudoers file is broken",
		"sudo cannot read its rules. Repair them on the host with visudo."},
}

var sudoWrongPassword = refusal{
	[]string{"incorrect password attempt", "incorrect authentication attempt", "Maximum 1 incorrect"},
	"password", kind.CodeSudoWrongPassword, "Wrong sudo password",
	"The password was not accepted. Correct password. It is that of the user that calls sudo, unless targetpw, rootpw or runaspw is set in sudoers. If it is right, " + pamDenies,
}

// Those that are told by how often it asks.
var (
	sudoPasswordNeeded = refusal{nil, "password", kind.CodeSudoPasswordNeeded, "sudo asks for a password",
		"No password is set. Set password, from a sensitive variable, or allow the command with NOPASSWD in sudoers."}
	sudoOtherPrompt = refusal{nil, "", kind.CodeSudoUnknownPrompt, "sudo did not get to its agent",
		"It did not ask with the prompt that it was told to use, so nothing was typed. A PAM module that asks for a code cannot be answered: allow the user sudo with a password alone, or with NOPASSWD."}
	sudoUnasked    = refusal{nil, "", kind.CodeSudoAccountRefused, becomeUnasked.Summary, becomeUnasked.Detail}
	sudoAsksBeside = refusal{nil, "", kind.CodeSudoSudoersBroken, "The sudoers file is broken",
		"sudo leaves out the lines that it cannot read, and then asks for a password, and none is set. Repair them on the host with visudo."}
)

// explain is the problem of a sudo that ended without an agent, nil if nothing
// is known of the reason.
func (k Sudo) explain(ask *prompter, said saidWords) error {
	r, n, shown := sudoRefusals.in(said.heard), ask.asked(), said.shown
	tells := func(code kind.Code) bool { return r != nil && r.Code == code }
	switch {
	case n > 0 && k.Password == "" && tells(kind.CodeSudoSudoersBroken):
		r = &sudoAsksBeside
	case n > 0 && k.Password == "":
		r, shown = &sudoPasswordNeeded, ""
	case n > 1:
		r, shown = &sudoWrongPassword, ""
	case n == 0 && tells(kind.CodeSudoWrongPassword):
		r = &sudoUnasked
	case r == nil && ask.sawOtherPrompt():
		r = &sudoOtherPrompt
	case tells(kind.CodeSudoCommandNotAllowed):
		if line := k.rule(shown); line != "" {
			allow := *r
			allow.Detail += " This line of sudoers does: " + line + "."
			r = &allow
		}
	}
	return r.problem("Becoming user "+k.user()+": ", shown)
}

// rule is the line of sudoers that allows what sudo says that it does not, "" if it does not
// say that: "Sorry, user NAME is not allowed to execute 'COMMAND' as USER on HOST." Of the
// arguments of an agent none is the same at the next start.
func (k Sudo) rule(said string) string {
	_, said, _ = strings.Cut(said, "Sorry, user ")
	name, said, _ := strings.Cut(said, " is not allowed to execute '")
	command, said, _ := strings.Cut(said, "' as ")
	as, _, whole := strings.Cut(said, " on ")
	if !whole {
		return ""
	}
	if k.AgentPath != "" {
		command = k.AgentPath
	}
	tag := ""
	if k.Password == "" {
		tag = "NOPASSWD: "
	}
	return name + " ALL=(" + as + ") " + tag + command
}

func (k Sudo) user() string { return cmp.Or(k.User, "root") }
