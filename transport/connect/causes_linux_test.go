package connect_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// errors.Is finds in the error of a context that its program is missing, or may not be
// executed: for each kind, whether this process starts it or an agent does.
func TestErrorsOfProgramsThatAreMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, gone := filepath.Join(dir, "plain"), filepath.Join(dir, "gone")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	common := connect.Common{Env: servesTheContract, AgentDirs: []string{t.TempDir()}, ConnectTimeout: "1m"}
	b := transport.NewBroker(transport.Options{Agents: connect.Self()})
	t.Cleanup(func() { _ = b.Shutdown() })
	r := transport.NewRouter(b)
	above, err := r.Connect(t.Context(), local(common))
	if err != nil {
		t.Fatal(err)
	}
	for name, with := range map[string]func(program string) transport.Connector{
		"exec":    func(p string) transport.Connector { return connect.Exec{Command: []string{p}} },
		"chroot":  func(p string) transport.Connector { return connect.Chroot{Root: "/", Path: p} },
		"podman":  func(p string) transport.Connector { return connect.Podman{Container: "c", Path: p} },
		"kubectl": func(p string) transport.Connector { return connect.Kubectl{Pod: "p", Path: p} },
		"sudo":    func(p string) transport.Connector { return connect.Sudo{Path: p} },
		"su":      func(p string) transport.Connector { return connect.Su{Path: p} },
		"doas":    func(p string) transport.Connector { return connect.Doas{Path: p} },
		"prefix":  func(p string) transport.Connector { return &outsider{connect.Prefix{Argv: []string{p}}} },
	} {
		for program, missing := range map[string]bool{"mitoplan-no-such-program": true, gone: true, plain: false} {
			starts := map[string]func() (*transport.Context, error){
				"here": func() (*transport.Context, error) { return r.Connect(t.Context(), with(program)) },
			}
			if name != "prefix" { // agents do not know it
				starts["by an agent"] = func() (*transport.Context, error) { return above.Connect(t.Context(), with(program)) }
			}
			for where, start := range starts {
				c, err := start()
				if err == nil {
					_, err = c.Ready().Get(t.Context())
				}
				if errors.Is(err, exec.ErrNotFound) != missing || errors.Is(err, fs.ErrPermission) == missing {
					t.Errorf("%s, %s, %s: errors.Is finds exec.ErrNotFound: %v, fs.ErrPermission: %v; in %v", name, program, where,
						errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrPermission), err)
				}
			}
		}
	}
}

// outsider is a connector as another program has it.
type outsider struct{ connect.Prefix }

func (outsider) Kind() string { return "outsider" }
