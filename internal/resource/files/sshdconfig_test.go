package files

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

func TestSSHDWords(t *testing.T) {
	for line, want := range map[string][]string{
		"Port 22": {"Port", "22"}, " AuthorizedKeysFile\t= \"a b\" c # d": {"AuthorizedKeysFile", "a b", "c"},
		"Port=22": {"Port", "22"}, "# Port 22": nil, "": nil, "Match all": {"Match", "all"}, "A \"open": {"A"},
	} {
		if got := sshdWords(line); !slices.Equal(got, want) {
			t.Errorf("%q has the words %q, want %q", line, got, want)
		}
	}
}

// FuzzSSHDConfig holds that each line of sshd_config has words that are in it, and that a name of
// a file with an account in it can be made of any text.
func FuzzSSHDConfig(f *testing.F) {
	f.Add(`AuthorizedKeysFile "%h/.ssh/k" /etc/%u %%`)
	f.Add("Match=\"")
	f.Fuzz(func(t *testing.T, line string) {
		n := 0
		for _, word := range sshdWords(line) {
			n += len(word)
			expand(word, &resource.User{Name: "u", UID: 1}, "/h")
		}
		if n > len(line) {
			t.Errorf("%q has more bytes in its words", line)
		}
	})
}
