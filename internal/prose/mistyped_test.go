package prose_test

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/prose"
)

func TestClosest(t *testing.T) {
	commands := []string{"plan", "apply", "drift", "json"}
	for _, tt := range []struct {
		why, given string
		names      []string
		want       string
	}{
		{"it is the name", "plan", commands, "plan"},
		{"two letters are swapped", "plna", commands, "plan"},
		{"one is swapped, one is missing", "dirt", commands, "drift"},
		{"one letter is wrong", "aplly", commands, "apply"},
		{"one is too many", "jsonn", commands, "json"},
		{"two are missing", "aply", []string{"applyy"}, "applyy"},
		{"three are missing", "aly", []string{"applyy"}, ""},
		{"another case", "PLAN", commands, "plan"},
		{"another case and a swap", "Dirft", commands, "drift"},
		{"another word", "xyzzy", commands, ""},
		{"nothing was given", "", commands, ""},
		{"there are no names", "plan", nil, ""},
		{"two mistakes in four letters", "mdoee", []string{"mode"}, "mode"},
		{"a swap in three letters", "vai", []string{"on", "via"}, "via"},
		{"a swap in two letters", "no", []string{"on", "via"}, "on"},
		{"two mistakes in three letters", "vxx", []string{"via"}, ""},
		{"no letter is left", "b", []string{"a"}, ""},
		{"no letter of the name is left", "bxxx", []string{"ab"}, ""},
		{"letters of several bytes", "größe", []string{"grösse", "große"}, "große"},
		{"a letter of two bytes for another", "ü", []string{"ä"}, ""},
		{"the fewest mistakes", "grop", []string{"drop", "groups", "group"}, "drop"},
		{"equally many: the alphabet", "hat", []string{"rat", "cat", "mat"}, "cat"},
		{"an address", "file.mtod", []string{"file.motd", "file.root"}, "file.motd"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			for range 2 {
				if got := prose.Closest(tt.given, tt.names); got != tt.want {
					t.Errorf("of %q, for %q it is %q, not %q", tt.names, tt.given, got, tt.want)
				}
				tt.names = slices.Clone(tt.names)
				slices.Reverse(tt.names)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		given, name string
		want        int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "ABC", 0},
		{"abc", "acb", 1},
		{"abcd", "badc", 2},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3}, // a swapped pair is not written between: that would be 2
		{"é", "e", 1},
	} {
		if got := prose.Mistakes(tt.given, tt.name); got != tt.want {
			t.Errorf("%q for %q: %d, not %d", tt.given, tt.name, got, tt.want)
		}
		if got := prose.Mistakes(tt.name, tt.given); got != tt.want {
			t.Errorf("%q for %q: %d, not %d", tt.name, tt.given, got, tt.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for got, want := range map[string]string{
		prose.DidYouMean("context.ssh.web"):                     " Did you mean context.ssh.web?",
		prose.DidYouMean("-" + "json"):                          " Did you mean -json?",
		prose.DidYouMeanWord("path"):                            ` Did you mean "path"?`,
		prose.Suggest("pathh", []string{"mode", "path"}):        ` Did you mean "path"?`,
		prose.DidYouMean("") + prose.DidYouMeanWord(""):         "",
		prose.Suggest("", nil) + prose.Suggest("x", []string{}): "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
