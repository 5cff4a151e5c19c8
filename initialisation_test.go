package mitoplan_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Limits of what is allocated before main, a little above what it is now. That differs by some
// hundred bytes from run to run.
const (
	maxInitBytes, maxInitObjects           = 493_000, 3_500
	maxAgentInitBytes, maxAgentInitObjects = 50_400, 490
	maxFullInitBytes, maxFullInitObjects   = 81_500, 815
)

// initialised is what one package allocates before main.
type initialised struct {
	pkg            string
	bytes, objects int
}

// initTrace matches the line that the runtime prints for a package if GODEBUG has
// inittrace=1. A package that allocates nothing and takes no time has no such line.
var initTrace = regexp.MustCompile(`(?m)^init (\S+) @.* clock, (\d+) bytes, (\d+) allocs$`)

// initialisation starts a program that has nothing to do. It returns what the
// packages of the program allocate before main, the largest first.
func initialisation(t *testing.T, program string, args ...string) []initialised {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, _ := cmd.CombinedOutput() // The agent ends with an error: nobody speaks to it.
	var all []initialised
	for _, m := range initTrace.FindAllStringSubmatch(string(out), -1) {
		bytes, _ := strconv.Atoi(m[2])
		objects, _ := strconv.Atoi(m[3])
		all = append(all, initialised{m[1], bytes, objects})
	}
	if len(all) < 20 {
		t.Fatalf("%s reports the initialisation of only %d packages:\n%s", filepath.Base(program), len(all), out)
	}
	slices.SortFunc(all, func(a, b initialised) int { return b.bytes - a.bytes })
	return all
}

// Every command, and the agent of every context, waits until all packages are
// initialised. The time for that differs from run to run, the allocations do not.
// If a limit is exceeded, look at the packages that the test names: what is needed
// later can be made later, with sync.OnceValue.
func TestInitialisationIsBounded(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "./cmd/mitoplan")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released, and as other tests build it
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, edition := range map[string]agentbin.Edition{"mitoplan-agent": agentbin.Usual, "full agent": agentbin.Full} {
		agent, err := agentbin.Build(t.Context(), ".", connect.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}, edition)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), agent, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		program        string
		args           []string
		bytes, objects int
	}{
		{"mitoplan", []string{"version"}, maxInitBytes, maxInitObjects},
		{"mitoplan-agent", nil, maxAgentInitBytes, maxAgentInitObjects},
		{"full agent", nil, maxFullInitBytes, maxFullInitObjects},
	} {
		t.Run(tt.program, func(t *testing.T) {
			bytes, objects, most := 0, 0, ""
			for i, p := range initialisation(t, filepath.Join(dir, tt.program), tt.args...) {
				bytes, objects = bytes+p.bytes, objects+p.objects
				if i < 8 {
					most += fmt.Sprintf("\n%8d bytes in %4d objects: %s", p.bytes, p.objects, strings.TrimPrefix(p.pkg, module))
				}
			}
			t.Logf("%d bytes in %d objects", bytes, objects)
			if bytes > tt.bytes || objects > tt.objects {
				t.Errorf("Before main, %s allocates %d bytes in %d objects; the limits are %d and %d. Most of it:%s", tt.program, bytes, objects, tt.bytes, tt.objects, most)
			}
		})
	}
}
