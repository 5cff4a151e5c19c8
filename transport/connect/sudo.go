package connect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Sudo starts an agent of another user on the parent's machine. It bootstraps
// like an agent on another host: the user has a cache directory of its own, and
// if no agent is there, the parent's image is pushed.
//
// stdin and stdout are pipes, because a terminal is no place for frames. The
// controlling terminal is a pseudo terminal: sudo asks for a password there,
// and requiretty wants to see one.
type Sudo struct {
	Common
	User        string `cbor:"user,omitempty" mito:"needs=user,public,default=root,describes=user"`
	Password    string `cbor:"password,omitempty" mito:"secret"`
	Path        string `cbor:"path,omitempty" mito:"public,default=sudo"`
	Login       bool   `cbor:"login,omitempty" mito:"conflicts=preserve_env,heeds=shell"`
	PreserveEnv bool   `cbor:"preserve_env,omitempty"`
	SetHome     bool   `cbor:"set_home,omitempty"`
	Role        string `cbor:"role,omitempty"`
	Type        string `cbor:"type,omitempty"`
}

// Manual has the texts of these arguments.
func (Sudo) Manual() kind.Manual {
	return kind.Manual{
		Doc:        "An agent of another user on the machine of its via context, started with sudo.",
		OtherNames: "become root",
		Attrs: map[string]kind.Entry{
			"user":         {Doc: "User to become.", OtherNames: "remote_user username login_user ansible_user"},
			"password":     {Doc: "Typed when sudo asks, and only then. It never stands in a command line, an environment or a log.", OtherNames: "ansible_password ansible_become_password"},
			"path":         {Doc: "The sudo program."},
			"login":        {Doc: "Start as a login of the user: its shell reads its profile (sudo -i)."},
			"preserve_env": {Doc: "Keep the environment of the via context (sudo -E)."},
			"set_home":     {Doc: "Set HOME to the user's home directory (sudo -H)."},
			"role":         {Doc: "SELinux role (sudo -r)."},
			"type":         {Doc: "SELinux type (sudo -t)."},
		},
	}
}

func sudoKind() kind.Kind {
	k := Define(func() transport.Connector { return &Sudo{} })
	k.SameMachine = true
	// sudo(8) looks at the account that asks, not at the password, lock and last
	// day of the one that it becomes.
	k.Unmoved = []string{"comment", "shell", "password_hash", "locked", "expires"}
	return k
}

// Kind is "sudo".
func (Sudo) Kind() string { return "sudo" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Sudo) Validate() []kind.Problem {
	p := k.Common.Validate()
	if k.User != "" {
		p = append(p, CheckUser(kind.CodeSudoUser, k.User)...)
	}
	p = append(p, checkSELinux("role", k.Role)...)
	p = append(p, checkSELinux("type", k.Type)...)
	p = append(p, checkProgram("path", k.Path)...)
	if k.Login && strings.Contains(k.AgentPath, "$") {
		// sudo(8): -i escapes every special character for the shell but $.
		p = append(p, *blame("agent_path", kind.CodeSudoLoginPath, "Path cannot be given to a login shell",
			"sudo -i lets the login shell replace what begins with $ in %q. Set login to false, or use another path.", k.AgentPath))
	}
	if k.AgentPath != "" && len(k.Env) > 0 {
		p = append(p, *blame("env", kind.CodeSudoEnvAgentPath, "Environment cannot be set",
			"With agent_path sudo runs nothing but the agent, and no shell that could set env. Leave one of the two out, or set the variables in sudoers."))
	}
	if ends := CheckTyped("password", kind.CodePasswordLineEnd, k.Password); len(ends) > 0 {
		p = append(p, ends...)
	} else if strings.ContainsAny(k.Password, "\x00\r\n") {
		p = append(p, *blame("password", kind.CodeSudoPasswordForm, "Password cannot be typed",
			"The password holds a line break, which would end it early. Give it without, for instance through trimspace()."))
	}
	return p
}

// Start runs sudo. If a cached agent does not start, it is replaced, once.
func (k Sudo) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	if p := k.Validate(); len(p) > 0 {
		return nil, &p[0]
	}
	b := NewBootstrap(s, k.Common)
	link, err := k.start(ctx, s, b)
	if errors.Is(err, ErrStale) {
		link, err = k.start(ctx, s, b.Fresh())
	}
	return link, err
}

// start runs sudo once.
func (k Sudo) start(ctx context.Context, s transport.Start, b *Bootstrap) (*transport.Link, error) {
	path, err := exec.LookPath(k.program())
	if err != nil {
		return nil, k.missing(err)
	}
	master, tty, err := openTerminal()
	if err != nil {
		return nil, crowdedIf(transport.Exhausted(err) || errors.Is(err, syscall.ENOSPC), problem(kind.CodeSudoNoTTY, "No terminal for sudo", "A pseudo terminal cannot be opened: %v. Look whether /dev/pts is mounted there, and how many are open (/proc/sys/kernel/pty).", err))
	}
	words := &LastWords{}
	words.Hide(k.Password)
	ask := newPrompter(promptFor(s.Token), k.Password, master, words)
	cmd := &exec.Cmd{Path: path, Args: append([]string{k.program()}, k.args(s, b)...), Env: k.environ()}
	p, err := startProcess(cmd, words, master, tty, ask.terminalShowed)
	tty.Close()
	if err != nil {
		master.Close()
		return nil, k.missing(err)
	}
	ask.open(p.close)
	r, err := greet(ctx, p, b, func(said string) error { return k.explain(ask, said) })
	if err != nil {
		return nil, err
	}
	return p.link(r), nil
}

func (k Sudo) program() string {
	if k.Path == "" {
		return "sudo"
	}
	return k.Path
}

// args is the command line of sudo. It tells no secrets.
func (k Sudo) args(s transport.Start, b *Bootstrap) []string {
	args := []string{"-p", promptFor(s.Token), "-u", k.user()}
	for _, o := range []struct {
		on     bool
		option []string
	}{
		{k.PreserveEnv, []string{"-E"}},
		{k.SetHome, []string{"-H"}},
		{k.Login, []string{"-i"}},
		{k.Role != "", []string{"-r", k.Role}},
		{k.Type != "", []string{"-t", k.Type}},
	} {
		if o.on {
			args = append(args, o.option...)
		}
	}
	args = append(args, "--")
	if k.AgentPath != "" {
		return append(args, k.AgentPath, agentWord, s.Token, s.ProcessName)
	}
	// sudo stays for the life of the agent, and shows its command line to every
	// user of the host, and to all below it as SUDO_COMMAND. With Login a shell
	// of the user would read it, too. So the script is not part of it.
	b.onStdin, b.locale = true, localeBack()
	return append(args, "sh")
}

// environ is the environment of sudo itself. It makes sudo speak a language in
// which messages can be told apart. The script sets LC_ALL back.
func (k Sudo) environ() []string {
	return environment(Environ(), map[string]string{"LC_ALL": "C"})
}

// localeBack is sh that sets LC_ALL back to what it is in this process.
func localeBack() string {
	if v, ok := os.LookupEnv("LC_ALL"); ok {
		return "LC_ALL=" + word(v)
	}
	return "unset LC_ALL"
}

// missing is the error of a sudo that could not be executed.
func (k Sudo) missing(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return blame("path", kind.CodeSudoMissing, "No sudo on the host",
			"%s cannot be executed: %v. Install sudo, or set path to where it is.", k.program(), err)
	}
	return err
}
