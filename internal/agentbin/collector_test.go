package agentbin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheCollectorIsChosenWhereThereIsAChoice: agents are built with the collector of Go
// before 1.26, a toolchain that does not know it builds them with its own, and nothing else
// that goes wrong is tried twice.
func TestTheCollectorIsChosenWhereThereIsAChoice(t *testing.T) {
	for name, c := range map[string]struct {
		script, chosen string
		fails          bool
	}{
		"a toolchain that has both":       {"", "nogreenteagc\n", false},
		"a toolchain that has one":        {`[ -z "$GOEXPERIMENT" ] || { echo "go: unknown GOEXPERIMENT greenteagc" >&2; exit 2; }`, "nogreenteagc\n\n", false},
		"a toolchain that does not build": {"exit 1", "nogreenteagc\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			seen := filepath.Join(t.TempDir(), "seen")
			fakeGo(t, `echo "$GOEXPERIMENT" >>`+seen+"\n"+c.script)
			t.Setenv("GOEXPERIMENT", "rangefunc") // which is for other programs
			err := goCommand(t.Context(), t.TempDir(), here, []string{"build"})
			if (err != nil) != c.fails {
				t.Errorf("the build ends with %v", err)
			}
			chosen, err := os.ReadFile(seen)
			if err != nil || string(chosen) != c.chosen {
				t.Errorf("it was run with GOEXPERIMENT=%s (%v), want %s", strings.Fields(string(chosen)), err, c.chosen)
			}
		})
	}
}
