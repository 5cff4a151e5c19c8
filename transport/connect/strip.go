package connect

import (
	_ "embed"
	"strings"
	"sync"
)

// bootstrapSource is the script of a start as people read it.
//
//go:embed bootstrap.sh
var bootstrapSource string

// bootstrapParts are the parts of the script by name, as they cross the wire.
var bootstrapParts = sync.OnceValue(func() map[string]string {
	parts := map[string]string{}
	for _, part := range strings.Split(bootstrapSource, "\n#: ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		parts[name] = stripped(text)
	}
	return parts
})

// stripped is sh on one line, without comments and with no more blanks than it
// needs. It knows the sh of bootstrap.sh: comments are lines of their own, quotes
// are double ones, there are no here-documents, and a case is not inside of $().
func stripped(text string) string {
	s := stripper{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		s.between(line, true)
		s.line(line)
	}
	return s.out.String()
}

// stripper is one run of stripped.
type stripper struct {
	out strings.Builder
	// open counts the parentheses that are open. One that closes when none is
	// ends the pattern of a case: pattern says that this was just so.
	open    int
	pattern bool
}

// line adds one line, which is trimmed.
func (s *stripper) line(line string) {
	quoted := false
	for k := 0; k < len(line); k++ {
		c := line[k]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ' ' || c == '\t':
			next := strings.TrimLeft(line[k:], " \t")
			s.between(next, false)
			k = len(line) - len(next) - 1
			continue
		}
		s.byte(c, quoted)
	}
}

func (s *stripper) byte(c byte, quoted bool) {
	s.out.WriteByte(c)
	s.pattern = false
	switch {
	case quoted:
	case c == '(':
		s.open++
	case c == ')' && s.open > 0:
		s.open--
	case c == ')':
		s.pattern = true
	}
}

// between adds what has to stand between what there is and what comes next, if
// there are blanks or the end of a line.
func (s *stripper) between(next string, line bool) {
	had := s.out.String()
	switch {
	case had == "", s.pattern, endsIn(had, "&", "|", ";", "("), beginsWith(next, ")", ";;"):
	case line && (endsIn(had, "{") || endsInWord(had, "do", "then", "else", "in")):
		s.out.WriteByte(' ')
	case line:
		s.out.WriteByte(';')
	case endsIn(had, "()"), beginsWith(next, "&&", "|", ";"):
	case beginsWith(next, "<", ">") && !endsInDigit(had):
	default:
		s.out.WriteByte(' ')
	}
}

func endsIn(text string, ends ...string) bool {
	for _, end := range ends {
		if strings.HasSuffix(text, end) {
			return true
		}
	}
	return false
}

func beginsWith(text string, begins ...string) bool {
	for _, begin := range begins {
		if strings.HasPrefix(text, begin) {
			return true
		}
	}
	return false
}

// endsInWord reports whether the last word is one of these.
func endsInWord(text string, words ...string) bool {
	last := text[strings.LastIndexAny(text, " ;")+1:]
	for _, word := range words {
		if last == word {
			return true
		}
	}
	return false
}

func endsInDigit(text string) bool {
	last := text[len(text)-1]
	return '0' <= last && last <= '9'
}
