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

// modulePath is the module that contains the agent's command.
const modulePath = "github.com/mitoplan/mitoplan"

// lockPoll is the interval at which a process checks whether another one has
// finished its build.
const lockPoll = 50 * time.Millisecond

// source is where an agent can be built from. Either dir is a directory that holds the
// module, or version is one that the toolchain can fetch.
type source struct{ dir, version string }

// findSource looks for the source in the directory where this program was compiled,
// and then in the working directory and its parents. If it is in neither, it takes
// the released version that the program was built from.
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

// isModule reports whether dir is the root of a checkout of this module.
func isModule(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	return strings.TrimSpace(line) == "module "+modulePath
}

// moduleVersion returns the released version that the program was built from, whether
// this module is its main module or a dependency. It is "" if there is none.
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

func (s source) build(ctx context.Context, p connect.Platform, e Edition) ([]byte, error) {
	if s.dir != "" {
		return Build(ctx, s.dir, p, e)
	}
	return s.install(ctx, p, e)
}

// install builds a released version. It sets a GOPATH of its own, because go install
// refuses to write a program for another platform into GOBIN. The module cache is
// that of the user.
func (s source) install(ctx context.Context, p connect.Platform, e Edition) ([]byte, error) {
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
	args := append(append([]string{"install"}, e.flags()...), modulePath+"/cmd/mitoplan-agent@"+s.version)
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
	return readAgent(found[0])
}
