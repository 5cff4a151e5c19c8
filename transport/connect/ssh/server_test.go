package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// server is an sshd in this process. It runs commands in a home directory of its
// own.
type server struct {
	config   *ssh.ServerConfig
	signer   ssh.Signer
	listener net.Listener
	home     string
	// If exec is set, it runs instead of the command.
	exec string
	// forward is true if the server carries direct-tcpip connections.
	forward bool
	// drop is true if the connection ends right after the login.
	drop bool
	// If nosy is set, it watches what clients ask for.
	nosy *nosy
	// deaf is true if the server answers no request about the connection.
	deaf bool

	wg    sync.WaitGroup
	mu    sync.Mutex
	conns []net.Conn

	over chan struct{} // gets a value when a session is over
}

// awaitSession returns when a session has ended.
func (s *server) awaitSession() { <-s.over }

func newKey(t testing.TB) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s, key
}

// pemOf writes a private key. It is encrypted if there is a passphrase.
func pemOf(t testing.TB, key ed25519.PrivateKey, passphrase string) string {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

// newServer listens on the loopback address. change says who may log in.
func newServer(t *testing.T, change func(*server)) *server {
	t.Helper()
	signer, _ := newKey(t)
	s := &server{signer: signer, home: t.TempDir(), config: &ssh.ServerConfig{}, forward: true, over: make(chan struct{}, 100)}
	s.config.AddHostKey(signer)
	if change != nil {
		change(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	s.wg.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

func (s *server) stop() {
	s.listener.Close()
	s.cut()
	s.wg.Wait()
}

// cut closes every connection without a message.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(c) })
	}
}

func (s *server) serve(c net.Conn) {
	defer c.Close()
	conn, chans, reqs, err := ssh.NewServerConn(c, s.config)
	if err != nil {
		return
	}
	defer conn.Close()
	if s.drop {
		return
	}
	s.wg.Go(func() {
		switch {
		case s.nosy != nil:
			s.nosy.watch(conn, reqs)
		case s.deaf:
			for range reqs { // and answers none
			}
		default:
			ssh.DiscardRequests(reqs)
		}
	})
	var tasks sync.WaitGroup
	for ch := range chans {
		tasks.Go(func() { s.channel(ch) })
	}
	tasks.Wait()
}

func (s *server) channel(n ssh.NewChannel) {
	switch {
	case n.ChannelType() == "session":
		ch, reqs, err := n.Accept()
		if err == nil {
			s.session(ch, reqs)
		}
	case n.ChannelType() == "direct-tcpip" && s.forward:
		s.tunnel(n)
	default:
		n.Reject(ssh.Prohibited, "open failed")
	}
}

func (s *server) session(ch ssh.Channel, reqs <-chan *ssh.Request) {
	defer ch.Close()
	for r := range reqs {
		if s.nosy != nil {
			s.nosy.note(r.Type)
		}
		if r.Type != "exec" {
			continue
		}
		var m struct{ Command string }
		ssh.Unmarshal(r.Payload, &m)
		r.Reply(true, nil)
		if s.exec != "" {
			m.Command = s.exec
		}
		cmd := exec.Command("sh", "-c", m.Command)
		cmd.Env = []string{"HOME=" + s.home, "PATH=" + os.Getenv("PATH")}
		cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		in, _ := cmd.StdinPipe()
		var tasks sync.WaitGroup
		tasks.Go(func() { io.Copy(in, ch); in.Close() })
		cmd.Start()
		signals := make(chan struct{})
		tasks.Go(func() {
			defer close(signals)
			for r := range reqs {
				if r.Type == "signal" {
					syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
				}
			}
		})
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code >= 0 {
			ch.SendRequest("exit-status", false, ssh.Marshal(struct{ S uint32 }{uint32(code)}))
		} else {
			ch.SendRequest("exit-signal", false, ssh.Marshal(struct {
				S    string
				C    bool
				E, L string
			}{S: "KILL"}))
		}
		ch.Close()
		tasks.Wait()
		s.over <- struct{}{}
		return
	}
}

func (s *server) tunnel(n ssh.NewChannel) {
	var m struct {
		Host string
		Port uint32
		From string
		P    uint32
	}
	ssh.Unmarshal(n.ExtraData(), &m)
	out, err := net.Dial("tcp", net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))))
	if err != nil {
		n.Reject(ssh.ConnectionFailed, innermost(err).Error())
		return
	}
	ch, reqs, err := n.Accept()
	if err != nil {
		out.Close()
		return
	}
	var tasks sync.WaitGroup
	tasks.Go(func() { ssh.DiscardRequests(reqs) })
	tasks.Go(func() { io.Copy(out, ch); out.(*net.TCPConn).CloseWrite() })
	io.Copy(ch, out)
	ch.Close()
	out.Close()
	tasks.Wait()
}

func (s *server) port() int64 { return int64(s.listener.Addr().(*net.TCPAddr).Port) }

// args returns the arguments with which a client reaches the server and trusts it.
func (s *server) args() SSH {
	off := false
	return SSH{Host: "127.0.0.1", Port: s.port(), User: "me", SSHConfig: "false", Agent: &off,
		HostKey: []string{string(ssh.MarshalAuthorizedKey(s.signer.PublicKey()))}}
}

// acceptKey lets in every client that holds the key.
func (s *server) acceptKey(key ssh.PublicKey) {
	s.config.PublicKeyCallback = func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if string(k.Marshal()) == string(key.Marshal()) {
			return nil, nil
		}
		return nil, os.ErrPermission
	}
}

func (s *server) acceptPassword(password string) {
	s.config.PasswordCallback = func(_ ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
		if string(p) == password {
			return nil, nil
		}
		return nil, os.ErrPermission
	}
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func start() transport.Start {
	return transport.Start{Token: "a1a1a1a1a1a1a1a1", ProcessName: "mitoplan:me@host:1", Agents: agents{}, Phase: func(transport.Phase) {}, Within: func(time.Duration) {}, Progress: func() {}, Ask: func(string) func() { return func() {} }, Warn: func(kind.Problem) {}}
}
