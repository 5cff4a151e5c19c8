package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/cmd/mitoplan/view/viewtest"
	"github.com/mitoplan/mitoplan/internal/agent"
)

var update = flag.Bool("update", false, "write what is expected in the scripts anew")

// The test binary is mitoplan for the scripts, and the agent of the contexts
// that mitoplan starts.
func TestMain(m *testing.M) {
	if isAgent(os.Args) {
		os.Exit(agent.Main())
	}
	// Under the race detector each program, and each agent that it waits for, would
	// sleep for a second before it ends. Races are reported when they happen, so
	// nothing is lost without that.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	testscript.Main(m, map[string]func(){"mitoplan": mainThatIsSeen})
}

func TestScripts(t *testing.T) {
	seen := t.TempDir()
	t.Cleanup(func() { asDocumented(t, seen) })
	testscript.Run(t, testscript.Params{
		Deadline: time.Now().Add(17 * time.Minute), // a script that hangs is a failure; the race detector is slow
		Setup: func(env *testscript.Env) error { // what is kept in HOME goes with the script
			env.Setenv("HOME", filepath.Join(env.WorkDir, ".no-home"))
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv(seenIn, seen)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"documented": documented, "answered": answered},
		Dir:  "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// documented is a command of scripts. It fails if what was written last with -json is
// not as docs/json.schema.json says. Its argument is the name of the document, or
// "lines".
func documented(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: documented lines|plan|record|validation|outputs|kinds|version")
	}
	out := []byte(ts.ReadFile("stdout"))
	if args[0] == "lines" {
		ts.Check(viewtest.Lines(out))
		return
	}
	ts.Check(viewtest.Document(args[0], out))
}

// The documents that this package makes are documented whole.
func TestSchemaNamesEveryFieldOfADocument(t *testing.T) {
	viewtest.Fields(t, "validation", validation{})
	viewtest.Fields(t, "version", versionDocument{})
	viewtest.Fields(t, "kinds", view.Kinds{})
}

// BenchmarkStart is what each run of the program, and each local context, costs
// before it does anything.
func BenchmarkStart(b *testing.B) {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := (&exec.Cmd{Path: exe, Args: []string{"mitoplan", "version"}}).Run(); err != nil {
			b.Fatal(err)
		}
	}
}
