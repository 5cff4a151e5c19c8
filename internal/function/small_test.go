package function

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// A checksum is that of the whole file, of any length, through a link.
func TestChecksum(t *testing.T) {
	content := strings.Repeat("content\n", 100_000)
	p := fileWith(t, content)
	link := p + ".link"
	must(t, os.Symlink(p, link))
	want := sha512.Sum512([]byte(content))
	r := mustRun(t, "checksum", args{"path": text1(link), "algorithm": "sha512"})
	if r["checksum"] != hex.EncodeToString(want[:]) || r["size"] != int64(len(content)) {
		t.Errorf("got %v", r)
	}
	r = mustRun(t, "checksum", args{"path": text1(fileWith(t, ""))})
	if r["checksum"] != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" || r["size"] != int64(0) {
		t.Errorf("of nothing: got %v", r)
	}
}

// Of what is no file, or is not there, there is no checksum.
func TestChecksumOfNoFile(t *testing.T) {
	dir := t.TempDir()
	must(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	for p, code := range map[string]kind.Code{dir: kind.CodeNotAFile, dir + "/pipe": kind.CodeNotAFile, dir + "/no": kind.CodeMissing, "no": kind.CodePath} {
		_, err := runIt(t, request(t, "checksum", args{"path": text1(p), "algorithm": "sha256"}))
		wantProblem(t, err, "path", code)
	}
	_, err := runIt(t, request(t, "checksum", args{"path": text1(dir), "algorithm": "md5"}))
	wantProblem(t, err, "algorithm", kind.CodeHash)
}

// A port is open if something listens, and else the reason says why not.
func TestPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	ask := func(host string) map[string]any {
		return mustRun(t, "port", args{"port": port, "host": host, "connect_timeout": "10s"})
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if r := ask(host); r["open"] != true || r["reason"] != "" {
			t.Errorf("%s: got %v", host, r)
		}
	}
	if r := mustRun(t, "port", args{"port": port}); r["open"] != true {
		t.Errorf("without a host: got %v", r)
	}
	must(t, l.Close())
	if r := ask("127.0.0.1"); r["open"] != false || r["reason"] != "refused" {
		t.Errorf("closed: got %v", r)
	}
	// RFC 6761 keeps these names from ever having an address. A machine without any
	// resolver does not know that.
	r, err := runIt(t, request(t, "port", args{"port": port, "host": "no-such-host.invalid", "connect_timeout": "5s"}))
	var p *kind.Problem
	if err == nil && r.Results["reason"] != "unknown_host" && r.Results["reason"] != "timeout" || err != nil && (!errors.As(err, &p) || p.Code != kind.CodeSystem) {
		t.Errorf("no such host: got %v, %v", r.Results, err)
	}
}

// A listener whose queue is full does not answer.
func TestPortThatDoesNotAnswer(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, unix.Listen(fd, 0))
	at, err := unix.Getsockname(fd)
	must(t, err)
	port := at.(*unix.SockaddrInet4).Port
	var full []net.Conn
	defer func() {
		for _, c := range full {
			_ = c.Close()
		}
	}()
	for range 8 {
		r := mustRun(t, "port", args{"port": port, "host": "127.0.0.1", "connect_timeout": "200ms"})
		if r["reason"] == "timeout" {
			return
		}
		c, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), 200e6)
		if err == nil {
			full = append(full, c)
		}
	}
	t.Error("the queue never was full")
}

func TestPortsThatAreNone(t *testing.T) {
	for name, row := range map[string]struct {
		attr string
		in   args
	}{
		"0":        {"port", args{"port": 0, "host": "a", "connect_timeout": "3s"}},
		"65536":    {"port", args{"port": 65536, "host": "a", "connect_timeout": "3s"}},
		"no host":  {"host", args{"port": 1, "host": "", "connect_timeout": "3s"}},
		"brackets": {"host", args{"port": 1, "host": "[::1]", "connect_timeout": "3s"}},
		"a URL":    {"host", args{"port": 1, "host": "http://a", "connect_timeout": "3s"}},
		"no time":  {"connect_timeout", args{"port": 1, "host": "a", "connect_timeout": "0s"}},
		"an hour":  {"connect_timeout", args{"port": 1, "host": "a", "connect_timeout": "1h"}},
		"a number": {"connect_timeout", args{"port": 1, "host": "a", "connect_timeout": "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runIt(t, request(t, "port", row.in))
			wantProblem(t, err, row.attr, kind.CodeArgument)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Output{}, request(t, "port", args{"port": 9, "host": "127.0.0.1", "connect_timeout": "3s"})); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// The first condition that is false is told, with the message.
func TestAssert(t *testing.T) {
	mustRun(t, "assert", args{"that": []bool{true, true}})
	_, err := runIt(t, request(t, "assert", args{"that": []bool{true, false, false}, "message": "It is so."}))
	if p := wantProblem(t, err, "that", kind.CodeAssertion); p.Detail != "It is so. Condition 2 of 3 is false." {
		t.Errorf("got %q", p.Detail)
	}
	_, err = runIt(t, request(t, "assert", args{"that": []bool{false}}))
	wantProblem(t, err, "that", kind.CodeAssertion)
	_, err = runIt(t, request(t, "assert", args{"that": []bool{}}))
	wantProblem(t, err, "that", kind.CodeArgument)
}
