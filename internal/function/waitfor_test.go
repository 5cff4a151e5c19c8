package function

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// server answers each connection with a text, after it has read the first line.
func server(t *testing.T, answer string) (port int, asked chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	asked = make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 1024)
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			n, _ := c.Read(b)
			asked <- string(b[:n])
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).Port, asked
}

// closedPort is a port that nothing listens at.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// What holds is found at once, by a plan, too; what does not is planned, and an apply that
// waits for it in vain says how it was.
func TestWaitForEachCondition(t *testing.T) {
	dir := t.TempDir()
	there, gone := filepath.Join(dir, "there"), filepath.Join(dir, "gone")
	must(t, os.WriteFile(there, []byte("state=up\r\nlast line"), 0o600))
	must(t, os.Symlink("gone", filepath.Join(dir, "dangling")))
	must(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	ok, _ := server(t, "HTTP/1.1 200 OK\r\n\r\nyes")
	busy, _ := server(t, "HTTP/1.0 503 Later\r\n\r\n")
	noise, _ := server(t, "SSH-2.0-x\r\n")
	free := closedPort(t)
	sleeper := exec.Command("sleep", "1000")
	must(t, sleeper.Start())
	defer func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() }()
	for name, row := range map[string]struct {
		in    args
		holds bool
		why   string
	}{
		"open port":             {args{"port": ok}, true, ""},
		"closed port":           {args{"port": free}, false, "took no connection (refused)"},
		"closed, as it should":  {args{"port": free, "state": "absent"}, true, ""},
		"open, though it shall": {args{"port": ok, "state": "absent"}, false, "took connections"},
		"path":                  {args{"path": text1(there)}, true, ""},
		"no path":               {args{"path": text1(gone)}, false, "was not there"},
		"no directory":          {args{"path": text1(gone + "/x")}, false, "was not there"},
		"no path, as it should": {args{"path": text1(gone), "state": "absent"}, true, ""},
		"path, though it shall": {args{"path": text1(there), "state": "absent"}, false, "was there"},
		"link to nothing":       {args{"path": text1(dir + "/dangling")}, false, "was not there"},
		"search":                {args{"path": text1(there), "search": text1("te=u")}, true, ""},
		"search elsewhere":      {args{"path": text1(there), "search": text1("down")}, false, "the text was not in"},
		"search, not there":     {args{"path": text1(gone), "search": text1("up")}, false, "was not there"},
		"search gone":           {args{"path": text1(there), "search": text1("down"), "state": "absent"}, true, ""},
		"search, no file, gone": {args{"path": text1(gone), "search": text1("up"), "state": "absent"}, true, ""},
		"regexp, CR":            {args{"path": text1(there), "regexp": "^state=(up|ready)$"}, true, ""},
		"regexp, last line":     {args{"path": text1(there), "regexp": "line$"}, true, ""},
		"regexp over lines":     {args{"path": text1(there), "regexp": "up.*last"}, false, "the text was not in"},
		"text of a pipe":        {args{"path": text1(dir + "/pipe"), "search": text1("x"), "state": "absent"}, false, "could not be looked at"},
		"command":               {args{"command": argv("test", "-e", there)}, true, ""},
		"command, shell":        {args{"command": "test -e " + there}, true, ""},
		"command fails":         {args{"command": text1("echo why >&2; exit 3")}, false, "exit status 3 and said: why"},
		"command shall fail":    {args{"command": argv("false"), "state": "absent"}, true, ""},
		"command is no program": {args{"command": argv("no-such-program")}, false, "not on this machine"},
		"page":                  {args{"url": fmt.Sprintf("http://127.0.0.1:%d/x", ok)}, true, ""},
		"page with a status":    {args{"url": fmt.Sprintf("http://127.0.0.1:%d", busy), "status_codes": []int64{503}}, true, ""},
		"page is busy":          {args{"url": fmt.Sprintf("http://127.0.0.1:%d", busy)}, false, "the status was 503"},
		"no HTTP":               {args{"url": fmt.Sprintf("http://127.0.0.1:%d", noise)}, false, "no answer of an HTTP server"},
		"no server":             {args{"url": fmt.Sprintf("http://127.0.0.1:%d", free)}, false, "gave no answer"},
		"pid":                   {args{"pid": sleeper.Process.Pid}, true, ""},
		"pid shall be gone":     {args{"pid": sleeper.Process.Pid, "state": "absent"}, false, "ran"},
		"no process":            {args{"process": "no-such-process"}, false, "no such process"},
		"no process, as it is":  {args{"process": "no-such-process", "state": "absent"}, true, ""},
		"drained":               {args{"port": free, "state": "drained"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, "wait_for", row.in)
			req.Check = true
			if r, err := runIt(t, req); err != nil || r.WouldRun == row.holds || r.Results != nil {
				t.Errorf("the plan says %+v, %v", r, err)
			}
			row.in["within"], row.in["interval"] = "20ms", "10ms"
			r, err := runIt(t, request(t, "wait_for", row.in))
			if row.holds {
				if err != nil || r.Results["attempts"] != int64(1) {
					t.Errorf("the apply says %+v, %v", r, err)
				}
				return
			}
			var p *kind.Problem
			if !errors.As(err, &p) || p.Code != kind.CodeTimeout || row.in[p.Attr] == nil || !strings.Contains(p.Detail, row.why) {
				t.Errorf("the apply says %+v, %v, want %q", r, err, row.why)
			}
		})
	}
}

// What comes about while an apply waits ends the wait.
func TestWaitForWhatComes(t *testing.T) {
	p := filepath.Join(t.TempDir(), "later")
	r := mustRun(t, "wait_for", args{"command": fmt.Sprintf("if [ -e %q ]; then exit 0; fi; echo >%q; exit 1", p, p), "interval": "10ms"})
	if r["attempts"] != int64(2) || r["duration"].(float64) <= 0 {
		t.Errorf("got %v", r)
	}
}

// A connection is counted until it is closed on both sides.
func TestDrained(t *testing.T) {
	table := "  sl  local_address rem_address   st tx_queue\n   0: 0100007F:1F90 00000000:0000 0A 0\n   1: 0100007F:1F90 0100007F:C350 01 0\n   2: 0100007F:1F90 0100007F:C351 06 0\n   3: 0100007F:C350 0100007F:1F90 01 0\n"
	h := machineOf(t, map[string]string{"proc/net/tcp": table, "proc/net/tcp6": "  sl\n   0: 00000000000000000000000001000000:1F90 0:0 08 0\n"})
	if f := connections(h, 8080); f.there || f.how != "port 8080 had 2 connections" {
		t.Errorf("got %+v", f)
	}
	if f := connections(h, 50001); !f.there {
		t.Errorf("got %+v", f)
	}
	if f := connections(machineOf(t, nil), 8080); !f.unknown {
		t.Errorf("without a table: got %+v", f)
	}
}

// The bounds count: of one look, of all, and of a call that is cancelled.
func TestWaitForIsBounded(t *testing.T) {
	_, err := runIt(t, request(t, "wait_for", args{"command": argv("sleep", "1000"), "try_timeout": "20ms", "within": "30ms"}))
	if p := wantProblem(t, err, "command", kind.CodeTimeout); !strings.Contains(p.Detail, "longer than try_timeout") {
		t.Errorf("got %q", p.Detail)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Run(ctx, Output{io.Discard, io.Discard}, request(t, "wait_for", args{"path": text1("/no/such"), "interval": "1h"})); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// Nothing of a secret is in what is said.
func TestWaitForKeepsSecrets(t *testing.T) {
	req := request(t, "wait_for", args{"command": text1("echo hush >&2; false"), "within": "10ms", "interval": "10ms"})
	req.Sensitive = []string{"command"}
	_, err := runIt(t, req)
	if p := wantProblem(t, err, "command", kind.CodeTimeout); strings.Contains(p.Detail, "hush") {
		t.Errorf("got %q", p.Detail)
	}
}

// A page is asked for as it is written.
func TestPagesAreAskedFor(t *testing.T) {
	port, asked := server(t, "HTTP/1.1 204 \r\n\r\n")
	mustRun(t, "wait_for", args{"url": fmt.Sprintf("http://localhost:%d/a?b=c#d", port), "status_codes": []int64{204}})
	if got := <-asked; !strings.HasPrefix(got, fmt.Sprintf("GET /a?b=c HTTP/1.1\r\nHost: localhost:%d\r\n", port)) {
		t.Errorf("got %q", got)
	}
	for in, want := range map[string]page{
		"http://h":              {"h:80", "h", "/"},
		"http://h:8080/":        {"h:8080", "h:8080", "/"},
		"http://[::1]/x/y":      {"[::1]:80", "[::1]", "/x/y"},
		"http://[::1]:81?q=a/b": {"[::1]:81", "[::1]:81", "/?q=a/b"},
		"http://h#x":            {"h:80", "h", "/"},
	} {
		if got, bad := parsePage(in); got != want || bad != nil {
			t.Errorf("%s: got %+v, %v, want %+v", in, got, bad, want)
		}
	}
}

func TestWaitForMistakes(t *testing.T) {
	path := text1("/x")
	for name, row := range map[string]struct {
		attr string
		code kind.Code
		in   args
	}{
		"nothing":           {"", kind.CodeArgument, args{}},
		"two":               {"path", kind.CodeArgument, args{"port": 1, "path": path}},
		"port":              {"port", kind.CodeArgument, args{"port": 65536}},
		"host":              {"host", kind.CodeArgument, args{"port": 1, "host": "[::1]"}},
		"host of a path":    {"host", kind.CodeArgument, args{"path": path, "host": "h"}},
		"relative":          {"path", kind.CodePath, args{"path": text1("x")}},
		"empty command":     {"command", "command", args{"command": argv("")}},
		"https":             {"url", kind.CodeArgument, args{"url": "https://h/"}},
		"no URL":            {"url", kind.CodeArgument, args{"url": "h/x"}},
		"a user in the URL": {"url", kind.CodeArgument, args{"url": "http://a:b@h/"}},
		"a blank":           {"url", kind.CodeArgument, args{"url": "http://h/a b"}},
		"bad port":          {"url", kind.CodeArgument, args{"url": "http://h:99999/"}},
		"state":             {"state", kind.CodeArgument, args{"path": path, "state": "drained"}},
		"host, drained":     {"host", kind.CodeArgument, args{"port": 1, "host": "h", "state": "drained"}},
		"both texts":        {"regexp", kind.CodeArgument, args{"path": path, "search": text1("a"), "regexp": "b"}},
		"text of a port":    {"search", kind.CodeArgument, args{"port": 1, "search": text1("a")}},
		"line end":          {"search", kind.CodeArgument, args{"path": path, "search": text1("a\nb")}},
		"regexp":            {"regexp", kind.CodeRegexp, args{"path": path, "regexp": "("}},
		"status":            {"status_codes", kind.CodeArgument, args{"url": "http://h", "status_codes": []int64{99}}},
		"status of a port":  {"status_codes", kind.CodeArgument, args{"port": 1, "status_codes": []int64{200}}},
		"within":            {"within", kind.CodeArgument, args{"path": path, "within": "25h"}},
		"interval":          {"interval", kind.CodeArgument, args{"path": path, "interval": "0s"}},
		"a number":          {"try_timeout", kind.CodeArgument, args{"path": path, "try_timeout": "5"}},
		"process":           {"process", kind.CodeArgument, args{"process": "/bin/x"}},
		"pid":               {"pid", kind.CodeArgument, args{"pid": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runIt(t, request(t, "wait_for", row.in))
			wantProblem(t, err, row.attr, row.code)
		})
	}
}

// Whatever a server answers, and whatever is given as a URL, is understood or refused.
func FuzzPage(f *testing.F) {
	f.Add("http://[::1]:80/a?b", "HTTP/1.1 200 OK\r\n")
	f.Add("http://h", "HTTP/1.1 2000")
	f.Fuzz(func(t *testing.T, url, line string) {
		if p, bad := parsePage(url); bad == nil {
			if _, _, err := net.SplitHostPort(p.address); err != nil || !strings.HasPrefix(p.path, "/") || strings.ContainsAny(p.host+p.path, "\r\n ") {
				t.Errorf("%q became %+v", url, p)
			}
		}
		if n, ok := statusOf(line); ok && (n < 100 || n > 999) {
			t.Errorf("%q has the status %d", line, n)
		}
	})
}
