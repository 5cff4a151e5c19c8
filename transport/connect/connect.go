// Package connect holds the kinds of contexts that any process of the tree can
// start, such as local and sudo, and what every kind needs: the bootstrap line that
// turns a shell into an agent, and the process behind a link. The kind ssh is
// the subpackage ssh, because only the controller links a cryptographic stack.
//
// The package never routes, never speaks frames and never keeps a connection:
// it hands a Link over and forgets it.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	kinds.go          the list of the kinds that any process can start, and the Main of
//	                  programs that push themselves
//	executables.go    the agents of a program that was built for several platforms
//	sudo.go sudo_problem.go
//	                  a kind whose program runs the agent as another user
//	su.go doas.go become.go become_problem.go powerless_linux.go powerless_other.go
//	                  two of which the programs ask for a password in their own words
//	exec.go chroot.go nsenter.go docker.go podman.go container.go kubectl.go
//	lxc.go incus.go instance.go machinectl.go prefixed.go
//	                  kinds whose program runs the agent in another place, and asks
//	                  nothing: what such kinds say is sent as data
//	prefix.go refusal.go unanswered.go prompter.go
//	                  how such kinds start their program, and answer it if it asks for
//	                  a password
//	local.go failure.go crowded.go program.go process.go group.go memorycgroup.go terminal.go session_linux.go
//	session_other.go  the simplest kind, the process behind its link with the terminal
//	                  that it may have, and by which rule a start failed
//	bootstrap.go push.go startlines.go bootstrap.sh strip.go platform.go agentdir.go agentpath.go patient.go
//	                  from a shell to an agent
//	ownimage.go sealed.go tidycache.go
//	                  the agent that this process is, and agents that are kept on hosts
//	define.go definition.go checkname.go checksecret.go shown.go connect.go problem.go
//	                  the arguments that every kind has, and what is wrong with them
//	lastwords.go crash.go script.go quote.go
//	                  what is reported of a start that failed, and the words of the
//	                  shell
package connect

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Common are the arguments that every kind of context has. Errors name an argument as a
// configuration does: ConnectTimeout is connect_timeout. Times are texts such as 1m30s.
type Common struct {
	// Name: Name shown in the host's process list and in reports; without it the block's
	// address.
	Name string `cbor:"name,omitempty" mito:"public,describes=name"`
	// Env: Environment variables for the agent and all that it starts. Values never appear in a
	// process list.
	Env map[string]string `cbor:"env,omitempty"`
	// AgentPath: Run the agent at this path instead of pushing one: for hosts where only named
	// commands may run.
	AgentPath string `cbor:"agent_path,omitempty" mito:"public"`
	// AgentDirs: Directories on the host, tried in order, to keep the agent in; without it
	// $XDG_CACHE_HOME, ~/.cache, /var/tmp, $XDG_RUNTIME_DIR, /dev/shm and /tmp. Not together
	// with AgentPath.
	AgentDirs []string `cbor:"agent_dirs,omitempty" mito:"public,conflicts=agent_path"`
	// ConnectTimeout: How long this hop may take to come up without progress of its host, such
	// as 30s. Default 10s.
	ConnectTimeout string `cbor:"connect_timeout,omitempty" mito:"default=10s"`
	// Parallelism: How many calls run at once in this context; 0 is no limit of its own.
	Parallelism int64 `cbor:"parallelism,omitempty"`
}

// Manual has the texts of these arguments.
func (Common) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":            {Doc: "Name shown in the host's process list and in reports; without it the block's address."},
			"env":             {Doc: "Environment variables for the agent and all that it starts. Values never appear in a process list.", OtherNames: "environment"},
			"agent_path":      {Doc: "Run the agent at this path instead of pushing one: for hosts where only named commands may run."},
			"agent_dirs":      {Doc: "Directories on the host, tried in order, to keep the agent in; without it $XDG_CACHE_HOME, ~/.cache, /var/tmp, $XDG_RUNTIME_DIR, /dev/shm and /tmp."},
			"connect_timeout": {Doc: "How long this hop may take to come up without progress of its host, such as 30s."},
			"parallelism":     {Doc: "How many calls run at once in this context; 0 is no limit of its own."},
		},
	}
}

// Timeout is the parsed ConnectTimeout, 0 if none is set.
func (c Common) Timeout() time.Duration {
	d, _ := time.ParseDuration(c.ConnectTimeout)
	return d
}

// Parallel is how many calls run at once in the context, 0 for no limit of its own.
func (c Common) Parallel() int { return int(c.Parallelism) }

// ContextName is the name of the context, "" if it has none of its own.
func (c Common) ContextName() string { return c.Name }

// variableName matches what sh takes for the name of a variable.
var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// Validate says what is wrong with the values. It looks at no host.
func (c Common) Validate() []kind.Problem {
	var p []kind.Problem
	if c.ConnectTimeout != "" {
		p = append(p, checkDuration("connect_timeout", c.ConnectTimeout)...)
	}
	if d := c.Timeout(); d > 0 && d < kind.LeastConnectTimeout {
		p = append(p, *blame("connect_timeout", kind.CodeContextDuration, "Too little time to connect",
			"%q is less than %s, and no context comes up in so little time. Raise it: 10s is usual.", c.ConnectTimeout, kind.LeastConnectTimeout))
	}
	if c.Parallelism < 0 {
		p = append(p, *blame("parallelism", kind.CodeContextParallelism, "Negative parallelism",
			"The number of calls at once is %d. Set it to 1 or more, or leave it out for no limit.", c.Parallelism))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		p = append(p, checkVariable(name, c.Env[name])...)
	}
	for _, dir := range c.AgentDirs {
		p = append(p, checkPath("agent_dirs", dir)...)
	}
	if c.AgentPath != "" {
		p = append(p, checkPath("agent_path", c.AgentPath)...)
	}
	return conflict(p, c.AgentPath != "" && len(c.AgentDirs) > 0, "agent_dirs", "With agent_path no agent is kept in a directory. Leave one of the two out.")
}

// conflict adds the problem of an argument that counts for nothing, with the reason, if it is
// one. A configuration is told by the option conflicts in the tag, where the two are
// arguments of one kind; Go is told by this.
func conflict(p []kind.Problem, is bool, attr string, why kind.Rule) []kind.Problem {
	if !is {
		return p
	}
	return append(p, *blame(attr, kind.CodeContextConflict, "Argument counts for nothing", "%s", why))
}

// checkPath returns what is wrong with a path on the host of a context. It is not
// filesystem.CheckPath, whose advice to write ${on.home} means nothing in the block of
// a context.
func checkPath(attr, path string) []kind.Problem {
	switch {
	case strings.ContainsRune(path, 0):
		return []kind.Problem{*blame(attr, kind.CodeContextPath, "Path holds a zero byte",
			"%q holds a zero byte, and no path can. Remove it.", path)}
	case !strings.HasPrefix(path, "/"):
		return []kind.Problem{*blame(attr, kind.CodeContextPath, "Path is not absolute",
			"%s is %q. It is a path on the host and must begin with /.", attr, path)}
	}
	return nil
}

// CheckOwnPath says what is wrong with the path of a file of this machine, which
// may be relative, and may be absent.
func CheckOwnPath(attr, path string) []kind.Problem {
	if !strings.ContainsRune(path, 0) {
		return nil
	}
	return checkPath(attr, path)
}

// checkVariable says what keeps a variable from being set in an environment.
func checkVariable(name, value string) []kind.Problem {
	why := ""
	switch {
	case !variableName().MatchString(name):
		why = "a name is letters, digits and _, and begins with no digit"
	case strings.ContainsRune(value, 0):
		why = "its value holds a zero byte, which no variable can"
	default:
		return nil
	}
	return []kind.Problem{*blame("env", kind.CodeContextEnv, "Invalid environment variable", "%q cannot be set: %s.", name, kind.Rule(why))}
}

func checkDuration(attr, text string) []kind.Problem {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return nil
	}
	return []kind.Problem{*blame(attr, kind.CodeContextDuration, "Invalid duration",
		"%q is not a duration. Write a number and a unit, such as 30s or 2m.", text)}
}

// CheckDuration is the check that the duration arguments of every kind pass.
func CheckDuration(attr, text string) []kind.Problem { return checkDuration(attr, text) }

// settings are how the names of variables begin that are for the controller
// alone: the values of the configuration, which may be secrets, and what is
// logged where.
var settings = []string{"MITOPLAN_VAR_", "MITOPLAN_LOG"}

// IsSetting reports whether a variable of the environment is for the controller
// alone.
func IsSetting(name string) bool {
	return slices.ContainsFunc(settings, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Environ is the environment that this process hands on to a program: its own,
// without what is for the controller alone. All that the program starts could
// read that.
func Environ() []string { return slices.DeleteFunc(os.Environ(), IsSetting) }

// environment is what a started process gets: base, without the variables that
// change how a Go program runs, and the variables of the context. If env sets a
// variable of the Go runtime, that one stays.
func environment(base []string, env map[string]string) []string {
	out := slices.DeleteFunc(slices.Clone(base), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		_, replaced := env[name]
		return replaced || slices.Contains(runtimeVariables, name)
	})
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

var runtimeVariables = []string{"GODEBUG", "GOGC", "GOMEMLIMIT", "GOTRACEBACK"}
