package accounts

import (
	"errors"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// explainAccount gives sentences to the exit codes of useradd(8), usermod(8), userdel(8) and
// chpasswd(8).
func explainAccount(code int) *kind.Problem {
	switch code {
	case 1:
		return kind.NewProblem("name", kind.CodeAccountsLocked, "The accounts cannot be changed now", "Another program may hold the lock of /etc/passwd, or the file cannot be written.")
	case 4:
		return kind.NewProblem("uid", kind.CodeUIDTaken, "The number is taken", "The uid belongs to another account.")
	case 6:
		return kind.NewProblem("group", kind.CodeNoGroup, "No such group", "A group does not exist.")
	case 8:
		return kind.NewProblem("name", kind.CodeUserBusy, "The account is in use", "Programs run under the account, so it cannot be changed.")
	case 10:
		return kind.NewProblem("name", kind.CodeAccountsLocked, "The accounts cannot be changed now", "Another program may hold the lock of /etc/group, or the file cannot be written.")
	case 12, 14:
		return kind.NewProblem("home", kind.CodeHome, "The home directory cannot be made", "useradd made the account but not its home directory.")
	}
	return nil
}

// explainAges gives sentences to the exit codes of chage(1).
func explainAges(code int) *kind.Problem {
	switch code {
	case 1:
		return kind.NewProblem("name", kind.CodeAccountsLocked, "The accounts cannot be changed now", "Another program may hold the lock of /etc/shadow, or the file cannot be written.")
	case 15:
		return kind.NewProblem("name", kind.CodePermission, "The machine has no /etc/shadow", "The age of passwords is kept in /etc/shadow, which this machine does not have. Leave the arguments password_expire_ out.")
	}
	return nil
}

// explainGroup gives sentences to the exit codes of groupadd(8), groupmod(8) and groupdel(8).
func explainGroup(code int) *kind.Problem {
	switch code {
	case 3:
		return kind.NewProblem("name", kind.ArgumentCode("name"), "Bad name", "The machine does not accept the name for a group. Choose another one.")
	case 4:
		return kind.NewProblem("gid", kind.CodeGIDTaken, "The number is taken", "The gid belongs to another group.")
	case 6, 9:
		return kind.NewProblem("name", kind.CodeMoved, "Changed since it was planned", "Another program made or removed the group a moment ago. Plan again to see what is there now.")
	case 8:
		return kind.NewProblem("name", kind.CodeGroupBusy, "The group is in use", "It is the primary group of an account, so it cannot be removed.")
	case 10:
		return kind.NewProblem("name", kind.CodeAccountsLocked, "The accounts cannot be changed now", "Another program may hold the lock of /etc/group, or the file cannot be written.")
	}
	return nil
}

// The files that list accounts and groups, with what is hidden of them.
var (
	accountFiles = []string{"/etc/passwd", "/etc/shadow"}
	groupFiles   = []string{"/etc/group", "/etc/gshadow"}
)

// changeable returns why nobody can change accounts now, or this user cannot: the programs for
// that put new files in place of those that list them.
func changeable(h resource.Host, files ...string) error {
	if err := rootOnly(h); err != nil {
		return err
	}
	for _, file := range files {
		at, err := h.Resolve(file, true)
		if err == nil {
			err = h.Refused(at, true)
		}
		var why *kind.Problem
		switch {
		case !errors.As(err, &why):
		case why.Code == kind.CodeReadOnly:
			return kind.NewProblem("name", why.Code, "Read-only file system", "%s is on a file system that is mounted read-only. Mount it for writing.", at)
		case why.Code == kind.CodeBusy:
			return kind.NewProblem("name", why.Code, "The file is mounted by itself", "%s is a mount point, as files of containers are, so that no program can replace it. Unmount it, or change the accounts where the file comes from.", at)
		default:
			return resource.OfArgument("name", why)
		}
		if err != nil && why == nil {
			return err
		}
	}
	return nil
}

func rootOnly(h resource.Host) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("name", kind.CodePermission, "Only root can change accounts",
			"The agent runs as user %d. Use a context that runs as root, such as sudo.", uid)
	}
	return nil
}
