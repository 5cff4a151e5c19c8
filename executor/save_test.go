package executor_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/transport"
)

const saving = `
context "local" "h" {}
call "command" "dump" {
  on          = context.local.h
  stdout_file = "%s"
  %s
}
output "size" { value = call.command.dump.stdout_size }
output "sha256" { value = call.command.dump.stdout_sha256 }
output "stdout" { value = call.command.dump.stdout }
`

// saveIn plans and applies a call that saves its output, in a directory of its own.
func (l *lab) saveIn(ctx context.Context, file, args string) (*executor.Session, hcl.Diagnostics) {
	l.t.Helper()
	s := l.session(fmt.Sprintf(saving, file, args), nil)
	was := l.entries()
	p := l.plan(s)
	if left := l.entries(); !slices.Equal(left, was) {
		l.t.Errorf("planning wrote %q", left)
	}
	_, diags := l.apply(ctx, s, p)
	return s, diags
}

// entries are the names in the directory, but for the record.
func (l *lab) entries() (names []string) {
	l.t.Helper()
	found, err := os.ReadDir(l.Dir)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range found {
		if e.Name() != ".mitoplan" {
			names = append(names, e.Name())
		}
	}
	return names
}

func outputs(t *testing.T, s *executor.Session) map[string]cty.Value {
	t.Helper()
	list, diags := s.Outputs()
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	out := map[string]cty.Value{}
	for _, o := range list {
		out[o.Name] = o.Value
	}
	return out
}

// TestStdoutIsSaved: what a command prints is in the file byte for byte, of any size
// and with any bytes, and the results say what is there.
func TestStdoutIsSaved(t *testing.T) {
	big := bytes.Repeat([]byte{0}, 20_000_000)
	for name, c := range map[string]struct {
		args string
		want []byte
	}{
		"nothing":                {`argv = ["true"]`, nil},
		"bytes":                  {`shell = "printf '\\377\\000x'"`, []byte("\xff\x00x")},
		"more than is kept":      {`argv = ["head", "-c", "20000000", "/dev/zero"]`, big},
		"beside other output":    {`shell = "echo out; echo err >&2; exit 3"` + "\nok_exit_codes = [3]", []byte("out\n")},
		"as many as are allowed": {`argv = ["head", "-c", "20000000", "/dev/zero"]` + "\nmax_output = 20000000", big},
		"what came in":           {`argv = ["cat"]` + "\nstdin = \"in\"", []byte("in")},
		"said to change nothing": {`argv = ["echo", "x"]` + "\nread_only = true", []byte("x\n")},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s, diags := l.saveIn(t.Context(), "out.bin", c.args)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := l.read("out.bin"); got != string(c.want) {
				t.Errorf("the file has %d bytes, want %d", len(got), len(c.want))
			}
			info, err := os.Stat(filepath.Join(l.Dir, "out.bin"))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("its mode is %v, %v", info.Mode(), err)
			}
			got := outputs(t, s)
			if size, _ := got["size"].AsBigFloat().Int64(); size != int64(len(c.want)) || got["sha256"].AsString() != fmt.Sprintf("%x", sha256.Sum256(c.want)) || !got["stdout"].IsNull() {
				t.Errorf("the results are %v", got)
			}
			if left := l.entries(); len(left) != 1 {
				t.Errorf("beside the file there is %q", left)
			}
		})
	}
}

// TestASavedFileIsReplacedAsAWhole: what was there keeps its mode and, whatever goes
// wrong, its content; nothing is left beside it.
func TestASavedFileIsReplacedAsAWhole(t *testing.T) {
	for name, c := range map[string]struct {
		file, args string
		serve      []transport.Function
		summary    string // of the problem; "" for none
		attr       string
		then       string
	}{
		"it works":                          {args: `argv = ["echo", "after"]`, then: "after\n"},
		"the command fails":                 {args: `shell = "echo half; exit 1"`, summary: "The command failed", attr: "shell", then: "before"},
		"the guard says no":                 {args: `argv = ["echo", "x"]` + "\nunless = [\"true\"]", then: "before"},
		"more than is allowed":              {args: `shell = "head -c 3000000 /dev/zero; sleep 1000"` + "\nmax_output = 2000000", summary: "More than may be saved", attr: "max_output", then: "before"},
		"a host sends more than is allowed": {args: `argv = ["x"]` + "\nmax_output = 2000000", serve: pouring(1<<40, nil), summary: "More than may be saved", attr: "stdout_file", then: "before"},
		"a host breaks off":                 {args: `argv = ["x"]`, serve: pouring(5_000_000, errors.New("the disk has gone")), summary: "Function failed", then: "before"},
		"it takes too long":                 {args: `shell = "echo half; sleep 1000"` + "\ntimeout = \"300ms\"", summary: "Timed out", then: "before"},
		"no directory is there":             {file: "no/out.bin", args: `argv = ["true"]`, summary: "No such directory", attr: "stdout_file"},
		"a file is no directory":            {file: "out.bin/x", args: `argv = ["true"]`, summary: "Cannot save there", attr: "stdout_file", then: "before"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.replace = c.serve
			if err := os.WriteFile(l.Dir+"/out.bin", []byte("before"), 0o640); err != nil {
				t.Fatal(err)
			}
			was := l.entries()
			if c.file == "" {
				c.file = "out.bin"
			}
			_, diags := l.saveIn(t.Context(), c.file, c.args)
			switch {
			case c.summary == "" && diags.HasErrors():
				t.Error(diags)
			case c.summary != "" && (len(diags) != 1 || diags[0].Summary != c.summary):
				t.Errorf("the problems are %v", diags)
			case c.attr != "" && !strings.HasPrefix(lineOf(t, l, fmt.Sprintf(saving, c.file, c.args), diags[0]), c.attr):
				t.Errorf("it is on %v", diags[0].Subject)
			}
			if c.then != "" && l.read("out.bin") != c.then {
				t.Errorf("the file holds %q", l.read("out.bin"))
			}
			if info, err := os.Stat(l.Dir + "/out.bin"); c.then != "" && (err != nil || info.Mode().Perm() != 0o640) {
				t.Errorf("its mode is %v, %v", info.Mode(), err)
			}
			if left := l.entries(); !slices.Equal(left, was) {
				t.Errorf("there is %q now, and was %q", left, was)
			}
		})
	}
}

// lineOf is the line that a problem points at.
func lineOf(t *testing.T, l *lab, src string, d *hcl.Diagnostic) string {
	t.Helper()
	lines := strings.Split(strings.ReplaceAll(src, "$DIR", l.Dir), "\n")
	return strings.TrimSpace(lines[d.Subject.Start.Line-1])
}

// pouring is a host that sends so many bytes into the pipe of a call and then answers.
func pouring(n int64, err error) []transport.Function {
	return []transport.Function{transport.NewFunc(call, func(ctx context.Context, node *transport.Node, _ any) (function.CallReply, error) {
		buf := make([]byte, 64<<10)
		for left := n; left > 0 && ctx.Err() == nil; {
			k, werr := node.Pipe().Write(buf[:min(left, int64(len(buf)))])
			if werr != nil {
				return function.CallReply{}, werr
			}
			left -= int64(k)
		}
		return function.CallReply{WouldRun: true, Results: map[string]any{"stdout_size": int64(7), "stdout_sha256": "a lie"}}, err
	})}
}

// TestWhatAHostSaysOfASavedFile does not count: the results are what was counted here.
func TestWhatAHostSaysOfASavedFile(t *testing.T) {
	l := newLab(t)
	l.replace = pouring(100, nil)
	s, diags := l.saveIn(t.Context(), "out.bin", `argv = ["x"]`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	got := outputs(t, s)
	if size, _ := got["size"].AsBigFloat().Int64(); size != 100 || got["sha256"].AsString() == "a lie" {
		t.Errorf("the results are %v", got)
	}
}

// TestASaveThatIsCut: the connection is lost, or the apply is stopped, while the output
// comes.
func TestASaveThatIsCut(t *testing.T) {
	for _, how := range []string{"lost", "stopped"} {
		t.Run(how, func(t *testing.T) {
			l := newLab(t)
			l.write("out.bin", "before")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			begun := make(chan struct{})
			l.replace = []transport.Function{transport.NewFunc(call, func(ctx context.Context, node *transport.Node, _ any) (function.CallReply, error) {
				_, err := node.Pipe().Write(make([]byte, 3<<20)) // more than the credit, so some of it was taken
				close(begun)
				<-ctx.Done()
				return function.CallReply{}, errors.Join(err, ctx.Err())
			})}
			go func() {
				<-begun
				if how == "stopped" {
					cancel()
					return
				}
				l.set(func() {
					for _, end := range l.ends[""] {
						end.Cut()
					}
				})
			}()
			_, diags := l.saveIn(ctx, "out.bin", `argv = ["x"]`)
			if !diags.HasErrors() {
				t.Error("nothing is told")
			}
			if l.read("out.bin") != "before" || len(l.entries()) != 1 {
				t.Errorf("it holds %q, beside it is %q", l.read("out.bin"), l.entries())
			}
		})
	}
}

// TestASaveTellsHowFarItIs: a view is told how much of a result has come, and nothing any
// more once the call has ended.
func TestASaveTellsHowFarItIs(t *testing.T) {
	l := newLab(t)
	const most = 3 << 20
	begun, asked := make(chan struct{}), make(chan struct{})
	l.replace = []transport.Function{transport.NewFunc(call, func(ctx context.Context, node *transport.Node, _ any) (function.CallReply, error) {
		_, err := node.Pipe().Write(make([]byte, most)) // more than the credit, so some of it was taken
		close(begun)
		select {
		case <-asked:
		case <-ctx.Done():
		}
		return function.CallReply{WouldRun: true}, err
	})}
	starts := make(chan executor.Event, 1)
	l.told = func(e executor.Event) {
		if e.Type == executor.ApplyStart {
			starts <- e
		}
	}
	moved := make(chan func() (int64, int64, bool), 1)
	go func() {
		defer close(asked)
		e := <-starts
		<-begun
		if e.Moved == nil {
			t.Error("nothing tells how far it is")
		} else if done, of, ok := e.Moved(); done <= 0 || done > most || of != 0 || !ok {
			t.Errorf("%d of %d bytes have come, %v", done, of, ok)
		}
		moved <- e.Moved
	}()
	if _, diags := l.saveIn(t.Context(), "out.bin", `argv = ["x"]`); diags.HasErrors() {
		t.Fatal(diags)
	}
	if still := <-moved; still != nil {
		if done, _, ok := still(); ok {
			t.Errorf("%d bytes are on their way after the end", done)
		}
	}
}

// TestSavesSideBySide: three calls save at the same time, and what one of them
// saves cannot be written. The others are done all the same.
func TestSavesSideBySide(t *testing.T) {
	l := newLab(t)
	s := l.session(`
context "local" "h" {}
call "command" "dump" {
  for_each    = toset(["a", "b", "no/c"])
  on          = context.local.h
  argv        = ["head", "-c", "5000000", "/dev/zero"]
  stdout_file = each.key
}`, nil)
	_, diags := l.apply(t.Context(), s, l.plan(s))
	if len(diags) != 1 || diags[0].Summary != "No such directory" {
		t.Errorf("the problems are %v", diags)
	}
	if got := l.entries(); !slices.Equal(got, []string{"a", "b"}) || len(l.read("a")) != 5_000_000 || len(l.read("b")) != 5_000_000 {
		t.Errorf("there is %q", got)
	}
}

// TestNothingFollowsACallThatIsNotSaved: what comes after a call waits until its file is
// in place, and does not run if it does not get there.
func TestNothingFollowsACallThatIsNotSaved(t *testing.T) {
	l := newLab(t)
	src := fmt.Sprintf(saving, "no/out.bin", `argv = ["true"]`) + `
call "command" "next" {
  on         = context.local.h
  argv       = ["touch", "$DIR/ran"]
  depends_on = [call.command.dump]
}`
	s := l.session(src, nil)
	sum, _ := l.apply(t.Context(), s, l.plan(s))
	if sum.Failed != 1 || sum.Skipped != 1 || len(l.entries()) != 0 {
		t.Errorf("%+v, there is %q", sum, l.entries())
	}
}

// TestReadFileIsSaved: a file of any size is fetched as it is, though its content would
// be too long to answer with.
func TestReadFileIsSaved(t *testing.T) {
	l := newLab(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	l.write("from", string(data))
	for args, summary := range map[string]string{
		"":                    "",
		"max_size = 16777216": "",
		"max_size = 16777215": "The file is too long",
		`timeout = "5m"`:      "",
	} {
		_ = os.Remove(filepath.Join(l.Dir, "to"))
		s := l.session(fmt.Sprintf(`
context "local" "h" {}
call "read_file" "x" {
  on      = context.local.h
  path    = "$DIR/from"
  save_as = "to"
  %s
}
output "x" { value = [call.read_file.x.size, call.read_file.x.sha256, call.read_file.x.content, call.read_file.x.content_base64] }
`, args), nil)
		p := l.plan(s)
		if p.Empty() || p.Summary().Run != 1 || len(l.entries()) != 1 {
			t.Errorf("the plan is %+v, there is %q", p.Summary(), l.entries())
		}
		_, diags := l.apply(t.Context(), s, p)
		if summary != "" {
			if len(diags) != 1 || diags[0].Summary != summary || !strings.HasSuffix(diags[0].Detail, "Set max_size to as many or more, or leave it out.") || len(l.entries()) != 1 {
				t.Errorf("%s: %v, there is %q", args, diags, l.entries())
			}
			continue
		}
		if diags.HasErrors() || l.read("to") != string(data) {
			t.Errorf("%s: %v", args, diags)
		}
		x := outputs(t, s)["x"].AsValueSlice()
		if size, _ := x[0].AsBigFloat().Int64(); size != int64(len(data)) || x[1].AsString() != fmt.Sprintf("%x", sha256.Sum256(data)) || !x[2].IsNull() || !x[3].IsNull() {
			t.Errorf("the results are %#v", x)
		}
	}
}

// TestSavesFromAPlanFile: a saved plan saves in the directory of the configuration.
func TestSavesFromAPlanFile(t *testing.T) {
	l := newLab(t)
	src := fmt.Sprintf(saving, "out.bin", `argv = ["echo", "x"]`)
	s := l.session(src, nil)
	f := l.savedOf(s, l.plan(s))
	s, p := l.reopen(f, l.options(src, nil))
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() || l.read("out.bin") != "x\n" {
		t.Errorf("%v, %q", diags, l.read("out.bin"))
	}
}

// TestASecretPathIsNotShown: a path that is sensitive is in no message.
func TestASecretPathIsNotShown(t *testing.T) {
	l := newLab(t)
	s := l.session(`
variable "where" { sensitive = true }
context "local" "h" {}
call "command" "dump" {
  on          = context.local.h
  stdout_file = var.where
  argv        = ["true"]
}`, map[string]cty.Value{"where": cty.StringVal("no/secret-place").Mark(config.Sensitive)})
	p := l.plan(s)
	_, diags := l.apply(t.Context(), s, p)
	if len(diags) != 1 || strings.Contains(diags[0].Detail, "secret-place") || !strings.Contains(diags[0].Detail, "(sensitive)") {
		t.Errorf("it says %v", diags)
	}
	if a := p.Actions[0]; a.After["stdout_file"] != nil || !slices.Contains(a.Sensitive, "stdout_file") {
		t.Errorf("the plan shows %v", a.After)
	}
}

// TestWhatIsNotSavedYetIsFetchedByNone: a tree that is fetched into itself has no file in the
// archive that is not saved yet, of this fetch and of any other at the same time. What was there
// keeps its permissions.
func TestWhatIsNotSavedYetIsFetchedByNone(t *testing.T) {
	l := newLab(t)
	if err := os.Mkdir(filepath.Join(l.Dir, "tree"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.write("tree/a", "")
	if err := os.WriteFile(filepath.Join(l.Dir, "tree", "x"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	s := l.session(`
context "local" "h" {}
call "fetch" "x" {
  for_each = toset(["x", "a"])
  on       = context.local.h
  path     = "$DIR/tree"
  save_as  = "tree/${each.key}"
}
output "entries" { value = [for k in ["x", "a"] : call.fetch.x[k].entries] }`, nil)
	if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, n := range outputs(t, s)["entries"].AsValueSlice() {
		if n, _ := n.AsBigFloat().Int64(); n != 3 {
			t.Errorf("an archive has %d entries, want 3", n)
		}
	}
	if info, err := os.Stat(filepath.Join(l.Dir, "tree", "x")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Join(l.Dir, "tree")); len(left) != 2 {
		t.Errorf("there is %v", left)
	}
}
