package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// settings is one hop: arguments first, then the ssh configuration, then what
// ssh itself would take.
type settings struct {
	args  SSH
	host  string // resolved name or address
	port  string
	user  string
	alias string // name in known_hosts, with port
	// identities are key files. Only one that an argument names must exist.
	identities     []string
	identitiesOnly bool
	certificates   []string
	knownHosts     []string // files
	acceptTo       string   // the file that new host keys are written to, "" for none
	jumps          []string // [user@]host[:port], in order
	home           string
}

func (s *settings) addr() string { return net.JoinHostPort(s.host, s.port) }

// target names the hop in a sentence.
func (s *settings) target() string { return s.user + " at " + s.addr() }

// resolve gathers the settings of one hop.
func (k SSH) resolve(ctx context.Context) (*settings, error) {
	s := &settings{args: k, home: homeDir()}
	o, err := k.options(ctx, s.home)
	if err != nil {
		return nil, configProblem(err)
	}
	s.user = firstOf(k.User, o.first("user"), localUser())
	s.port = firstOf(portOf(k.Port), o.first("port"), "22")
	s.host = firstOf(strings.ReplaceAll(o.first("hostname"), "%h", k.Host), k.Host)
	s.host = strings.ReplaceAll(s.host, "%%", "%")
	s.alias = s.addr()
	if a := o.first("hostkeyalias"); a != "" {
		s.alias = net.JoinHostPort(a, "22")
	}
	s.identityFiles(o)
	s.knownHostsFiles(o)
	if j := o.first("proxyjump"); j != "" && j != "none" {
		s.jumps = strings.Split(j, ",")
	} else if c := o.first("proxycommand"); c != "" && c != "none" {
		return nil, &kind.Problem{Code: "ssh_proxy_command", Attr: "ssh_config", Summary: "ProxyCommand is not used",
			Detail: fmt.Sprintf("The ssh configuration reaches %s through a ProxyCommand. Write ProxyJump instead, set via to a context for the hop, or set ssh_config to false.", k.Host)}
	}
	return s, nil
}

func (s *settings) identityFiles(o options) {
	s.identitiesOnly = s.args.IdentitiesOnly || o.first("identitiesonly") == "yes"
	files, certs := o["identityfile"], o["certificatefile"]
	switch {
	case s.args.PrivateKey != "":
		files, certs = nil, nil
	case s.args.IdentityFile != "":
		files, certs = []string{s.args.IdentityFile}, nil
	case len(files) == 0:
		files = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"}
	}
	for _, f := range files {
		if f = s.expand(f); filepath.IsAbs(f) || s.args.IdentityFile != "" {
			s.identities = append(s.identities, f)
		}
	}
	for _, f := range certs {
		s.certificates = append(s.certificates, s.expand(f))
	}
}

func (s *settings) knownHostsFiles(o options) {
	user, global := o.first("userknownhostsfile"), o.first("globalknownhostsfile")
	if s.args.KnownHosts != "" {
		s.knownHosts = []string{s.expand(s.args.KnownHosts)}
		s.acceptTo = s.knownHosts[0]
		return
	}
	for i, list := range []string{firstOf(user, "~/.ssh/known_hosts ~/.ssh/known_hosts2"), firstOf(global, "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2")} {
		for f := range strings.FieldsSeq(list) {
			if f = s.expand(f); f != "none" && filepath.IsAbs(f) {
				s.knownHosts = append(s.knownHosts, f)
				if i == 0 && s.acceptTo == "" {
					s.acceptTo = f
				}
			}
		}
	}
}

// expand replaces ~ and the tokens that ssh_config allows in file names.
func (s *settings) expand(p string) string {
	p = expandHome(p, s.home)
	return strings.NewReplacer("%d", s.home, "%h", s.host, "%r", s.user, "%u", localUser(), "%%", "%", "${HOME}", s.home).Replace(p)
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func portOf(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// homeDir is HOME, or what the user database says where HOME is empty; "" is
// possible.
func homeDir() string {
	if h, err := os.UserHomeDir(); err == nil && h != "" {
		return h
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return ""
}

func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return firstOf(os.Getenv("USER"), os.Getenv("LOGNAME"))
}

// configCache remembers what configurations say about a host for the life of
// the process: one `ssh -G` takes 18 ms.
var configCache = struct {
	sync.Mutex
	entries map[string]*configEntry
}{entries: map[string]*configEntry{}}

type configEntry struct {
	once sync.Once
	opts options
	err  error
}

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

// evaluate reads the files itself, which costs next to nothing, and asks ssh
// where they need what only ssh knows.
func (k SSH) evaluate(ctx context.Context, home string) (options, error) {
	files := []string{expandHome(k.SSHConfig, home)}
	if k.SSHConfig == "" {
		files = []string{filepath.Join(home, ".ssh", "config"), "/etc/ssh/ssh_config"}
	} else if _, err := os.Stat(files[0]); err != nil {
		return nil, err
	}
	o, err := readConfig(k.Host, home, files...)
	var need *needsSSH
	if !errors.As(err, &need) {
		return o, err
	}
	return k.dump(ctx, need)
}

// dump asks `ssh -G`, which does no network but runs Match exec, as ssh would.
func (k SSH) dump(ctx context.Context, need *needsSSH) (options, error) {
	path, err := exec.LookPath("ssh")
	if err != nil {
		return nil, need
	}
	args := []string{"-G"}
	if k.SSHConfig != "" {
		args = append(args, "-F", k.SSHConfig)
	}
	if k.User != "" {
		args = append(args, "-l", k.User)
	}
	if k.Port != 0 {
		args = append(args, "-p", portOf(k.Port))
	}
	cmd := exec.CommandContext(ctx, path, append(args, "--", k.Host)...)
	cmd.Env = connect.Environ()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ssh -G %s: %w", k.Host, err)
	}
	return parseDump(string(out)), nil
}

func configProblem(err error) error {
	return &kind.Problem{Code: "ssh_config", Attr: "ssh_config", Summary: "The ssh configuration can not be used",
		Detail: fmt.Sprintf("%v. Correct it, name another file, or set ssh_config to false.", err)}
}
