package scripts_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// The scripts of the tests manage a file, in which each line is a name and a value.
const (
	readLines = `[ -e "$AT" ] || exit 0
while IFS='=' read -r name value; do
	printf '%s "%s": "%s"' "${sep-{}" "$name" "$value"
	sep=,
done <"$AT"
[ -n "$sep" ] || printf '{'
echo '}'`
	applyLines = `set -e
rest=; [ ! -e "$AT" ] || rest=$(grep -v '^mode=' "$AT" || true)
{ [ -z "$INPUT_mode" ] || echo "mode=$INPUT_mode"; [ -z "$rest" ] || echo "$rest"; } >"${AT%/*}/.mitoplan-${AT##*/}.new"
mv "${AT%/*}/.mitoplan-${AT##*/}.new" "$AT"`
	destroyLines = `rm -f "$AT"`
)

// lines are the arguments of the scripts for a file.
func lines(f testDir, more args) args {
	out := args{
		"name": "lines", "read": text(readLines), "apply": text(applyLines), "destroy": text(destroyLines),
		"env": map[string]any{"AT": f.Arg("x")},
	}
	maps.Copy(out, more)
	return out
}

func mode(v string) args { return args{"inputs": map[string]any{"mode": text(v)}} }

func with(a args, more args) args {
	out := maps.Clone(a)
	maps.Copy(out, more)
	return out
}

// TestScript holds scripts that keep their promises against the contract of every kind.
func TestScript(t *testing.T) {
	ownTemp(t)
	for _, c := range []struct {
		name  string
		args  args
		holds string // what is in the file before; "" is that there is none
		want  resource.Op
		after string
	}{
		{"makes a thing", mode("on"), "", resource.Create, "mode=on\n"},
		{"changes a thing", mode("on"), "mode=off\nother=1\n", resource.Update, "mode=on\nother=1\n"},
		{"finds a thing as it should be", mode("on"), "other=1\nmode=on\n", resource.NoOp, "other=1\nmode=on\n"},
		{"without inputs makes a thing", nil, "", resource.Create, ""},
		{"takes a thing away", args{"state": "absent"}, "mode=off\n", resource.Delete, ""},
		{"finds that nothing is there", args{"state": "absent"}, "", resource.NoOp, ""},
		{"that is exact changes a thing", with(mode("on"), args{"exact": true}), "mode=off\nother=1\n", resource.Update, "mode=on\nother=1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			resourcetest.Run(t, resourcetest.Case{
				Kind: "script", Args: lines(f, c.args), Want: c.want,
				Setup: func(t *testing.T) {
					f.Empty(t)
					if c.holds != "" {
						f.Write(t, "x", c.holds, 0o644)
					}
				},
				Snapshot: f.Snapshot, Neighbours: func() []resourcetest.Neighbour { return neighbours(f) },
				Verify: func(t *testing.T) {
					b, err := os.ReadFile(f.At("x"))
					if err != nil && (c.want != resource.Delete && c.after != "") || string(b) != c.after {
						t.Errorf("the file holds %q, want %q (%v)", b, c.after, err)
					}
				},
			})
			noneLeft(t)
		})
	}
}

// neighbours are files and scripts beside the case.
func neighbours(f testDir) []resourcetest.Neighbour {
	file := func(name, state string) args { return args{"path": f.Arg(name), "state": state} }
	script := func(state string) args {
		return lines(f, args{"name": "neighbour", "state": state, "env": map[string]any{"AT": f.Arg("neighbour-script")}})
	}
	return []resourcetest.Neighbour{
		{Kind: "file", Make: file("neighbour-1", "present"), Undo: file("neighbour-1", "absent")},
		{Kind: "file", Make: file("neighbour-2", "present"), Undo: file("neighbour-2", "absent"), Elsewhere: true},
		{Kind: "script", Make: script("present"), Undo: script("absent")},
	}
}

// noneLeft holds that no directory of a script is left.
func noneLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf("mitoplan-temp-%d-*", os.Geteuid())))
	if must(t, err); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

// ownTemp gives the test a directory of its own for what scripts are put in.
func ownTemp(t *testing.T) { t.Setenv("TMPDIR", t.TempDir()) }

// What cannot be right, whatever the machine, is a problem of the argument.
func TestWhatIsWrongWithTheArguments(t *testing.T) {
	f := newTestDir(t)
	for _, c := range []struct {
		more args
		attr string
	}{
		{args{"name": ""}, "name"},
		{args{"name": "two\nlines"}, "name"},
		{args{"state": "absent", "destroy": nil}, "destroy"},
		{args{"interpreter": []string{}}, "interpreter"},
		{args{"interpreter": []string{"/bin/sh", ""}}, "interpreter"},
		{args{"inputs": map[string]any{"a-b": text("x")}}, "inputs"},
		{args{"inputs": map[string]any{"1a": text("x")}}, "inputs"},
		{args{"inputs": map[string]any{"a": text("x\x00")}}, "inputs"},
		{args{"env": map[string]any{"A": text(strings.Repeat("x", 100<<10+1))}}, "env"},
		{args{"env": map[string]any{"INPUT_a": text("x")}}, "env"},
		{args{"env": map[string]any{"MITOPLAN_ACTION": text("x")}}, "env"},
		{args{"files": map[string]any{"../x": text("x")}}, "files"},
		{args{"files": map[string]any{"..": text("x")}}, "files"},
		{args{"files": map[string]any{"read": text("x")}}, "files"},
	} {
		a := lines(f, c.more)
		if c.more["destroy"] == nil && c.attr == "destroy" {
			delete(a, "destroy")
		}
		resourcetest.Problem(t, "script", a, c.attr, kind.ArgumentCode(c.attr))
	}
	resourcetest.Problem(t, "script", lines(f, args{"state": "there"}), "state", kind.CodeState)
}

// Whatever is wrong with read is a problem of that argument while planning, and says what.
func TestReadThatIsWrong(t *testing.T) {
	ownTemp(t)
	f := newTestDir(t)
	f.Empty(t)
	for _, c := range []struct {
		read string
		attr string
		code kind.Code
		says string
	}{
		{`echo garbage`, "read", kind.CodeScriptOutput, "no JSON object"},
		{`echo '["a"]'`, "read", kind.CodeScriptOutput, "no JSON object"},
		{`echo '{"a": {"b": "c"}}'`, "read", kind.CodeScriptOutput, "a list or an object"},
		{`echo '{"a": "b"} more'`, "read", kind.CodeScriptOutput, "something follows"},
		{`echo '{"a": "b", "a": "c"}'`, "read", kind.CodeScriptOutput, "there twice"},
		{`printf '{"a": "x"y"}'`, "read", kind.CodeScriptOutput, "before byte 10 of 12"},
		{`printf '{"a": 1'`, "read", kind.CodeScriptOutput, "at its end"},
		{`printf '{"a": "b'`, "read", kind.CodeScriptOutput, "no end"},
		{`printf '{"a": "\377"}'`, "read", kind.CodeScriptOutput, "not UTF-8"},
		{`head -c 2000000 /dev/zero`, "read", kind.CodeScriptOutput, "more than 1 MiB"},
		{`echo no luck >&2; exit 3`, "read", kind.CodeScriptFailed, "exit status 3"},
		{`kill -9 $$`, "read", kind.CodeScriptFailed, "signal"},
	} {
		a := lines(f, args{"read": text(c.read)})
		resourcetest.Problem(t, "script", a, c.attr, c.code)
		if _, err := check(t, t.Context(), a); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", c.read, err, c.says)
		}
	}
	var p *kind.Problem
	_, err := check(t, t.Context(), lines(f, args{"read": text(`echo no luck >&2; exit 3`)}))
	if !errors.As(err, &p) || !strings.Contains(p.Said, "no luck") {
		t.Errorf("what it said on stderr is not told: %v", err)
	}
	resourcetest.Problem(t, "script", lines(f, args{"interpreter": []string{"/no/such/program"}}), "interpreter", kind.CodeToolMissing)
	resourcetest.Problem(t, "script", lines(f, args{"interpreter": []string{"no-such-program"}}), "interpreter", kind.CodeToolMissing)
	noneLeft(t)
}

// An apply or a destroy that fails, or does not do what it should, is a problem of that
// argument, also if all scripts end well.
func TestScriptsThatDoNotDoIt(t *testing.T) {
	ownTemp(t)
	other := `echo "mode=$INPUT_mode
other=2" >"$AT"`
	for _, c := range []struct {
		name string
		more args
		has  string
		attr string
		code kind.Code
	}{
		{"fails", args{"apply": text("exit 4")}, "", "apply", kind.CodeScriptFailed},
		{"does nothing", args{"apply": text("true")}, "", "apply", kind.CodeScriptUnsettled},
		{"changes nothing", args{"apply": text("true")}, "mode=off\n", "apply", kind.CodeScriptUnsettled},
		{"breaks what read finds", args{"apply": text(`echo '"' >"$AT"`)}, "", "read", kind.CodeScriptOutput},
		{"makes more than it said", args{"apply": text(other), "exact": true}, "mode=off\n", "apply", kind.CodeScriptUnsettled},
		{"changes more than it said", args{"apply": text(other), "exact": true}, "mode=off\nother=1\n", "apply", kind.CodeScriptUnsettled},
		{"may change more without exact", args{"apply": text(other)}, "mode=off\nother=1\n", "", ""},
		{"does not destroy", args{"state": "absent", "destroy": text("true")}, "mode=off\n", "destroy", kind.CodeScriptUnsettled},
		{"fails to destroy", args{"state": "absent", "destroy": text("exit 5")}, "mode=off\n", "destroy", kind.CodeScriptFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			if c.has != "" {
				f.Write(t, "x", c.has, 0o644)
			}
			err := applied(t, t.Context(), lines(f, with(mode("on"), c.more)))
			if c.attr == "" {
				must(t, err)
				return
			}
			wantProblem(t, err, c.attr, c.code)
		})
	}
}

// What came, went or changed since it was planned is refused, also if it is as it should be
// now: who takes it for made would destroy what is somebody else's.
func TestScriptsOfWhatMoved(t *testing.T) {
	ownTemp(t)
	for _, c := range []struct{ name, was, is, why string }{
		{"came as it should be", "", "mode=on\n", "it was not there, and now it is"},
		{"became as it should be", "mode=off\n", "mode=on\n", "what differs is its inputs"},
		{"became another", "mode=off\n", "mode=no\n", "what differs is its inputs"},
		{"went", "mode=off\n", "", "it is no longer there"},
	} {
		for _, exact := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, exact), func(t *testing.T) {
				f := newTestDir(t)
				f.Empty(t)
				put := func(holds string) {
					must(t, os.RemoveAll(f.At("x")))
					if holds != "" {
						f.Write(t, "x", holds, 0o644)
					}
				}
				a := lines(f, with(mode("on"), args{"exact": exact}))
				put(c.was)
				reply, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "script", Args: resourcetest.Encode(t, a), Key: []byte("k")})
				must(t, err)
				put(c.is)
				_, err = newService().Apply(t.Context(), resource.ApplyRequest{Session: t.Name(), Address: "a", Kind: "script", Args: resourcetest.Encode(t, a), Key: []byte("k"), Fingerprint: reply.Change.Fingerprint})
				var p *kind.Problem
				if !errors.As(err, &p) || p.Code != kind.CodeMoved || !strings.Contains(p.Detail, c.why) {
					t.Errorf("got %v, want %q", err, c.why)
				}
			})
		}
	}
}

// Read is told that it runs while planning, which script it is, and gets inputs, env and files;
// nothing of that is in a command line.
func TestWhatAScriptFinds(t *testing.T) {
	ownTemp(t)
	f := newTestDir(t)
	f.Empty(t)
	a := lines(f, args{
		"read":   text(`printf '{"planning":"%s","action":"%s","in":"%s","file":"%s","mode":"%s","line":"%s"}' $MITOPLAN_PLANNING $MITOPLAN_ACTION "$INPUT_in" "$(cat note)" "$(stat -c %a .)" "$(tr '\0' ' ' </proc/$$/cmdline | sed "s,$PWD,DIR,")"`),
		"inputs": map[string]any{"in": text("a \"b\" $c")}, "files": map[string]any{"note": text("hello")},
		"env": map[string]any{"AT": f.Arg("x")},
	})
	c, err := check(t, t.Context(), with(a, args{"inputs": map[string]any{"in": text("a b")}}))
	must(t, err)
	for name, want := range map[string]string{"planning": "true", "action": "read", "file": "hello", "mode": "700", "in": "a b"} {
		if got := values(t, c)[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := values(t, c)["line"]; strings.TrimSpace(got) != "/bin/sh DIR/read" {
		t.Errorf("the command line is %q", got)
	}
	noneLeft(t)
}

// What hangs is ended when its time is over, with all that it started, whichever script it is,
// and the next apply does the rest.
func TestScriptsThatHang(t *testing.T) {
	ownTemp(t)
	for _, hangs := range []string{"read", "apply", "destroy"} {
		t.Run(hangs, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			a := lines(f, mode("on"))
			if hangs == "destroy" {
				f.Write(t, "x", "mode=on\n", 0o644)
				a = lines(f, args{"state": "absent"})
			}
			pid := f.At("pid")
			slow := with(a, args{hangs: text("sleep 600 & echo $! >" + pid + "; : >" + f.At("hangs") + "; wait")})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- applied(t, ctx, slow) }()
			until(t, "the script runs", func() bool { _, err := os.Stat(f.At("hangs")); return err == nil })
			cancel()
			if err := <-done; err == nil {
				t.Error("a script that was ended is no error")
			}
			b, err := os.ReadFile(pid)
			must(t, err)
			until(t, "what it started is ended", func() bool {
				stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(b)) + "/stat")
				return err != nil || strings.Contains(string(stat), ") Z ")
			})
			noneLeft(t)
			must(t, applied(t, t.Context(), a))
		})
	}
}

// No script is put where another user could put something else in its place.
func TestScriptsAreNotPutWhereOthersMayReplaceThem(t *testing.T) {
	ownTemp(t)
	must(t, os.Chmod(os.TempDir(), 0o777))
	f := newTestDir(t)
	f.Empty(t)
	_, err := check(t, t.Context(), lines(f, nil))
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != kind.CodeUnsafeDirectory || p.Attr != "read" {
		t.Errorf("got %v", err)
	}
}

// An end needs what it was made with: without destroy, or without read, the thing stays.
func TestEndsOfScripts(t *testing.T) {
	ownTemp(t)
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "mode=on\n", 0o644)
	for _, lacks := range []string{"destroy", "read"} {
		a := lines(f, nil)
		delete(a, lacks)
		delete(a, "apply")
		reply, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "script", Args: resourcetest.Encode(t, a), End: &resource.End{}, Key: []byte("k")})
		must(t, err)
		if c := reply.Change; c.Op != resource.NoOp || len(c.Stays) != 1 {
			t.Errorf("without %s the end is %s, and stays %v", lacks, c.Op, c.Stays)
		}
	}
}

func check(t *testing.T, ctx context.Context, a args) (resource.Change, error) {
	t.Helper()
	reply, err := newService().Check(ctx, resource.CheckRequest{Plan: "p", Address: "a", Kind: "script", Args: resourcetest.Encode(t, a), Key: []byte("k")})
	return reply.Change, err
}

func applied(t *testing.T, ctx context.Context, a args) error {
	t.Helper()
	_, err := newService().Apply(ctx, resource.ApplyRequest{Session: t.Name(), Address: "a", Kind: "script", Args: resourcetest.Encode(t, a), Key: []byte("k")})
	return err
}

func values(t *testing.T, c resource.Change) map[string]string {
	t.Helper()
	out := map[string]string{}
	all, _ := c.Results["values"].(map[string]any)
	for name, v := range all {
		out[name] = string(v.(kind.Text))
	}
	return out
}

// until waits for a condition that something else makes true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("this did not happen: %s", what)
		}
	}
}
