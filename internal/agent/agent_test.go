package agent

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/catalogue"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFunctions holds that an agent serves every function that plan and apply call.
func TestFunctions(t *testing.T) {
	var names []string
	for _, f := range Functions() {
		names = append(names, f.FuncName())
	}
	slices.Sort(names)
	if want := []string{"apply", "check", "function.call", "machine.lock"}; !slices.Equal(names, want) {
		t.Errorf("an agent serves %q, want %q", names, want)
	}
}

// TestConnectors holds that an agent starts every context kind that agents know: by its
// name, or in the form that its connector is sent in.
func TestConnectors(t *testing.T) {
	var own []string
	for _, c := range connectors() {
		own = append(own, c.Kind)
	}
	sent := 0
	for _, k := range catalogue.Kinds() {
		if k.Role != kind.RoleContext {
			continue
		}
		if slices.Contains(own, k.Name) {
			continue
		}
		if _, ok := k.New().(transport.SentConnector); !ok {
			t.Errorf("an agent starts %q, and %s is sent as it is", own, k.Name)
		}
		sent++
	}
	if len(own) == 0 || sent == 0 || !slices.Contains(own, "prefix") {
		t.Errorf("an agent starts %q, and %d other kinds in another form", own, sent)
	}
}

// TestSystemPath holds that programs such as useradd are found, and that the
// directories which the user has in PATH are searched first.
func TestSystemPath(t *testing.T) {
	for _, path := range []string{"", "/usr/bin", "/opt/x:/usr/sbin"} {
		dirs := filepath.SplitList(systemPath(path))
		if !strings.HasPrefix(systemPath(path), path) {
			t.Errorf("%q became %q", path, dirs)
		}
		for _, want := range []string{"/usr/sbin", "/sbin", "/usr/bin"} {
			if n := count(dirs, want); n != 1 {
				t.Errorf("%q became %q, with %s %d times", path, dirs, want, n)
			}
		}
		if slices.Contains(dirs, "") || slices.Contains(dirs, ".") {
			t.Errorf("%q became %q, which looks in the current directory", path, dirs)
		}
	}
}

func count(list []string, s string) (n int) {
	for _, e := range list {
		if e == s {
			n++
		}
	}
	return n
}

// TestMainIsNoProgramToCall holds that somebody who starts an agent by hand is told
// that this is not how it is used, and that nothing is served.
func TestMainIsNoProgramToCall(t *testing.T) {
	args, path := os.Args, os.Getenv("PATH")
	tidied := 0
	tidy = func() { tidied++ }
	defer func() { os.Args = args; os.Setenv("PATH", path); tidy = connect.TidyCache }()
	os.Args = []string{"mitoplan-agent"}
	if code := Main(); code != 2 {
		t.Errorf("the exit status is %d, want 2", code)
	}
	if tidied != 1 {
		t.Errorf("the cache directory was looked after %d times, want once, however short the agent lives", tidied)
	}
}

// TestVersion holds which version an agent reports, for each kind of build information.
func TestVersion(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: commit}, "0.1.0"},
		{debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "dev+0123456789ab.dirty"},
		{debug.BuildInfo{}, "dev"},
	} {
		if got := version(&c.info, true); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got := version(nil, false); got != "dev" {
		t.Errorf("got %s", got)
	}
}
