package files

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ruleArgs are the arguments that make a rule, and commands, which each rule has.
var ruleArgs = []string{"commands", "user", "group", "hosts", "runas", "nopasswd", "noexec", "setenv"}

// rule is the line that the arguments of a rule stand for.
func (s *Sudoers) rule() []byte {
	var b strings.Builder
	if s.Group != nil {
		b.WriteString("%" + *s.Group)
	} else if s.User != nil {
		b.WriteString(*s.User)
	}
	b.WriteString(" ")
	if len(s.Hosts) == 0 {
		b.WriteString("ALL")
	}
	b.WriteString(strings.Join(s.Hosts, ",") + "=")
	if s.RunAs != nil {
		b.WriteString("(" + *s.RunAs + ") ")
	}
	for _, tag := range []struct {
		set  bool
		word string
	}{{s.NoExec, "NOEXEC: "}, {s.NoPasswd, "NOPASSWD: "}, {s.SetEnv, "SETENV: "}} {
		if tag.set {
			b.WriteString(tag.word)
		}
	}
	b.WriteString(strings.Join(s.Commands, ", ") + "\n")
	return []byte(b.String())
}

// checkRule returns what of the arguments would not mean in a file what it says in the
// block.
func (s *Sudoers) checkRule() (out []kind.Problem) {
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if s.User != nil && !isWho(strings.TrimPrefix(*s.User, "#"), nameMarks) {
		bad("user", "Not a name of a user", "%q would not stand for one user in a rule. Write the name of an account, ALL, #1000 for its number, or an alias; of a group set group. A name with other characters has to be written in content, with the backslashes of sudoers(5).", *s.User)
	} else if s.User != nil && strings.HasPrefix(*s.User, "#") && strings.Trim(*s.User, "#0123456789") != "" {
		bad("user", "Not a number of a user", "%q begins with a number sign, which only numbers of users have behind it, as in #1000. Otherwise sudo takes the line for a comment.", *s.User)
	}
	if s.Group != nil && !isWho(*s.Group, nameMarks) {
		bad("group", "Not a name of a group", "%q would not stand for one group in a rule. Write its name without a percent sign. A name with other characters has to be written in content, with the backslashes of sudoers(5).", *s.Group)
	}
	for _, host := range s.Hosts {
		if !isWho(host, nameMarks+":/*?") {
			bad("hosts", "Not a host", "%q would not stand for one host in a rule. Write a name, an address, a network as 10.0.0.0/8, ALL or an alias; each is an entry of its own.", host)
		}
	}
	if s.RunAs != nil && !isWho(*s.RunAs, nameMarks+":") {
		bad("runas", "Not a user and group", "%q does not say as whom the commands run. Write a user, user:group, :group or ALL, without parentheses.", *s.RunAs)
	}
	for _, command := range s.Commands {
		if why := wrongCommand(command); why != "" {
			bad("commands", "Not a command of sudoers", "%q cannot be a command of this rule: %s", command, kind.Rule(why))
		}
	}
	if s.Commands != nil && len(s.Commands) == 0 {
		bad("commands", "No commands", "commands is empty, so that the rule allows nothing. Name a command, or set state to absent.")
	}
	return out
}

// nameMarks are the characters, besides letters and digits, that mean themselves in names in
// a rule.
const nameMarks = "._-$"

// isWho reports whether a text is one name in a rule, and nothing that sudoers reads as
// something else.
func isWho(s, marks string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r >= 0x80
		return !letter && !strings.ContainsRune(marks, r)
	}) < 0
}

// wrongCommand is why a command would not stand for one command in a rule, "" if it does. A
// comma, for one, would begin the next command.
func wrongCommand(c string) string {
	word, _, _ := strings.Cut(c, " ")
	if !strings.HasPrefix(word, "/") && word != "sudoedit" && !(word == c && isAlias(c)) {
		return "it has to begin with a slash, or be ALL, an alias, or sudoedit with a path. Write anything else in content."
	}
	escaped := false
	for _, r := range c {
		switch {
		case r < ' ' || r == 0x7f:
			return "it has a line end or another control character. Each command is an entry of its own."
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case strings.ContainsRune(",:=#", r):
			return "sudoers reads " + string(r) + " as the end of the command. Write \\" + string(r) + " for the character itself (in HCL strings \\\\" + string(r) + "), and each command as an entry of its own."
		}
	}
	if escaped || strings.TrimSpace(c) != c {
		return "it ends in a backslash, or has spaces around it, which would join it with what comes next."
	}
	return ""
}

// isAlias reports whether a word is ALL or has the form of an alias.
func isAlias(s string) bool {
	return s != "" && s[0] >= 'A' && s[0] <= 'Z' && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
