package accounts

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// explainAccount gives sentences to the exit codes of the shadow programs.
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

func rootOnly(h resource.Host) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("name", kind.CodePermission, "Only root can change accounts",
			"The agent runs as user %d. Use a context that runs as root, such as sudo.", uid)
	}
	return nil
}
