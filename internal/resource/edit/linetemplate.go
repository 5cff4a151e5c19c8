package edit

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
)

// lineTemplate is a line with places for what the groups of an expression
// matched, as `backrefs` asks for:
//
//	$1  ${1}  \1  \g<1>   the first group; a number after $ goes on as far as
//	                      there are digits, after \ it has one
//	${name}  \g<name>     the group (?P<name>...)
//	$0  \0                all that matched
//	$$  \\                a dollar, a backslash
//
// Any other dollar or backslash stands for itself.
type lineTemplate []linePart

// linePart is text, or, if group is not negative, the place of a group.
type linePart struct {
	text  []byte
	group int
}

// lineMark finds escapes and places of groups. The groups of this expression
// are the three ways to name one.
var lineMark = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\$\$|\\\\|\$(\d+)|\$\{(\w+)\}|\\(\d)|\\g<(\w+)>`)
})

// parseLineTemplate reads a line. It fails on a group that the expression
// lacks.
func parseLineTemplate(line []byte, re *regexp.Regexp) (lineTemplate, error) {
	var t lineTemplate
	done := 0
	for _, m := range lineMark().FindAllSubmatchIndex(line, -1) {
		t = append(t, linePart{line[done:m[0]], -1})
		done = m[1]
		name := nameIn(line, m)
		if name == "" {
			t = append(t, linePart{line[m[0] : m[0]+1], -1})
			continue
		}
		group := groupNumber(re, name)
		if group < 0 {
			return nil, fmt.Errorf("%s names a group that regexp does not have", line[m[0]:m[1]])
		}
		t = append(t, linePart{nil, group})
	}
	return append(t, linePart{line[done:], -1}), nil
}

// nameIn is the number or name of the group in a match of lineMark; an escape
// has none.
func nameIn(line []byte, m []int) string {
	for g := 2; g < len(m); g += 2 {
		if m[g] >= 0 {
			return string(line[m[g]:m[g+1]])
		}
	}
	return ""
}

// groupNumber is -1 if an expression has no such group.
func groupNumber(re *regexp.Regexp, name string) int {
	n, err := strconv.Atoi(name)
	switch {
	case err != nil:
		return re.SubexpIndex(name)
	case n > re.NumSubexp():
		return -1
	}
	return n
}

// expand returns the line for a text that the expression matches. A group that
// took no part in the match gives nothing.
func (t lineTemplate) expand(re *regexp.Regexp, text []byte) []byte {
	groups := re.FindSubmatch(text)
	var out []byte
	for _, p := range t {
		if p.group < 0 {
			out = append(out, p.text...)
		} else {
			out = append(out, groups[p.group]...)
		}
	}
	return out
}
