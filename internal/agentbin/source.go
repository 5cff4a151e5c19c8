package agentbin

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport/connect"
)

// modulePath is the module that the agent's command is in.
const modulePath = "github.com/mitoplan/mitoplan"

// lockPoll is how often a process looks whether another finished its build.
const lockPoll = 50 * time.Millisecond

// source is where an agent can be built from: a folder that holds the module,
// or a version that the toolchain can fetch.
type source struct{ dir, version string }

// findSource looks where this program was compiled, then upwards from the
// working folder, then at the version that the program was built from.
func findSource() (source, error) {
	if _, err := toolchain(); err != nil {
		return source{}, err
	}
	_, self, _, _ := runtime.Caller(0)
	if dir := filepath.Dir(filepath.Dir(filepath.Dir(self))); filepath.IsAbs(self) && isModule(dir) {
		return source{dir: dir}, nil
	}
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if isModule(dir) {
				return source{dir: dir}, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if v := moduleVersion(); v != "" {
		return source{version: v}, nil
	}
	return source{}, errors.New("the source of mitoplan is not here, and the program does not tell its version")
}

// isModule tells whether dir is the root of a checkout of this module.
func isModule(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	return strings.TrimSpace(line) == "module "+modulePath
}

// moduleVersion is the released version that the program was built from, as
// its main module or as a dependency.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	mods := append([]*debug.Module{&info.Main}, info.Deps...)
	for _, m := range mods {
		if m.Path == modulePath && m.Replace == nil && strings.HasPrefix(m.Version, "v") && !strings.Contains(m.Version, "+dirty") {
			return m.Version
		}
	}
	return ""
}

func (s source) build(ctx context.Context, p connect.Platform) ([]byte, error) {
	if s.dir != "" {
		return Build(ctx, s.dir, p)
	}
	return s.install(ctx, p)
}

// install builds a released version. Only a GOPATH of its own lets go install
// write a program for another platform; the module cache stays the user's.
func (s source) install(ctx context.Context, p connect.Platform) ([]byte, error) {
	tool, err := toolchain()
	if err != nil {
		return nil, err
	}
	env := exec.CommandContext(ctx, tool, "env", "GOMODCACHE")
	env.Env = connect.Environ()
	cache, err := env.Output()
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "mitoplan-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	args := append(append([]string{"install"}, buildFlags...), modulePath+"/cmd/mitoplan-agent@"+s.version)
	err = goCommand(ctx, tmp, p, args, "GOPATH="+tmp, "GOMODCACHE="+strings.TrimSpace(string(cache)), "GOBIN=")
	if err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(tmp, "bin", "*", "mitoplan-agent"))
	if err == nil && len(found) == 0 {
		found = []string{filepath.Join(tmp, "bin", "mitoplan-agent")}
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(found[0])
}
