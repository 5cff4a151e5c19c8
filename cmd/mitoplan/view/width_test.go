package view

import (
	"slices"
	"strings"
	"testing"
)

// A character has the width that a terminal gives it, and colours have no width.
func TestWidths(t *testing.T) {
	for _, tt := range []struct {
		s     string
		width int
		wrap  []string // in lines of 4 columns
		cut   string   // to 4 columns
	}{
		{"", 0, []string{""}, ""},
		{"abcd", 4, []string{"abcd"}, "abcd"},
		{"abcdefghi", 9, []string{"abcd", "efgh", "i"}, "abc…"},
		{"  a  b", 6, []string{"  a ", " b"}, "  a…"},
		{"日本語", 6, []string{"日本", "語"}, "日…"},
		{"a日本b", 6, []string{"a日", "本b"}, "a日…"},
		{"e\u0301e\u0301", 2, []string{"e\u0301e\u0301"}, "e\u0301e\u0301"},
		{"👩‍👩‍👧ab", 4, []string{"👩‍👩‍👧ab"}, "👩‍👩‍👧ab"},
		{"\x1b[31mab\x1b[0m", 2, []string{"\x1b[31mab\x1b[0m"}, "\x1b[31mab\x1b[0m"},
		{"\x1b[31mabcdef\x1b[0m", 6, []string{"\x1b[31mabcd", "ef\x1b[0m"}, "\x1b[31mabc…\x1b[0m"},
	} {
		if n := stringWidth(tt.s); n != tt.width {
			t.Errorf("the width of %q is %d, want %d", tt.s, n, tt.width)
		}
		if got := hardWrap(tt.s, 4); !slices.Equal(got, tt.wrap) || strings.Join(got, "") != tt.s {
			t.Errorf("%q is broken into %q, want %q", tt.s, got, tt.wrap)
		}
		if got := truncate(tt.s, 4); got != tt.cut {
			t.Errorf("%q is cut to %q, want %q", tt.s, got, tt.cut)
		}
	}
	if got := hardWrap("日本", 1); !slices.Equal(got, []string{"日", "本"}) {
		t.Errorf("characters wider than a line are broken into %q", got)
	}
}
