package transport

import (
	"slices"
	"testing"
)

// dropped are all characters that Clean removes on their own. ESC and CSI are
// missing here: they begin an escape sequence, which is removed as a whole.
var dropped = [][2]rune{
	{0x00, 0x08}, {0x0b, 0x1a}, {0x1c, 0x1f}, // control characters but newline and tab
	{0x7f, 0x9a}, {0x9c, 0x9f}, // DEL, and the control characters of ISO 8859
	{0x61c, 0x61c}, {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069}, // what changes the direction of writing
}

// TestCleanDropsWhatSteersATerminal tries every Unicode character.
func TestCleanDropsWhatSteersATerminal(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		if r == 0x1b || r == 0x9b || r >= 0xd800 && r < 0xe000 {
			continue
		}
		want := "a" + string(r) + "b"
		if slices.ContainsFunc(dropped, func(d [2]rune) bool { return r >= d[0] && r <= d[1] }) {
			want = "ab"
		}
		if got := Clean("a" + string(r) + "b"); got != want {
			t.Errorf("U+%04X: %q", r, got)
		}
	}
	for in, want := range map[string]string{
		"a\x1b[31mred\x1b[0mb": "aredb", "a\u009b31mb": "ab", "a\x1b]0;title\x07b": "ab", "a\x1b": "a", "a\x1bcb": "ab",
		"a\xffb": "a\ufffdb", "lines\n\tand tabs": "lines\n\tand tabs",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
