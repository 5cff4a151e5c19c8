package resource

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Permissions are a parsed mode: a number, or clauses that change one.
type Permissions struct {
	Octal   int64
	Clauses []clause // nil if octal counts
}

// clause is one change, as in chmod(1): who, then +, - or =, then what.
type clause struct {
	who  int64 // bits that it is about
	op   byte
	perm int64 // rwx for every class, set-ID and sticky bits
	copy byte  // u, g or o: take the bits of that class
	x    bool  // X: execute for directories, and for what somebody may execute already
}

// The bits of each class, with the special bit that belongs to it.
const (
	userBits  = 0o4700
	groupBits = 0o2070
	otherBits = 0o1007
	allBits   = userBits | groupBits | otherBits
)

// ParseMode parses "0644" or "u+rwX,go-w". Symbolic modes are those of chmod(1), except
// that each clause must name a class if the umask would count: it is not clear whose
// umask that would be. For +w, chmod may do u+w for one person and ug+w for another.
func ParseMode(s string) (Permissions, error) {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return parseOctal(s)
	}
	var p Permissions
	for _, part := range strings.Split(s, ",") {
		cs, err := parseClauses(part)
		if err != nil {
			return Permissions{}, modeProblem(s, err)
		}
		p.Clauses = append(p.Clauses, cs...)
	}
	return p, nil
}

// parseOctal demands four digits; a zero may stand before them.
func parseOctal(s string) (Permissions, error) {
	digits := s
	if len(digits) == 5 {
		digits = strings.TrimPrefix(digits, "0")
	}
	if len(digits) != 4 || strings.Trim(digits, "01234567") != "" {
		return Permissions{}, modeProblem(s, kind.Rule("a number has four octal digits"))
	}
	var v int64
	for _, d := range digits {
		v = v<<3 | int64(d-'0')
	}
	return Permissions{Octal: v}, nil
}

func modeProblem(s string, why any) error {
	return kind.NewProblem("mode", kind.CodeMode, "Bad permissions",
		"mode is %q: %v. Write it as a string of four octal digits, \"0644\", or as chmod does, \"u+rwX,go-w\".", s, why)
}

func parseClauses(s string) ([]clause, error) {
	who, i := int64(0), 0
	for ; i < len(s) && classBits(s[i]) != 0; i++ {
		who |= classBits(s[i])
	}
	nobody := i == 0
	if nobody {
		who = allBits
	}
	if i == len(s) {
		return nil, fmt.Errorf("%q says nothing to do", s)
	}
	var out []clause
	for i < len(s) {
		c := clause{who: who, op: s[i]}
		if !strings.ContainsRune("+-=", rune(c.op)) {
			return nil, fmt.Errorf("%q is none of +, - and =", s[i:i+1])
		}
		i++
		for ; i < len(s) && !strings.ContainsRune("+-=", rune(s[i])); i++ {
			if err := c.letter(s[i]); err != nil {
				return nil, err
			}
		}
		if c.copy != 0 && (c.perm != 0 || c.x) {
			return nil, fmt.Errorf("%q mixes the permissions of a class with others", s)
		}
		if nobody && (c.perm&0o777 != 0 || c.x || c.copy != 0) {
			return nil, fmt.Errorf("%q does not say whose permissions are meant. chmod would go by the umask of the person who runs it, and here there is none; put a for all in front, or u, g or o", s)
		}
		out = append(out, c)
	}
	return out, nil
}

// classBits are the bits of u, g, o or a; 0 for every other letter.
func classBits(class byte) int64 {
	switch class {
	case 'u':
		return userBits
	case 'g':
		return groupBits
	case 'o':
		return otherBits
	case 'a':
		return allBits
	}
	return 0
}

// settles reports whether applying the permissions twice gives the same as applying
// them once, whatever they were before. It tries every combination of rwx, because X
// and a copy of another class depend on nothing else.
func (p Permissions) settles() bool {
	hangs := func(c clause) bool { return c.x || c.copy != 0 }
	if !slices.ContainsFunc(p.Clauses, hangs) {
		return true
	}
	for old := range int64(0o1000) {
		for _, dir := range []bool{false, true} {
			if once := p.Apply(old, dir); p.Apply(once, dir) != once {
				return false
			}
		}
	}
	return true
}

func (c *clause) letter(b byte) error {
	switch b {
	case 'r':
		c.perm |= 0o444
	case 'w':
		c.perm |= 0o222
	case 'x':
		c.perm |= 0o111
	case 'X':
		c.x = true
	case 's':
		c.perm |= 0o6000
	case 't':
		c.perm |= 0o1000
	case 'u', 'g', 'o':
		if c.copy != 0 {
			return fmt.Errorf("it names two classes to copy")
		}
		c.copy = b
	default:
		return fmt.Errorf("%q is no permission", string(rune(b)))
	}
	return nil
}

// Apply returns what the permissions become.
func (p Permissions) Apply(old int64, dir bool) int64 {
	if p.Clauses == nil {
		return p.Octal
	}
	for _, c := range p.Clauses {
		old = c.apply(old, dir)
	}
	return old
}

func (c clause) apply(old int64, dir bool) int64 {
	perm := c.perm
	if c.x && (dir || old&0o111 != 0) {
		perm |= 0o111
	}
	switch c.copy {
	case 'u':
		perm |= (old >> 6 & 7) * 0o111
	case 'g':
		perm |= (old >> 3 & 7) * 0o111
	case 'o':
		perm |= (old & 7) * 0o111
	}
	perm &= c.who
	switch c.op {
	case '+':
		return old | perm
	case '-':
		return old &^ perm
	}
	clear := c.who
	if dir {
		clear &^= 0o6000 // As chmod does: = leaves these of a directory alone.
	}
	return old&^clear | perm
}

// Below is like apply, for what is in a directory. A number makes only directories
// executable, and files that are executable already.
func (p Permissions) Below(old int64, dir bool) int64 {
	if p.Clauses != nil || dir {
		return p.Apply(old, dir)
	}
	if old&0o111 == 0 {
		return p.Octal &^ 0o7111
	}
	return p.Octal &^ 0o7000
}

// FormatMode returns four octal digits.
func FormatMode(m int64) string { return fmt.Sprintf("%04o", m) }

// CheckMode returns what is wrong with the argument mode, if it is set.
func CheckMode(mode *string) []kind.Problem {
	if mode == nil {
		return nil
	}
	p, err := ParseMode(*mode)
	if err != nil {
		return []kind.Problem{*err.(*kind.Problem)}
	}
	if !p.settles() {
		return []kind.Problem{*kind.NewProblem("mode", kind.CodeNotIdempotent, "The permissions would never settle",
			"mode is %q: applied twice it gives other permissions than once, so every plan could change them again. Classes are copied to each other in an order that never settles. Write the permissions themselves, as \"0640\" or \"u=rw,g=r,o=\".", *mode)}
	}
	return nil
}
