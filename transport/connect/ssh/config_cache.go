package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// configCache remembers what configurations say about a host, until the process
// ends: a Match may run a program.
var configCache = struct {
	sync.Mutex
	entries map[string]*configEntry
}{entries: map[string]*configEntry{}}

type configEntry struct {
	once sync.Once
	opts options
	err  error
}

// options are what the ssh configuration says about the host.
func (k SSH) options(ctx context.Context, home string) (options, error) {
	if k.SSHConfig == "false" {
		return options{}, nil
	}
	key := strings.Join([]string{k.SSHConfig, home, k.Host, k.User, portOf(k.Port)}, "\x00")
	configCache.Lock()
	e := configCache.entries[key]
	if e == nil {
		e = &configEntry{}
		configCache.entries[key] = e
	}
	configCache.Unlock()
	e.once.Do(func() { e.opts, e.err = k.evaluate(context.WithoutCancel(ctx), home) })
	return e.opts, e.err
}

// evaluate reads the files, and reads them again if Match final or
// CanonicalizeHostname ask for that. What was found first stays.
func (k SSH) evaluate(ctx context.Context, home string) (options, error) {
	files := []configFile{{name: expandHome(k.SSHConfig, home), user: true, named: true}}
	if k.SSHConfig == "" {
		files = []configFile{{name: filepath.Join(home, ".ssh", "config"), user: true, private: true}, {name: filepath.Join(systemConfigDir, "ssh_config")}}
	}
	if _, err := os.Stat(files[0].name); files[0].named && err != nil {
		return nil, err
	}
	r := newConfigReader(ctx, subject{host: k.Host, user: k.User, port: portOf(k.Port), home: home})
	if err := r.read(files...); err != nil {
		return nil, err
	}
	canonical := r.opts.where("canonicalizehostname")
	wanted := yes(canonical.value(), false)
	if !r.again && !wanted {
		return r.opts, nil
	}
	name := lowerHost(r.hostName())
	if strings.EqualFold(canonical.value(), "always") || wanted && !r.opts.proxied() {
		var err error
		if name, err = canonicalName(ctx, name, r.opts); err != nil {
			return nil, &configError{canonical.at, err}
		}
	}
	r.final, r.resolved = true, name
	r.opts["hostname"] = []setting{{keyword: "Hostname", args: []string{strings.ReplaceAll(name, "%", "%%")}, at: canonical.at}}
	return r.opts, r.read(files...)
}

// proxied reports whether the host is reached through something else.
func (o options) proxied() bool {
	return isSet(o.first("proxyjump")) || isSet(o.first("proxycommand"))
}

// canonicalName asks ssh, which looks a name up as CanonicalizeHostname and the
// keywords beside it say. It is given those, and reads no file.
func canonicalName(ctx context.Context, name string, o options) (string, error) {
	path, err := exec.LookPath("ssh")
	if err != nil {
		return "", errors.New("CanonicalizeHostname needs the ssh program, which is not installed")
	}
	args := []string{"-G", "-F", "none", "-o", "CanonicalizeHostname=always"}
	for _, keyword := range []string{"CanonicalDomains", "CanonicalizeFallbackLocal", "CanonicalizeMaxDots", "CanonicalizePermittedCNAMEs", "AddressFamily"} {
		if line := o.where(strings.ToLower(keyword)); line.value() != "" {
			args = append(args, "-o", keyword+"="+line.rest)
		}
	}
	cmd := exec.CommandContext(ctx, path, append(args, "--", name)...)
	cmd.Env = connect.Environ()
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("CanonicalizeHostname: ssh -G %s: %w", name, err)
	}
	return firstOf(dumped(string(out), "hostname"), name), nil
}

// dumped is the value of a keyword in what `ssh -G` prints.
func dumped(text, keyword string) string {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && key == keyword {
			return value
		}
	}
	return ""
}

func configProblem(err error) error {
	return attrProblem("ssh_config", kind.CodeSSHConfig, "The ssh configuration cannot be used",
		"%v. Correct it, name another file, or set ssh_config to false.", err).Because(err)
}

// lineProblem is the problem of a line whose value cannot be used for this
// host.
func lineProblem(line setting, err error) error {
	return configProblem(&configError{line.at, fmt.Errorf("%s: %w", line.keyword, err)})
}
