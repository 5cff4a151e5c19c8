package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mitoplan/mitoplan/internal/agent"
)

var update = flag.Bool("update", false, "write what is expected in the scripts anew")

// The test binary is mitoplan for the scripts, and the agent of the contexts
// that mitoplan starts.
func TestMain(m *testing.M) {
	if isAgent(os.Args) {
		os.Exit(agent.Main())
	}
	testscript.Main(m, map[string]func(){"mitoplan": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Deadline: time.Now().Add(12 * time.Minute), // a script that hangs is a failure; the race detector is slow
		Setup: func(env *testscript.Env) error { // what is kept in HOME goes with the script
			env.Setenv("HOME", filepath.Join(env.WorkDir, ".no-home"))
			return nil
		},
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
	})
}
