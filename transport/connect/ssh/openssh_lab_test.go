//go:build linux

package ssh

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// byOpenSSH makes a context on a host of a lab that the ssh program connects to, with a
// configuration of its own.
func byOpenSSH(t *testing.T, l *lab.Lab, i int, config string) SSH {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is missing")
	}
	k := on(l, i, "deploy")
	k.Client, k.SSHConfig = clientOpenSSH, writeFile(t, "config", config)
	return k
}

// leavesNone fails the test if an ssh program with this configuration is left.
func leavesNone(t *testing.T, k SSH) {
	t.Helper()
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if line, _ := os.ReadFile(f); strings.HasPrefix(string(line), "ssh\x00-v") && strings.Contains(string(line), k.SSHConfig) {
			t.Errorf("an ssh program is left: %q", line)
		}
	}
}

func TestOpenSSHConnects(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true})
	t.Run("directly", func(t *testing.T) {
		k := byOpenSSH(t, l, 1, "")
		assertWorks(t, k)
		assertWorks(t, k)
		leavesNone(t, k)
	})
	t.Run("each phase is entered once", func(t *testing.T) {
		var phases []string
		s := start()
		s.Phase = func(p transport.Phase) { phases = append(phases, string(p)) }
		link, err := byOpenSSH(t, l, 1, "").Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		link.Close()
		link.Wait()
		if got := strings.Join(phases, " "); got != "dial handshake auth session bootstrap greeting" {
			t.Errorf("the phases are %q", got)
		}
		if words := string(link.LastWords()); strings.Contains(words, "debug1") {
			t.Errorf("the last words hold what -v says: %s", words)
		}
	})
	t.Run("through a ProxyCommand", func(t *testing.T) {
		base := "-F none -i " + l.Key() + " -o UserKnownHostsFile=" + l.KnownHosts()
		k := byOpenSSH(t, l, 2, "Host *\n ProxyCommand ssh "+base+" -W %h:%p deploy@"+l.Addr(1)+"\n")
		assertWorks(t, k)
		leavesNone(t, k)
	})
	t.Run("through ProxyJump", func(t *testing.T) {
		k := byOpenSSH(t, l, 2, "Host "+l.Addr(2)+"\n ProxyJump deploy@"+l.Addr(1)+"\nHost *\n IdentityFile "+l.Key()+"\n UserKnownHostsFile "+l.KnownHosts()+"\n")
		assertWorks(t, k)
		leavesNone(t, k)
	})
	t.Run("over a ControlMaster that is there", func(t *testing.T) { overMaster(t, l) })
	t.Run("and never becomes a ControlMaster", func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "s")
		k := byOpenSSH(t, l, 1, "Host *\n ControlMaster auto\n ControlPersist 60\n ControlPath "+socket+"\n")
		assertWorks(t, k)
		if _, err := os.Stat(socket); err == nil {
			t.Errorf("the program made %s", socket)
		}
	})
	t.Run("past what a person has configured for a terminal", func(t *testing.T) {
		k := byOpenSSH(t, l, 1, "Host *\n RequestTTY force\n RemoteCommand sleep 1001\n LogLevel QUIET\n LocalForward 1 127.0.0.1:1\n ExitOnForwardFailure yes\n")
		assertWorks(t, k)
		for _, line := range []string{"SessionType none", "SessionType subsystem", "StdinNull yes", "ForkAfterAuthentication yes", "VisualHostKey yes", "PermitLocalCommand yes\nLocalCommand echo noise", "ControlPersist yes", "EscapeChar none", "Compression yes", "FingerprintHash md5", "UpdateHostKeys yes"} {
			if len(sessionOptions()) == 0 {
				t.Skip("the ssh program is older than 8.7")
			}
			k := byOpenSSH(t, l, 1, line+"\n")
			assertWorks(t, k)
			leavesNone(t, k)
		}
	})
	t.Run("every argument is passed", func(t *testing.T) {
		content, err := os.ReadFile(l.Key())
		if err != nil {
			t.Fatal(err)
		}
		k := byOpenSSH(t, l, 1, "User ghost\nPort 9\nStrictHostKeyChecking yes\n")
		k.IdentityFile, k.Port, k.IdentitiesOnly, k.KeepaliveInterval, k.KeepaliveCount = writeFile(t, `my "key" \ file`, string(content)), 22, true, "1500ms", 2
		k.KnownHosts, k.HostKeyCheck = filepath.Join(t.TempDir(), "known hosts"), "accept_new"
		assertWorks(t, k)
		if known, err := os.ReadFile(k.KnownHosts); err != nil || !strings.Contains(string(known), "ssh-ed25519") {
			t.Errorf("known_hosts holds %q (%v)", known, err)
		}
		k.HostKeyCheck = "strict"
		assertWorks(t, k)
		if line := strings.Join(k.programArgs(), " "); !strings.Contains(line, "ServerAliveInterval=2 -o ServerAliveCountMax=2") {
			t.Errorf("the command line is %s", line)
		}
	})
	l.AssertNoAgents(t)
}

// overMaster starts an agent over the connection of a ControlMaster, with a key that the
// host does not let in.
func overMaster(t *testing.T, l *lab.Lab) {
	socket := filepath.Join(t.TempDir(), "s")
	k := byOpenSSH(t, l, 1, "Host *\n ControlPath "+socket+"\n")
	run := func(args ...string) {
		t.Helper()
		args = append([]string{"-F", "none", "-S", socket, "-o", "BatchMode=yes"}, args...)
		if out, err := exec.Command("ssh", append(args, "deploy@"+l.Addr(1))...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	run("-M", "-N", "-f", "-i", l.Key(), "-o", "UserKnownHostsFile="+l.KnownHosts())
	defer run("-O", "exit")
	k.IdentityFile = l.OtherKey()
	assertWorks(t, k)
	leavesNone(t, k)
	run("-O", "check") // it goes on
}

// What the program says is told as the problem that it is.
func TestOpenSSHRefusals(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, c := range []struct {
		name, config string
		set          func(k *SSH)
		code         kind.Code
		mentions     string
	}{
		{"a key that is not let in", "", func(k *SSH) { k.IdentityFile = l.OtherKey() }, "ssh_key_refused", "Permission denied (publickey"},
		{"no key at all", "IdentityFile /dev/null\n", func(k *SSH) { k.IdentityFile = "" }, "ssh_nothing_to_offer", "Permission denied (publickey"},
		{"an unknown host key", "", func(k *SSH) { k.KnownHosts = os.DevNull }, "ssh_host_key_unknown", "Host key verification failed"},
		{"a key that changed", "", func(k *SSH) {
			public, _ := exec.Command("ssh-keygen", "-y", "-f", l.OtherKey()).Output()
			k.KnownHosts = writeFile(t, "known", l.Addr(1)+" "+string(public))
		}, "ssh_host_key_changed", "ssh-keygen -R"},
		{"a key that is revoked", "RevokedHostKeys " + writeFile(t, "revoked", l.HostKey(1)+"\n") + "\n", nil, "ssh_host_key_revoked", "revoked"},
		{"a key in a key revocation list", "RevokedHostKeys " + revocationList(t, l) + "\n", nil, "ssh_host_key_revoked", "revoked"},
		{"no such name", "HostName no-such-host.invalid\n", nil, "", "Could not resolve hostname"},
		{"nothing listens", "", func(k *SSH) { k.Port = 9 }, "ssh_refused", "Connection refused"},
		{"a bad option", "NoSuchOption yes\n", nil, "ssh_config", "nosuchoption"},
		{"no algorithm in common", "KexAlgorithms diffie-hellman-group1-sha1\n", nil, "ssh_handshake", "no matching key exchange"},
		{"a ProxyCommand that fails", "ProxyCommand sh -c 'echo no way >&2; exit 1'\n", nil, "ssh_proxy_command", "no way"},
		{"a server that is silent", "", func(k *SSH) { k.Host, k.Port = "127.0.0.1", int64(silent.Addr().(*net.TCPAddr).Port) }, "ssh_handshake_timeout", "within 500ms (connect_timeout)"},
		{"a ProxyCommand that is silent", "ProxyCommand sleep 1001\n", nil, "ssh_handshake_timeout", "ProxyCommand"},
		{"a ControlPath that is too long", "ControlPath /tmp/" + strings.Repeat("x", 120) + "\n", nil, "ssh_control_master", "too long"},
		{"through a context", "", nil, "ssh_client_argument", "ProxyJump"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := byOpenSSH(t, l.For(t), 1, c.config)
			if c.set != nil {
				c.set(&k)
			}
			s, ctx, after := start(), t.Context(), 10*time.Second
			if strings.Contains(c.name, "silent") {
				after = 500 * time.Millisecond
			}
			if c.name == "through a context" {
				s.Dial = (&net.Dialer{}).DialContext
			}
			ctx, cancel := context.WithTimeoutCause(ctx, after, &transport.TimeoutError{After: after})
			defer cancel()
			_, err := k.Start(ctx, s)
			if c.code == "" { // a machine without a name server says another reason
				c.code = "ssh_name_unresolved"
				if strings.Contains(err.Error(), "not known") {
					c.code = "ssh_name_not_found"
				}
			}
			wantCode(t, err, c.code, c.mentions)
			leavesNone(t, k)
		})
	}
	t.Run("no ssh program", func(t *testing.T) {
		k := byOpenSSH(t, l, 1, "")
		t.Setenv("PATH", t.TempDir())
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "context_program_missing", "OpenSSH client")
	})
	t.Run("a signature that does not come", func(t *testing.T) {
		k := byOpenSSH(t, l, 1, "")
		k.Agent, k.IdentityFile = nil, ""
		w := &waiting{Agent: agent.NewKeyring(), asked: make(chan struct{}), done: make(chan struct{})}
		if err := w.Add(agent.AddedKey{PrivateKey: mustRead(t, l.Key())}); err != nil {
			t.Fatal(err)
		}
		socket := filepath.Join(t.TempDir(), "agent")
		lab.ServeAgent(t, socket, w)
		t.Cleanup(func() { close(w.done) })
		t.Setenv("SSH_AUTH_SOCK", socket)
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		s := start()
		s.Ask = func(what string) func() {
			if !strings.HasPrefix(what, "confirm in the ssh-agent that ") || !strings.Contains(what, " ED25519 SHA256:") {
				t.Errorf("a person is told %q", what)
			}
			cancel(&transport.TimeoutError{After: transport.AskedFor})
			return func() {}
		}
		_, err := k.Start(ctx, s)
		wantCode(t, err, "ssh_agent_waits", "within 2m0s", "Touch the security key")
	})
	t.Run("an account without a shell", func(t *testing.T) {
		l := l.For(t)
		setShell(l, 1, "nosudo", "/usr/sbin/nologin")
		k := byOpenSSH(t, l, 1, "")
		k.User = "nosudo"
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_no_shell", "not available")
	})
	l.AssertNoAgents(t)
}

// revocationList makes a key revocation list with the key of the host.
func revocationList(t *testing.T, l *lab.Lab) string {
	list := filepath.Join(t.TempDir(), "krl")
	if out, err := exec.Command("ssh-keygen", "-q", "-k", "-f", list, writeFile(t, "key.pub", l.HostKey(1)+"\n")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return list
}

// The ssh program gets no secret, and says what it would need instead.
func TestOpenSSHArguments(t *testing.T) {
	public, _ := newKey(t)
	k := SSH{Host: "web", Client: clientOpenSSH, Password: "p", Answers: map[string]string{"code": "1"}, Passphrase: "p", HostKey: []string{authorized(public.PublicKey())}, PrivateKey: "-----BEGIN X\nY\n",
		Certificate: "ssh-ed25519-cert-v01@openssh.com AAAA"}
	var attrs []string
	for _, p := range k.Validate() {
		if p.Code != kind.CodeSSHClientArgument {
			t.Errorf("problem %v", p)
		}
		attrs = append(attrs, p.Attr)
	}
	if got := strings.Join(attrs, " "); got != "password answers passphrase private_key certificate host_key" {
		t.Errorf("refused are %s", got)
	}
	k.Client = clientNative
	for _, p := range k.Validate() {
		if p.Code == kind.CodeSSHClientArgument {
			t.Errorf("problem %v of client = native", p)
		}
	}
	if p := (SSH{Host: "web", Client: "putty"}).Validate(); len(p) != 1 || p[0].Code != kind.CodeSSHClient {
		t.Errorf("problems %v, want ssh_client", p)
	}
}

// What the program says may come in any pieces, and the last line without an end.
func TestOpenSSHLines(t *testing.T) {
	const text = "debug1: Connection established.\r\nlong " + "one\r\ndebug1: x\r\nlast"
	for size := 1; size <= len(text); size++ {
		s := start()
		var mu sync.Mutex
		var phases []transport.Phase
		s.Phase = func(p transport.Phase) { mu.Lock(); phases = append(phases, p); mu.Unlock() }
		words := &connect.LastWords{}
		w := (&programProgress{start: s}).listen(words)
		for at := 0; at < len(text); at += size {
			io.WriteString(w, text[at:min(at+size, len(text))])
		}
		w.Close()
		if words.String() != "long one\nlast" || len(phases) != 1 {
			t.Errorf("in pieces of %d: words %q, phases %v", size, words, phases)
		}
	}
}

// setShell gives an account of a host any login shell.
func setShell(l *lab.Lab, i int, user, shell string) {
	var out strings.Builder
	for line := range strings.Lines(l.ReadFile(i, "/etc/passwd")) {
		if strings.HasPrefix(line, user+":") {
			line = line[:strings.LastIndex(line, ":")+1] + shell + "\n"
		}
		out.WriteString(line)
	}
	l.WriteFile(i, "/etc/passwd", out.String(), 0o644)
}
