package executor_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/executor"
)

// Every candidate that an apply of a block added is removed with the block, whatever path the
// block has had since, and also if the first one was there before.
func TestAllCandidatesThatABlockAddedGo(t *testing.T) {
	if _, err := exec.LookPath("update-alternatives"); err != nil {
		t.Skip("no update-alternatives here")
	}
	const own, other, there = `path = "$DIR/own", priority = 50`, `path = "$DIR/other", priority = 1`, `path = "$DIR/there"`
	for name, blocks := range map[string][]string{
		"two that were added":             {own, other},
		"then the one of before":          {own, other, there},
		"then the one of before, present": {own, other, there + `, state = "present"`},
		"the one of before first":         {there, own, other},
		"adopted, then present":           {there, own, there + `, state = "present"`},
		"the mode auto first":             {there + `, state = "auto"`, own + `, state = "auto"`},
		"the second in a killed apply":    {own, "killed " + other},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			for _, dir := range []string{"alt", "adm"} {
				if err := os.Mkdir(filepath.Join(l.Dir, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{"own", "other", "there"} {
				l.write(name, "")
			}
			if out, err := exec.Command("update-alternatives", "--log", "/dev/null", "--altdir", l.Dir+"/alt", "--admindir", l.Dir+"/adm", "--install", l.Dir+"/link", "pg", l.Dir+"/there", "10").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			before := l.read("adm/pg")
			for _, b := range blocks {
				b, killed := strings.CutPrefix(b, "killed ")
				src := fmt.Sprintf("resource \"alternatives\" \"a\" {\n on = context.local.h\n name = \"pg\"\n altdir = \"$DIR/alt\"\n admindir = \"$DIR/adm\"\n %s\n}\n", strings.ReplaceAll(b, ", ", "\n "))
				if !killed {
					l.applyAll(src, nil)
					continue
				}
				s := l.session(driftHead+src, nil)
				if _, diags := s.Apply(t.Context(), l.plan(s), executor.ApplyOptions{Journal: forgetfulOf{l.begin(), "alternatives.a"}}); diags.HasErrors() {
					t.Fatal(diags)
				}
				l.applyAll(src, nil)
			}
			s := l.session(driftHead, nil)
			l.mustApply(s, l.plan(s))
			if is := l.read("adm/pg"); is != before {
				t.Errorf("the group is %q, and was %q", is, before)
			}
			if all := l.loaded().Addresses(); len(all) > 0 {
				t.Errorf("recorded are %q", all)
			}
		})
	}
}
