package executor_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

const splitInputs = `
variable "pw" {
  type      = string
  sensitive = true
}
variable "url" { type = string }
variable "all" { type = map(string) }
variable "port" { type = number }
context "local" "h" {}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = "${var.pw} ${var.url} ${var.port} ${var.all["k"]} ${file("data.txt")}"
}`

func splitVars(pw string) map[string]cty.Value {
	return map[string]cty.Value{
		"pw": cty.StringVal(pw).Mark(config.Sensitive), "url": cty.StringVal("http://u:" + pw + "@h/"),
		"port": cty.NumberIntVal(80), "all": cty.MapVal(map[string]cty.Value{"k": cty.StringVal("v")}),
	}
}

// A plan file holds the variables and files that it was made from. Of those that
// hold a secret, declared or not, it has only the name. They are read and asked for
// again, and must be the same.
func TestAPlanFileSplitsItsInputs(t *testing.T) {
	const pw = "correct horse"
	l := newLab(t)
	l.write("data.txt", "the key is "+pw)
	s := l.session(splitInputs, splitVars(pw))
	f := l.savedOf(s, l.plan(s))
	if want := []string{"url"}; !slices.Equal(f.Withheld, want) {
		t.Errorf("the variables without a value are %q, want %q", f.Withheld, want)
	}
	if want := []string{"data.txt"}; !slices.Equal(f.Secret, want) {
		t.Errorf("files with a secret are %q, want %q", f.Secret, want)
	}
	kept, err := executor.FileVars(f)
	if err != nil || len(kept) != 2 || !kept["port"].RawEquals(cty.NumberIntVal(80)) || kept["all"].Index(cty.StringVal("k")).AsString() != "v" {
		t.Errorf("the variables in the file are %#v, %v", kept, err)
	}
	sources, err := executor.FileSources(f, l.Dir)
	if err != nil || string(sources["data.txt"]) != "the key is "+pw || len(sources) != 2 {
		t.Errorf("sources are %q, %v", sources, err)
	}
	if !slices.Contains(s.Secrets(), pw) {
		t.Errorf("the secrets of the session lack that of the file: %q", s.Secrets())
	}

	none := splitVars(pw)
	delete(none, "pw")
	for name, c := range map[string]struct {
		data string
		vars map[string]cty.Value
		want []string
	}{
		"the same": {"the key is " + pw, splitVars(pw), nil},
		"another password": {"the key is " + pw, splitVars("battery staple"), []string{
			"Values that hold a secret count, too, and are not in the plan: var.url.", "Among var.pw, var.url and the files that hold a secret, data.txt, at least one is another now."}},
		"another file":    {"the key is another", splitVars(pw), []string{"at least one is another now"}},
		"one is not said": {"the key is " + pw, none, []string{"It was made with var.pw and var.url, and what was given now is var.url.", "have to be as they were, too: data.txt."}},
		"none is said":    {"the key is " + pw, map[string]cty.Value{}, []string{"what was given now is none."}},
	} {
		t.Run(name, func(t *testing.T) {
			l.write("data.txt", c.data)
			saved, _, diags := executor.Open(t.Context(), f, l.options(splitInputs, c.vars))
			if saved != nil {
				defer saved.Close()
			}
			if c.want == nil {
				if diags.HasErrors() {
					t.Errorf("the plan was refused: %v", diags)
				}
				return
			}
			if len(diags) != 1 || diags[0].Summary != "Sensitive inputs differ from the plan's" {
				t.Fatalf("got %v, want that the sensitive inputs differ", diags)
			}
			for _, want := range c.want {
				if !strings.Contains(diags[0].Detail, want) {
					t.Errorf("the message lacks %q: %s", want, diags[0].Detail)
				}
			}
		})
	}
}

// If the only secret of a plan is in a file, and the file has changed, the message
// names the file.
func TestAFileWithASecretHasToBeAsItWas(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = sensitive(file("data.txt"))
}`
	l.write("data.txt", "correct horse")
	s := l.session(src, nil)
	f := l.savedOf(s, l.plan(s))
	l.write("data.txt", "battery staple")
	diags := l.applyFile(f, src, nil)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "These files hold a secret and are not as they were when the plan was made: data.txt.") {
		t.Errorf("got %v, want the name of the file", diags)
	}
	_, err := executor.FileSources(f, t.TempDir())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("for a missing file: got %v, want ErrNotExist", err)
	}
}

// A file whose name is made of a secret cannot be named, so that no plan file is
// written. If the name of the directory holds a secret, the plan file leaves the
// directory out.
func TestAPlanFileNamesNoSecret(t *testing.T) {
	l := newLab(t)
	l.write("data.txt", "x")
	o := l.options(splitInputs, splitVars("correct-horse"))
	o.Config.Sources["correct-horse.txt"] = []byte("x")
	s := l.open(o)
	if raw, err := planFile(s, l.plan(s)); err == nil || raw != nil || strings.Contains(err.Error(), "correct-horse") {
		t.Errorf("got %q, %v; want an error without the secret", raw, err)
	}
	o = l.options(splitInputs, splitVars("correct-horse"))
	o.Place = planner.Place{Dir: "/srv/correct-horse", Host: "h"}
	s = l.open(o)
	if f := l.savedOf(s, l.plan(s)); f.Place != (planner.Place{}) {
		t.Errorf("the place is %+v, want none", f.Place)
	}
}

// A plan file that was changed does not become the plan that it shows. One that
// cannot be read is refused. Neither changes anything.
func TestAChangedPlanFileIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*planner.File)
		as      func(*executor.Options)
		summary string
		want    []string
	}{
		"an action is another":  {change: func(f *planner.File) { f.Actions[0].Op = planner.NoOp }, summary: "Plan file does not hold", want: []string{"file.x", "The file was changed. Make a new plan."}},
		"an action was removed": {change: func(f *planner.File) { f.Actions = f.Actions[1:] }, summary: "Plan file does not hold", want: []string{"file.x"}},
		"an action was added": {change: func(f *planner.File) {
			f.Actions = append(f.Actions, &planner.Action{Address: "file.more", Op: planner.Create})
		}, summary: "Plan file does not hold", want: []string{"differently than it shows: file.more."}},
		"what is sealed is damaged": {change: func(f *planner.File) { f.Salt = bytes.Repeat([]byte{1}, 32) }, summary: "Sensitive inputs differ from the plan's"},
		"in another directory": {
			change: func(f *planner.File) {
				f.Actions[0].Op, f.Place = planner.NoOp, planner.Place{Dir: "/srv/a", Host: "h"}
			},
			as:      func(o *executor.Options) { o.Place = planner.Place{Dir: "/srv/b", Host: "h"} },
			summary: "Plan file does not hold", want: []string{"What abspath() gives depends on the directory.", "Apply it where it was made", "/srv/a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			f := l.saved(fileAndLine)
			c.change(f)
			diags := l.applyFile(f, fileAndLine, c.as)
			if len(diags) == 0 || diags[0].Summary != c.summary {
				t.Fatalf("got %v, want %q", diags, c.summary)
			}
			for _, want := range c.want {
				if !strings.Contains(diags[0].Detail, want) {
					t.Errorf("the message lacks %q: %s", want, diags[0].Detail)
				}
			}
			if _, err := os.Stat(filepath.Join(l.Dir, "x")); err == nil {
				t.Error("file.x was written although the plan was refused")
			}
		})
	}
}

// If a variable in a plan file cannot be decoded, the error names it.
func TestAVariableOfAPlanFileThatIsDamaged(t *testing.T) {
	f := &planner.File{Vars: map[string]planner.Value{"port": {Type: []byte(`"number"`), JSON: []byte(`"x"`)}}}
	if _, err := executor.FileVars(f); err == nil || !strings.HasPrefix(err.Error(), "variable port: ") {
		t.Errorf("got %v, want an error of the variable port", err)
	}
}
