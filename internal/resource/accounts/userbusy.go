package accounts

import (
	"fmt"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// notBusy is the problem of an account under which programs run, or nil. done is what would
// be done: "removed", or "moved" of its home.
func (a *Account) notBusy(h resource.Host, u *resource.User, done string) error {
	running, err := h.ProcessesOf(u.UID)
	if err != nil {
		return err
	}
	return a.inUse(running, done)
}

// connects reports whether this agent was reached through one of the programs.
func connects(running []resource.Process) bool {
	return slices.ContainsFunc(running, func(p resource.Process) bool { return p.Above })
}

func named(running []resource.Process) []string {
	names := make([]string, len(running))
	for k, p := range running {
		names[k] = fmt.Sprintf("%s (%d)", p.Name, p.PID)
	}
	return names
}

// inUse is the problem of an account under which programs run. root's are no reason.
func (a *Account) inUse(running []resource.Process, done string) error {
	if len(running) == 0 {
		return nil
	}
	what, it := a.Name, "it"
	if done == "moved" {
		what, it = "the home directory of "+a.Name, "its home directory"
	}
	if connects(running) {
		return kind.NewProblem("name", kind.CodeUserBusy, "This connection uses the account",
			"The agent was reached through the account %s, so %s is not %s. Use a context that logs in as another user, or do it by hand.", a.Name, what, done)
	}
	return kind.NewProblem("name", kind.CodeUserBusy, "The account is in use",
		"Under %s run %s, so %s cannot be %s. Stop them first, or wait until the user has logged out; then plan again.", a.Name, prose.List(named(running), 5), it, done)
}
