package resource_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Short names of what the tests of all families have in common.
type (
	args    = resourcetest.Args
	testDir = resourcetest.Dir
	step    = resourcetest.Step
)

var (
	text             = resourcetest.Text
	must             = resourcetest.Must
	check            = resourcetest.Check
	mustCheck        = resourcetest.MustCheck
	newService       = resourcetest.NewService
	planKey          = resourcetest.PlanKey
	apply            = resourcetest.Apply
	wantProblem      = resourcetest.WantProblem
	wantMoved        = resourcetest.WantMoved
	attribute        = resourcetest.Attribute
	mkdir            = resourcetest.Mkdir
	mount            = resourcetest.Mount
	withoutNoReplace = resourcetest.WithoutNoReplace
	newTestDir       = resourcetest.NewDir
)

func TestMain(m *testing.M) {
	resource.LookupKind = kinds.Lookup
	goleak.VerifyTestMain(m)
}
