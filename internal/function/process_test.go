package function

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// What runs is found by its name, its command line, its user and its number, and by nothing
// that another process has.
func TestProcess(t *testing.T) {
	word := "mark-" + strconv.Itoa(os.Getpid())
	cmd := exec.Command("sh", "-c", "read x; exit 0", word, "two words")
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() { in.Close(); _ = cmd.Wait() }()
	pid, uid := int64(cmd.Process.Pid), strconv.Itoa(os.Getuid())
	for name, row := range map[string]struct {
		in    args
		found bool
	}{
		"pid":           {args{"pid": pid}, true},
		"pattern":       {args{"pattern": word + " two words$"}, true},
		"name":          {args{"name": "sh", "pattern": word}, true},
		"user":          {args{"user": uid, "pattern": word}, true},
		"other user":    {args{"user": "12345", "pattern": word}, false},
		"other name":    {args{"name": "s", "pattern": word}, false},
		"other pattern": {args{"pattern": "^" + word}, false},
		"no such":       {args{"pid": 1 << 30}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustRun(t, "process", row.in)
			pids := r["pids"].([]any)
			if r["running"] != row.found || slices.Contains(pids, any(pid)) != row.found || len(pids) > 1 {
				t.Fatalf("got %v", r)
			}
			if !row.found {
				return
			}
			p := r["processes"].([]any)[0].(map[any]any)
			if p["ppid"] != int64(os.Getpid()) || p["uid"] != int64(os.Getuid()) || str(p["argv"].([]any)[4]) != "two words" || p["memory"].(int64) <= 0 {
				t.Errorf("got %v", p)
			}
			at, err := time.Parse(time.RFC3339, p["started"].(string))
			if d := time.Since(at); err != nil || d < -time.Minute || d > time.Hour {
				t.Errorf("started %v, %v", p["started"], err)
			}
		})
	}
}

// One that has ended and was not waited for does not run.
func TestProcessThatHasEnded(t *testing.T) {
	cmd := exec.Command("true")
	must(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	for range 500 {
		r := mustRun(t, "process", args{"pid": cmd.Process.Pid})
		if r["running"] == false && len(r["pids"].([]any)) == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it never was a zombie")
}

// A name may hold parentheses, and a command line anything.
func TestParseProcess(t *testing.T) {
	rest := " Z 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 100 3 18446744073709551615"
	booted := time.Unix(1_000_000, 0)
	p, ok := parseProcess("42 (a) b) (c)"+rest, ProcessEntry{}, booted)
	if !ok || p.Name != "a) b) (c" || p.State != zombie || p.PPID != 7 || p.Memory != 3*int64(os.Getpagesize()) || p.Started != booted.Add(123*time.Second).UTC().Format(time.RFC3339) {
		t.Errorf("got %+v, %v", p, ok)
	}
	for _, line := range []string{"", "1", "1 (a", "1 )(", "1 (a) Z 1"} {
		if _, ok := parseProcess(line, ProcessEntry{}, booted); ok {
			t.Errorf("%q is a process", line)
		}
	}
	for in, want := range map[string][]string{"": {}, "\x00": {}, "a\x00": {"a"}, "a\x00\x00b\x00": {"a", "", "b"}, "nginx: worker": {"nginx: worker"}} {
		var got []string
		for _, w := range words(in) {
			got = append(got, string(w))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := words(strings.Repeat("a", 10*cmdlineBytes)); len(got) != 1 || len(got[0]) != cmdlineBytes {
		t.Errorf("a long one has %d words", len(got))
	}
}

// More than max_entries, a host without /proc, and arguments that mean nothing.
func TestProcessProblems(t *testing.T) {
	_, err := runIt(t, request(t, "process", args{"user": strconv.Itoa(os.Getuid()), "max_entries": 1}))
	if os.Getuid() == 0 { // root has many
		wantProblem(t, err, "max_entries", kind.CodeTooLong)
	}
	_, err = (&ProcessIn{}).list(t.Context(), machineOf(t, nil))
	wantProblem(t, err, "", kind.CodeSystem)
	for attr, v := range map[string]any{"name": "/bin/x", "user": "", "pid": 0, "max_entries": 0} {
		_, err := runIt(t, request(t, "process", args{attr: v}))
		wantProblem(t, err, attr, kind.CodeArgument)
	}
	_, err = runIt(t, request(t, "process", args{"pattern": "("}))
	wantProblem(t, err, "pattern", kind.CodeRegexp)
}

// Whatever a program calls itself, its line is read or left out.
func FuzzProcess(f *testing.F) {
	f.Add("1 (a) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 1 100 3 18", "a\x00b\x00")
	f.Fuzz(func(t *testing.T, line, cmdline string) {
		if p, ok := parseProcess(line, ProcessEntry{}, time.Unix(1, 0)); ok && p.State == "" {
			t.Errorf("%q became %+v", line, p)
		}
		for _, w := range words(cmdline) {
			if strings.Contains(string(w), "\x00") {
				t.Errorf("%q has the word %q", cmdline, w)
			}
		}
	})
}
