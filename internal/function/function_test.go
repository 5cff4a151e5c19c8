package function

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type args = map[string]any

func text1(s string) cbor.ByteString { return cbor.ByteString(s) }

func argv(words ...string) []cbor.ByteString {
	var out []cbor.ByteString
	for _, w := range words {
		out = append(out, cbor.ByteString(w))
	}
	return out
}

func request(t *testing.T, name string, a args) CallRequest {
	t.Helper()
	b, err := cbor.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return CallRequest{Name: name, Args: b}
}

func runIt(t *testing.T, req CallRequest) (CallReply, error) {
	t.Helper()
	switch partner := Partner(req.Name); {
	case req.Pipe != nil:
	case partner == "clock":
		req.Pipe = &clockPipe{}
	case partner == "http":
		req.Pipe = &bytes.Buffer{} // it wants no connection
	case req.Name == "fetch":
		req.Pipe = &bytes.Buffer{}
	}
	return Run(t.Context(), Output{new(bytes.Buffer), new(bytes.Buffer)}, req)
}

func mustRun(t *testing.T, name string, a args) map[string]any {
	t.Helper()
	r, err := runIt(t, request(t, name, a))
	if err != nil || !r.WouldRun {
		t.Fatalf("%+v %v", r, err)
	}
	return r.Results
}

func wantProblem(t *testing.T, err error, attr string, code kind.Code) *kind.Problem {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) || p.Attr != attr || p.Code != code {
		t.Fatalf("got %v, want a problem on %q with the code %q", err, attr, code)
	}
	return p
}

func str(v any) string {
	s, _ := text(v)
	return s
}

func isThere(p string) bool {
	_, err := os.Lstat(p)
	return err == nil
}

// If HOME cannot be entered, a command runs in the root directory.
func TestCommandWithoutAHome(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0); err != nil {
		t.Fatal(err)
	}
	homes := []string{"/no/such/directory", closed}
	if os.Getuid() == 0 {
		homes = homes[:1] // root may be everywhere
	}
	for _, home := range homes {
		t.Setenv("HOME", home)
		if got := str(mustRun(t, "command", args{"argv": argv("pwd")})["stdout"]); got != "/\n" {
			t.Errorf("with HOME=%s it ran in %q", home, got)
		}
	}
}

func TestCommandResults(t *testing.T) {
	dir := t.TempDir()
	got := mustRun(t, "command", args{
		"shell": text1("cat; pwd; echo $WORD; umask >&2; exit 3"), "stdin": text1("in\xff\n"), "dir": text1(dir),
		"env": args{"WORD": text1("word")}, "umask": "0027", "ok_exit_codes": []int64{0, 3},
	})
	if str(got["stdout"]) != "in\xff\n"+dir+"\nword\n" || str(got["stderr"]) != "0027\n" || got["exit_code"] != int64(3) || got["truncated"] != false {
		t.Errorf("got %q", got)
	}
	if d, ok := got["duration"].(float64); !ok || d <= 0 {
		t.Errorf("the duration is %v", got["duration"])
	}
	d, _ := lookup("command")
	for _, a := range d.WithSchemas().Results.Attrs {
		if _, ok := got[a.Name]; !ok {
			t.Errorf("no result %s", a.Name)
		}
	}
}

func TestCommandStreamsAndBounds(t *testing.T) {
	var out bytes.Buffer
	req := request(t, "command", args{"argv": argv("sh", "-c", "echo one; echo two"), "max_output": 5})
	r, err := Run(t.Context(), Output{&out, &out}, req)
	if err != nil || str(r.Results["stdout"]) != "one\nt" || r.Results["truncated"] != true {
		t.Errorf("got %+v %v", r, err)
	}
	if out.String() != "one\ntwo\n" {
		t.Errorf("streamed %q", out.String())
	}
}

func TestCommandGuards(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "mark")
	run := argv("touch", mark)
	for _, c := range []struct {
		name  string
		guard args
		runs  bool
	}{
		{"creates", args{"creates": text1(dir)}, false},
		{"creates nothing yet", args{"creates": text1(mark)}, true},
		{"removes", args{"removes": text1(mark)}, false},
		{"removes what is there", args{"removes": text1(dir)}, true},
		{"unless shell", args{"unless": text1("true")}, false},
		{"unless list", args{"unless": argv("false")}, true},
		{"only_if shell", args{"only_if": "exit 4"}, false},
		{"only_if list", args{"only_if": argv("test", "-d", dir)}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			os.Remove(mark)
			c.guard["argv"] = run
			req := request(t, "command", c.guard)
			req.Check = true
			r, err := runIt(t, req)
			if err != nil || r.WouldRun != c.runs || r.Results != nil {
				t.Errorf("the check says %+v %v", r, err)
			}
			if isThere(mark) {
				t.Fatal("the check ran the command")
			}
			req.Check = false
			if r, err = runIt(t, req); err != nil || r.WouldRun != c.runs || isThere(mark) != c.runs {
				t.Errorf("the call says %+v %v", r, err)
			}
		})
	}
}

func TestCommandProblems(t *testing.T) {
	dir := t.TempDir()
	notExecutable, foreign := filepath.Join(dir, "data"), filepath.Join(dir, "foreign")
	if err := errors.Join(os.WriteFile(notExecutable, nil, 0o644), os.WriteFile(foreign, []byte("\x00\x01junk"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args args
		attr string
		code kind.Code
	}{
		{args{}, "argv", "argv"},
		{args{"argv": argv("")}, "argv", "argv"},
		{args{"argv": argv("a"), "shell": text1("b")}, "shell", "shell"},
		{args{"argv": argv("no-such-program")}, "argv", "program_missing"},
		{args{"argv": argv(notExecutable)}, "argv", "permission"},
		{args{"argv": argv(foreign)}, "argv", "not_executable"},
		{args{"argv": argv("true"), "dir": text1("/no/such")}, "dir", "no_dir"},
		{args{"argv": argv("true"), "dir": text1("relative")}, "dir", "dir"},
		{args{"argv": argv("true"), "umask": "999"}, "umask", "umask"},
		{args{"argv": argv("true"), "env": args{"A=B": text1("")}}, "env", "env"},
		{args{"argv": argv("true"), "unless": 7}, "unless", "unless"},
		{args{"argv": argv("true"), "only_if": argv("no-such-program")}, "only_if", "program_missing"},
		{args{"argv": argv("false")}, "argv", "exit_code"},
		{args{"argv": argv("true"), "ok_exit_codes": []int64{1}}, "argv", "exit_code"},
		{args{"argv": argv("true"), "surprise": 1}, "", "argument"},
	} {
		_, err := runIt(t, request(t, "command", c.args))
		wantProblem(t, err, c.attr, c.code)
	}
}

func TestCommandFailureSaysWhy(t *testing.T) {
	_, err := runIt(t, request(t, "command", args{"argv": argv("sh", "-c", "echo no such luck >&2; exit 9", strings.Repeat("long", 100))}))
	p := wantProblem(t, err, "argv", "exit_code")
	if !strings.Contains(p.Detail, "no such luck") || !strings.Contains(p.Detail, "exit status 9") || len(p.Detail) > 400 {
		t.Errorf("got %s", p.Detail)
	}
	_, err = runIt(t, request(t, "command", args{"shell": text1("kill -9 $$")}))
	if p := wantProblem(t, err, "shell", "exit_code"); !strings.Contains(p.Detail, "killed") {
		t.Errorf("got %s", p.Detail)
	}
}

func TestSensitiveArgumentsAreNotShown(t *testing.T) {
	for _, a := range []args{{"argv": argv("sh", "-c", "exit 1", "planted")}, {"argv": argv("planted")}, {"shell": text1("planted=1; false")}} {
		req := request(t, "command", a)
		req.Sensitive = []string{"argv", "shell"}
		if _, err := runIt(t, req); err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("got %v", err)
		}
	}
}

func TestCommandIsCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	began := time.Now()
	_, err := Run(ctx, Output{stopper{func() { cancel(why) }}, new(bytes.Buffer)},
		request(t, "command", args{"shell": text1("echo up; sleep 1000")}))
	if !errors.Is(err, why) || time.Since(began) > 10*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

type stopper struct{ stop func() }

func (s stopper) Write(p []byte) (int, error) {
	s.stop()
	return len(p), nil
}

// TestALostParentLeavesNoTimeForPatience cancels a command that ignores TERM, and loses
// the parent while the command still has time left. The command is then killed early.
func TestALostParentLeavesNoTimeForPatience(t *testing.T) {
	var near *transporttest.End
	agent := transporttest.Agent{
		Serve:   transport.ServeOptions{Functions: []transport.Function{CallFunc}},
		Started: func(end *transporttest.End, _ transport.Start) { near = end },
	}
	broker := transport.NewBroker(transport.Options{KillDelay: 100 * time.Millisecond})
	defer broker.Shutdown()
	c, err := transport.NewRouter(broker).Connect(t.Context(), agent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ready().Get(t.Context()); err != nil { // near is set by then
		t.Fatal(err)
	}
	told := filepath.Join(t.TempDir(), "told")
	req := request(t, "command", args{"shell": text1("trap 'echo $$ > " + told + ".new; mv " + told + ".new " + told + "' TERM; while :; do sleep 0.05; done")})
	CallFunc.CallAsync(t.Context(), c, req, transport.Timeout(100*time.Millisecond))
	pid := 0
	eventually(t, "the command was not told to end", time.Minute, func() bool {
		b, _ := os.ReadFile(told)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		return pid > 0
	})
	near.Cut()
	eventually(t, "the command outlives its context", 6*time.Second, // of the 8 s that it has with a parent
		func() bool { return syscall.Kill(pid, 0) != nil })
}

func eventually(t *testing.T, what string, d time.Duration, ok func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(d), time.NewTicker(10*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal(what)
		}
	}
}

func TestPathOfTheCommand(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own"), []byte("#!/bin/sh\necho mine\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, a := range []args{
		{"argv": argv("own"), "env": args{"PATH": text1("/bin:" + dir)}},
		{"argv": argv("./own"), "dir": text1(dir)},
	} {
		if got := mustRun(t, "command", a); str(got["stdout"]) != "mine\n" {
			t.Errorf("got %q", got)
		}
	}
}

func TestStat(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "f"), filepath.Join(dir, "l")
	if err := errors.Join(os.WriteFile(file, []byte("four"), 0o640), os.Chmod(file, 0o640), os.Symlink("f", link)); err != nil {
		t.Fatal(err)
	}
	got := mustRun(t, "stat", args{"path": text1(file)})
	if got["exists"] != true || got["type"] != "file" || got["size"] != int64(4) || got["mode"] != "0640" || got["uid"] != int64(os.Getuid()) {
		t.Errorf("got %v", got)
	}
	if at, err := time.Parse(time.RFC3339Nano, got["modified"].(string)); err != nil || time.Since(at) > time.Hour {
		t.Errorf("modified %v", got["modified"])
	}
	if got := mustRun(t, "stat", args{"path": text1(link)}); got["type"] != "link" || str(got["target"]) != "f" {
		t.Errorf("got %v", got)
	}
	if got := mustRun(t, "stat", args{"path": text1(link), "follow": true}); got["type"] != "file" {
		t.Errorf("got %v", got)
	}
	if got := mustRun(t, "stat", args{"path": text1(file + "/no")}); got["exists"] != false {
		t.Errorf("got %v", got)
	}
	_, err := runIt(t, request(t, "stat", args{"path": text1("f")}))
	wantProblem(t, err, "path", "path")
}

func TestReadFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("a\xff\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := mustRun(t, "read_file", args{"path": text1(file)})
	const sum = "ba35dc0ae977a525da3dce526ea3488a8c3f537d01bf8db91ab63fa7474eeacb"
	if str(got["content"]) != "a\xff\n" || str(got["content_base64"]) != "a\xff\n" || got["size"] != int64(3) || got["sha256"] != sum {
		t.Errorf("got %v", got)
	}
	got = mustRun(t, "read_file", args{"path": text1(file), "max_size": int64(MaxAnswer)})
	if str(got["content"]) != "a\xff\n" {
		t.Errorf("with the greatest limit: %v", got)
	}
	_, err := runIt(t, request(t, "read_file", args{"path": text1(file), "max_size": 2}))
	wantProblem(t, err, "max_size", "too_long")
	_, err = runIt(t, request(t, "read_file", args{"path": text1(file + "x")}))
	wantProblem(t, err, "path", "missing")
	_, err = runIt(t, request(t, "read_file", args{"path": text1("/dev/null")}))
	wantProblem(t, err, "path", "not_a_file")
}

func TestHostname(t *testing.T) {
	want, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRun(t, "hostname", nil); got["hostname"] != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestReadOnlyFunctionsAnswerChecks holds that a check of a function that always runs
// reports that it would run, and does nothing.
func TestReadOnlyFunctionsAnswerChecks(t *testing.T) {
	for _, d := range Kinds() {
		if touchesNothing := slices.Contains([]string{"wait_for", "sleep", "tempfile"}, d.Name); d.ReadOnly && d.Opaque || !d.ReadOnly && d.Opaque == touchesNothing {
			t.Errorf("%s: read-only is %v, and opaque %v", d.Name, d.ReadOnly, d.Opaque)
		}
		if !d.ReadOnly {
			continue
		}
		req := request(t, d.Name, args{})
		req.Check = true
		if r, err := runIt(t, req); err != nil || !r.WouldRun || r.Results != nil {
			t.Errorf("%s: %+v %v", d.Name, r, err)
		}
	}
	_, err := runIt(t, CallRequest{Name: "nonsense"})
	wantProblem(t, err, "", "unknown_function")
}

func TestCommandOnATerminal(t *testing.T) {
	got := mustRun(t, "command", args{
		"shell": text1("stty size; echo $TERM; read word; echo $word; echo wrong >&2; test -t 0 && test -t 1 && test -t 2"),
		"pty":   true, "columns": 100, "stdin": text1("typed\n"),
	})
	if str(got["stdout"]) != "24 100\ndumb\ntyped\nwrong\n" || str(got["stderr"]) != "" {
		t.Errorf("got %q", got)
	}
	got = mustRun(t, "command", args{"shell": text1("echo $TERM; echo one two"), "pty": true, "env": args{"TERM": text1("xterm")}, "max_output": 9, "umask": "0077"})
	if str(got["stdout"]) != "xterm\none" || got["truncated"] != true {
		t.Errorf("got %q", got)
	}
	_, err := runIt(t, request(t, "command", args{"shell": text1("echo no such luck >&2; exit 9"), "pty": true}))
	if p := wantProblem(t, err, "shell", "exit_code"); !strings.Contains(p.Detail, "no such luck") {
		t.Errorf("got %s", p.Detail)
	}
	for attr, a := range map[string]args{
		"columns": {"argv": argv("true"), "pty": true, "columns": 0},
		"rows":    {"argv": argv("true"), "rows": 30},
	} {
		_, err := runIt(t, request(t, "command", a))
		wantProblem(t, err, attr, kind.ArgumentCode(attr))
	}
}
