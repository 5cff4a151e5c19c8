package planner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// A source of which lines are shown is read for the first instance alone: all others
// show the same lines without it.
func TestASourceIsReadOnceForAllInstances(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "long")
	for name, text := range map[string]string{"long": strings.Repeat("0123456789abcde\n", 1<<17), "main.mito.hcl": `
context "ssh" "h" {
  count = 100
  host  = "h${count.index}"
}
resource "file" "x" {
  on     = context.ssh.h
  path   = "/x"
  source = "long"
}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg, diags := config.Load(dir, catalogue())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	p, w := planner.New(cfg, options()), &world{}
	for steps := p.Next(); len(steps) > 0; steps = p.Next() {
		for _, s := range steps {
			r := w.answer(s)
			if s.Type != planner.StepCheck {
				p.Done(s, r)
				continue
			}
			r.Change.After = map[string]any{"content": map[string]any{"given": "source_content"}}
			p.Done(s, r)
			if err := os.Rename(source, source+".read"); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	noErrors(t, p)
	shown := map[*resource.Excerpt]int{}
	for _, a := range p.Plan().Actions {
		d, ok := resource.AsDigest(a.After["content"])
		if !ok || d.Excerpt == nil {
			t.Fatalf("%s shows no lines: %.100v", a.Address, a.After["content"])
		}
		shown[d.Excerpt]++
	}
	if len(shown) != 1 || len(p.Plan().Actions) != 100 {
		t.Errorf("%d actions show %d excerpts, want 100 and one", len(p.Plan().Actions), len(shown))
	}
}
