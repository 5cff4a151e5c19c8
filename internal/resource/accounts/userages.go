package accounts

import (
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// age is one argument on the age of the password.
type age struct {
	attr string
	want *int64
	flag string // of chage(1)
	of   func(*resource.Ages) *int64
}

// ages are those arguments, in the order in which they are documented.
func (a *Account) ages() []age {
	return []age{
		{"password_expire_min", a.AgeMin, "-m", func(s *resource.Ages) *int64 { return &s.Min }},
		{"password_expire_max", a.AgeMax, "-M", func(s *resource.Ages) *int64 { return &s.Max }},
		{"password_expire_warn", a.AgeWarn, "-W", func(s *resource.Ages) *int64 { return &s.Warn }},
		{"password_expire_account_disable", a.AgeInactive, "-I", func(s *resource.Ages) *int64 { return &s.Inactive }},
	}
}

// setsAges reports whether the block says anything of the age of the password.
func (a *Account) setsAges() bool {
	return a.AgeMin != nil || a.AgeMax != nil || a.AgeWarn != nil || a.AgeInactive != nil
}

// maxAge is the most days that fit into the fields of shadow(5) on every machine.
const maxAge = 99999

func (a *Account) validateAges() (out []kind.Problem) {
	for _, g := range a.ages() {
		if g.want != nil && (*g.want < resource.NoAge || *g.want > maxAge) {
			out = append(out, *kind.NewProblem(g.attr, kind.ArgumentCode(g.attr), "Bad number of days",
				"%s is %d; it has to be between 0 and %d, or -1 for no rule.", g.attr, *g.want, maxAge))
		}
	}
	if a.AgeMin != nil && a.AgeMax != nil && *a.AgeMax >= 0 && *a.AgeMin > *a.AgeMax {
		out = append(out, *kind.NewProblem("password_expire_min", kind.CodePasswordAges, "The password could never be changed in time",
			"password_expire_min is %d and password_expire_max is %d. A password has to be changed after at most password_expire_max days, but may not be before password_expire_min days are over, so its user could not log in any more. Correct one of them.", *a.AgeMin, *a.AgeMax))
	}
	return out
}

// newAges are what useradd gives a new account: those of /etc/login.defs and
// /etc/default/useradd, and none to one of the system.
func newAges(system bool, defs, useradd map[string]string) resource.Ages {
	if system {
		return resource.NoAges
	}
	of := func(value string) int64 {
		if n, err := strconv.ParseInt(value, 10, 32); err == nil && n >= 0 {
			return n
		}
		return resource.NoAge
	}
	return resource.Ages{Min: of(defs["PASS_MIN_DAYS"]), Max: of(defs["PASS_MAX_DAYS"]), Warn: of(defs["PASS_WARN_AGE"]), Inactive: of(useradd["INACTIVE"])}
}

// planAges works out what becomes of the rules on the age of the password.
func (a *Account) planAges(p *accountPlan, s *resource.Shadow) {
	for _, g := range a.ages() {
		if g.want != nil {
			*g.of(&s.Ages) = *g.want
		}
	}
	if a.AgeMax == nil && a.AgeMin == nil || s.Ages.Max < 0 || s.Ages.Min <= s.Ages.Max {
		return
	}
	attr := "password_expire_min"
	if a.AgeMin == nil {
		attr = "password_expire_max"
	}
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem(attr, kind.CodePasswordAges, "The password can never be changed in time",
		"The password of %s has to be changed after at most %d days, but may not be before %d days are over. Set password_expire_min and password_expire_max together.", a.Name, s.Ages.Max, s.Ages.Min))
}

// ageTools are the program that makes the ages those that the block asks for: chage(1). useradd
// gives a new account those of /etc/login.defs, so that of one all are set that the block has.
func (a *Account) ageTools(was *resource.Ages, is resource.Ages) []resource.Tool {
	argv := []string{"chage"}
	for _, g := range a.ages() {
		want := *g.of(&is)
		if g.want != nil && (was == nil || *g.of(was) != want) {
			argv = append(argv, g.flag, strconv.FormatInt(want, 10))
		}
	}
	if len(argv) == 1 {
		return nil
	}
	return []resource.Tool{{Argv: append(argv, "--", a.Name), Explain: explainAges}}
}
