package files_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Short names of what the tests of all families have in common.
type (
	args    = resourcetest.Args
	testDir = resourcetest.Dir
	step    = resourcetest.Step
	ending  = resourcetest.Ending
)

var (
	text             = resourcetest.Text
	must             = resourcetest.Must
	endOf            = resourcetest.EndOf
	check            = resourcetest.Check
	mustCheck        = resourcetest.MustCheck
	newService       = resourcetest.NewService
	planKey          = resourcetest.PlanKey
	apply            = resourcetest.Apply
	on               = resourcetest.On
	plainFile        = resourcetest.PlainFile
	linked           = resourcetest.Linked
	wantProblem      = resourcetest.WantProblem
	wantMoved        = resourcetest.WantMoved
	setAttribute     = resourcetest.SetAttribute
	attribute        = resourcetest.Attribute
	ownKernel        = resourcetest.OwnKernel
	withoutNoReplace = resourcetest.WithoutNoReplace
	newTestDir       = resourcetest.NewDir
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
