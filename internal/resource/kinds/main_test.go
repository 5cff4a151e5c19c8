package kinds_test

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
	text        = resourcetest.Text
	must        = resourcetest.Must
	mustCheck   = resourcetest.MustCheck
	newService  = resourcetest.NewService
	planKey     = resourcetest.PlanKey
	apply       = resourcetest.Apply
	on          = resourcetest.On
	plainFile   = resourcetest.PlainFile
	linked      = resourcetest.Linked
	wantProblem = resourcetest.WantProblem
	mkdir       = resourcetest.Mkdir
	newTestDir  = resourcetest.NewDir
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
