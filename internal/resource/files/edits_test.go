package files_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestEditsOfOneFileAtOnce loses no edit. If all edits are made by one agent, every
// one is in the file, also through a link. If two agents make them, every edit that
// reports success is in the file, and the others are refused as moved.
func TestEditsOfOneFileAtOnce(t *testing.T) {
	const edits = 40
	for _, agents := range []int{1, 2} {
		t.Run(fmt.Sprint(agents), func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", "first\n", 0o644)
			must(t, os.Symlink("x", f.At("l")))
			services := []*resource.Service{newService(), newService()}
			var wg sync.WaitGroup
			errs := make([]error, edits)
			for i := range edits {
				wg.Go(func() {
					p := f.Arg([]string{"x", "l"}[i/2%2])
					_, errs[i] = services[i%agents].Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "line",
						Args: resourcetest.Encode(t, args{"path": p, "line": text(fmt.Sprintf("line %d.", i))})})
				})
			}
			wg.Wait()
			b, err := os.ReadFile(f.At("x"))
			must(t, err)
			for i, err := range errs {
				var p *kind.Problem
				switch there := strings.Contains(string(b), fmt.Sprintf("line %d.\n", i)); {
				case err == nil && !there:
					t.Errorf("edit %d is lost", i)
				case err != nil && (agents == 1 || !errors.As(err, &p) || p.Code != "moved" || there):
					t.Errorf("edit %d ended with %v, and that it is in the file is %v", i, err, there)
				}
			}
		})
	}
}

// TestWhatAnotherProgramWroteIsKept lets another program change a file after it was
// read, at each step up to the last. The edit is refused, and what the program
// wrote stays.
func TestWhatAnotherProgramWroteIsKept(t *testing.T) {
	others := map[string]func(t *testing.T, f testDir){
		"appends": func(t *testing.T, f testDir) {
			out, err := os.OpenFile(f.At("x"), os.O_APPEND|os.O_WRONLY, 0)
			must(t, err)
			defer out.Close()
			_, err = out.WriteString("theirs\n")
			must(t, err)
		},
		"puts another in place": func(t *testing.T, f testDir) {
			f.Write(t, "new", "theirs\n", 0o644)
			must(t, os.Rename(f.At("new"), f.At("x")))
		},
		"changes permissions": func(t *testing.T, f testDir) { must(t, os.Chmod(f.At("x"), 0o600)) },
		"removes it":          func(t *testing.T, f testDir) { must(t, os.Remove(f.At("x"))) },
	}
	for _, c := range []struct {
		kind string
		args args
		ops  []string
	}{
		{"line", args{"line": text("mine")}, []string{"create", "write", "chown", "chmod", "sync"}},
		{"file", args{"content": text("mine"), "backup": true}, []string{"create", "write", "chown", "chmod", "sync"}},
	} {
		for name, other := range others {
			for _, op := range c.ops {
				t.Run(fmt.Sprintf("%s %s at %s", c.kind, name, op), func(t *testing.T) {
					f := newTestDir(t)
					f.Empty(t)
					f.Write(t, "x", "first\n", 0o644)
					var want map[string]string
					m := resource.NewMachine(resource.Options{Fault: func(is, _ string) error {
						if is == op && want == nil {
							other(t, f)
							want = resourcetest.Tree(t, f.Path, false)
						}
						return nil
					}})
					c.args["path"] = f.Arg("x")
					wantProblem(t, apply(t, resource.NewService(m, kinds.Lookup), c.kind, c.args), "path", "moved")
					got := resourcetest.Tree(t, f.Path, false)
					if got[f.At("x")] != want[f.At("x")] || len(got) > len(want) {
						t.Errorf("after the refusal the directory holds %v, want %v", got, want)
					}
				})
			}
		}
	}
}
