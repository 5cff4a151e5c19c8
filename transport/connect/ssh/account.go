package ssh

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// accountFault is the problem of an account that has expired, or whose password has, as sshd
// and PAM say it; nil if they say nothing of that.
func accountFault(addr, user, words string) *kind.Problem {
	switch {
	case strings.Contains(words, "ccount has expired"):
		return attrProblem("user", kind.CodeSSHAccountExpired, "Account has expired",
			"%s does not let %s in: the account has expired. Renew it there (chage -E), or log in as another user.", addr, user)
	case strings.Contains(words, "password has expired"), strings.Contains(words, "required to change your password"), strings.Contains(words, "Password change required"):
		return attrProblem("user", kind.CodeSSHPasswordExpired, "Password has expired",
			"%s lets %s do nothing before its password is changed, which has expired, also if it logs in with a key. Change it there (passwd), or allow it to be older (chage).", addr, user)
	}
	return nil
}

// keptOut is the problem of an account whose key was right, and whose login was then ended.
func keptOut(addr, user string) *kind.Problem {
	return attrProblem("user", kind.CodeSSHAccountRefused, "Account may not log in",
		"%s accepted a key of %s, and then ended the connection. The account has expired, or a rule of PAM keeps it out, such as pam_access, pam_time or pam_nologin. The log of its sshd tells which.", addr, user)
}

// noShell reports whether a host says that the account has no shell.
func noShell(words string) bool {
	return strings.Contains(words, "account is currently not available") || strings.Contains(words, "sftp connections only")
}

// withoutShell is the problem of an account of which the host says that it has no shell.
func withoutShell(addr, user, words string) error {
	return attrProblem("user", kind.CodeSSHNoShell, "The account has no shell",
		"%s has no login shell at %s. Give the user one there (chsh), or log in as another user.%s", user, addr, saying(words))
}

// endedIt is the problem of a server that ended the connection after the login.
func endedIt(addr, user string) *kind.Problem {
	return attrProblem("host", kind.CodeSSHEnded, "Server ended the connection",
		"%s let %s in, and then ended the connection before an agent ran. The log of its sshd says why: an account that may not start a session (pam_nologin) or open enough files for it (nofile in /etc/security/limits.conf), a full disk, or a restart.", addr, user)
}

// runsNothing is the problem of a server that refuses to run a command.
func runsNothing(addr, user string) error {
	return attrProblem("user", kind.CodeSSHSessionRefused, "Session is refused",
		"%s let %s in and refused to run a command. Its sshd can start no process for the account, because that may have no more (nproc in /etc/security/limits.conf) or the machine has none left, or the server is one that runs no commands. Its log tells which.", addr, user)
}

// accountRefusal is the problem of an account that runs no commands, as the end of a session
// tells it; nil if it does not.
func accountRefusal(addr, user string, exit *transport.Exit, words string) error {
	if exit == nil {
		return nil
	}
	fault := accountFault(addr, user, words)
	switch {
	case fault != nil && exit.Status != 0:
		fault.Add("%s", saying(words))
		return fault
	case exit.Status == pamSessionRefused && strings.Contains(words, "too many logins"):
		return attrProblem("user", kind.CodeSSHSessionRefused, "Session is refused",
			"%s let %s in and opened no session: the account is logged in as often as pam_limits allows. Raise maxlogins in /etc/security/limits.conf, or end some of these logins.%s", addr, user, saying(words))
	case exit.Status == pamSessionRefused:
		return attrProblem("user", kind.CodeSSHSessionRefused, "Session is refused",
			"%s let %s in and opened no session, as its exit status %d says: a rule of the part session in /etc/pam.d/sshd forbids it, such as pam_limits. Without PAM, a file /etc/nologin does. The log of its sshd tells which.%s", addr, user, exit.Status, saying(words))
	case exit.Status == 0 && exit.Signal == "":
		return attrProblem("user", kind.CodeSSHForcedCommand, "The account runs no commands",
			"%s ended the session of %s at once, without an error and without starting an agent. A ForceCommand in its sshd_config, a command= in authorized_keys, a force-command in the certificate of the user or a login shell may run something else. Let the account run sh, or log in as another user.%s", addr, user, saying(words))
	case exit.Status == 1 && words == "":
		return attrProblem("user", kind.CodeSSHNoShell, "The account has no shell",
			"%s ended the session of %s with exit status 1 and said nothing, as the login shell /bin/false does. Give the user a shell there (chsh), or log in as another user. A command= in authorized_keys or a ForceCommand in its sshd_config may do the same.", addr, user)
	}
	return nil
}

// pamSessionRefused is the exit status of a session that PAM did not open: do_child in
// session.c of OpenSSH.
const pamSessionRefused = 254
