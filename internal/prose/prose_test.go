package prose_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/prose"
)

func TestCapital(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"it ended":                   "It ended",
		"stopped.":                   "Stopped.",
		"however, it ended":          "However, it ended",
		"read: connection reset":     "read: connection reset",
		"ssh.Dial failed":            "ssh.Dial failed",
		"/etc/x is gone":             "/etc/x is gone",
		"check_timeout is too short": "check_timeout is too short",
		"2 hosts are lost":           "2 hosts are lost",
		"état inconnu":               "état inconnu",
		"Done already":               "Done already",
	} {
		if got := prose.Capital(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{"did it?": "did it?", "": "", " x ": "x.", "x.": "x.", "x\ny": "x\ny"} {
		if got := prose.Sentence(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestList(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{nil, "none"},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a and b"},
		{[]string{"a", "b", "c"}, "a, b and c"}, // "1 more" would be no shorter
		{[]string{"a", "b", "c", "d"}, "a, b and 2 more"},
	} {
		if got := prose.List(tt.names, 2); got != tt.want {
			t.Errorf("%q became %q", tt.names, got)
		}
	}
	if got := prose.List([]string{"a", "b", "c", "d"}, prose.All); got != "a, b, c and d" {
		t.Errorf("all became %q", got)
	}
	if got := prose.List(prose.Quoted([]string{"a", `"`}), prose.All); got != `"a" and "\""` {
		t.Errorf("words became %q", got)
	}
}
