// Package ssh is the context kind ssh: a connection of its own to an sshd, made
// with golang.org/x/crypto/ssh, that runs one session for the agent and
// forwards connections for the contexts behind it.
//
// With client = "openssh" the ssh program of the controller makes the connection instead.
//
// It always runs in the controller, also for a host behind others: the hops
// carry ciphertext. It never trusts a host key that nothing vouches for, and it
// never prompts.
//
// Read the files in this order:
//
//	ssh.go validate.go connection.go hop.go session.go session_end.go
//	                  the kind, its connection, what it carries, and the session of its
//	                  agent
//	inturn.go loginlines.go
//	                  when it is its turn, what is tried again, and what is logged
//	settings.go tokens.go port.go dial.go proxy_command.go
//	socket_linux.go socket_other.go
//	                  how a host is reached: where each setting comes from
//	config.go config_line.go config_match.go config_cache.go keywords.go unhonoured.go
//	                  what ssh_config(5) says, and what of it is not honoured
//	auth.go identity.go privatekey.go pkcs8.go sshagent.go usercert.go offer.go touch.go questions.go
//	                  which keys are tried, and what they are read from
//	hostkey.go hostcert.go hostaccept.go knownhosts.go knownfile.go knownline.go
//	                  which hosts are trusted, and by which files
//	algorithms.go hostalgorithms.go keypolicy.go
//	                  which algorithms and keys the configuration allows
//	openssh.go openssh_progress.go openssh_kept.go openssh_config.go openssh_login.go
//	openssh_problem.go openssh_refused.go
//	                  the ssh program in the place of all this
//	problem.go greeting.go hostproblem.go refusal.go account.go
//	                  what is said of a failure
package ssh

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// SSH starts an agent on a host that runs sshd. The zero value of an argument
// leaves it to the ssh configuration.
type SSH struct {
	connect.Common
	// Host: Name or address of the host, or a Host of the ssh configuration. Required.
	Host string `cbor:"host" mito:"required,public,describes=host"`
	// Port: Port of its sshd. Default 22.
	Port int64 `cbor:"port,omitempty" mito:"public,default=22,describes=port"`
	// User: User to log in as; without it that of the ssh configuration, or the local one.
	User string `cbor:"user,omitempty" mito:"public,describes=user"`
	// IdentityFile: File on the controller with a private key, or with the public half of one
	// that the ssh-agent holds; without it those of the ssh configuration, or the usual ones in
	// ~/.ssh.
	IdentityFile string `cbor:"identity_file,omitempty" mito:"public"`
	// PrivateKey: A private key itself, in PEM or OpenSSH form. A secret.
	PrivateKey string `cbor:"private_key,omitempty" mito:"secret"`
	// Certificate: Certificate for the key: a file on the controller, or the line itself.
	Certificate string `cbor:"certificate,omitempty"`
	// Passphrase: Opens IdentityFile or PrivateKey. A secret.
	Passphrase string `cbor:"passphrase,omitempty" mito:"secret"`
	// Password: For the methods password and keyboard-interactive. A secret.
	Password string `cbor:"password,omitempty" mito:"secret"`
	// Answers: What is answered to questions of the method keyboard-interactive, such as that
	// for a one-time code: by a part of the question, in any case. A hidden question that none
	// fits is answered with the password, once. A secret.
	Answers map[string]string `cbor:"answers,omitempty" mito:"secret"`
	// Agent: Use the keys of the ssh-agent at SSH_AUTH_SOCK, or at the IdentityAgent of the ssh
	// configuration. Default true.
	Agent *bool `cbor:"agent,omitempty" mito:"default=true"`
	// IdentitiesOnly: Try only the keys that are configured, even if the ssh-agent has more.
	IdentitiesOnly bool `cbor:"identities_only,omitempty"`
	// KnownHosts: File on the controller with known host keys; without it those of the ssh
	// configuration, or ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.
	KnownHosts string `cbor:"known_hosts,omitempty" mito:"public"`
	// HostKey: The host's public keys, as in a .pub file. Nothing else is trusted then, and
	// KnownHosts and HostKeyCheck are for the hosts of a ProxyJump alone.
	HostKey []string `cbor:"host_key,omitempty"`
	// HostKeyCheck: What to do about an unknown host key: refuse it, write it to KnownHosts, or
	// trust any. One of strict, accept_new, off. Default strict.
	HostKeyCheck string `cbor:"host_key_check,omitempty" mito:"oneof=strict|accept_new|off,default=strict"`
	// SSHConfig: Path on the controller of an ssh configuration, or false for none; without it
	// ~/.ssh/config and /etc/ssh/ssh_config.
	SSHConfig string `cbor:"ssh_config,omitempty" mito:"public"`
	// Client: What speaks ssh: mitoplan itself, or the ssh program of the controller with all
	// that its configuration says. One of native, openssh. Default native.
	Client string `cbor:"client,omitempty" mito:"public,oneof=native|openssh,default=native,alone=openssh"`
	// KeepaliveInterval: How often a silent connection is asked whether it lives; without it
	// ServerAliveInterval of the ssh configuration, which client = openssh does not look at.
	// Default 15s.
	KeepaliveInterval string `cbor:"keepalive_interval,omitempty" mito:"default=15s"`
	// KeepaliveCount: After how many unanswered questions it counts as lost; without it
	// ServerAliveCountMax of the ssh configuration, which client = openssh does not look at.
	// Default 3.
	KeepaliveCount int64 `cbor:"keepalive_count,omitempty" mito:"default=3"`
}

// Manual has the texts of these arguments.
func (SSH) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent on a host that runs sshd, reached directly or through its via context.",
		Page: kind.Page{
			Example: `context "ssh" "web" {
  host = "web1.example.com"
  user = "deploy"
}
call "hostname" "it" {
  on = context.ssh.web
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Reads:   "The ssh configuration, known host keys and keys on the controller.",
			Ansible: "the connection plugin ansible.builtin.ssh, which runs the ssh program, for each task anew unless ControlPersist keeps the connection, and needs Python on the host. Here one connection lasts for the run, and a host needs a POSIX shell and gzip. An unknown host key is refused, and nobody is asked.",
			Pyinfra: "the connector @ssh, which speaks ssh itself with paramiko and sends lines of shell.",
			Limits:  "Agent forwarding, X11 and GSSAPI are for client = openssh alone. What is not honoured of an ssh configuration is a warning that names it.",
		},
		OtherNames: "openssh paramiko",
		Attrs: map[string]kind.Entry{
			"host":               {Doc: "Name or address of the host, or a Host of the ssh configuration.", OtherNames: "hostname address ip ansible_host"},
			"port":               {Doc: "Port of its sshd.", OtherNames: "ansible_port"},
			"user":               {Doc: "User to log in as; without it that of the ssh configuration, or the local one.", OtherNames: "remote_user username login_user ansible_user"},
			"identity_file":      {Doc: "File on the controller with a private key, or with the public half of one that the ssh-agent holds; without it those of the ssh configuration, or the usual ones in ~/.ssh.", OtherNames: "ansible_ssh_private_key_file key private_key_file key_file ssh_key", List: "It is one file. Keys that the ssh-agent holds are tried as well; to try several files, name each as IdentityFile in an ssh configuration, and leave identity_file out."},
			"private_key":        {Doc: "A private key itself, in PEM or OpenSSH form."},
			"certificate":        {Doc: "Certificate for the key: a file on the controller, or the line itself."},
			"passphrase":         {Doc: "Opens identity_file or private_key."},
			"answers":            {Doc: "What is answered to questions of the method keyboard-interactive, such as that for a one-time code: by a part of the question, in any case. A hidden question that none fits is answered with the password, once.", OtherNames: "otp one_time_code totp"},
			"password":           {Doc: "For the methods password and keyboard-interactive.", OtherNames: "ansible_password ansible_become_password"},
			"agent":              {Doc: "Use the keys of the ssh-agent at SSH_AUTH_SOCK, or at the IdentityAgent of the ssh configuration."},
			"identities_only":    {Doc: "Try only the keys that are configured, even if the ssh-agent has more."},
			"known_hosts":        {Doc: "File on the controller with known host keys; without it those of the ssh configuration, or ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.", List: "It is one file. Put the lines of all into one, or name the files as UserKnownHostsFile in an ssh configuration, and leave known_hosts out."},
			"host_key":           {Doc: "The host's public keys, as in a .pub file. Nothing else is trusted then, and known_hosts and host_key_check are for the hosts of a ProxyJump alone."},
			"host_key_check":     {Doc: "What to do about an unknown host key: refuse it, write it to known_hosts, or trust any.", Values: map[string]string{"off": "no", "strict": "yes ask", "accept_new": "accept-new"}},
			"ssh_config":         {Doc: "Path on the controller of an ssh configuration, or false for none; without it ~/.ssh/config and /etc/ssh/ssh_config."},
			"client":             {Doc: "What speaks ssh: mitoplan itself, or the ssh program of the controller with all that its configuration says.", Values: map[string]string{"openssh": "ssh"}, InsteadOfVia: "Write ProxyJump in its ssh configuration instead of via"},
			"keepalive_interval": {Doc: "How often a silent connection is asked whether it lives; without it ServerAliveInterval of the ssh configuration, which client = openssh does not look at."},
			"keepalive_count":    {Doc: "After how many unanswered questions it counts as lost; without it ServerAliveCountMax of the ssh configuration, which client = openssh does not look at."},
		},
	}
}

// Kind is the definition of the context kind.
func Kind() kind.Kind {
	k := connect.Define(func() transport.Connector { return &SSH{} })
	k.Unmoved, k.OwnAgent = []string{"comment"}, true
	return k
}

// Format prints the connector, and "(secret)" for each of its secrets.
func (k SSH) Format(to fmt.State, verb rune) {
	type ssh SSH
	k.PrivateKey, k.Passphrase, k.Password = connect.Mask(k.PrivateKey), connect.Mask(k.Passphrase), connect.Mask(k.Password)
	k.Answers = maps.Clone(k.Answers)
	for question := range k.Answers {
		k.Answers[question] = connect.Masked
	}
	if verb != 'v' { // such as %x, which would show all in its own form
		fmt.Fprintf(to, "%+v", ssh(k))
		return
	}
	fmt.Fprintf(to, fmt.FormatString(to, verb), ssh(k))
}

// MarshalText is for logs and JSON: what Format prints.
func (k SSH) MarshalText() ([]byte, error) { return fmt.Append(nil, k), nil }

// Kind is "ssh".
func (SSH) Kind() string { return "ssh" }

// Through is true: the controller speaks ssh itself, whatever is in between.
func (SSH) Through() bool { return true }

// Start connects, logs in and starts an agent. After the login that takes two
// round trips: one opens the session, one runs the line and brings the
// greeting.
func (k SSH) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	if p := k.Validate(); len(p) > 0 {
		return nil, &p[0]
	}
	if k.byProgram() {
		return k.startProgram(ctx, s)
	}
	c, err := k.open(ctx, s)
	if err != nil {
		return nil, err
	}
	b := connect.NewBootstrap(s, k.Common)
	link, err := c.agent(ctx, s, b)
	switch {
	case errors.Is(err, errRestricted):
		s.Log.Debug("login shell refuses the word exec: it is tried without")
		c, link, err = k.again(ctx, s, c, b, strings.TrimPrefix(b.Line(), "exec "))
	case errors.Is(err, connect.ErrStale):
		s.Log.Debug("agent is started again, without the cached one")
		fresh := b.Fresh()
		c, link, err = k.again(ctx, s, c, fresh, fresh.Line())
	}
	if err != nil {
		if c != nil {
			c.close()
			c.wait()
		}
		if errors.Is(err, errRestricted) {
			err = attrProblem("user", kind.CodeSSHNoShell, "The account has a restricted shell",
				"The login shell of the user on %s runs no sh. Allow it to, give the user another shell there (chsh), or log in as another user.", k.Host)
		}
		return nil, err
	}
	return link, nil
}

// errRestricted is the error of a login shell that may not become another program: rbash
// runs one, but refuses the word exec.
var errRestricted = errors.New("the login shell is a restricted one")

// again starts an agent in place of a cached one that did not start, or of one that the
// login shell did not run. It does so on the
// same connection, unless that was closed because the agent hung, or opens no second
// session: sshd counts one against its MaxSessions until all in it has ended. The
// connection that it returns is nil if there is none.
func (k SSH) again(ctx context.Context, s transport.Start, c *connection, fresh *connect.Bootstrap, line string) (*connection, *transport.Link, error) {
	if !c.isClosed() {
		link, err := c.agentBy(ctx, s, fresh, line)
		if p := (*kind.Problem)(nil); !errors.As(err, &p) || p.Code != kind.CodeSSHNoSession {
			return c, link, err
		}
		c.close()
	}
	c.wait()
	s.Log.Debug("host is logged in to again")
	c, err := k.open(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	link, err := c.agentBy(ctx, s, fresh, line)
	return c, link, err
}

// agent runs the bootstrap line in a session of its own.
func (c *connection) agent(ctx context.Context, s transport.Start, b *connect.Bootstrap) (*transport.Link, error) {
	return c.agentBy(ctx, s, b, b.Line())
}

// agentBy is agent with a line that runs the script of the bootstrap in another way.
func (c *connection) agentBy(ctx context.Context, s transport.Start, b *connect.Bootstrap, line string) (*transport.Link, error) {
	s.Phase(transport.PhaseSession)
	ses, err := c.session(ctx)
	if err != nil {
		return nil, c.explain(context.Cause(ctx), err)
	}
	s.Log.Debug("session is opened, and sh is asked for")
	stop := context.AfterFunc(ctx, ses.abandon)
	defer stop()
	ses.start(line)
	r, err := b.Greet(ctx, ses.stdout, ses.stdin, ses.words, c.close)
	switch {
	case err == nil && stop():
		return c.link(ses, r), nil
	case errors.Is(err, connect.ErrStale):
		ses.drop()
		return nil, err
	}
	err = ses.explain(context.Cause(ctx), err)
	ses.abandon()
	return nil, err
}
