package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// kexInit is the packet in which a server offers its algorithms, RFC 4253, section
// 7.1. It has nothing that anybody has in common with it.
func kexInit() string {
	type lists struct {
		Type                      byte
		Cookie                    [16]byte
		Kex, Keys                 []string
		Ciphers, CiphersBack      []string
		MACs, MACsBack            []string
		Compression, Compression2 []string
		Languages, Languages2     []string
		Follows                   bool
		Reserved                  uint32
	}
	odd := []string{"odd"}
	return packet(ssh.Marshal(lists{Type: 20, Kex: odd, Keys: odd, Ciphers: odd, CiphersBack: odd, MACs: odd, MACsBack: odd, Compression: odd, Compression2: odd}))
}

// TestWhyThereIsNoHandshake: what is no sshd is told from an sshd that refuses, one
// that has nothing in common with this program, and one that does not answer, each
// with what to do.
func TestWhyThereIsNoHandshake(t *testing.T) {
	k := SSH{Host: "127.0.0.1", User: "me", Password: "x", SSHConfig: "false"}
	s, err := k.resolve(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	const version = "SSH-2.0-x\r\n"
	for name, c := range map[string]struct {
		said string
		// open: the connection stays, and nothing more is said.
		open          bool
		summary, says string
		code          kind.Code
	}{
		"nothing in common":                   {version + kexInit(), false, "No common ground with the server", "offers only this for key exchange: odd", kind.CodeSSHHandshake},
		"version 1":                           {"SSH-1.5-old\r\n", false, "No common ground with the server", `"SSH-1.5-old", speaks only version 1`, kind.CodeSSHHandshake},
		"a reason":                            {version + disconnect("out of memory"), false, "Server ended the handshake", `gave this reason: "out of memory"`, kind.CodeSSHHandshake},
		"http":                                {"HTTP/1.0 400 no ssh\r\n\r\n", false, "No ssh server answers", `"HTTP/1.0 400 no ssh". Correct port`, kind.CodeSSHNotSpoken},
		"http that stays":                     {"HTTP/1.0 400 no ssh\r\n" + strings.Repeat("x", 300), true, "No ssh server answers", "HTTP/1.0", kind.CodeSSHNotSpoken},
		"smtp":                                {"220 mail.example ESMTP\r\n", false, "No ssh server answers", "220 mail.example ESMTP", kind.CodeSSHNotSpoken},
		"tls":                                 {"\x15\x03\x01\x00\x02\x02\x46", false, "No ssh server answers", `\x15\x03\x01`, kind.CodeSSHNotSpoken},
		"garbage behind the version":          {version + "garbage garbage garbage", true, "Server breaks the ssh protocol", `"SSH-2.0-x", sent in the handshake is not as the protocol has it: invalid packet length, packet too large`, kind.CodeSSHNotSpoken},
		"short garbage behind the version":    {version + "\x00\x00\x00\x00\x00\x00\x00\x00", true, "Server breaks the ssh protocol", "packet", kind.CodeSSHNotSpoken},
		"another packet than is due":          {version + packet([]byte{94, 0}), true, "Server breaks the ssh protocol", "first packet should be msgKexInit", kind.CodeSSHNotSpoken},
		"closed at once":                      {"", false, "Server closed the connection", "before it said anything. Its sshd refuses this address (hosts.deny", kind.CodeSSHClosed},
		"closed after the version":            {version, false, "Server closed the connection", `after it said its version, "SSH-2.0-x"`, kind.CodeSSHClosed},
		"too many connections":                {"Exceeded MaxStartups\r\n", false, "Server closed the connection", "(MaxStartups)", kind.CodeSSHClosed},
		"a penalty":                           {"Not allowed at this time\r\n", false, "Server closed the connection", "(PerSourcePenalties)", kind.CodeSSHClosed},
		"silence":                             {"", true, "Server does not finish the handshake", "did not finish the handshake within 10s (connect_timeout): it said nothing.", kind.CodeSSHHandshakeTimeout},
		"silence after the version":           {version, true, "Server does not finish the handshake", "did not finish the handshake within 10s (connect_timeout): it named itself \"SSH-2.0-x\" and then said nothing.", kind.CodeSSHHandshakeTimeout},
		"silence within the version":          {"SSH-2.0-Open", true, "Server does not finish the handshake", "did not finish the handshake within 10s (connect_timeout): it said \"SSH-2.0-Open\" and no more.", kind.CodeSSHHandshakeTimeout},
		"silence after lines":                 {"Welcome\r\nto \x1bthe\r\n", true, "Server does not finish the handshake", "did not finish the handshake within 10s (connect_timeout): it said \"Welcome to \\x1bthe\" and no more.", kind.CodeSSHHandshakeTimeout},
		"silence after lines and the version": {"Welcome\r\n" + version, true, "Server does not finish the handshake", "did not finish the handshake within 10s (connect_timeout): it named itself \"SSH-2.0-x\" and then said nothing.", kind.CodeSSHHandshakeTimeout},
		"silence after the names of keys":     {version + kexInit()[:20], true, "Server does not finish the handshake", "did not finish the handshake within 10s (connect_timeout): it named itself \"SSH-2.0-x\" and then stopped in the exchange of keys.", kind.CodeSSHHandshakeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			go io.Copy(io.Discard, theirs)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var r io.Reader = strings.NewReader(c.said)
			if c.open {
				r = io.MultiReader(r, ours)
			}
			if c.code == kind.CodeSSHHandshakeTimeout {
				r = io.MultiReader(strings.NewReader(c.said), onRead(func() { cancel(&transport.TimeoutError{After: 10 * time.Second}) }), ours)
			}
			dial := func(context.Context, string, string) (net.Conn, error) { return hearer{ours, r}, nil }
			_, err := s.login(ctx, start(), dial)
			var p *kind.Problem
			if !errors.As(err, &p) || p.Code != c.code || p.Summary != c.summary || !strings.Contains(p.Detail, c.says) {
				t.Errorf("got %v, want %s: %s: %s", err, c.code, c.summary, c.says)
			}
			if p != nil && c.code != kind.CodeSSHHandshake && strings.Contains(p.Detail, "considered safe") {
				t.Errorf("it blames algorithms: %s", p.Detail)
			}
		})
	}
}

// TestWhatWasNotDoneInTimeNamesTheTime: each phase of a login says how long it had, and
// what sets that.
func TestWhatWasNotDoneInTimeNamesTheTime(t *testing.T) {
	s, err := SSH{Host: "127.0.0.1", User: "me", SSHConfig: "false"}.resolve(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	configured := *s
	configured.timeout = 7 * time.Second
	login := func(s *settings, trusted bool) func(context.Context, error) error {
		return (&handshake{trust: &trust{s: s}, cred: &credentials{}, greeting: &greeting{}, trusted: trusted}).explain
	}
	const within = "within 10s (connect_timeout)"
	for name, c := range map[string]struct {
		cause   error
		problem func(context.Context, error) error
		says    string
	}{
		"dial":      {&transport.TimeoutError{After: 10 * time.Second}, func(ctx context.Context, err error) error { return dialProblem(ctx, s, err) }, "did not answer " + within},
		"handshake": {&transport.TimeoutError{After: 10 * time.Second}, login(s, false), "did not finish the handshake " + within},
		"login":     {&transport.TimeoutError{After: 10 * time.Second}, login(s, true), "did not finish the login of me " + within},
		"in all": {&transport.TimeoutError{After: time.Minute, Phase: transport.PhaseEndless}, login(s, true),
			"did not finish the login of me within 1m0s in all (connect_timeout)"},
		"of the ssh configuration": {&transport.TimeoutError{After: 7 * time.Second}, login(&configured, false),
			"did not finish the handshake within 7s (ConnectTimeout of the ssh configuration)"},
		"of the system": {context.DeadlineExceeded, login(s, false), "did not finish the handshake in time: it said nothing."},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(c.cause)
			if err := c.problem(ctx, c.cause); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

// onRead is a reader that is empty, and is called when it is read.
type onRead func()

func (f onRead) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

// hearer is a connection of which what is read is given.
type hearer struct {
	net.Conn
	r io.Reader
}

func (h hearer) Read(b []byte) (int, error) { return h.r.Read(b) }

// TestVersionIsReadAtOnce holds that the version, which the library reads byte by byte,
// costs one read of the connection, and that nothing is lost of what came with it.
func TestVersionIsReadAtOnce(t *testing.T) {
	const version, behind = "SSH-2.0-x\r\n", "the first packet"
	reads, told := 0, 0
	g := &greeting{progress: func() { told++ }, Conn: hearer{r: readerFunc(func(b []byte) (int, error) {
		if reads++; reads > 1 {
			return copy(b, "more"), io.EOF
		}
		return copy(b, version+behind), nil
	})}}
	var said []byte
	for one := make([]byte, 1); len(said) < len(version); {
		if _, err := io.ReadFull(g, one); err != nil {
			t.Fatal(err)
		}
		said = append(said, one...)
	}
	if string(said) != version || reads != 1 || told != 1 {
		t.Errorf("%q took %d reads and is progress %d times, want the version, 1 and 1", said, reads, told)
	}
	if rest, err := io.ReadAll(g); err != nil || string(rest) != behind+"more" || told != 2 {
		t.Errorf("what follows is %q (%v), and there was progress %d times", rest, err, told)
	}
}

// readerFunc is a reader that is one function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
