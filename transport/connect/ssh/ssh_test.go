package ssh

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

func TestMain(m *testing.M) {
	serveLines()
	os.Unsetenv("SSH_AUTH_SOCK")
	goleak.VerifyTestMain(m)
}

// fakeAgent is an executable that greets like an agent and then echoes. hello is
// its greeting; it looks like the beginning of a frame.
const hello = "\x00\x00\x00\x0cHELLO"

var fakeAgent = "#!/bin/sh\n# " + strconv.Itoa(os.Getpid()) + "\nprintf '\\n%s\\n\\000\\000\\000\\014HELLO %s\\n' \"$2\" \"$3\"\ncat\necho bye >&2\nexit 3\n"

type agents struct{}

func (agents) Agent(context.Context, string, string) (*transport.AgentImage, error) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	io.WriteString(w, fakeAgent)
	w.Close()
	return &transport.AgentImage{SHA256: sha256.Sum256([]byte(fakeAgent)), Gzip: z.Bytes(), Size: int64(len(fakeAgent))}, nil
}

func (agents) Known() map[connect.Platform][32]byte {
	sum := sha256.Sum256([]byte(fakeAgent))
	return map[connect.Platform][32]byte{{OS: "linux", Arch: "amd64"}: sum, {OS: "linux", Arch: "arm64"}: sum}
}

func wantCode(t *testing.T, err error, code kind.Code, mentions ...string) *kind.Problem {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) {
		t.Fatalf("error %v, want a problem %q", err, code)
	}
	if p.Code != code {
		t.Fatalf("problem %q (%v), want %q", p.Code, p, code)
	}
	checkOwn(t, p)
	for _, m := range mentions {
		if !strings.Contains(p.Detail, m) {
			t.Errorf("%s: the problem does not mention %q: %s", code, m, p.Detail)
		}
	}
	return p
}

func assertWorks(t *testing.T, k SSH) {
	t.Helper()
	l, err := k.Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(l.R)
	if line, err := r.ReadString('\n'); line != hello+" mitoplan:me@host:1\n" {
		t.Fatalf("the agent said %q, %v", line, err)
	}
	big := strings.Repeat("x", 3<<20) + "\n"
	go io.WriteString(l.W, big)
	if echo, err := r.ReadString('\n'); err != nil || echo != big {
		t.Fatalf("echo of %d bytes: %d bytes, %v", len(big), len(echo), err)
	}
	l.Close()
	if e := l.Wait(); e.Status != 3 {
		t.Errorf("the agent ended with %v, want exit status 3", e)
	}
	if w := string(l.LastWords()); !strings.Contains(w, "bye") {
		t.Errorf("the last words are %q, want bye in them", w)
	}
}

func TestKeysThatWork(t *testing.T) {
	signer, key := newKey(t)
	s := newServer(t, func(s *server) { s.acceptKey(signer.PublicKey()) })
	k := s.args()
	t.Run("file", func(t *testing.T) {
		k := k
		k.IdentityFile = writeFile(t, "id", pemOf(t, key, ""))
		assertWorks(t, k)
	})
	t.Run("content, encrypted", func(t *testing.T) {
		k := k
		k.PrivateKey, k.Passphrase = pemOf(t, key, "open"), "open"
		assertWorks(t, k)
	})
	t.Run("ssh-agent, for an encrypted file", func(t *testing.T) {
		serveAgent(t, key)
		k := k
		k.Agent = nil
		k.IdentityFile = writeFile(t, "id", pemOf(t, key, "unknown"))
		k.IdentitiesOnly = true
		assertWorks(t, k)
	})
	t.Run("no home", func(t *testing.T) {
		t.Setenv("HOME", "")
		k := k
		k.SSHConfig = ""
		k.PrivateKey = pemOf(t, key, "")
		assertWorks(t, k)
	})
}

// serveAgent serves an ssh-agent with one key, at SSH_AUTH_SOCK.
func serveAgent(t *testing.T, key any) {
	t.Helper()
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "agent")
	lab.ServeAgent(t, path, ring)
	t.Setenv("SSH_AUTH_SOCK", path)
}

func TestCertificate(t *testing.T) {
	ca, _ := newKey(t)
	signer, key := newKey(t)
	cert := &ssh.Certificate{Key: signer.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{"me"}, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(strings.NewReader(strings.Repeat("r", 4096)), ca); err != nil {
		t.Fatal(err)
	}
	checker := &ssh.CertChecker{IsUserAuthority: func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), ca.PublicKey().Marshal()) }}
	s := newServer(t, func(s *server) { s.config.PublicKeyCallback = checker.Authenticate })
	k := s.args()
	k.PrivateKey, k.Certificate = pemOf(t, key, ""), string(ssh.MarshalAuthorizedKey(cert))
	assertWorks(t, k)
	other, otherKey := newKey(t)
	k.PrivateKey = pemOf(t, otherKey, "")
	_, err := k.Start(t.Context(), start())
	wantCode(t, err, "ssh_certificate", ssh.FingerprintSHA256(signer.PublicKey()))
	_ = other
}

func TestPasswords(t *testing.T) {
	s := newServer(t, func(s *server) { s.acceptPassword("right") })
	k := s.args()
	k.Password = "right"
	assertWorks(t, k)
	k.Password = "wrong"
	_, err := k.Start(t.Context(), start())
	p := wantCode(t, err, "ssh_password_refused", "me", "127.0.0.1:"+strconv.Itoa(int(k.Port)), "password")
	if p.Attr != "password" || strings.Contains(p.Detail, "wrong") {
		t.Errorf("want a problem of password that does not show it, got %v", p)
	}
	interactive := newServer(t, func(s *server) {
		s.config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			a, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(a) != 1 || a[0] != "right" {
				return nil, os.ErrPermission
			}
			return nil, nil
		}
	})
	k = interactive.args()
	k.Password = "right"
	assertWorks(t, k)
}

func TestLoginRefusals(t *testing.T) {
	right, rightKey := newKey(t)
	wrong, wrongKey := newKey(t)
	s := newServer(t, func(s *server) { s.acceptKey(right.PublicKey()) })
	try := func(change func(*SSH)) error {
		k := s.args()
		change(&k)
		_, err := k.Start(t.Context(), start())
		return err
	}
	wantCode(t, try(func(k *SSH) { k.PrivateKey = pemOf(t, wrongKey, "") }), "ssh_key_refused",
		ssh.FingerprintSHA256(wrong.PublicKey()), "publickey", "may not know the user me")
	wantCode(t, try(func(k *SSH) { k.PrivateKey = pemOf(t, rightKey, "open") }), "ssh_key_encrypted", "private_key")
	wantCode(t, try(func(k *SSH) { k.PrivateKey, k.Passphrase = pemOf(t, rightKey, "open"), "shut" }), "ssh_wrong_passphrase")
	wantCode(t, try(func(k *SSH) { k.PrivateKey = "no key" }), "ssh_key_form")
	wantCode(t, try(func(k *SSH) { k.IdentityFile = "/nonexistent/id" }), "ssh_key_unreadable", "/nonexistent/id")
	t.Setenv("HOME", t.TempDir())
	wantCode(t, try(func(k *SSH) {}), "ssh_nothing_to_offer", "me at 127.0.0.1")
	cut := newServer(t, func(s *server) {
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{PasswordCallback: func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, os.ErrPermission }}}
		}
	})
	k := cut.args()
	k.PrivateKey = pemOf(t, rightKey, "")
	_, err := k.Start(t.Context(), start())
	wantCode(t, err, "ssh_key_unproven", ssh.FingerprintSHA256(right.PublicKey()), "password")
}

// TestABannerTellsOfNoAccount holds that what a server says to everybody before a login is
// not taken for what it says of the account.
func TestABannerTellsOfNoAccount(t *testing.T) {
	const rules = "If your password has expired, or your account has expired, call the help desk."
	right, _ := newKey(t)
	_, wrongKey := newKey(t)
	s := newServer(t, func(s *server) {
		s.acceptKey(right.PublicKey())
		s.config.BannerCallback = func(ssh.ConnMetadata) string { return rules }
	})
	k := s.args()
	k.PrivateKey = pemOf(t, wrongKey, "")
	_, err := k.Start(t.Context(), start())
	wantCode(t, err, "ssh_key_refused", "the server says: "+rules)
}

func TestHostKeys(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	other, _ := newKey(t)
	known := func(key ssh.PublicKey) string {
		return "[127.0.0.1]:" + strconv.Itoa(int(s.port())) + " " + string(ssh.MarshalAuthorizedKey(key))
	}
	k := s.args()
	k.HostKey = nil
	shown := ssh.FingerprintSHA256(s.signer.PublicKey())
	t.Run("known", func(t *testing.T) {
		k := k
		k.KnownHosts = writeFile(t, "known_hosts", known(s.signer.PublicKey()))
		assertWorks(t, k)
	})
	t.Run("unknown", func(t *testing.T) {
		k := k
		k.KnownHosts = writeFile(t, "known_hosts", "")
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_host_key_unknown", shown, k.KnownHosts, strings.TrimSpace(known(s.signer.PublicKey())))
	})
	t.Run("changed", func(t *testing.T) {
		k := k
		k.KnownHosts = writeFile(t, "known_hosts", "# first\n"+known(other.PublicKey()))
		for _, check := range []string{"", checkAcceptNew} {
			k.HostKeyCheck = check
			_, err := k.Start(t.Context(), start())
			wantCode(t, err, "ssh_host_key_changed", shown, k.KnownHosts+":2", ssh.FingerprintSHA256(other.PublicKey()))
		}
	})
	t.Run("revoked", func(t *testing.T) {
		k := k
		k.KnownHosts = writeFile(t, "known_hosts", "@revoked * "+string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_host_key_revoked", shown)
	})
	t.Run("pinned", func(t *testing.T) {
		k := k
		k.HostKey = []string{string(ssh.MarshalAuthorizedKey(other.PublicKey()))}
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, "ssh_host_key_changed", shown, ssh.FingerprintSHA256(other.PublicKey()))
		k.HostKey = append(k.HostKey, string(ssh.MarshalAuthorizedKey(s.signer.PublicKey())))
		assertWorks(t, k)
	})
	t.Run("off", func(t *testing.T) {
		k := k
		k.HostKeyCheck = checkOff
		assertWorks(t, k)
	})
	t.Run("pinned, and the ssh configuration names no jump", func(t *testing.T) {
		k := k
		k.HostKey, k.KnownHosts = []string{string(ssh.MarshalAuthorizedKey(s.signer.PublicKey()))}, os.DevNull
		k.SSHConfig = writeFile(t, "config", "User me\n")
		_, err := k.Start(t.Context(), start())
		if p := wantCode(t, err, "context_conflict", "known_hosts counts for nothing"); p.Attr != "known_hosts" {
			t.Errorf("%q is to blame", p.Attr)
		}
	})
}

func TestAcceptNewTwiceAtOnce(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	k := s.args()
	k.HostKey, k.HostKeyCheck = nil, checkAcceptNew
	k.KnownHosts = writeFile(t, "known_hosts", "# a last line without an end")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { assertWorks(t, k) })
	}
	wg.Wait()
	content, _ := os.ReadFile(k.KnownHosts)
	if n := strings.Count(string(content), "ssh-ed25519"); n != 1 || strings.Count(string(content), "\n") != 2 {
		t.Errorf("%d lines were written, want 1: %q", n, content)
	}
	k.HostKeyCheck = ""
	assertWorks(t, k)
}

func TestHostsThatDoNotAnswer(t *testing.T) {
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	port := int64(closed.Addr().(*net.TCPAddr).Port)
	closed.Close()
	k := SSH{Host: "127.0.0.1", Port: port, SSHConfig: "false", HostKeyCheck: checkOff, User: "me", Password: "p"}
	_, err := k.Start(t.Context(), start())
	wantCode(t, err, "ssh_refused", "127.0.0.1")

	silent, _ := net.Listen("tcp", "127.0.0.1:0")
	defer silent.Close()
	k.Port = int64(silent.Addr().(*net.TCPAddr).Port)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = k.Start(ctx, start())
	wantCode(t, err, "ssh_handshake_timeout")

	for text, code := range map[string]string{"": "ssh_closed", "HTTP/1.0 400 no ssh here\r\n\r\n": "ssh_not_spoken", "SSH-2.0-x\r\n": "ssh_closed"} {
		k.Port = answer(t, text)
		_, err = k.Start(t.Context(), start())
		wantCode(t, err, kind.Code(code))
	}
	s := start()
	for err, code := range map[error]string{
		&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true, Name: "x"}}:         "ssh_name_not_found",
		&net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true, Err: "i/o timeout"}}: "ssh_name_unresolved",
		&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}:                             "ssh_timeout",
		&net.OpError{Op: "dial", Err: errors.New("no route to host")}:                     "ssh_no_route",
		errors.New("something else"):                                                      "ssh_dial",
	} {
		s.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, err }
		_, got := k.Start(t.Context(), s)
		wantCode(t, got, kind.Code(code))
	}
}

// answer listens, sends a text to the first client and closes.
func answer(t *testing.T, text string) int64 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err == nil {
			io.WriteString(c, text)
			c.Close()
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return int64(l.Addr().(*net.TCPAddr).Port)
}

func TestSessionsThatEnd(t *testing.T) {
	for _, c := range []struct{ command, code, says string }{
		{"echo This account is currently not available.; exit 1", "ssh_no_shell", "has no login shell"},
		{"exit 0", "ssh_forced_command", "command= in authorized_keys"},
		{"echo out of paper >&2; exit 9", "agent_not_started", "run sh -c 'echo ok'"},
		{"echo out of paper >&2; exit 9", "agent_not_started", "Its last words: out of paper"},
		{"exit 1", "ssh_no_shell", "as the login shell /bin/false does"},
		{"exit 2", "agent_not_started", "It printed nothing."},
		{"exit 127", "agent_not_started", "a host needs sh and gzip"},
		{"exit 126", "agent_not_started", "may not be executed"},
		{"kill -9 $$", "agent_not_started", "memory runs out"},
	} {
		s := newServer(t, func(s *server) { s.config.NoClientAuth = true; s.exec = c.command })
		_, err := s.args().Start(t.Context(), start())
		wantCode(t, err, kind.Code(c.code), c.says)
	}
}

// The problem tells a server that hangs in the middle of a login from one that
// never showed its key, and from one that ends the connection after the login.
func TestLoginsThatDoNotEnd(t *testing.T) {
	signer, key := newKey(t)
	hang := make(chan struct{})
	s := newServer(t, func(s *server) {
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			<-hang
			return nil, os.ErrPermission
		}
	})
	defer close(hang)
	k := s.args()
	k.PrivateKey = pemOf(t, key, "")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := k.Start(ctx, start())
	wantCode(t, err, "ssh_login_timeout", "showed its host key", "UseDNS")
	drops := newServer(t, func(s *server) { s.acceptKey(signer.PublicKey()); s.drop = true })
	k = drops.args()
	k.PrivateKey = pemOf(t, key, "")
	_, err = k.Start(t.Context(), start())
	if p := wantCode(t, err, "ssh_ended", "ended the connection before an agent ran", "log of its sshd"); strings.Contains(p.Detail, "EOF") {
		t.Errorf("the problem must not say EOF: %v", p)
	}
}

func TestHowAgentsEnd(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	l, err := s.args().Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	l.Kill(os.Kill)
	if e := l.Wait(); e.Signal != "KILL" {
		t.Errorf("a killed agent ended with %v, want the signal KILL", e)
	}
	l, err = s.args().Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	s.cut()
	if e := l.Wait(); e.Err == nil {
		t.Errorf("a cut connection ended with %v, want an error", e)
	}
}

func TestThrough(t *testing.T) {
	far := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	near := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	before, err := near.args().Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	s := start()
	s.Dial = before.Dial
	l, err := far.args().Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(l.R).ReadString('\n')
	if !strings.HasPrefix(line, hello) {
		t.Errorf("the agent said %q", line)
	}
	l.Close()
	l.Wait()
	k := far.args()
	k.Port = 1
	_, err = k.Start(t.Context(), s)
	wantCode(t, err, "ssh_refused")
	before.Close()
	before.Wait()

	closed := newServer(t, func(s *server) { s.config.NoClientAuth = true; s.forward = false })
	before, err = closed.args().Start(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Dial(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, transport.ErrForwardingRefused) {
		t.Errorf("got %v, want ErrForwardingRefused", err)
	}
	before.Close()
	before.Wait()
}

func TestProxyJump(t *testing.T) {
	far := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	near := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	config := "Host far\n HostName 127.0.0.1\n Port " + strconv.Itoa(int(far.port())) + "\n ProxyJump near\n" +
		"Host near\n HostName 127.0.0.1\n Port " + strconv.Itoa(int(near.port())) + "\n ProxyJump far\n"
	assertWorks(t, SSH{Host: "far", User: "me", HostKeyCheck: checkOff, SSHConfig: writeFile(t, "config", config)})
}

func TestKeepaliveEndsADeadConnection(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.NoClientAuth = true })
	k := s.args()
	k.KeepaliveInterval, k.KeepaliveCount = "20ms", 2
	gate := &gated{}
	st := start()
	st.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		gate.Conn = c
		return gate, err
	}
	l, err := k.Start(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	gate.shut.Store(true)
	if e := l.Wait(); e.Err == nil || !strings.Contains(e.Err.Error(), "no answer") {
		t.Errorf("the link ended with %v, want that no answer came", e)
	}
}
