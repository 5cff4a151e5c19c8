package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// failsAt is a writer whose write number n and all later ones fail.
type failsAt struct {
	n, writes int
	err       error
	bytes.Buffer
}

func (f *failsAt) Write(b []byte) (int, error) {
	if f.writes++; f.writes >= f.n {
		return 0, f.err
	}
	return f.Buffer.Write(b)
}

// TestLostOutputIsAnError holds that a command whose output was lost does not end with
// a status that claims something, such as 0 or 2, and that standard error says why.
func TestLostOutputIsAnError(t *testing.T) {
	pipe := &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	full := &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	for name, c := range map[string]struct {
		out, errs    *failsAt
		status, want int
		says         string
	}{
		"all arrived":             {&failsAt{n: 9}, &failsAt{n: 9}, 0, 0, ""},
		"all arrived, of a drift": {&failsAt{n: 9}, &failsAt{n: 9}, exitChanges, exitChanges, ""},
		"nothing":                 {&failsAt{n: 1, err: full}, &failsAt{n: 9}, 0, 1, "standard output could not be written: no space left on device."},
		"the end":                 {&failsAt{n: 2, err: pipe}, &failsAt{n: 9}, 0, 1, "(broken pipe)"},
		"of a drift":              {&failsAt{n: 2, err: full}, &failsAt{n: 9}, exitChanges, 1, "no space left"},
		"of an error":             {&failsAt{n: 2, err: full}, &failsAt{n: 9}, 1, 1, "no space left"},
		"of a crash":              {&failsAt{n: 2, err: full}, &failsAt{n: 9}, exitPanic, exitPanic, "no space left"},
		"of standard error":       {&failsAt{n: 9}, &failsAt{n: 1, err: full}, 0, 1, ""},
		"of both":                 {&failsAt{n: 1, err: pipe}, &failsAt{n: 1, err: full}, exitChanges, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := &app{stdout: &stream{name: "standard output", w: c.out}, stderr: &stream{name: "standard error", w: c.errs}}
			for _, w := range []io.Writer{a.stdout, a.stdout, a.stdout, a.stderr} {
				if n, err := io.WriteString(w, "a line\n"); n != 7 || err != nil {
					t.Errorf("a write gave %d, %v: the command would stop", n, err)
				}
			}
			if got := a.delivered(c.status); got != c.want {
				t.Errorf("exit status %d, want %d", got, c.want)
			}
			if said := c.errs.String(); !strings.Contains(said, c.says) || strings.Contains(said, "Output lost") != (c.says != "") {
				t.Errorf("standard error has %q", said)
			}
			if c.out.writes > c.out.n {
				t.Error("it went on writing after a failure")
			}
		})
	}
}

func TestWhatCouldNotBeShownIsNotAskedFor(t *testing.T) {
	var errs bytes.Buffer
	a := &app{stdout: &stream{name: "standard output", w: &failsAt{n: 1, err: syscall.EPIPE}}, stderr: &errs}
	io.WriteString(a.stdout, "a plan")
	op := &operation{app: a, ui: a.ui(&options{}), opts: &options{}, ctx: t.Context()}
	if op.approved(planned{Plan: somethingToDo()}) || !strings.Contains(errs.String(), "Plan not shown") {
		t.Errorf("said %q", errs.String())
	}
}

// lostOutput is a configuration of which every command has something to say. None
// needs a host for that.
const lostOutput = `
output "b" { value = "second" }
output "a" { value = "first" }
`

// faults are the ways in which a stream of a process can fail. Each returns the file
// that the process gets, and what to do when the process has ended.
var faults = map[string]func(t *testing.T) *os.File{
	"a full device": func(t *testing.T) *os.File {
		f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		return f
	},
	"a pipe that nobody reads": func(t *testing.T) *os.File {
		r, w, err := os.Pipe()
		if err == nil {
			err = r.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return w
	},
}

// TestEveryCommandKnowsThatItsAnswerWasLost runs every command, in text and in
// JSON, with each fault of each stream. A command that writes to the stream ends with
// 1, and says why if the other stream still works. Any other is not disturbed.
func TestEveryCommandKnowsThatItsAnswerWasLost(t *testing.T) {
	prepared := t.TempDir()
	if err := os.WriteFile(filepath.Join(prepared, "main.mito.hcl"), []byte(lostOutput), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, dir string, args []string, stdout, stderr io.Writer) int {
		t.Helper()
		c := exec.Command("mitoplan", args...)
		c.Dir, c.Stdout, c.Stderr = dir, stdout, stderr
		err := c.Run()
		if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
			t.Fatalf("%v: %v", args, err)
		}
		return c.ProcessState.ExitCode()
	}
	if run(t, prepared, []string{"apply", "-auto-approve"}, nil, nil) != 0 || run(t, prepared, []string{"plan", "-out", "saved"}, nil, nil) != 0 {
		t.Fatal("the configuration is not right")
	}
	for _, command := range []string{
		"validate", "plan", "plan -detailed-exitcode", "plan -out other", "apply -auto-approve", "apply saved", "drift", "show", "show saved",
		"output", "output a", "version", "validate -json", "plan -json", "apply -json -auto-approve", "apply -json saved", "drift -json",
		"show -json", "show -json saved", "output -json", "output -json a", "output -raw a", "version -json",
		"", "-help", "plan -help", "plan -no-such", "plan -json -no-such", "output none",
	} {
		t.Run(cmp.Or(command, "none"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(prepared)); err != nil {
				t.Fatal(err)
			}
			args := strings.Fields(command)
			var out, errs bytes.Buffer
			usual := run(t, dir, args, &out, &errs)
			for fault, open := range faults {
				for i, said := range []bool{out.Len() > 0, errs.Len() > 0} {
					broken := open(t)
					want, stderr := usual, &bytes.Buffer{}
					if said {
						want = 1
					}
					var got int
					if i == 0 {
						got = run(t, dir, args, broken, stderr)
					} else {
						got = run(t, dir, args, io.Discard, broken)
					}
					if err := broken.Close(); err != nil {
						t.Error(err)
					}
					if got != want {
						t.Errorf("with %s as stream %d it ended with %d, want %d: %s", fault, i+1, got, want, stderr)
					}
					if told := strings.Contains(stderr.String(), "Error: Output lost: standard output could not be written: "); told != (said && i == 0) {
						t.Errorf("with %s as stream %d it said %q", fault, i+1, stderr)
					}
				}
			}
			// Go's runtime opens /dev/null in the place of a stream that is closed.
			for _, closed := range []string{">&-", "2>&-"} {
				if command != "plan -detailed-exitcode" && command != "drift -json" && command != "output none" {
					break // one of each kind will do
				}
				c := exec.Command("sh", append([]string{"-c", `exec mitoplan "$@" ` + closed, "sh"}, args...)...)
				c.Dir = dir
				if err := c.Run(); c.ProcessState.ExitCode() != usual {
					t.Errorf("with %s it ended with %v, usually %d", closed, err, usual)
				}
			}
		})
	}
}

// brokenMidway is an apply that goes on when its reader has gone.
const brokenMidway = `
context "local" "here" {}
call "command" "first" {
  on   = context.local.here
  argv = ["sh", "-c", "echo >>$DIR/first"]
}
call "command" "second" {
  on         = context.local.here
  argv       = ["sh", "-c", "for i in $(seq 600); do [ -e $DIR/go-on ] && break; sleep 0.05; done; echo >>$DIR/second"]
  depends_on = [call.command.first]
}
call "command" "third" {
  on         = context.local.here
  argv       = ["sh", "-c", "echo >>$DIR/third"]
  depends_on = [call.command.second]
}
output "done" { value = "yes" }
`

// TestAnApplyOutlivesItsReader holds that an apply whose reader ends midway does all
// of the plan and records it, and then says that its answer was lost.
func TestAnApplyOutlivesItsReader(t *testing.T) {
	for _, form := range []string{"apply -auto-approve -json", "apply -auto-approve", "apply -json saved", "apply saved"} {
		for _, both := range []bool{false, true} {
			t.Run(form+map[bool]string{false: "", true: " with standard error"}[both], func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				src := strings.ReplaceAll(brokenMidway, "$DIR", dir)
				if err := os.WriteFile(filepath.Join(dir, "main.mito.hcl"), []byte(src), 0o600); err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(form, "saved") {
					plan := exec.Command("mitoplan", "plan", "-out", "saved")
					if plan.Dir = dir; plan.Run() != nil {
						t.Fatal("no plan")
					}
				}
				c := exec.Command("mitoplan", strings.Fields(form)...)
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				var errs bytes.Buffer
				c.Dir, c.Stdout, c.Stderr = dir, w, &errs
				if both {
					c.Stderr = w
				}
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				go func() { // as `| head -n 1` does, and only then the rest may end
					if both || form != "apply saved" { // which says all but its end on standard error
						_, _ = bufio.NewReaderSize(r, 16).ReadString('\n')
					}
					_ = errors.Join(r.Close(), w.Close(), os.WriteFile(filepath.Join(dir, "go-on"), nil, 0o600))
				}()
				_ = c.Wait()
				if c.ProcessState.ExitCode() != 1 {
					t.Errorf("it ended with %v", c.ProcessState)
				}
				if !both && !strings.Contains(errs.String(), "Error: Output lost: standard output could not be written: whoever read it") {
					t.Errorf("standard error has %q", errs.String())
				}
				s, err := state.Open(filepath.Join(dir, ".mitoplan", "state.json"), "test").Load()
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"first", "second", "third"} {
					if _, err := os.Stat(filepath.Join(dir, name)); err != nil || s.Instance("call.command."+name) == nil {
						t.Errorf("%s did not run, or is not recorded: %v", name, err)
					}
				}
				if len(s.Outputs) != 1 || len(s.Unanswered) != 0 {
					t.Errorf("the record has %d outputs and %v", len(s.Outputs), s.Unanswered)
				}
			})
		}
	}
}

// TestStreamsMayBeWrittenFromAnywhere writes to both streams from several goroutines.
// Only the race detector can make it fail.
func TestStreamsMayBeWrittenFromAnywhere(t *testing.T) {
	s := &stream{name: "standard error", w: os.NewFile(^uintptr(0), "none")}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { io.WriteString(s, "a line\n") })
	}
	all.Wait()
	if s.failure() == nil {
		t.Error("the failure is not kept")
	}
}

func somethingToDo() *planner.Plan {
	return &planner.Plan{Actions: []*planner.Action{{Address: "file.x", Op: planner.Create}}}
}
