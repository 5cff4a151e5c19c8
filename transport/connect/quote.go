package connect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plain reports whether a byte means itself inside double quotes of sh, inside
// single quotes of every login shell, and to printf %b.
func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte(" _./:=@,+-[]", c) >= 0
}

// octal writes s so that printf %b turns it back into s.
func octal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if plain(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, `\0%03o`, s[i])
		}
	}
	return b.String()
}

// word writes s as one word of an sh script that itself stands in single quotes
// of any login shell. So it has no ', no !, no newline, and no backslash that
// fish would read. A newline at the end is lost, as in every command
// substitution.
func word(s string) string {
	o := octal(s)
	if o == s {
		return `"` + s + `"`
	}
	return `"$(printf %b "` + o + `")"`
}

// assignments is one line of sh that sets and exports variables, byte for byte.
// The x in it keeps newlines at the end of a value.
func assignments(env map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(&b, `%s="$(printf %%bx "%s")";%s="${%s%%x}";export %s;`, name, octal(env[name]), name, name, name)
	}
	return b.String()
}
