package kinds_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// The page about the agent names each kind that only its full edition has.
func TestRareKindsAreNamed(t *testing.T) {
	page, err := os.ReadFile("../../../docs/agent.md")
	must(t, err)
	var rare []string
	for _, k := range kinds.Kinds() {
		if k.Rare {
			rare = append(rare, "`"+k.Name+"`")
		}
	}
	slices.Sort(rare)
	said := strings.Join(strings.Fields(string(page)), " ")
	if want := "bring much along: " + strings.Join(rare, ", ") + "."; !strings.Contains(said, want) {
		t.Errorf("docs/agent.md does not say %q", want)
	}
}
