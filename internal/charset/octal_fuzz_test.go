package charset_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// FuzzOctal: a text that was escaped is one field, and gives the text back. Whatever is unescaped
// becomes no longer.
func FuzzOctal(f *testing.F) {
	for _, s := range []string{"/a b", `\040`, `\04`, `\9`, "\\\n\t\r#", "\xff", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := charset.UnescapeOctal(s); len(got) > len(s) {
			t.Errorf("%q became longer: %q", s, got)
		}
		escaped := charset.EscapeOctal(s)
		if got := charset.UnescapeOctal(escaped); got != s || strings.ContainsAny(escaped, " \t\n\r#") {
			t.Errorf("%q is written as %q and read as %q", s, escaped, got)
		}
	})
}
