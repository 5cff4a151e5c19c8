package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
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

// scriptsRace has every script run under the race detector, where the test itself does:
// go test ./cmd/mitoplan -race -run TestScripts -scripts.race.
var scriptsRace = flag.Bool("scripts.race", false, "run the mitoplan of every script under the race detector, not only of a sample")

// scriptsAtOnce are scripts whose mitoplan does the most things at a time. Those of the others
// are built without the race detector, under which a script takes four times as much.
var scriptsAtOnce = []string{
	"bound", "conditions", "drift_results", "lock_waits", "made_together", "modules_leave",
	"quickstart", "saved", "targets", "together", "waves",
}

// plainProgram is the directory of this program without the race detector, "" if it has none.
func plainProgram(t *testing.T) string {
	info, _ := debug.ReadBuildInfo()
	if !slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) || *scriptsRace {
		return ""
	}
	for _, name := range scriptsAtOnce {
		if _, err := os.Stat(filepath.Join("testdata/script", name+".txtar")); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-o", filepath.Join(dir, "mitoplan"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func TestScripts(t *testing.T) {
	seen := t.TempDir()
	plain := plainProgram(t)
	t.Cleanup(func() { asDocumented(t, seen) })
	testscript.Run(t, testscript.Params{
		Deadline: time.Now().Add(17 * time.Minute), // a script that hangs is a failure; the race detector is slow
		Setup: func(env *testscript.Env) error { // what is kept in HOME goes with the script
			env.Setenv("HOME", filepath.Join(env.WorkDir, ".no-home"))
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv(seenIn, seen)
			if name := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"); plain != "" && !slices.Contains(scriptsAtOnce, name) {
				env.Setenv("PATH", plain+string(filepath.ListSeparator)+env.Getenv("PATH"))
			}
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
