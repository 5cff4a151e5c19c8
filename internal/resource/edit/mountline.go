package edit

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// MountLine is a line of /etc/fstab: see fstab(5).
type MountLine struct{ Source, Path, Type, Options, Dump, Pass string }

// ParseMountLine reads a line. ok is false for one that says nothing. What stands behind the
// last field does not count, as for mount(8). Blanks and tabs alone are between fields: a space
// that does not break is a part of a name.
func ParseMountLine(line string) (m MountLine, ok bool) {
	f := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(f) < 3 || f[0][0] == '#' {
		return m, false
	}
	for len(f) < 6 {
		f = append(f, [6]string{3: "defaults", 4: "0", 5: "0"}[len(f)])
	}
	return MountLine{unquotedTag(charset.UnescapeOctal(f[0])), MountPath(charset.UnescapeOctal(f[1])), f[2], charset.UnescapeOctal(f[3]), f[4], f[5]}, true
}

// unquotedTag is UUID=x of UUID="x".
func unquotedTag(s string) string {
	tag, value, ok := strings.Cut(s, "=")
	if n := len(value); ok && !strings.Contains(tag, "/") && n > 1 && value[0] == '"' && value[n-1] == '"' {
		return tag + "=" + value[1:n-1]
	}
	return s
}

// MountPath is where something is mounted, in one form. Of swap it is a word.
func MountPath(s string) string {
	if strings.HasPrefix(s, "/") {
		return path.Clean(s)
	}
	return s
}

// String is the line.
func (m MountLine) String() string {
	f := []string{m.Source, m.Path, m.Type, m.Options}
	for k := range f {
		f[k] = charset.EscapeOctal(f[k])
	}
	return strings.Join(append(f, m.Dump, m.Pass), " ")
}

// swapForm is the file that a line has the machine swap to, and the options that say something.
func swapForm(line string) string {
	m, _ := ParseMountLine(line)
	out := MountPath(m.Source)
	for o := range strings.SplitSeq(m.Options, ",") {
		if o != "sw" && o != "defaults" && o != "" {
			out += " " + o
		}
	}
	return out
}
