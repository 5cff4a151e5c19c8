package accounts

import (
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
	case 12, 14:
		return kind.NewProblem("home", kind.CodeHome, "The home directory cannot be made", "useradd made the account but not its home directory.")
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

func rootOnly(h resource.Host) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("name", kind.CodePermission, "Only root can change accounts",
			"The agent runs as user %d. Use a context that runs as root, such as sudo.", uid)
	}
	return nil
}
