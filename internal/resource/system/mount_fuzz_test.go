package system

import (
	"strings"
	"testing"
)

// FuzzMountOptions: options that are taken apart are the whole text again, and no size is made
// of what is none.
func FuzzMountOptions(f *testing.F) {
	for _, s := range []string{"defaults", "a,b=c", `context="a:b,c",ro`, `"`, ",", "16m", "99999999999g", "50%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all := splitOptions(s)
		if strings.Join(all, ",") != s {
			t.Errorf("%q became %q", s, all)
		}
		if size := plainSize(s, 4096); size != "" && strings.Trim(size, "0123456789") != "" {
			t.Errorf("%q is a size: %q", s, size)
		}
		wantedFlags(all)
	})
}
