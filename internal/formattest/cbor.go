package formattest

import (
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// CBOR is an item of CBOR in the diagnostic notation of RFC 8949, with each
// element on a line of its own.
func CBOR(t *testing.T, item []byte) string {
	t.Helper()
	mode, err := cbor.DiagOptions{ByteStringText: true}.DiagMode()
	if err != nil {
		t.Fatal(err)
	}
	text, err := mode.Diagnose(item)
	if err != nil {
		t.Fatal(err)
	}
	return indented(text)
}

// indented breaks diagnostic notation into lines.
func indented(text string) string {
	var b strings.Builder
	depth, quote := 0, rune(0)
	newline := func() { b.WriteString("\n" + strings.Repeat("  ", depth)) }
	for k, r := range text {
		switch {
		case quote != 0:
			if r == quote && text[k-1] != '\\' {
				quote = 0
			}
		case r == '"', r == '\'':
			quote = r
		case r == '{', r == '[':
			b.WriteRune(r)
			depth++
			newline()
			continue
		case r == '}', r == ']':
			depth--
			newline()
		case r == ',':
			b.WriteRune(r)
			newline()
			continue
		case r == ' ' && text[k-1] == ',':
			continue
		}
		b.WriteRune(r)
	}
	return b.String() + "\n"
}
