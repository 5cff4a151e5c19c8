package executor_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// onlyACall is a configuration with a call and nothing else. A host has nothing
// that could be compared with it. Only the record tells that it ran.
const onlyACall = `
context "local" "h" {}
call "command" "c" {
  on   = context.local.h
  argv = ["sh", "-c", "echo ran >>$DIR/ran"]
}`

// saved makes a plan of the lab's configuration and returns it as a file.
func (l *lab) saved(src string) *planner.File {
	l.t.Helper()
	s := l.session(src, nil)
	return l.savedOf(s, l.plan(s))
}

// planFile gives the bytes of the plan file of a plan, nil with an error.
func planFile(s *executor.Session, p *planner.Plan) ([]byte, error) {
	var b bytes.Buffer
	if err := s.WritePlanFile(context.Background(), &b, p, false); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (l *lab) savedOf(s *executor.Session, p *planner.Plan) *planner.File {
	l.t.Helper()
	raw, err := planFile(s, p)
	if err != nil {
		l.t.Fatal(err)
	}
	f, err := planner.ReadFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		l.t.Fatal(err)
	}
	return f
}

// reopen opens a saved plan in a new session. The session is closed at the end of
// the test.
func (l *lab) reopen(f *planner.File, o executor.Options) (*executor.Session, *planner.Plan) {
	l.t.Helper()
	s, p, diags := executor.Open(l.t.Context(), f, o)
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	l.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			l.t.Error(err)
		}
	})
	return s, p
}

// applyFile opens a saved plan and applies it, unless it is refused.
func (l *lab) applyFile(f *planner.File, src string, as func(*executor.Options)) hcl.Diagnostics {
	l.t.Helper()
	o := l.options(src, nil)
	if as != nil {
		as(&o)
	}
	s, p, diags := executor.Open(l.t.Context(), f, o)
	if s != nil {
		defer s.Close()
	}
	if !diags.HasErrors() {
		_, applied := l.apply(l.t.Context(), s, p)
		diags = append(diags, applied...)
	}
	return diags
}

// TestASavedPlanIsBoundToItsRecord: a saved plan is refused if the record is not
// the one that it was made with. The message names both records.
func TestASavedPlanIsBoundToItsRecord(t *testing.T) {
	applyOnce := func(l *lab, src string) {
		s := l.session(src, nil)
		if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
			t.Fatal(diags)
		}
	}
	remove := func(l *lab) {
		if err := os.RemoveAll(filepath.Dir(l.store.Path())); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		recorded bool // an apply came before the plan
		between  func(l *lab, f *planner.File)
		want     []string // of the refusal; none where it is applied
	}{
		"no record then, none now": {},
		"no record then, one begun that holds nothing": {between: func(l *lab, _ *planner.File) {
			if err := l.begin().Close(); err != nil {
				t.Fatal(err)
			}
		}},
		"no record then, applied before": {
			between: func(l *lab, f *planner.File) {
				if diags := l.applyFile(f, onlyACall, nil); diags.HasErrors() {
					t.Fatal(diags)
				}
			},
			want: []string{"Saved plan is stale", "nothing was recorded", "is at serial 1 of lineage ", "applied before"},
		},
		"as it was": {recorded: true},
		"applied before": {
			recorded: true,
			between: func(l *lab, f *planner.File) {
				if diags := l.applyFile(f, onlyACall, nil); diags.HasErrors() {
					t.Fatal(diags)
				}
			},
			want: []string{"Saved plan is stale", "made with serial 1 of lineage ", "is at serial 2", "applied before"},
		},
		"an apply that was killed": {
			recorded: true,
			between: func(l *lab, f *planner.File) {
				run := l.begin()
				if err := run.Begin([]state.Intent{{Address: "call.command.c", Op: "always"}}); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"Saved plan is stale", "is at serial 2"},
		},
		"an apply between that changed nothing": {
			recorded: true,
			between: func(l *lab, _ *planner.File) {
				if err := l.begin().Close(); err != nil {
					t.Fatal(err)
				}
			},
		},
		"another apply between": {
			recorded: true,
			between:  func(l *lab, _ *planner.File) { applyOnce(l, fileAndLine) },
			want:     []string{"Saved plan is stale", "another apply came between"},
		},
		"the record was removed": {
			recorded: true,
			between:  func(l *lab, _ *planner.File) { remove(l) },
			want:     []string{"Record of the plan is missing", "made with serial 1 of lineage ", "nothing is recorded at "},
		},
		"another record": {
			recorded: true,
			between: func(l *lab, _ *planner.File) {
				remove(l)
				l.fresh = nil
				applyOnce(l, onlyACall)
			},
			want: []string{"Plan of another record", "made with serial 1 of lineage ", "is at serial 1 of lineage "},
		},
		"an older record": {
			recorded: true,
			between:  func(_ *lab, f *planner.File) { f.Serial = 7 },
			want:     []string{"Saved plan is stale", "is only at serial 1", "an older record"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			if c.recorded {
				applyOnce(l, onlyACall)
			}
			f := l.saved(onlyACall)
			if c.between != nil {
				c.between(l, f)
			}
			before := l.read("ran")
			diags := l.applyFile(f, onlyACall, nil)
			if c.want == nil {
				if diags.HasErrors() || l.read("ran") == before {
					t.Errorf("the saved plan was not applied: %v", diags)
				}
				return
			}
			if len(diags) != 1 || l.read("ran") != before {
				t.Fatalf("want one problem and no run, got %v, and the call printed %q", diags, l.read("ran"))
			}
			for _, want := range c.want {
				if !strings.Contains(diags[0].Summary+": "+diags[0].Detail, want) {
					t.Errorf("the message lacks %q: %s: %s", want, diags[0].Summary, diags[0].Detail)
				}
			}
		})
	}
}

// TestASavedPlanIsBoundToItsVersion: a saved plan is refused by another version of
// mitoplan, and by another build of the same version. The message names both.
func TestASavedPlanIsBoundToItsVersion(t *testing.T) {
	built := func(version, build string) func(*executor.Options) {
		return func(o *executor.Options) { o.Version, o.Build = version, func() string { return build } }
	}
	for name, c := range map[string]struct {
		made, now func(*executor.Options)
		want      []string
	}{
		"the same release": {built("0.1.0", ""), built("0.1.0", ""), nil},
		"the same commit":  {built("0.1.0-dev+abc", ""), built("0.1.0-dev+abc", ""), nil},
		"the same build":   {built("0.1.0-dev", "aa"), built("0.1.0-dev", "aa"), nil},
		"another release":  {built("0.1.0", ""), built("0.2.0", ""), []string{"made by mitoplan 0.1.0, and this is mitoplan 0.2.0."}},
		"another commit":   {built("0.1.0-dev+abc", ""), built("0.1.0-dev+def", ""), []string{"mitoplan 0.1.0-dev+abc,", "mitoplan 0.1.0-dev+def."}},
		"another build":    {built("0.1.0-dev", "aa"), built("0.1.0-dev", "bb"), []string{"mitoplan 0.1.0-dev, build aa,", "mitoplan 0.1.0-dev, build bb."}},
		"a clean build of a changed commit": {
			built("0.1.0-dev+abc.dirty", "aa"), built("0.1.0-dev+abc", ""), []string{"0.1.0-dev+abc.dirty,", "0.1.0-dev+abc."}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			o := l.options(onlyACall, nil)
			c.made(&o)
			s, err := executor.New(o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f := l.savedOf(s, l.plan(s))
			diags := l.applyFile(f, onlyACall, c.now)
			if c.want == nil {
				if diags.HasErrors() {
					t.Errorf("the saved plan was refused: %v", diags)
				}
				return
			}
			if len(diags) != 1 || diags[0].Summary != "Plan file of another version" {
				t.Fatalf("got %v, want \"Plan file of another version\"", diags)
			}
			for _, want := range append(c.want, "make a new plan") {
				if !strings.Contains(diags[0].Detail, want) {
					t.Errorf("the message lacks %q: %s", want, diags[0].Detail)
				}
			}
		})
	}
}

// TestAPlanKnowsWhereItWasMade: if a saved plan cannot be applied here, the message
// says where it can be.
func TestAPlanKnowsWhereItWasMade(t *testing.T) {
	here := func(dir, host string) func(*executor.Options) {
		return func(o *executor.Options) { o.Place = planner.Place{Dir: dir, Host: host} }
	}
	for name, c := range map[string]struct {
		now    func(*executor.Options)
		serial uint64 // that the plan was made with; the record is at 0
		want   []string
		never  string
	}{
		"here":                               {here("/srv/a", "h1"), 0, nil, ""},
		"another machine, as in CI":          {here("/builds/7", "h2"), 0, nil, ""},
		"another directory":                  {here("/srv/b c", "h1"), 0, []string{"Plan of another directory", "made in /srv/a,", "recorded in /srv/b c/.mitoplan/"}, ""},
		"the record is in another directory": {here("/srv/b c", "h1"), 3, []string{"made in /srv/a, and this is /srv/b c.", "    mitoplan -chdir=/srv/a apply '/srv/b c/p'\n"}, ""},
		"the record is on another machine": {
			here("/builds/7", "h2"), 3, []string{"made in /srv/a on h1, and this is /builds/7 on h2."}, "-chdir"},
		"the record is gone": {here("/srv/a", "h1"), 3, []string{"nothing is recorded at /srv/a/.mitoplan/"}, "this is"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			o := l.options(onlyACall, nil)
			here("/srv/a", "h1")(&o)
			s, err := executor.New(o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f := l.savedOf(s, l.plan(s))
			f.Path, f.Serial = "/srv/b c/p", c.serial
			diags := l.applyFile(f, onlyACall, c.now)
			if len(diags) != min(len(c.want), 1) || diags.HasErrors() != (c.serial > 0) {
				t.Fatalf("got %v, want the problems %q", diags, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(diags[0].Summary+": "+diags[0].Detail, want) {
					t.Errorf("the message lacks %q: %s", want, diags[0].Detail)
				}
			}
			if c.never != "" && strings.Contains(diags[0].Detail, c.never) {
				t.Errorf("the message must not say %q: %s", c.never, diags[0].Detail)
			}
		})
	}
}

// TestAFileThatAPlanNeedsIsNamedAsItIs: a message about a missing file has the name
// of the file exactly as it is.
func TestAFileThatAPlanNeedsIsNamedAsItIs(t *testing.T) {
	f := &planner.File{Secret: []string{"a.mito.hcl"}, Path: "/srv/b/p", Place: planner.Place{Dir: "/srv/a", Host: "h"}}
	_, err := executor.FileSources(f, t.TempDir())
	var missing *executor.MissingSourceError
	if !errors.As(err, &missing) || !strings.HasPrefix(err.Error(), `the file "a.mito.hcl" holds a secret`) {
		t.Errorf("got %v, want the file by its name", err)
	}
	got := executor.ApplyWhereMade(f, executor.Options{Place: planner.Place{Dir: "/srv/b", Host: "h"}})
	if !strings.HasSuffix(got, "mitoplan -chdir=/srv/a apply /srv/b/p") {
		t.Errorf("got %q, want the command for the directory /srv/a", got)
	}
}
