package connect

import "github.com/mitoplan/mitoplan/internal/kind"

// suRefusals are what su (of util-linux, shadow and busybox) says under LC_ALL=C when it
// refuses, or PAM through it.
var suRefusals = refusals{
	{[]string{"not available"},
		"user", kind.CodeBecomeNoShell, "Account has no shell",
		"The shell of the account refuses, as nologin does, and su does not use another one for a user that is not root. Reach it from root, or with sudo or doas."},
	{[]string{"using restricted shell"},
		"user", kind.CodeBecomeNoShell, "Account has no shell",
		"The shell of the account is not in /etc/shells, so su runs that one in place of sh, and it started nothing: it does not exist, or is one such as /bin/false. Give the account another (chsh), or reach it from root, or with sudo or doas."},
	{[]string{"failed to execute"},
		"", kind.CodeBecomeCommandMissing, "Command is not found",
		"su is to run sh, and could not execute it as the other user."},
	{saysAccountExpired, "user", kind.CodeBecomeExpired, "Account has expired",
		"The account of the user to become has expired. Renew it on the host (chage -E)."},
	{saysPasswordExpired, "user", kind.CodeBecomePasswordExpired, "Password has expired",
		"The password of the user to become has expired, and su lets nobody in before it is changed. Change it on the host (passwd), or allow it to be older (chage)."},
	suWrongPassword,
	{[]string{"Permission denied", "Operation not permitted"},
		"", kind.CodeBecomeNotAllowed, "Not allowed to become the user",
		"The rules of PAM on the host do not let this user do that, such as pam_wheel, pam_access or pam_time in /etc/pam.d/su. Allow it there."},
}

// doasRefusals are what doas (OpenDoas) says.
var doasRefusals = refusals{
	{[]string{"doas is not enabled"},
		"", kind.CodeBecomeRules, "doas is not enabled",
		"The host has no /etc/doas.conf. Write one with a rule for the user that calls it."},
	{[]string{"syntax error", "is writable by group or other", "is not owned by root"},
		"", kind.CodeBecomeRules, "doas.conf is not used",
		"doas does not accept its rules. Repair the file on the host (doas -C /etc/doas.conf), and let it belong to root alone."},
	{saysAccountExpired, "", kind.CodeBecomeExpired, "Account has expired",
		"The account of the user that calls doas has expired. Renew it on the host (chage -E)."},
	{saysPasswordExpired, "", kind.CodeBecomePasswordExpired, "Password has expired",
		"The password of the user that calls doas has expired. Change it on the host (passwd), or allow it to be older (chage)."},
	doasWrongPassword,
	{[]string{"Permission denied", "Operation not permitted", "is not allowed"},
		"", kind.CodeBecomeNotAllowed, "Not allowed to become the user",
		"No rule in /etc/doas.conf lets this user do that. Allow it there, and the command, which is sh or agent_path."},
}

// becomeRefusals are those that both have. They are looked for first.
var becomeRefusals = refusals{
	{[]string{"unknown user", "does not exist", "No passwd entry", "unknown id"},
		"user", kind.CodeBecomeUnknownUser, "No such user on the host",
		"The host knows no user of that name. Create it before this context is used, or correct the name."},
	{[]string{"no passwd entry for self"},
		"", kind.CodeBecomeNoAccount, "The user that asks has no account",
		"The host knows no user with the number that the program runs as. Reach the context through a user that it knows."},
	becomePowerless,
	{[]string{"a tty is required", "must be run from a terminal"},
		"", kind.CodeBecomeNoTTY, "The program wants a terminal",
		"It did not take the terminal that it was given. Look at its PAM configuration."},
	tooManyLogins,
	sessionRefused,
	{[]string{"ccount is locked due to", "ccount locked due to", "ccount temporary locked"},
		"", kind.CodeBecomeLocked, "Account is locked",
		"PAM keeps the account out after logins that failed. Wait, or unlock it on the host (faillock --reset)."},
	{[]string{"Module is unknown"},
		"", kind.CodeBecomeRules, "The rules of PAM are not used",
		"A module that the rules of PAM name is not installed, or cannot be loaded. Repair the file of the program in /etc/pam.d, or install the module."},
	{[]string{"command not found"},
		"", kind.CodeBecomeCommandMissing, "Command is not found",
		"The program is to run sh, or agent_path if that is set, and did not find it as the other user."},
}

// becomePowerless is that of a program that is not given the rights of root.
var becomePowerless = refusal{
	[]string{"not installed setuid", "must be suid", "cannot set groups", "cannot set user id", "cannot set group id", "no new privileges"},
	"", kind.CodeBecomePowerless, "The user cannot be changed there",
	"The program has no setuid bit, or the process was started where new privileges are not given. Look at its mode (4755, root), whether its file system is mounted nosuid, and at NoNewPrivileges of the service.",
}

var tooManyLogins = refusal{[]string{"too many logins"}, "user", kind.CodeBecomeNoSession, "Session is refused",
	"The user is logged in as often as pam_limits allows. Raise maxlogins in /etc/security/limits.conf, or end some of these logins."}

var sessionRefused = refusal{
	[]string{"cannot open session", "open_session", "failed session initialization"},
	"", kind.CodeBecomeNoSession, "Session is refused",
	"PAM let the user in and then opened no session: a rule of the part session of its service in /etc/pam.d forbids it, such as pam_limits. Look at the log of the host.",
}

// What PAM and its modules say under LC_ALL=C.
var (
	saysAccountExpired  = []string{"ccount has expired", "ccount expired"}
	saysPasswordExpired = []string{"password has expired", "required to change your password", "oken is no longer valid", "oken expired", "Password change"}
	saysWrongPassword   = []string{"uthentication fail", "incorrect password"}
)

// becomeUnasked is that of a program whose PAM refused at once.
var becomeUnasked = refusal{nil, "", kind.CodeBecomeNotAllowed, "Refused without being asked for a password",
	"No password was asked for, so none is wrong: " + pamDenies}

var suNeedsPassword = refusal{nil, "password", kind.CodeBecomePasswordNeeded, "A password is asked for",
	"No password is set. Set password, from a sensitive variable, or come from root, whom su asks for none."}

var doasNeedsPassword = refusal{nil, "password", kind.CodeBecomePasswordNeeded, "A password is asked for",
	"No password is set. Set password, from a sensitive variable, or come from an account that has nopass in doas.conf."}

var suWrongPassword = refusal{saysWrongPassword, "password", kind.CodeBecomeWrongPassword, "Wrong password",
	"The password was not accepted. su takes that of the user to become. Correct password. If it is right, " + pamDenies}

var doasWrongPassword = refusal{saysWrongPassword, "password", kind.CodeBecomeWrongPassword, "Wrong password",
	"The password was not accepted. doas takes that of the user that calls it. Correct password. If it is right, " + pamDenies}

var becomeOtherPrompt = refusal{nil, "", kind.CodeBecomeUnknownPrompt, "Something else is asked for",
	"The program asked for something that is not a password, so nothing was typed. A PAM module that asks for a code cannot be answered: allow the user with a password alone, or without."}

// pamDenies names what PAM does not tell apart.
const pamDenies = "the account is locked (passwd -S), or a rule of PAM denies it. The log of the host tells which."
