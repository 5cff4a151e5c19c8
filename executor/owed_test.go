package executor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// reloads is a file, and a call that the file triggers. $V stands for the version
// of the file. $CALL, $OTHER and $MORE stand for what a row adds to the call, to
// its context and beside them.
const reloads = `
context "local" "h" {}
context "local" "other" {
  host = "other"
  $OTHER
}
resource "file" "conf" {
  on      = context.local.h
  path    = "$DIR/conf"
  content = "$V"
}
call "command" "reload" {
  on           = context.local.other
  shell        = "$RUN"
  triggered_by = [file.conf]
  $CALL
}
$MORE`

type source struct{ call, more, other, run string }

func (s source) version(v string) string {
	if s.run == "" {
		s.run = "echo $V >> $DIR/reloaded"
	}
	src := strings.NewReplacer("$RUN", s.run, "$CALL", s.call, "$MORE", s.more, "$OTHER", s.other).Replace(reloads)
	return strings.ReplaceAll(src, "$V", v)
}

// attempt is an apply in which the file changes and the call does not run.
type attempt func(t *testing.T, l *lab)

// with makes an attempt that applies the second version with other options.
func (s source) with(f func(*executor.Options)) attempt {
	return func(t *testing.T, l *lab) {
		o := l.options(s.version("2"), nil)
		if f != nil {
			f(&o)
		}
		l.attempt(t.Context(), o, nil)
	}
}

// attempt plans and applies. The apply may fail: some tests are about that.
func (l *lab) attempt(ctx context.Context, o executor.Options, journal func(state.Journal) state.Journal) {
	l.t.Helper()
	s := l.open(o)
	p, _ := s.Plan(ctx)
	run := l.begin()
	if journal != nil { // the process ends here: nothing is saved
		s.Apply(ctx, p, executor.ApplyOptions{Journal: journal(run), Holder: "test"})
		return
	}
	s.Apply(ctx, p, executor.ApplyOptions{Journal: run, Holder: "test"})
	if err := run.Close(); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) open(o executor.Options) *executor.Session {
	l.t.Helper()
	s, err := executor.New(o)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			l.t.Error(err)
		}
	})
	return s
}

// whenChanged calls f as soon as the file has been changed.
func (l *lab) whenChanged(f func()) {
	l.told = func(e executor.Event) {
		if e.Type == executor.ApplyDone && e.Address == "file.conf" {
			f()
		}
	}
}

// dies is the journal of a process that is killed after so many answers.
type dies struct {
	state.Journal
	after *int
}

func (d dies) Done(address string, o state.Outcome) error {
	if *d.after--; *d.after < 0 {
		return nil
	}
	return d.Journal.Done(address, o)
}

const gate = `
call "command" "gate" {
  on         = context.local.other
  shell      = "$GATE"
  depends_on = [file.conf]
}`

func gated(shell string) source {
	return source{call: "depends_on = [call.command.gate]", more: strings.Replace(gate, "$GATE", shell, 1)}
}

// If something keeps a triggered call from running, the call is owed. The next plan
// in which nothing keeps it from running has it, once, and the plan after that is
// empty. The cases here are about hosts, processes and files. The test of the same
// name in package planner has those of the configuration.
func TestATriggerThatDidNotRunIsOwed(t *testing.T) {
	plain := source{}
	second := source{more: `
call "command" "list" {
  on         = context.local.h
  shell      = "echo a,b"
  read_only  = true
  depends_on = [file.conf]
}
call "command" "each" {
  on           = context.local.h
  for_each     = toset(split(",", trimspace(call.command.list.stdout)))
  shell        = "echo ${each.key}$V >> $DIR/reloaded"
  triggered_by = [file.conf]
}`}
	for name, row := range map[string]struct {
		attempt attempt
		after   source // what is planned then
		want    string // what ran then; "2" where nothing is said
	}{
		"-target leaves it out": {attempt: plain.with(func(o *executor.Options) { o.Targets = []string{"file.conf"} })},
		"it takes too long":     {attempt: source{run: "exec sleep 60", call: `timeout = "100ms"`}.with(nil)},
		"its guard says no when it is about to run": {attempt: source{call: `
  depends_on = [call.command.gate]
  creates    = "$DIR/there"`, more: strings.Replace(gate, "$GATE", "touch $DIR/there", 1)}.with(nil)},
		"its host is lost": {attempt: func(t *testing.T, l *lab) {
			l.whenChanged(func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				for _, end := range l.ends["other"] {
					end.Close()
				}
			})
			gated("exec sleep 60").with(nil)(t, l)
		}},
		"Ctrl-C": {attempt: func(t *testing.T, l *lab) {
			ctx, cancel := context.WithCancelCause(t.Context())
			l.whenChanged(func() { cancel(errors.New("interrupt")) })
			l.attempt(ctx, l.options(gated("exec sleep 60").version("2"), nil), nil)
		}},
		"killed before the first answer": {attempt: killed(0)},
		"killed after the first answer":  {attempt: killed(1)},
		"killed after the second answer": {attempt: killed(2)},
		"refused, because another thing moved": {attempt: func(t *testing.T, l *lab) {
			s := l.open(l.options(source{more: moved, call: "depends_on = [file.moved]"}.version("2"), nil))
			p := l.plan(s)
			l.write("moved", "by somebody else")
			l.apply(t.Context(), s, p)
		}},
		"a saved plan that leaves it out": {attempt: func(t *testing.T, l *lab) {
			o := l.options(plain.version("2"), nil)
			o.Targets = []string{"file.conf"}
			s := l.open(o)
			l.applySaved(s, l.plan(s), l.options(plain.version("2"), nil))
		}},
		"its instances are known in the second wave": {attempt: second.with(nil), after: second, want: "2\na2\nb2\n"},
		"its instances cannot be known, as a host is away": {
			attempt: source{other: refused, more: elsewhere}.with(nil), after: source{more: elsewhere}, want: "2\nx2\ny2\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.attempt(t.Context(), l.options(row.after.version("1"), nil), nil)
			before := l.read("reloaded")
			if !strings.Contains(before, "1\n") {
				t.Fatalf("the first apply did not run it: %q", before)
			}
			row.attempt(t, l)
			l.told = nil
			if got := l.read("conf"); got != "2" {
				t.Fatalf("the file was not changed: %q", got)
			}
			os.Remove(filepath.Join(l.Dir, "there"))
			want := row.want
			if want == "" {
				want = "2\n"
			}
			if got := l.ran(before); name != "its instances are known in the second wave" && got != "" {
				t.Fatalf("the call ran although it was kept from running: %q", got)
			}
			l.settle(row.after.version("2"))
			if got := l.ran(before); got != want {
				t.Errorf("then ran %q, want %q", got, want)
			}
		})
	}
}

// ran returns what the calls printed since before, in alphabetical order.
func (l *lab) ran(before string) string {
	lines := strings.SplitAfter(strings.TrimPrefix(l.read("reloaded"), before), "\n")
	return strings.Join(sorted(lines), "")
}

// settle plans and applies twice at most, and holds that the next plan is empty
// then.
func (l *lab) settle(src string) {
	l.t.Helper()
	for range 2 {
		s := l.session(src, nil)
		p := l.plan(s)
		if p.Empty() && !s.Unrecorded(p) {
			return
		}
		if _, diags := l.apply(l.t.Context(), s, p); diags.HasErrors() {
			l.t.Fatal(diags)
		}
	}
	if p := l.plan(l.session(src, nil)); !p.Empty() {
		l.t.Errorf("after two applies the plan is still not empty: %+v", p.Summary())
	}
}

const moved = `
resource "file" "moved" {
  on      = context.local.h
  path    = "$DIR/moved"
  content = "m$V"
}`

// elsewhere is a call whose instances only a host can tell.
const elsewhere = `
call "command" "list" {
  on        = context.local.other
  shell     = "echo x,y"
  read_only = true
}
call "command" "each" {
  on           = context.local.h
  for_each     = toset(split(",", trimspace(call.command.list.stdout)))
  shell        = "echo ${each.key}$V >> $DIR/reloaded"
  triggered_by = [file.conf]
}`

const refused = `fail = "refused"`

func killed(after int) attempt {
	return func(t *testing.T, l *lab) {
		s := gated("false")
		l.attempt(t.Context(), l.options(s.version("2"), nil), func(j state.Journal) state.Journal { return dies{j, &after} })
	}
}

// applySaved applies a plan from its file, in a session of its own.
func (l *lab) applySaved(s *executor.Session, p *planner.Plan, o executor.Options) {
	l.t.Helper()
	f := l.savedOf(s, p)
	o.Config, _ = config.LoadSources(f.Dir, f.Sources, l.catalogue())
	opened, p := l.reopen(f, o)
	l.apply(l.t.Context(), opened, p)
}

// A block that is removed is no longer owed, and a key that is renamed keeps its
// debt. The test of the same name in package planner has all cases. Here some of
// them go through the record and its journal.
func TestDebtsFollowTheConfiguration(t *testing.T) {
	const file = `
context "local" "h" {}
resource "file" "conf" {
  on      = context.local.h
  path    = "$DIR/conf"
  content = "$V"
}`
	const call = `
call "command" "NAME" {
  on           = context.local.h
  shell        = "echo NAME >> $DIR/reloaded"
  triggered_by = [file.conf]
}`
	const keyed = `
call "command" "reload" {
  on           = context.local.h
  for_each     = toset(["KEYS"])
  shell        = "echo ${each.key} >> $DIR/reloaded"
  triggered_by = [FILE]
}`
	src := func(parts ...string) string { return strings.Join(parts, "\n") }
	at := func(v, s string, words ...string) string {
		return strings.NewReplacer(append(words, "$V", v)...).Replace(s)
	}
	reload := strings.ReplaceAll(call, "NAME", "reload")
	for name, c := range map[string]struct {
		first string   // applied; then again as version 2, only the file
		then  []string // applied one after the other
		want  string
	}{
		"removed and added again": {
			first: src(file, reload), then: []string{at("2", file), at("2", src(file, reload))}, want: "",
		},
		"a key is renamed": {
			first: at("$V", src(file, keyed), "KEYS", "a", "FILE", "file.conf"),
			then:  []string{at("2", src(file, keyed), "KEYS", "b", "FILE", "file.conf")},
			want:  "b\n",
		},
		"one becomes many": {
			first: src(file, reload),
			then:  []string{at("2", src(file, keyed), "KEYS", "a\", \"b", "FILE", "file.conf")},
			want:  "a\nb\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.settle(at("1", c.first))
			os.Remove(filepath.Join(l.Dir, "reloaded"))
			o := l.options(at("2", c.first), nil)
			o.Targets = []string{"file.conf"}
			l.attempt(t.Context(), o, nil)
			if got := l.read("conf"); got != "2" {
				t.Fatalf("the file was not changed: %q", got)
			}
			l.write("reloaded", "")
			for _, src := range c.then {
				l.settle(src)
			}
			if got := l.ran(""); got != c.want {
				t.Errorf("ran %q, want %q", got, c.want)
			}
		})
	}
}

// The recorded value of triggers is that of the last run, whatever kept the call
// from running since.
func TestTriggersAreRecordedByARunOnly(t *testing.T) {
	const src = `
context "local" "h" {}
call "command" "build" {
  on       = context.local.h
  shell    = "$RUN"
  triggers = { version = "$V" }
  $CALL
}`
	at := func(v, call, run string) string {
		return strings.NewReplacer("$V", v, "$CALL", call, "$RUN", run).Replace(src)
	}
	const run = "echo built >> $DIR/built"
	for name, c := range map[string]struct {
		call, run string
		options   func(*executor.Options)
	}{
		"timed out": {`timeout = "50ms"`, "exec sleep 60", nil},
		"guarded":   {`creates = "$DIR/there"`, run, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.settle(at("1", "", run))
			l.write("there", "")
			o := l.options(at("2", c.call, c.run), nil)
			if c.options != nil {
				c.options(&o)
			}
			l.attempt(t.Context(), o, nil)
			if got := l.read("built"); got != "built\n" {
				t.Fatalf("the call ran although it was kept from running: %q", got)
			}
			l.settle(at("2", "", run))
			if got := l.read("built"); got != "built\nbuilt\n" {
				t.Errorf("built holds %q, want one more run", got)
			}
		})
	}
}
