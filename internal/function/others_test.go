package function

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// clockPipe is a controller whose clock is behind.
type clockPipe struct {
	behind time.Duration
	answer bytes.Buffer
	gone   error
}

func (c *clockPipe) Write(p []byte) (int, error) {
	for range p {
		c.answer.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(-c.behind).UnixNano())))
	}
	return len(p), c.gone
}

func (c *clockPipe) Read(p []byte) (int, error) { return c.answer.Read(p) }

// The clocks are compared in the middle of the way there and back.
func TestTimeAndPing(t *testing.T) {
	for _, behind := range []time.Duration{0, time.Hour, -time.Hour} {
		req := request(t, "time", args{})
		req.Pipe = &clockPipe{behind: behind}
		r, err := runIt(t, req)
		must(t, err)
		if ahead := r.Results["ahead"].(float64); ahead < behind.Seconds()-5 || ahead > behind.Seconds()+5 {
			t.Errorf("%s: ahead by %v", behind, ahead)
		}
		now, err := time.Parse(time.RFC3339Nano, r.Results["now"].(string))
		if d := time.Since(now); err != nil || d < 0 || d > time.Minute || r.Results["round_trip"].(float64) < 0 {
			t.Errorf("got %v, %v", r.Results, err)
		}
		_, offset := time.Now().Zone()
		if r.Results["offset"] != int64(offset) {
			t.Errorf("got %v", r.Results)
		}
	}
	if r := mustRun(t, "ping", args{}); r["answers"] != true {
		t.Errorf("got %v", r)
	}
	req := request(t, "ping", args{})
	req.Pipe = &clockPipe{gone: io.ErrClosedPipe}
	if _, err := runIt(t, req); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a pipe that is closed: got %v", err)
	}
}

func TestEnv(t *testing.T) {
	t.Setenv("MITO_TEST", "a=b\xff")
	r := mustRun(t, "env", args{"names": []string{"MITO_TEST", "MITO_NOT_SET"}})
	values := r["values"].(map[any]any)
	if len(values) != 1 || str(values["MITO_TEST"]) != "a=b\xff" || !slices.Equal(r["unset"].([]any), []any{"MITO_NOT_SET"}) {
		t.Errorf("got %v", r)
	}
	r = mustRun(t, "env", args{})
	if values := r["values"].(map[any]any); str(values["MITO_TEST"]) != "a=b\xff" || len(values) < 2 {
		t.Errorf("all: got %v", r)
	}
	_, err := runIt(t, request(t, "env", args{"names": []string{"A=B"}}))
	wantProblem(t, err, "names", kind.CodeArgument)
	k := envKind().WithSchemas()
	if a, _ := k.Results.Attr("values"); !a.Secret {
		t.Error("the values are no secret")
	}
}

func TestLog(t *testing.T) {
	var out bytes.Buffer
	req := request(t, "log", args{"message": "hello", "level": "warn", "values": map[string]string{"b": "2", "a": "1"}})
	req.Log = hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Trace, DisableTime: true})
	_, err := runIt(t, req)
	if must(t, err); out.String() != "[WARN]  hello: a=1 b=2\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestSleep(t *testing.T) {
	began := time.Now()
	mustRun(t, "sleep", args{"duration": "30ms"})
	if d := time.Since(began); d < 30*time.Millisecond {
		t.Errorf("it took %s", d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Output{}, request(t, "sleep", args{"duration": "1h"})); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	for _, d := range []string{"", "5", "-1s", "24h"} {
		_, err := runIt(t, request(t, "sleep", args{"duration": d}))
		wantProblem(t, err, "duration", kind.CodeArgument)
	}
}

// A script is run by what its first line says, with its arguments and files, and leaves nothing.
func TestScript(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for name, row := range map[string]struct {
		in   args
		want string
	}{
		"sh":                  {args{"content": text1("echo $0 | sed 's,.*/,,'; echo \"$2\""), "arguments": argv("a", "b c")}, "script\nb c\n"},
		"first line":          {args{"content": text1("#!/bin/sh -eu\r\necho $-")}, ""},
		"env":                 {args{"content": text1("#!/usr/bin/env sh\necho $X"), "env": args{"X": text1("y")}}, "y\n"},
		"interpreter":         {args{"content": text1("not sh\n"), "interpreter": argv("cat", "-A")}, "not sh$\n"},
		"files":               {args{"content": text1("cat data; ls"), "files": args{"data": text1("d\n")}}, "d\ndata\nscript\n"},
		"files with dir":      {args{"content": text1("cat $MITOPLAN_FILES/data; pwd"), "files": args{"data": text1("d\n")}, "dir": text1("/")}, "d\n/\n"},
		"stdin":               {args{"content": text1("cat"), "stdin": text1("in")}, "in"},
		"content of a file":   {args{"source": text1("x.sh"), "source_content": text1("echo sent")}, "sent\n"},
		"creates":             {args{"content": text1("echo no"), "creates": text1("/et?")}, "did not run"},
		"a status that is ok": {args{"content": text1("exit 3"), "ok_exit_codes": []int64{3}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := runIt(t, request(t, "script", row.in))
			must(t, err)
			got := str(r.Results["stdout"])
			if !r.WouldRun {
				got = "did not run"
			}
			if name == "first line" {
				got = strings.Trim(got, "eu\n")
			}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestScriptProblems(t *testing.T) {
	for name, row := range map[string]struct {
		in   args
		attr string
		code kind.Code
	}{
		"none":                 {args{}, "content", kind.CodeArgument},
		"two":                  {args{"content": text1("a"), "source": text1("b")}, "source", kind.CodeArgument},
		"no interpreter":       {args{"content": text1("a"), "interpreter": argv("")}, "interpreter", kind.CodeArgument},
		"a file of its name":   {args{"content": text1("a"), "files": args{"script": text1("b")}}, "files", kind.CodeArgument},
		"a file elsewhere":     {args{"content": text1("a"), "files": args{"../b": text1("b")}}, "files", kind.CodeArgument},
		"zero byte":            {args{"content": text1("a"), "arguments": argv("a\x00")}, "arguments", "arguments"},
		"missing interpreter":  {args{"content": text1("a"), "interpreter": argv("/no/such")}, "interpreter", kind.CodeProgramMissing},
		"missing in the first": {args{"content": text1("#!/no/such\n")}, "content", kind.CodeProgramMissing},
		"it fails":             {args{"content": text1("echo why >&2; exit 4")}, "content", kind.CodeExitCode},
		"relative":             {args{"content": text1("a"), "creates": text1("x")}, "creates", "creates"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runIt(t, request(t, "script", row.in))
			p := wantProblem(t, err, row.attr, row.code)
			if row.code == kind.CodeExitCode && (p.Detail != "The script ended with exit status 4." || !strings.HasSuffix(p.Said, "why")) {
				t.Errorf("got %q, %q", p.Detail, p.Said)
			}
		})
	}
}

// Whatever a script begins with, a program is named.
func FuzzInterpreter(f *testing.F) {
	f.Add("#!/usr/bin/env -S a b\r\n")
	f.Add("#! \n")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseInterpreter(text); len(got) < 1 || len(got) > 2 || got[0] == "" || strings.ContainsAny(strings.Join(got, ""), "\n\x00") {
			t.Errorf("%q is run by %q", text, got)
		}
	})
}

// Patterns count where nothing has the name itself.
func TestGuardsThatArePatterns(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "app-1.2.jar"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "[x]"), nil, 0o600))
	for pattern, there := range map[string]bool{"app-*.jar": true, "app-?.2.jar": true, "*.war": false, "[x]": true, "[y]": false, "no/*": false} {
		for guard, runs := range map[string]bool{"creates": !there, "removes": there} {
			r, err := runIt(t, request(t, "command", args{"argv": argv("true"), guard: text1(dir + "/" + pattern)}))
			if must(t, err); r.WouldRun != runs {
				t.Errorf("%s = %s: runs is %v", guard, pattern, r.WouldRun)
			}
		}
	}
	_, err := runIt(t, request(t, "command", args{"argv": argv("true"), "creates": text1("/a/[")}))
	wantProblem(t, err, "creates", "creates")
}

func TestExecutable(t *testing.T) {
	r := mustRun(t, "command", args{"shell": text1("echo ${BASH_VERSION:+bash}"), "executable": text1("bash")})
	if str(r["stdout"]) != "bash\n" {
		t.Errorf("got %q", r["stdout"])
	}
	_, err := runIt(t, request(t, "command", args{"argv": argv("true"), "executable": text1("bash")}))
	wantProblem(t, err, "executable", "executable")
	_, err = runIt(t, request(t, "command", args{"shell": text1("true"), "executable": text1("/no/such")}))
	wantProblem(t, err, "executable", kind.CodeProgramMissing)
}

// A temporary thing is there until the run ends, as it was asked for.
func TestTempfile(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	defer RemoveTemporary()
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	for name, row := range map[string]struct {
		in   args
		mode os.FileMode
		base string
	}{
		"file":      {args{"content": text1("x\n")}, 0o600, "temp"},
		"empty":     {args{"name": text1("app.conf"), "mode": "0644"}, 0o644, "app.conf"},
		"directory": {args{"type": "directory"}, 0o700 | os.ModeDir, "temp"},
		"elsewhere": {args{"directory": text1(tmp), "mode": "755", "type": "directory"}, 0o755 | os.ModeDir, "temp"},
	} {
		p := str(mustRun(t, "tempfile", row.in)["path"])
		st, err := os.Lstat(p)
		must(t, err)
		b, _ := os.ReadFile(p)
		if st.Mode() != row.mode || filepath.Base(p) != row.base || !strings.HasPrefix(p, tmp) || row.in["content"] != nil && string(b) != "x\n" {
			t.Errorf("%s: %s has the mode %s and holds %q", name, p, st.Mode(), b)
		}
	}
	RemoveTemporary()
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	for attr, in := range map[string]args{
		"name": {"name": text1("a/b")}, "content": {"type": "directory", "content": text1("x")}, "mode": {"mode": "9"}, "directory": {"directory": text1("x")},
	} {
		_, err := runIt(t, request(t, "tempfile", in))
		var p *kind.Problem
		if !errors.As(err, &p) || p.Attr != attr {
			t.Errorf("%s: got %v", attr, err)
		}
	}
	_, err := runIt(t, request(t, "tempfile", args{"directory": text1("/no/such")}))
	wantProblem(t, err, "directory", kind.CodeMissing)
}

// Nothing is made where others may put something else in its place, nor removed there.
func TestDirectoriesForTemporaryThings(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can have directories of other users")
	}
	for name, c := range map[string]struct {
		mode  os.FileMode
		owner int
		safe  bool
	}{
		"our own":          {0o755, 0, true},
		"sticky":           {0o777 | os.ModeSticky, 0, true},
		"open to a group":  {0o775, 0, false},
		"open to all":      {0o777, 0, false},
		"of another user":  {0o755, 1000, false},
		"sticky of theirs": {0o777 | os.ModeSticky, 1000, false},
	} {
		top := t.TempDir()
		inner := filepath.Join(top, "inner")
		left := filepath.Join(top, "mitoplan-temp-0-x")
		must(t, os.Mkdir(inner, 0o755))
		must(t, os.Mkdir(left, 0o755))
		must(t, os.Chown(top, c.owner, 0))
		must(t, os.Chmod(top, c.mode))
		for _, dir := range []string{top, inner} {
			_, err := runIt(t, request(t, "tempfile", args{"directory": text1(dir)}))
			if c.safe && err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !c.safe {
				wantProblem(t, err, "directory", kind.CodeUnsafeDirectory)
			}
		}
		entries, err := os.ReadDir(top)
		must(t, err)
		if made := len(entries) > 2; made != c.safe || !isThere(left) {
			t.Errorf("%s: it holds %v", name, entries)
		}
	}
}

// nameServer answers over UDP from a list of data, by name and number of the type (see RFC
// 1035), and that there is no such name to all else.
func nameServer(t *testing.T, known map[string][]string) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 17 {
				_, _ = c.WriteTo(nameAnswer(b[:n], known), from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().String()
}

func nameAnswer(query []byte, known map[string][]string) []byte {
	name, at := "", 12
	for at < len(query) && query[at] != 0 {
		end := at + 1 + int(query[at])
		name, at = name+string(query[at+1:end])+".", end
	}
	end := at + 5 // the type and the class follow
	all, ok := known[name+" "+strconv.Itoa(int(query[at+2]))]
	out := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, byte(len(all)), 0, 0, 0, 0}, query[12:end]...)
	if !ok {
		out[3] |= 3
	}
	for _, data := range all {
		out = append(out, 0xc0, 12)
		out = append(out, query[at+1:end]...)
		out = append(out, 0, 0, 0, 1, 0, byte(len(data)))
		out = append(out, data...)
	}
	return out
}

func TestDNS(t *testing.T) {
	server := nameServer(t, map[string][]string{
		"h.test. 1":                  {"\xc0\x00\x02\x02", "\xc0\x00\x02\x01"},
		"h.test. 28":                 {"\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01"},
		"h.test. 16":                 {"\x07v=spf1 \x04-all"},
		"h.test. 15":                 {"\x00\x14\x01b\x04test\x00", "\x00\x0a\x01z\x04test\x00", "\x00\x0a\x01a\x04test\x00"},
		"h.test. 2":                  {"\x03ns2\x04test\x00", "\x03ns1\x04test\x00"},
		"_x._tcp.h.test. 33":         {"\x00\x02\x00\x01\x00\x05\x01b\x04test\x00", "\x00\x01\x00\x00\x00\x05\x01a\x04test\x00"},
		"1.2.0.192.in-addr.arpa. 12": {"\x01h\x04test\x00"},
	})
	for _, row := range []struct {
		name, typ string
		want      []any
	}{
		{"h.test.", "A", []any{"192.0.2.1", "192.0.2.2"}},
		{"h.test.", "AAAA", []any{"2001:db8::1"}},
		{"h.test.", "TXT", []any{"v=spf1 -all"}},
		{"h.test.", "MX", []any{"10 a.test.", "10 z.test.", "20 b.test."}},
		{"h.test.", "NS", []any{"ns1.test.", "ns2.test."}},
		{"_x._tcp.h.test.", "SRV", []any{"1 0 5 a.test.", "2 1 5 b.test."}},
		{"192.0.2.1", "PTR", []any{"h.test."}},
		{"no.test.", "A", []any{}},
		{"no.test.", "TXT", []any{}},
		{"h.test.", "CNAME", []any{}},
	} {
		r := mustRun(t, "dns", args{"name": row.name, "type": row.typ, "server": server})
		if got := r["records"].([]any); !slices.Equal(got, row.want) || r["found"] != (len(row.want) > 0) {
			t.Errorf("%s %s: got %v, want %v", row.name, row.typ, r, row.want)
		}
	}
	if r := mustRun(t, "dns", args{"name": "localhost"}); !slices.Contains(r["records"].([]any), any("127.0.0.1")) {
		t.Errorf("localhost: got %v", r)
	}
}

// A server that is silent is no server that knows of nothing.
func TestDNSOfASilentServer(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	defer c.Close()
	_, err = runIt(t, request(t, "dns", args{"name": "h.test.", "server": c.LocalAddr().String(), "query_timeout": "50ms"}))
	wantProblem(t, err, "server", kind.CodeTimeout)
	for attr, in := range map[string]args{
		"name": {"name": "a b"}, "server": {"name": "h", "server": "h"}, "query_timeout": {"name": "h", "query_timeout": "0s"},
	} {
		_, err := runIt(t, request(t, "dns", in))
		wantProblem(t, err, attr, kind.CodeArgument)
	}
	_, err = runIt(t, request(t, "dns", args{"name": "h", "type": "PTR"}))
	wantProblem(t, err, "name", kind.CodeArgument)
}
