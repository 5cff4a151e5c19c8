package hostcache

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestDirectoryOfAUser: what mitoplan's own program keeps is in a directory of its user
// that nobody else can write to or exchange, and nowhere else.
func TestDirectoryOfAUser(t *testing.T) {
	name := "mitoplan-" + strconv.Itoa(os.Getuid())
	for what, c := range map[string]struct {
		prepare func(home string) (caches string)
		want    string // below the home directory; "" for none
	}{
		"none yet":        {func(string) string { return "" }, ".cache/" + name},
		"there already":   {func(home string) string { must(t, os.MkdirAll(home+"/.cache/"+name, 0o700)); return "" }, ".cache/" + name},
		"named":           {func(home string) string { must(t, os.Mkdir(home+"/xdg", 0o700)); return home + "/xdg" }, "xdg/" + name},
		"named, relative": {func(home string) string { return "xdg" }, ".cache/" + name},
		"named, missing":  {func(home string) string { return home + "/xdg" }, ""},
		"a link to a directory": {func(home string) string {
			must(t, os.MkdirAll(home+"/.cache", 0o700))
			must(t, os.Mkdir(home+"/elsewhere", 0o700))
			must(t, os.Symlink(home+"/elsewhere", home+"/.cache/"+name))
			return ""
		}, ""},
		"others may look into it": {func(home string) string {
			must(t, os.MkdirAll(home+"/.cache/"+name, 0o755))
			return ""
		}, ""},
		"a file": {func(home string) string {
			must(t, os.MkdirAll(home+"/.cache", 0o700))
			must(t, os.WriteFile(home+"/.cache/"+name, nil, 0o700))
			return ""
		}, ""},
		"others may write above it": {func(home string) string {
			must(t, os.MkdirAll(home+"/.cache", 0o700))
			must(t, os.Chmod(home+"/.cache", 0o777))
			return ""
		}, ""},
		"others may write to the home": {func(home string) string { must(t, os.Chmod(home, 0o775)); return "" }, ""},
	} {
		t.Run(what, func(t *testing.T) {
			home, err := filepath.EvalSymlinks(t.TempDir())
			must(t, err)
			must(t, os.Chmod(home, 0o700))
			got := OfUser(c.prepare(home), home)
			if want := filepath.Join(home, c.want); c.want == "" && got != "" || c.want != "" && string(got) != want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
			if got != "" && !private(string(got)) {
				t.Error("others can look into it")
			}
		})
	}
	if got := OfUser("", ""); got != "" {
		t.Errorf("without a home directory it is %q", got)
	}
}
