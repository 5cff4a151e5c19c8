package ssh

import (
	"errors"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// note is a line of the ssh configuration that would change where or how we log
// in, and does not.
type note struct {
	line    setting
	without string
	// later is true if the line matters only when the login fails.
	later bool
}

// words say of a line that it is not honoured, and what follows from that.
func (n note) words() kind.Wording {
	return kind.Say("%s: %s %s is not honoured: %s.", n.line.at, n.line.keyword, clip(n.line.value()), kind.Rule(n.without))
}

// notesOf finds the lines that are not honoured, in the order of the files.
func notesOf(o options) []note {
	var notes []note
	for key, lines := range o {
		w := keywords[key]
		value := strings.ToLower(lines[0].value())
		switch {
		case key == "stricthostkeychecking" && (value == "no" || value == "off" || value == "false"):
			notes = append(notes, note{line: lines[0], without: `an unknown host key is refused all the same. To accept and remember the keys of new hosts, write host_key_check = "accept_new"; to trust any key, "off"`})
		case w.use == honoured, w.use == quiet, slices.Contains(w.off, value):
		default:
			notes = append(notes, note{lines[0], w.without, w.use == fallback})
		}
	}
	slices.SortFunc(notes, func(a, b note) int {
		if c := strings.Compare(a.line.at.file, b.line.at.file); c != 0 {
			return c
		}
		return a.line.at.line - b.line.at.line
	})
	return notes
}

// warn tells which lines of the configuration are not honoured, each line of
// the files in a warning of its own: several contexts may have the same line,
// and it is told once.
func (s *settings) warn(tell func(kind.Problem)) {
	for _, n := range s.notes {
		if s.answered(n) || n.later {
			continue
		}
		tell(*attrProblem("ssh_config", kind.CodeSSHConfigIgnored, "The ssh configuration is not honoured in full", "%s", n.words()))
	}
}

// answered reports whether an argument makes the line unimportant, so that nothing
// has to be said about it.
func (s *settings) answered(n note) bool {
	switch n.line.key() {
	case "stricthostkeychecking":
		return s.args.HostKeyCheck != "" || len(s.args.HostKey) > 0
	case "knownhostscommand", "verifyhostkeydns", "nohostauthenticationforlocalhost", "checkhostip":
		return len(s.args.HostKey) > 0 || s.args.HostKeyCheck == checkOff
	case "setenv":
		return len(s.args.Env) > 0
	case "pkcs11provider", "securitykeyprovider":
		return s.args.PrivateKey != "" || s.args.IdentityFile != ""
	}
	return false
}

func (s setting) key() string { return strings.ToLower(s.keyword) }

// addMissed adds to the problem of a refused login which other ways to log in
// the configuration knows.
func (s *settings) addMissed(err error, trusted bool) error {
	var p *kind.Problem
	if missed := s.missed(); trusted && missed.String() != "" && errors.As(err, &p) {
		more := *p
		more.Add("%s", missed)
		return &more
	}
	return err
}

// missed names the other ways to log in that the configuration knows, for a
// login that failed.
func (s *settings) missed() (b kind.Wording) {
	for _, n := range s.notes {
		if n.later {
			b.Add("\n  not tried: %s", n.words())
		}
	}
	return b
}
