package ssh

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// The values of client.
const (
	clientNative  = "native"
	clientOpenSSH = "openssh"
)

// byProgram reports whether the ssh program of this machine makes the connection.
func (k SSH) byProgram() bool { return k.Client == clientOpenSSH }

// startProgram starts the agent through the ssh program of this machine, which runs sh
// on the host. The program reads its configuration itself, all of it. It has no
// terminal and asks nobody. It uses the connection of a ControlMaster that is there,
// and never becomes one: that would outlive this process.
func (k SSH) startProgram(ctx context.Context, s transport.Start) (*transport.Link, error) {
	if s.Dial != nil {
		return nil, attrProblem("client", kind.CodeSSHClientArgument, "The ssh program does not go through a context",
			`A context with client = "openssh" has a via, but the ssh program of the controller connects by itself and reaches nothing through another context. Write ProxyJump in its ssh configuration instead of via, or leave client out.`)
	}
	if err := k.readKnownHosts(); err != nil {
		return nil, err
	}
	at := k.programTarget()
	return inTurn(ctx, s, at, func() (*transport.Link, error) {
		s.Phase(transport.PhaseDial)
		s.Slots.Dialling()
		s.Log.Debug("ssh program is to log in", "host", at)
		ctx, giveUp := context.WithCancelCause(ctx)
		defer giveUp(nil)
		p := &programProgress{start: s, args: k, target: at, giveUp: giveUp}
		k.makeKeeper()
		told := s
		told.Phase = p.phase
		link, err := connect.Prefix{
			Common: k.Common, Argv: k.programArgs(), Elsewhere: true, Missing: programMissing,
			Stderr: p.listen, Left: k.endLeft,
			Explain: func(said string) error { return p.explain(ctx, said) },
		}.Start(ctx, told)
		if err != nil {
			return nil, err
		}
		link.Login = p.login()
		wait := link.Wait
		link.Wait = func() transport.Exit { return p.ended(wait()) }
		return link, nil
	})
}

// endLeft ends the process on the host that was executed as an agent and did not become
// one. The program passes on no signals, and sshd ends nothing whose connection is closed.
// So it takes one more login, which has no more time than endBound.
func (k SSH) endLeft(pid int) {
	ctx, cancel := context.WithTimeout(context.Background(), endBound)
	defer cancel()
	args := k.programArgs()
	cmd := exec.CommandContext(ctx, args[0], append(args[1:], "sh")...)
	cmd.Env = connect.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Stdin = strings.NewReader(fmt.Sprintf("kill -9 -%d || kill -9 %[1]d\n", pid))
	_ = cmd.Run() // the start has failed already, and says why
}

// endBound is how long that may take: a command that was interrupted waits for it.
const endBound = 3 * time.Second

// programTarget names the host as it is given to the program.
func (k SSH) programTarget() string {
	host := k.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if k.Port != 0 {
		host += ":" + portOf(k.Port)
	}
	return host
}

// programArgs is the command line. -v makes the program tell how far it is. Of two values
// of an option it takes the first, so what stands here outweighs its configuration.
func (k SSH) programArgs() []string {
	args := []string{"ssh", "-v", "-T"}
	option := func(name, value string) { args = append(args, "-o", name+"="+value) }
	option("BatchMode", "yes")
	option("ControlMaster", "no")
	option("ClearAllForwardings", "yes")
	option("RemoteCommand", "none")
	for _, o := range sessionOptions() {
		args = append(args, "-o", o)
	}
	k.loginOptions(option)
	k.trustOptions(option)
	k.aliveOptions(option)
	return append(append(args, k.configArgs()...), "--", k.Host)
}

// aliveOptions are the options that end the program when the line was cut. Without them it
// would wait for ever.
func (k SSH) aliveOptions(option func(name, value string)) {
	every := defaultInterval
	if d, err := time.ParseDuration(k.KeepaliveInterval); err == nil && d > 0 {
		every = d
	}
	option("ServerAliveInterval", strconv.Itoa(int(math.Ceil(every.Seconds()))))
	option("ServerAliveCountMax", strconv.FormatInt(cmp.Or(k.KeepaliveCount, defaultCount), 10))
}

// loginOptions are the options that say who logs in.
func (k SSH) loginOptions(option func(name, value string)) {
	if k.User != "" {
		option("User", k.User)
	}
	if k.Port != 0 {
		option("Port", portOf(k.Port))
	}
	if k.IdentityFile != "" {
		option("IdentityFile", optionWord(expandHome(k.IdentityFile, homeDir())))
	}
	if k.Certificate != "" {
		option("CertificateFile", optionWord(expandHome(k.Certificate, homeDir())))
	}
	if k.IdentitiesOnly {
		option("IdentitiesOnly", "yes")
	}
	switch {
	case k.Agent == nil:
	case !*k.Agent:
		option("IdentityAgent", "none")
	case k.configured("identityagent") == "none":
		option("IdentityAgent", "SSH_AUTH_SOCK")
	}
}

// trustOptions are the options that say which host keys are trusted.
func (k SSH) trustOptions(option func(name, value string)) {
	known := expandHome(k.KnownHosts, homeDir())
	switch k.HostKeyCheck {
	case checkStrict:
		option("StrictHostKeyChecking", "yes")
	case checkAcceptNew:
		option("StrictHostKeyChecking", "accept-new")
	case checkOff:
		option("StrictHostKeyChecking", "no")
		known = "/dev/null" // also a key that changed is trusted
	}
	if known != "" {
		option("UserKnownHostsFile", optionWord(known))
		option("GlobalKnownHostsFile", "/dev/null")
	}
}

// optionWord is a file as one word of the value of an option: see argv_split in
// OpenSSH's misc.c.
func optionWord(file string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(file) + `"`
}

// checkProgram says which arguments the ssh program cannot honour: it takes no secret in
// its command line, and asks for one on a terminal only.
func (k SSH) checkProgram() []kind.Problem {
	var p []kind.Problem
	refuse := func(attr string, set bool, instead kind.Rule) {
		if set {
			p = append(p, *kind.NewProblem(attr, kind.CodeSSHClientArgument, "The ssh program cannot use an argument",
				`%s is set, and client = "openssh" too. %s Or leave client out: mitoplan itself can use %s.`, attr, instead, attr))
		}
	}
	const ask = "The ssh program asks for it on a terminal, and has none. "
	refuse("password", k.Password != "", ask+"Use a key in an ssh-agent.")
	refuse("answers", len(k.Answers) > 0, ask+"Use a key, or a ControlMaster that is there.")
	refuse("passphrase", k.Passphrase != "", ask+"Add the key to an ssh-agent (ssh-add).")
	refuse("private_key", k.PrivateKey != "", "The ssh program reads keys from files. Name a file in identity_file, or add the key to an ssh-agent.")
	refuse("certificate", isCertLine(k.Certificate), "The ssh program reads certificates from files. Write the line to a file, and name that.")
	refuse("host_key", len(k.HostKey) > 0, "The ssh program reads host keys from files. Write a file with lines such as those of known_hosts, and name it in known_hosts.")
	return p
}

// programMissing is the problem of a controller without the program.
func programMissing(_ string, err error) *transport.Problem {
	return attrProblem("client", kind.CodeContextProgramMissing, "No ssh program on the controller",
		`client = "openssh" runs the program ssh of the machine that mitoplan runs on. It cannot be executed: %v. Install the OpenSSH client there, or leave client out.`, err)
}
