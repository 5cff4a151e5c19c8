package accounts

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// planShadow works out what becomes of the password, its lock, its age and the last day.
func (a *Account) planShadow(h resource.Host, p *accountPlan) error {
	if a.PasswordHash == nil && a.Locked == nil && a.Expires == nil && !a.setsAges() {
		return nil
	}
	if p.after.Shadow == nil {
		return kind.NewProblem("name", kind.CodePermission, "Only root can see passwords",
			"The password of %s, its lock, its age and the last day are kept in /etc/shadow, which the agent may not read. Use a context that runs as root, such as sudo.", a.Name)
	}
	s := *p.after.Shadow
	if a.PasswordHash != nil {
		s = s.With(*a.PasswordHash)
	}
	if err := a.planLock(h, &s); err != nil {
		return err
	}
	if a.Expires != nil {
		day, err := a.expiry()
		if err != nil {
			return err
		}
		s.Expires = day
	}
	a.planAges(p, &s)
	p.after.Shadow = &s
	a.warnOpen(p)
	return nil
}

func (a *Account) planLock(h resource.Host, s *resource.Shadow) error {
	switch {
	case a.Locked == nil:
	case *a.Locked && s.Password == resource.NoEntry:
		s.Password, s.Marks = resource.Empty, 1
	case *a.Locked:
		s.Marks = max(1, s.Marks)
	case s.Password == resource.Empty && s.Locked() && !h.Unknown("password_hash"):
		return kind.NewProblem("locked", kind.CodeNoPassword, "No password to unlock",
			"The password of %s is locked and empty, so unlocking it would let anyone in. Set password_hash to a hash, or to * so that no password fits.", a.Name)
	default:
		s.Marks = 0
	}
	return nil
}

// passwordTools are the programs that set a password or its lock. A field that
// holds the hash, or is known without, goes to chpasswd(8) over standard
// input, since anyone may read arguments. A hash that stays is locked and
// unlocked by usermod(8), which takes one mark away at a time.
func (a *Account) passwordTools(was resource.Shadow, is resource.Shadow) []resource.Tool {
	if was.SamePassword(is) {
		return nil
	}
	if field, known := is.Field(); known {
		return []resource.Tool{a.chpasswd(field)}
	}
	if a.PasswordHash != nil {
		field := *a.PasswordHash
		if is.Locked() {
			field = "!" + field
		}
		return []resource.Tool{a.chpasswd(field)}
	}
	if is.Locked() {
		return []resource.Tool{a.usermodFlag("-L")}
	}
	var tools []resource.Tool
	for range was.Marks {
		tools = append(tools, a.usermodFlag("-U"))
	}
	return tools
}

func (a *Account) chpasswd(field string) resource.Tool {
	return resource.Tool{Argv: []string{"chpasswd", "-e"}, Input: []byte(a.Name + ":" + field + "\n"), Explain: explainAccount}
}

func (a *Account) usermodFlag(flag string) resource.Tool {
	return resource.Tool{Argv: []string{"usermod", flag, "--", a.Name}, Explain: explainAccount}
}

// warnOpen says that an account lets in whoever comes.
func (a *Account) warnOpen(p *accountPlan) {
	s := p.after.Shadow
	if a.Locked == nil || s.Password != resource.Empty || s.Locked() {
		return
	}
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("locked", kind.CodeOpen, "The account has an empty password",
		"Anyone can log in as %s, because its password is empty and not locked. Set password_hash.", a.Name))
}
