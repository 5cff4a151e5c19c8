package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/agent"
	"github.com/mitoplan/mitoplan/internal/catalogue"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a controller and agents in this process. They work on the real file system
// below Dir.
type lab struct {
	t     testing.TB
	Dir   string
	store *state.Store
	// fresh is the state that a session began with if there was no record yet. Its
	// apply writes that state, and the key in it.
	fresh *state.State
	// replace are functions that agents serve in place of their own.
	replace []transport.Function
	// broken is the host of the context that cannot be reached any more.
	broken string

	mu     sync.Mutex
	ends   map[string][]*transporttest.End
	events []executor.Event
	told   func(executor.Event)
	turns  int
	delay  time.Duration
	rate   int // bytes per second of the line to each agent; 0 is no bound
	last   bool
	frames int
	counts func(transport.FrameEvent) // called with each frame, under mu
}

// host is a context kind whose agents run in this process.
type host struct {
	transporttest.Agent `cbor:"-"`
	Fail                string `cbor:"fail,omitempty"`
	Name                string `cbor:"host,omitempty"`
	Password            string `cbor:"password,omitempty"`
	Warns               string `cbor:"warns,omitempty"`
	lab                 *lab
}

func (host) Kind() string { return "local" }

func (h *host) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	a := transporttest.Agent{Serve: transport.ServeOptions{Connectors: h.lab.connectors()}}
	h.lab.set(func() {
		a.Delay, a.Serve.Functions = h.lab.delay, h.lab.functions()
		if h.lab.broken != "" && h.Name == h.lab.broken {
			h.Fail = "it is broken"
		}
	})
	if h.Warns != "" {
		s.Warn(kind.Problem{Code: "odd", Attr: "warns", Summary: "Line is left out", Detail: h.Warns})
	}
	if h.Fail != "" {
		s.Phase("dial")
		return nil, &kind.Problem{Code: "down", Attr: "fail", Summary: "Connection refused", Detail: h.Fail}
	}
	a.Started = func(end *transporttest.End, _ transport.Start) {
		h.lab.mu.Lock()
		defer h.lab.mu.Unlock()
		h.lab.ends[h.Name] = append(h.lab.ends[h.Name], end)
	}
	l, err := a.Start(ctx, s)
	if err == nil && h.lab.rate > 0 {
		transporttest.Narrow(l, h.lab.rate, nil)
	}
	return l, err
}

// functions are the functions of an agent. All agents of a test share one process,
// and a process gets a lock that it holds itself. So the lock of a machine is
// always granted here.
func functions() []transport.Function {
	out := slices.Clone(agent.Functions())
	for i, f := range out {
		if f.FuncName() == kinds.LockFunc.FuncName() {
			out[i] = transport.NewFunc(f.FuncName(), func(context.Context, *transport.Node, resource.LockRequest) (resource.LockReply, error) {
				return resource.LockReply{}, nil
			})
		}
	}
	return out
}

// functions returns the functions that agents of this lab serve.
func (l *lab) functions() []transport.Function {
	out := functions()
	for _, r := range l.replace {
		at := slices.IndexFunc(out, func(f transport.Function) bool { return f.FuncName() == r.FuncName() })
		out[at] = r
	}
	return out
}

func newLab(t testing.TB) *lab {
	dir := t.TempDir()
	return &lab{t: t, Dir: dir, store: state.Open(filepath.Join(dir, ".mitoplan", "state.json"), "test"), ends: map[string][]*transporttest.End{}}
}

// set reads or changes delay, broken and replace. A start that was given up may still
// read them.
func (l *lab) set(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

func (l *lab) Event(e executor.Event) {
	l.events = append(l.events, e)
	if l.told != nil {
		l.told(e)
	}
}

func (l *lab) frame(e transport.FrameEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frames++; l.frames == 1 || e.Out != l.last {
		l.turns++
	}
	l.last = e.Out
	if l.counts != nil {
		l.counts(e)
	}
}

// realKinds are made once: they are the same for all tests, and none changes them.
var realKinds = sync.OnceValue(catalogue.Kinds)

func (l *lab) catalogue() config.Catalogue {
	c := config.NewCatalogue(realKinds())
	type args struct {
		Fail     string `cbor:"fail,omitempty"`
		Host     string `cbor:"host,omitempty"`
		Password string `cbor:"password,omitempty" mito:"secret"`
		Warns    string `cbor:"warns,omitempty"`
		Title    string `cbor:"name,omitempty" mito:"describes=name"`
	}
	for _, name := range []string{"local", "far"} {
		c.Contexts[name] = &kind.Kind{Role: kind.RoleContext, Name: name, SameMachine: name == "local", Args: kind.SchemaOf(args{}), Results: kind.SchemaOf(transport.Greeting{})}
	}
	return c
}

func (l *lab) options(src string, vars map[string]cty.Value) executor.Options {
	l.t.Helper()
	src = strings.ReplaceAll(src, "$DIR", l.Dir)
	sources := map[string][]byte{"main.mito.hcl": []byte(src)}
	if data, err := os.ReadFile(filepath.Join(l.Dir, "data.txt")); err == nil {
		sources["data.txt"] = data // what file("data.txt") reads
	}
	cfg, diags := config.LoadSources(l.Dir, sources, l.catalogue())
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	st, err := l.store.Load()
	if err != nil {
		l.t.Fatal(err)
	}
	if !st.Found() {
		l.fresh = st
	}
	return executor.Options{
		Config: cfg, Vars: vars, State: st, View: l, Name: "test", Frames: l.frame, Limits: executor.LimitsOf(cfg.Settings),
		Connectors: l.connectors(),
	}
}

// connectors returns the context kinds, for the controller and for every agent.
func (l *lab) connectors() []transport.ConnectorType {
	start := func() transport.Connector { return &host{lab: l} }
	return []transport.ConnectorType{{Kind: "local", New: start}, {Kind: "far", New: start}}
}

// begin opens the journal of an apply.
func (l *lab) begin() *state.Writer {
	l.t.Helper()
	st, err := l.store.Load()
	if err == nil && !st.Found() && l.fresh != nil {
		st = l.fresh
	}
	if err != nil {
		l.t.Fatal(err)
	}
	run, err := l.store.Begin(st)
	if err != nil {
		l.t.Fatal(err)
	}
	return run
}

func (l *lab) session(src string, vars map[string]cty.Value) *executor.Session {
	l.t.Helper()
	return l.open(l.options(src, vars))
}

func (l *lab) plan(s *executor.Session) *planner.Plan {
	l.t.Helper()
	p, diags := s.Plan(l.t.Context())
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	return p
}

func (l *lab) apply(ctx context.Context, s *executor.Session, p *planner.Plan) (executor.Summary, hcl.Diagnostics) {
	l.t.Helper()
	run := l.begin()
	sum, diags := s.Apply(ctx, p, executor.ApplyOptions{Journal: run, Holder: "test"})
	if err := run.Close(); err != nil {
		l.t.Fatal(err)
	}
	return sum, diags
}

func (l *lab) read(name string) string {
	b, err := os.ReadFile(filepath.Join(l.Dir, name))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (l *lab) write(name, content string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.Dir, name), []byte(content), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

const fileAndLine = `
context "local" "h" {}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = "one\n"
}
resource "line" "y" {
  on         = context.local.h
  path       = "$DIR/x"
  line       = "two"
  depends_on = [file.x]
}
`

func TestPlanApplyPlan(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	p := l.plan(s)
	sum, diags := l.apply(t.Context(), s, p)
	if diags.HasErrors() || sum.Added != 1 || sum.Changed != 1 {
		t.Fatalf("want one added and one changed, got %+v %v", sum, diags)
	}
	if got := l.read("x"); got != "one\ntwo\n" {
		t.Errorf("x holds %q", got)
	}
	if p := l.plan(l.session(fileAndLine, nil)); !p.Empty() {
		t.Errorf("the plan after an apply is not empty: %+v", p.Summary())
	}
}

// The number of round trips of a plan and an apply is the same for 200 resources as
// for one. Time is virtual and stands still while anything runs, so that the count
// is exact.
func TestTurnsDoNotGrow(t *testing.T) {
	turns := func(n int) (planned, applied int) {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t)
			l.delay = 50 * time.Millisecond
			s := l.session(fmt.Sprintf(`
context "local" "h" {}
resource "file" "x" {
  on      = context.local.h
  count   = %d
  path    = "$DIR/x${count.index}"
  content = "c"
}`, n), nil)
			p := l.plan(s)
			planned = l.turns
			if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
				t.Fatal(diags)
			}
			applied = l.turns - planned
		})
		return planned, applied
	}
	plan1, apply1 := turns(1)
	plan200, apply200 := turns(200)
	if plan1 != plan200 || apply1 != apply200 {
		t.Errorf("one resource took %d round trips to plan and %d to apply, 200 took %d and %d", plan1, apply1, plan200, apply200)
	}
}

func TestChangedSinceThePlan(t *testing.T) {
	l := newLab(t)
	src := fileAndLine + `
resource "file" "other" {
  on      = context.local.h
  path    = "$DIR/other"
  content = "fine"
}`
	l.write("x", "zero\n")
	s := l.session(src, nil)
	p := l.plan(s)
	f := l.savedOf(s, p)
	l.write("x", "somebody else\n")

	saved, p := l.reopen(f, l.options(src, nil))
	sum, diags := l.apply(t.Context(), saved, p)
	if sum.Refused != 1 || sum.Skipped != 1 || sum.Added != 1 || len(diags) != 1 {
		t.Fatalf("want one refused, one skipped and one added, got %+v %v", sum, diags)
	}
	if got := diags[0].Extra.(planner.Location).Address; got != "file.x" {
		t.Errorf("the refusal is about %s, want file.x", got)
	}
	if want := filepath.Join(l.Dir, "x") + " is not as the plan saw it"; !strings.HasPrefix(diags[0].Detail, want) {
		t.Errorf("the refusal says %q", diags[0].Detail)
	}
	if got := l.read("x"); got != "somebody else\n" {
		t.Errorf("x was overwritten: %q", got)
	}
	if got := l.read("other"); got != "fine" {
		t.Errorf("other holds %q", got)
	}
}

func TestOneHostDownIsOneProblem(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {
  for_each = { a = "", b = "10.0.0.2:22 refused the connection." }
  fail     = each.value
}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/${on.key}"
  content = "x"
}`
	s := l.session(src, nil)
	p, diags := s.Plan(t.Context())
	if len(diags) != 1 || diags[0].Summary != "Connection refused" {
		t.Fatalf("want the refused connection alone: %v", diags.Errs())
	}
	if got := diags[0].Detail; got != "10.0.0.2:22 refused the connection." {
		t.Errorf("the detail is %q", got)
	}
	at := diags[0].Extra.(planner.Location)
	if at.Address != `context.local.h["b"]` || at.Phase != "dial" || !slices.Equal(at.Chain, []string{"local", `local h["b"]`}) {
		t.Errorf("the problem is at %+v, want the dial of h[\"b\"]", at)
	}
	if got := diags[0].Subject.Start.Line; got != 4 {
		t.Errorf("the problem is on line %d, want 4", got)
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := l.read("a"); got != "x" {
		t.Errorf("the file on the other host holds %q, want x", got)
	}
}

func TestHostLostWhileACallRuns(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {
  for_each = { a = "a", b = "b" }
  host     = each.value
}
call "command" "wait" {
  on      = context.local.h
  enabled = on.key == "b"
  shell   = "touch $DIR/started; exec sleep 60"
}
resource "file" "after" {
  on         = context.local.h
  path       = "$DIR/after-${on.key}"
  content    = "x"
  depends_on = [call.command.wait]
}`
	s := l.session(src, nil)
	p := l.plan(s)
	go func() {
		for range 500 {
			if _, err := os.Stat(filepath.Join(l.Dir, "started")); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond) // a process of its own made the file
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, end := range l.ends["b"] {
			end.Close()
		}
	}()
	sum, diags := l.apply(t.Context(), s, p)
	if len(diags) != 1 || diags[0].Summary != "Connection lost" || diags[0].Extra.(planner.Location).Address != `context.local.h["b"]` {
		t.Errorf("want the lost connection of h[\"b\"] alone: %v", diags)
	}
	if sum.Failed != 1 || sum.Skipped != 1 || sum.Added != 1 {
		t.Errorf("want one failed, one skipped and one added, got %+v", sum)
	}
	if got := l.read("after-a"); got != "x" {
		t.Errorf("the file on the other host holds %q, want x", got)
	}
}

// An interrupted apply records what it did. The next one does the rest.
func TestInterruptedApply(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {}
resource "file" "first" {
  on      = context.local.h
  path    = "$DIR/first"
  content = "x"
}
call "command" "wait" {
  on         = context.local.h
  shell      = "touch $DIR/started; exec sleep 60"
  depends_on = [file.first]
}
resource "file" "last" {
  on         = context.local.h
  path       = "$DIR/last"
  content    = "x"
  depends_on = [call.command.wait]
}`
	s := l.session(src, nil)
	p := l.plan(s)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for range 500 {
			if _, err := os.Stat(filepath.Join(l.Dir, "started")); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond) // a process of its own made the file
		}
		cancel(errors.New("interrupt"))
	}()
	sum, diags := l.apply(ctx, s, p)
	if len(diags) != 1 || diags[0].Summary != "Interrupted" {
		t.Errorf("want \"Interrupted\" alone: %v", diags)
	}
	if sum.Added != 1 || sum.Interrupted != 1 || sum.Skipped != 1 {
		t.Errorf("want one added, one interrupted and one skipped, got %+v", sum)
	}
	st, err := l.store.Load()
	if err != nil {
		t.Fatal(err)
	}
	if r := st.Instance("file.first"); r == nil || r.Origin != state.Created {
		t.Errorf("file.first is recorded as %+v, want created", r)
	}
	if st.Instance("file.last") != nil {
		t.Error("file.last was never made but is recorded")
	}
	next := l.plan(l.session(src, nil))
	var open []string
	for _, a := range next.Actions {
		if a.Op != planner.NoOp {
			open = append(open, a.Address)
		}
	}
	if want := []string{"call.command.wait", "file.last"}; !slices.Equal(sorted(open), want) {
		t.Errorf("the next plan has %q, want %q", open, want)
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

// A trigger that could not be answered is owed until its call has run.
func TestOwedTrigger(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {}
resource "file" "conf" {
  on      = context.local.h
  path    = "$DIR/conf"
  content = "c"
}
call "command" "reload" {
  on           = context.local.h
  shell        = "test -e $DIR/ok && echo done >> $DIR/reloaded"
  triggered_by = [file.conf]
}`
	s := l.session(src, nil)
	sum, diags := l.apply(t.Context(), s, l.plan(s))
	if sum.Failed != 1 || !diags.HasErrors() {
		t.Fatalf("the call must fail, got %+v %v", sum, diags)
	}
	l.write("ok", "")
	s = l.session(src, nil)
	p := l.plan(s)
	if a := p.Action("call.command.reload"); a.Op != planner.Run || !strings.Contains(a.Reason, "owed") {
		t.Fatalf("the call is planned as %s because of %s, want a run that is owed", a.Op, a.Reason)
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := l.read("reloaded"); got != "done\n" {
		t.Errorf("reloaded holds %q", got)
	}
	if p := l.plan(l.session(src, nil)); !p.Empty() {
		t.Errorf("the plan after that is not empty: %+v", p.Actions)
	}
}

func TestSavedPlanWantsTheSameSecrets(t *testing.T) {
	l := newLab(t)
	src := `
variable "pw" {
  type      = string
  sensitive = true
}
context "local" "h" {}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = var.pw
}`
	vars := func(pw string) map[string]cty.Value {
		return map[string]cty.Value{"pw": cty.StringVal(pw).Mark(config.Sensitive)}
	}
	s := l.session(src, vars("correct horse"))
	f := l.savedOf(s, l.plan(s))
	if strings.Contains(fmt.Sprintf("%+v", f), "correct horse") {
		t.Error("the plan file holds the secret")
	}
	_, _, diags := executor.Open(t.Context(), f, l.options(src, vars("battery staple")))
	if !diags.HasErrors() || diags[0].Summary != "Sensitive inputs differ from the plan's" {
		t.Errorf("with another secret: got %v", diags)
	}
	saved, p := l.reopen(f, l.options(src, vars("correct horse")))
	if _, diags := l.apply(t.Context(), saved, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := l.read("x"); got != "correct horse" {
		t.Errorf("x holds %q", got)
	}
}

// While nobody has confirmed the plan, contexts are closed. They are started again
// when they are needed.
func TestIdle(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	p := l.plan(s)
	s.Idle()
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := l.read("x"); got != "one\ntwo\n" {
		t.Errorf("x holds %q", got)
	}
}

func TestDiskFullStopsTheApply(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	p := l.plan(s)
	sum, diags := s.Apply(t.Context(), p, executor.ApplyOptions{Journal: brokenJournal{}})
	if len(diags) != 1 || diags[0].Summary != "Journal not written" || sum.Added != 0 {
		t.Errorf("want \"Journal not written\" and nothing added, got %+v %v", sum, diags)
	}
	if _, err := os.Stat(filepath.Join(l.Dir, "x")); err == nil {
		t.Error("something was applied without a record")
	}
}

type brokenJournal struct{}

func (brokenJournal) Begin([]state.Intent) error       { return errors.New("no space left on device") }
func (brokenJournal) Done(string, state.Outcome) error { return nil }
func (brokenJournal) Move([]state.Move) error          { return nil }
func (brokenJournal) Flush() error                     { return nil }

// The second plan of a session sees the hosts as they are, and not as the first one
// planned them. A context that is lost between the two is noticed.
func TestTwoPlansInOneSession(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	if p := l.plan(s); p.Empty() {
		t.Fatal("the first plan is empty")
	}
	if p := l.plan(s); p.Summary() != (planner.Summary{Add: 1, Change: 1}) {
		t.Errorf("the second plan is %+v, want the same as the first", p.Summary())
	}
	l.mu.Lock()
	for _, end := range l.ends[""] {
		end.Close()
	}
	l.mu.Unlock()
	_, diags := s.Plan(t.Context())
	if len(diags) != 1 || diags[0].Summary != "Connection lost" {
		t.Errorf("want \"Connection lost\" alone: %v", diags)
	}
}
