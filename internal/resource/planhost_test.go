package resource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What it costs to resolve a path follows from how many parts it has: each looks for what is
// planned at one directory, not at all above it. Else a link of another user to a deep
// directory would keep root busy for minutes.
func TestResolvingIsLinearInTheDepth(t *testing.T) {
	dir := t.TempDir()
	allocated := func(depth int) float64 {
		p := filepath.Join(dir, strings.Repeat("d/", depth))
		if err := os.MkdirAll(p, 0o755); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(3, func() {
			h := &planHost{m: NewMachine(Options{}), v: &view{o: newOverlay()}}
			if got, err := h.Resolve(p, true); err != nil || got != p {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
	if short, long := allocated(40), allocated(160); long > 5*short {
		t.Errorf("160 directories take %.0f allocations, 40 take %.0f", long, short)
	}
}
