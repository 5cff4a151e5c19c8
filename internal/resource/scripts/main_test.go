package scripts_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Short names of what the tests of all families have in common.
type (
	args    = resourcetest.Args
	testDir = resourcetest.Dir
)

var (
	text        = resourcetest.Text
	must        = resourcetest.Must
	newService  = resourcetest.NewService
	wantProblem = resourcetest.WantProblem
	newTestDir  = resourcetest.NewDir
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}
