package process

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// TestEnvironment holds that each name is in the environment of a program once, that
// the later value counts, and that PWD is the directory that the program runs in.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Env: []string{"LC_ALL=de_DE.UTF-8", "A=1", "LC_ALL=C"}}, "A=1 LC_ALL=C"},
		{Spec{Env: []string{"PWD=/elsewhere", "A="}, Dir: dir}, "A= PWD=" + dir},
		{Spec{Env: []string{"PWD=/elsewhere"}}, "PWD=/elsewhere"},
		{Spec{Env: []string{kin.MarkName + "=outer", "A=1", kin.MarkName + "=inner"}}, kin.MarkName + "=outer A=1 " + kin.MarkName + "=inner"},
		{Spec{Env: []string{"=odd", "bare"}}, "=odd bare"},
		{Spec{Env: []string{}}, ""},
	} {
		if got := strings.Join(c.spec.environ(), " "); got != c.want {
			t.Errorf("%q in %q becomes %q, want %q", c.spec.Env, c.spec.Dir, got, c.want)
		}
	}
	var out bytes.Buffer
	if _, err := Run(t.Context(), Spec{Argv: []string{"/usr/bin/env"}, Dir: dir, Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count("\n"+out.String(), "\nPWD="+dir+"\n"); n != 1 {
		t.Errorf("PWD=%s stands %d times in\n%s", dir, n, out.String())
	}
}
