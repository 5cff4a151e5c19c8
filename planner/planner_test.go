package planner_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// catalogue is made once: it is the same for all tests, and none changes it.
var catalogue = sync.OnceValue(controller.Catalogue)

// world answers steps as hosts would, and records which steps it was asked.
type world struct {
	answers map[string]planner.Result
	asked   []string
	rounds  int
	// applied are the answers to the steps of an apply. slow are the steps that are
	// answered when nothing else is left.
	applied map[string]planner.Result
	slow    map[string]bool
}

func (w *world) answer(s *planner.Step) planner.Result {
	w.asked = append(w.asked, string(s.Type)+" "+s.Address)
	if r, ok := w.answers[s.Address]; ok {
		return r
	}
	switch s.Type {
	case planner.StepContext:
		return planner.Result{Facts: map[string]any{"os": "linux", "distro": "debian", "hostname": "h", "user": "deploy", "uid": int64(1), "cpus": int64(2)}}
	case planner.StepCheck:
		if s.End != nil {
			return planner.Result{Change: change(resource.Delete, s)}
		}
		return planner.Result{Change: change(resource.Create, s)}
	}
	return planner.Result{Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text(""), "exit_code": int64(0)}}}
}

func change(a resource.Op, s *planner.Step) *resource.Change {
	c := &resource.Change{Op: a, Fingerprint: "f"}
	if a != resource.NoOp {
		if c.After = s.Args; s.End != nil {
			c.Before, c.After = s.Args, nil
		}
		if path, ok := s.Args["path"]; ok {
			c.Writes = []kind.Thing{kind.PathThing(fmt.Sprint(path))}
		}
	}
	return c
}

func load(t testing.TB, src string) *config.Config {
	t.Helper()
	cfg, diags := config.LoadSources("/cfg", map[string][]byte{"main.mito.hcl": []byte(src)}, catalogue())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return cfg
}

func loadFiles(t testing.TB, files map[string]string) *config.Config {
	t.Helper()
	sources := map[string][]byte{}
	for name, src := range files {
		sources[name] = []byte(src)
	}
	cfg, diags := config.LoadSources("/cfg", sources, catalogue())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return cfg
}

func options() planner.Options {
	return planner.Options{
		Facts: kind.SchemaOf(transport.Greeting{}), Time: time.Unix(1e9, 0).UTC(), Key: []byte("key"),
	}
}

// drive answers steps until the plan is made. Steps that come together are one
// round.
func drive(t testing.TB, p *planner.Planner, w *world) *planner.Plan {
	t.Helper()
	for !p.Finished() {
		steps := p.Next()
		if len(steps) == 0 {
			break
		}
		w.rounds++
		for _, s := range steps {
			p.Done(s, w.answer(s))
		}
	}
	if !p.Finished() {
		t.Fatal("nothing to do, but the plan is not finished")
	}
	return p.Plan()
}

func makePlan(t testing.TB, src string, w *world, opts ...func(*planner.Options)) (*planner.Plan, *planner.Planner) {
	t.Helper()
	o := options()
	for _, f := range opts {
		f(&o)
	}
	p := planner.New(load(t, src), o)
	return drive(t, p, w), p
}

// ops returns a plan in short, as lines such as "+ file.motd".
func ops(p *planner.Plan) []string {
	var out []string
	for _, a := range p.Actions {
		if a.Op != planner.NoOp {
			out = append(out, a.Op.Symbol()+" "+a.Address)
		}
	}
	return out
}

func wantOps(t *testing.T, p *planner.Plan, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, ops(p)); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
}

func noErrors(t *testing.T, p *planner.Planner) {
	t.Helper()
	if d := p.Diagnostics(); d.HasErrors() {
		t.Errorf("diagnostics: %v", d)
	}
}

const hosts = `
context "ssh" "web" {
  for_each = { a = "10.0.0.1", b = "10.0.0.2" }
  host     = each.value
}
context "sudo" "web" {
  for_each = context.ssh.web
  via      = each.value
}
`

// If everything is known, all steps are sent at once, those of nested contexts
// included.
func TestEverythingKnownIsSentAtOnce(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, hosts+`
resource "file" "x" {
  on      = context.sudo.web
  path    = "/etc/x"
  content = "for ${on.key}"
}
resource "line" "y" {
  on         = context.sudo.web
  path       = "/etc/x"
  line       = "y"
  depends_on = [file.x]
}`, w)
	noErrors(t, p)
	if w.rounds != 1 {
		t.Errorf("took %d rounds, want 1; asked %q", w.rounds, w.asked)
	}
	wantOps(t, plan, `+ file.x["a"]`, `+ file.x["b"]`, `+ line.y["a"]`, `+ line.y["b"]`)
	if got := plan.Action(`line.y["a"]`).DependsOn; !slices.Equal(got, []string{`file.x["a"]`}) {
		t.Errorf("line.y comes after %q", got)
	}
}

// The number of rounds does not grow with the number of resources.
func TestRoundsDoNotGrow(t *testing.T) {
	for _, n := range []int{1, 200} {
		w := &world{}
		_, p := makePlan(t, fmt.Sprintf(`
context "ssh" "h" { host = "h" }
resource "file" "x" {
  on    = context.ssh.h
  count = %d
  path  = "/tmp/${count.index}"
}`, n), w)
		noErrors(t, p)
		if w.rounds != 1 {
			t.Errorf("%d resources took %d rounds, want 1", n, w.rounds)
		}
	}
}

func TestFactsOfOwnContext(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		`context.ssh.web["b"]`: {Facts: map[string]any{"distro": "alpine", "cpus": int64(4)}},
	}}
	plan, p := makePlan(t, hosts+`
resource "file" "x" {
  on      = context.ssh.web
  enabled = on.distro == "debian"
  path    = "/etc/x"
  content = "${on.cpus}"
}`, w)
	noErrors(t, p)
	wantOps(t, plan, `+ file.x["a"]`)
	if got := fmt.Sprint(plan.Actions[0].After["content"]); got != "2" {
		t.Errorf("content is %s, want 2", got)
	}
}

// A reference to one member waits for that member, and not for the whole
// collection.
func TestNamedMemberDoesNotWaitForTheRest(t *testing.T) {
	p := planner.New(load(t, hosts+`
call "command" "role" {
  on        = context.ssh.web
  argv      = ["cat", "/etc/role"]
  read_only = true
}
resource "file" "x" {
  on      = context.ssh.web
  path    = "/etc/x"
  content = call.command.role[on.key].stdout
}`), options())
	w := &world{}
	var slow []*planner.Step
	var sent []string
	for range 5 {
		for _, s := range p.Next() {
			sent = append(sent, s.Address)
			if strings.HasSuffix(s.Address, `["b"]`) && s.Type == planner.StepRead {
				slow = append(slow, s)
				continue
			}
			p.Done(s, w.answer(s))
		}
	}
	if !slices.Contains(sent, `file.x["a"]`) || slices.Contains(sent, `file.x["b"]`) {
		t.Errorf("while b does not answer, sent %q; want the file of a only", sent)
	}
	for _, s := range slow {
		p.Done(s, w.answer(s))
	}
	wantOps(t, drive(t, p, w), `+ file.x["a"]`, `+ file.x["b"]`)
}

func TestContextsFromACall(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		"call.command.inventory": {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text(`{"x":"10.0.0.9","y":"10.0.0.8"}`)}}},
		`call.command.role["x"]`: {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text("web\n")}}},
		`call.command.role["y"]`: {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text("db\n")}}},
	}}
	plan, p := makePlan(t, `
context "local" "here" {}
call "command" "inventory" {
  on        = context.local.here
  argv      = ["cat", "hosts.json"]
  read_only = true
}
context "ssh" "web" {
  for_each = jsondecode(call.command.inventory.stdout)
  host     = each.value
}
call "command" "role" {
  on        = context.ssh.web
  argv      = ["cat", "/etc/role"]
  read_only = true
}
resource "file" "x" {
  on      = context.ssh.web
  enabled = trimspace(call.command.role[on.key].stdout) == "web"
  path    = "/etc/x"
}`, w)
	noErrors(t, p)
	wantOps(t, plan, `+ file.x["x"]`)
	if !plan.Complete {
		t.Error("the plan is not complete")
	}
}

func TestTriggeredByIsPerKey(t *testing.T) {
	src := hosts + `
resource "file" "conf" {
  on   = context.ssh.web
  path = "/etc/conf"
}
call "command" "reload" {
  on           = context.ssh.web
  argv         = ["reload"]
  triggered_by = [file.conf]
}
call "command" "report" {
  on           = context.ssh.web
  argv         = ["report"]
  triggered_by = [all(file.conf)]
}
`
	w := &world{answers: map[string]planner.Result{`file.conf["b"]`: {Change: &resource.Change{Op: resource.NoOp}}}}
	plan, p := makePlan(t, src, w)
	noErrors(t, p)
	wantOps(t, plan, `+ file.conf["a"]`, `> call.command.reload["a"]`, `> call.command.report["a"]`, `> call.command.report["b"]`)
	if got := plan.Action(`call.command.reload["a"]`).Reason; got != `triggered by file.conf["a"]` {
		t.Errorf("the reason is %q", got)
	}
}

type fakePrior map[string]planner.Recorded

func (f fakePrior) Lookup(a string) (planner.Recorded, bool) { r, ok := f[a]; return r, ok }
func (f fakePrior) Interrupted() []string                    { return nil }

func (f fakePrior) LookupBegun(string) (planner.Recorded, bool) { return planner.Recorded{}, false }

func (f fakePrior) Addresses() []string {
	var out []string
	for a := range f {
		out = append(out, a)
	}
	return out
}
func (f fakePrior) Debts() map[string][]string { return nil }

func (f fakePrior) Thing(string, kind.Thing) map[string]string   { return nil }
func (f fakePrior) Begun(string, kind.Thing) []map[string]string { return nil }

func (f fakePrior) Left(string, kind.Thing) (map[string]string, [][]resource.Trait) { return nil, nil }

func (f fakePrior) Old() bool                       { return false }
func (f fakePrior) Output(string) (cty.Value, bool) { return cty.NilVal, false }
func (f fakePrior) Outputs() []string               { return nil }

func TestOwedTriggerRuns(t *testing.T) {
	none := planner.Result{Change: &resource.Change{Op: resource.NoOp}}
	w := &world{answers: map[string]planner.Result{"file.conf": none}}
	plan, p := makePlan(t, `
context "local" "here" {}
resource "file" "conf" {
  on   = context.local.here
  path = "/etc/conf"
}
call "command" "reload" {
  on           = context.local.here
  argv         = ["reload"]
  triggered_by = [file.conf]
}`, w, func(o *planner.Options) {
		o.Prior = owing{fakePrior{"file.gone": {Digest: "x"}}, map[string][]string{"call.command.reload": {"file.conf"}}}
	})
	noErrors(t, p)
	wantOps(t, plan, "> call.command.reload", ". file.gone")
}

// A file and a line in it can together leave the file as it is, although each of
// them alone would change it. Then nothing changes, and nothing is triggered.
func TestNetEffect(t *testing.T) {
	src := `
context "ssh" "h" { host = "h" }
resource "file" "x" {
  on      = context.ssh.h
  path    = "/etc/x"
  content = "a"
}
resource "line" "y" {
  on         = context.ssh.h
  path       = "/etc/x"
  line       = "y"
  depends_on = [file.x]
}
call "command" "reload" {
  on           = context.ssh.h
  argv         = ["reload"]
  triggered_by = [file.x]
}`
	thing := []kind.Thing{"path:/etc/x"}
	w := &world{answers: map[string]planner.Result{
		"file.x": {Change: &resource.Change{Op: resource.Update, Writes: thing}},
		"line.y": {Change: &resource.Change{Op: resource.Update, Writes: thing, Restores: thing}},
	}}
	plan, p := makePlan(t, src, w)
	noErrors(t, p)
	wantOps(t, plan)
	if !plan.Empty() {
		t.Error("the plan is not empty")
	}
	w.answers["line.y"] = planner.Result{Change: &resource.Change{Op: resource.Update, Writes: thing}}
	plan, _ = makePlan(t, src, w)
	wantOps(t, plan, "~ file.x", "~ line.y", "> call.command.reload")
}

func TestContextOfAUserToBeCreatedIsDeferred(t *testing.T) {
	src := `
context "ssh" "h" { host = "h" }
context "sudo" "root" { via = context.ssh.h }
resource "user" "app" {
  on   = context.sudo.root
  name = "app"
}
context "sudo" "app" {
  via  = context.ssh.h
  user = "app"
}
resource "file" "x" {
  on   = context.sudo.app
  path = "/srv/x"
}`
	plan, p := makePlan(t, src, &world{})
	noErrors(t, p)
	wantOps(t, plan, "+ user.app", "? file.x")
	if got := plan.Action("file.x").Reason; got != "context.sudo.app waits for user.app" {
		t.Errorf("the reason is %q", got)
	}
	if plan.Complete {
		t.Error("a plan with something deferred is complete")
	}
	none := planner.Result{Change: &resource.Change{Op: resource.NoOp}}
	plan, _ = makePlan(t, src, &world{answers: map[string]planner.Result{"user.app": none}})
	wantOps(t, plan, "+ file.x")
}

// A context that refused is not unreachable: the plan counts it by itself, and says so of
// what is in it. What is behind it is not reached.
func TestContextsThatRefusedAreNotUnreachable(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		`context.ssh.web["a"]`: {Failure: &planner.Failure{Code: kind.CodeSSHKeyRefused, Summary: "Key refused", Kind: planner.FailureLost}},
		`context.ssh.web["b"]`: {Failure: &planner.Failure{Code: kind.CodeSSHTimeout, Summary: "Host does not answer", Kind: planner.FailureLost}},
	}}
	for _, at := range []string{`context.sudo.web["a"]`, `context.sudo.web["b"]`} {
		w.answers[at] = planner.Result{Failure: &planner.Failure{Summary: "Unreachable", Kind: planner.FailureBehind}}
	}
	plan, _ := makePlan(t, hosts+`
resource "file" "x" {
  on   = context.sudo.web
  path = "/etc/x"
}`, w)
	if s := plan.Summary(); s.Unreachable != 1 || s.Failed != 1 {
		t.Errorf("the summary is %+v, want 1 unreachable and 1 failed", s)
	}
	if n := len(plan.NotStarted()); n != 2 {
		t.Errorf("%d contexts did not start, want 2", n)
	}
	want := map[string]string{
		`context.ssh.web["a"]`: "failed: Key refused", `context.sudo.web["a"]`: `behind: context.ssh.web["a"] failed`,
		`context.ssh.web["b"]`: "unreachable: Host does not answer", `context.sudo.web["b"]`: `behind: context.ssh.web["b"] is unreachable`,
	}
	for _, c := range plan.Contexts {
		if got := string(c.Status) + ": " + c.Reason; want[c.Address] != "" && got != want[c.Address] {
			t.Errorf("%s is %q, want %q", c.Address, got, want[c.Address])
		}
		delete(want, c.Address)
	}
	if len(want) > 0 {
		t.Errorf("the plan does not show %v", want)
	}
}

func TestUnreachableHostIsOneProblem(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		`context.ssh.web["b"]`:  {Failure: &planner.Failure{Code: kind.CodeSSHRefused, Summary: "Connection refused", Detail: "dial b"}},
		`context.sudo.web["b"]`: {Failure: &planner.Failure{Summary: "Unreachable", Kind: planner.FailureBehind}},
		`file.x["b"]`:           {Failure: &planner.Failure{Summary: "Unreachable", Kind: planner.FailureBehind}},
	}}
	plan, p := makePlan(t, hosts+`
resource "file" "x" {
  on   = context.sudo.web
  path = "/etc/x"
}`, w)
	wantOps(t, plan, `+ file.x["a"]`)
	diags := p.Diagnostics()
	if len(diags) != 1 || diags[0].Summary != "Connection refused" || diags[0].Extra.(planner.Location).Address != `context.ssh.web["b"]` {
		t.Errorf("want the refused connection of ssh.web[\"b\"] alone: %v", diags)
	}
	if s := plan.Summary(); s.Unreachable != 1 || s.Add != 1 {
		t.Errorf("the summary is %+v, want 1 unreachable and 1 to add", s)
	}
	for _, c := range plan.Contexts {
		if c.Address == `context.sudo.web["b"]` && c.Describe != "" {
			t.Errorf("a context that never came up is described as %q", c.Describe)
		}
	}
}

// The order of blocks in the configuration does not matter: a file comes after the
// directory that it is in, and after the account that owns it.
func TestImpliedOrder(t *testing.T) {
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
resource "file" "x" {
  on    = context.ssh.h
  path  = "/srv/app/x"
  owner = "app"
}
resource "directory" "app" {
  on    = context.ssh.h
  path  = "/srv/app"
  owner = "app"
}
resource "user" "app" {
  on   = context.ssh.h
  name = "app"
}`, &world{})
	noErrors(t, p)
	got := plan.Action("file.x").DependsOn
	slices.Sort(got)
	if diff := cmp.Diff([]string{"directory.app", "user.app"}, got); diff != "" {
		t.Error(diff)
	}
}

// If it becomes known late that a block comes first, what comes after it is checked
// again.
func TestLatePredecessorIsSeen(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
resource "file" "x" {
  on   = context.ssh.h
  path = "/srv/linux/x"
}
resource "directory" "d" {
  on   = context.ssh.h
  path = "/srv/${on.os}"
}`, w)
	noErrors(t, p)
	checks := 0
	for _, a := range w.asked {
		if a == "check file.x" {
			checks++
		}
	}
	if checks != 2 {
		t.Errorf("file.x was checked %d times, want 2: %q", checks, w.asked)
	}
	if got := plan.Action("file.x").DependsOn; !slices.Equal(got, []string{"directory.d"}) {
		t.Errorf("file.x comes after %q", got)
	}
}

// A check sees the effects of what it comes after, even if calls and other machines
// stand between. Effects from another context of the machine are sent with the
// check.
func TestEffectsPassThroughCalls(t *testing.T) {
	p := planner.New(load(t, `
context "ssh" "h" { host = "h" }
context "sudo" "root" { via = context.ssh.h }
resource "file" "a" {
  on   = context.sudo.root
  path = "/srv/a"
}
call "command" "mid" {
  on         = context.sudo.root
  argv       = ["mid"]
  depends_on = [file.a]
}
resource "line" "b" {
  on         = context.ssh.h
  path       = "/srv/a"
  line       = "b"
  depends_on = [call.command.mid]
}`), options())
	w := &world{}
	var steps []*planner.Step
	for !p.Finished() {
		for _, s := range p.Next() {
			steps = append(steps, s)
			p.Done(s, w.answer(s))
		}
	}
	last := steps[len(steps)-1]
	if last.Address != "line.b" || !slices.Equal(last.After, []string{"file.a"}) || len(last.Deltas) != 1 || last.Deltas[0].Address != "file.a" {
		t.Errorf("got %s after %q with the effects %+v, want line.b after file.a with the effects of file.a", last.Address, last.After, last.Deltas)
	}
}

func TestPairsOfContextAndKey(t *testing.T) {
	plan, p := makePlan(t, hosts+`
resource "user" "admin" {
  on       = context.ssh.web
  for_each = toset(["alice", "bob"])
  name     = each.key
}
resource "file" "home" {
  on         = context.ssh.web
  for_each   = toset(["alice", "bob"])
  path       = "/home/${each.key}/.hushlogin"
  depends_on = [user.admin]
}`, &world{})
	noErrors(t, p)
	if got := plan.Action(`file.home["b"]["alice"]`).DependsOn; !slices.Equal(got, []string{`user.admin["b"]["alice"]`}) {
		t.Errorf("file.home[\"b\"][\"alice\"] comes after %q", got)
	}
}

// A block may take its context from each.value, with one instance for each item.
func TestContextFromEach(t *testing.T) {
	plan, p := makePlan(t, hosts+`
resource "file" "x" {
  for_each = { one = context.ssh.web["a"], two = context.sudo.web["b"] }
  on       = each.value
  path     = "/etc/${each.key}-${on.hostname}"
}
resource "file" "y" {
  on      = context.ssh.web["a"]
  path    = "/etc/y"
  content = file.x["two"].path
}`, &world{})
	noErrors(t, p)
	wantOps(t, plan, `+ file.x["one"]`, `+ file.x["two"]`, "+ file.y")
	if a := plan.Action(`file.x["two"]`); a.Context != `context.sudo.web["b"]` || fmt.Sprint(a.After["path"]) != "/etc/two-h" {
		t.Errorf("file.x[\"two\"] is on %s with %v", a.Context, a.After)
	}
	_, p = makePlan(t, hosts+`
resource "file" "x" {
  for_each = toset(["one"])
  on       = each.value
  path     = "/etc/x"
}`, &world{})
	if d := p.Diagnostics(); len(d) != 1 || d[0].Summary != "Not a context" {
		t.Errorf("want \"Not a context\": %v", d)
	}
}

// sealKey seals every plan file of these tests.
var sealKey = bytes.Repeat([]byte{7}, 32)

func TestSecretsAreNotInThePlan(t *testing.T) {
	o := options()
	o.Vars = map[string]cty.Value{"pw": cty.StringVal("hunter22").Mark(config.Sensitive)}
	cfg := load(t, `
variable "pw" {
  type      = string
  sensitive = true
}
context "ssh" "h" {
  host     = "h"
  password = var.pw
}
resource "file" "x" {
  on      = context.ssh.h
  path    = "/etc/x"
  content = "pw=${var.pw}"
}`)
	p := planner.New(cfg, o)
	plan := drive(t, p, &world{})
	noErrors(t, p)
	a := plan.Action("file.x")
	if a.After["content"] != nil || !slices.Contains(a.Sensitive, "content") {
		t.Errorf("content is %v and sensitive are %v, want the content hidden", a.After["content"], a.Sensitive)
	}
	back := savedPlan(t, plan, p.Answers(true))
	if text := fmt.Sprintf("%v %+v", back, *back.Actions[0]); strings.Contains(text, "hunter22") {
		t.Errorf("the secret is in the plan file: %s", text)
	}
	if got := p.Secrets(); !slices.Contains(got, "pw=hunter22") || !slices.Contains(got, "hunter22") {
		t.Errorf("the secrets to hide are %q", got)
	}
}

// savedPlan is what a plan file says of a plan and of the answers that it was made
// of, after it was written and read.
func savedPlan(t *testing.T, plan *planner.Plan, answers []planner.Answer) *planner.File {
	t.Helper()
	f := &planner.File{}
	if err := f.Seal(sealKey, &planner.Sealed{Answers: answers}); err != nil {
		t.Fatal(err)
	}
	if err := f.SetPlan(plan); err != nil {
		t.Fatal(err)
	}
	return throughBytes(t, f)
}

// throughBytes writes a plan file and reads it again.
func throughBytes(t *testing.T, f *planner.File) *planner.File {
	t.Helper()
	raw, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := planner.ReadFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// The record in a plan file makes the same plan again without a host.
func TestReplay(t *testing.T) {
	src := hosts + `
resource "file" "x" {
  on      = context.sudo.web
  path    = "/etc/x"
  content = on.hostname
}
call "command" "reload" {
  on           = context.sudo.web
  argv         = ["reload"]
  triggered_by = [file.x]
}
output "names" { value = [for c in context.ssh.web : c.hostname] }
`
	want, first := makePlan(t, src, &world{})
	noErrors(t, first)
	back := savedPlan(t, want, first.Answers(false))
	sealed, err := back.Unseal(sealKey)
	if err != nil {
		t.Fatal(err)
	}
	replay := planner.NewReplay(sealed.Answers)
	p := planner.New(load(t, src), options())
	for !p.Finished() {
		for _, s := range p.Next() {
			r, ok := replay.Answer(s)
			if !ok {
				t.Fatalf("the record has no answer to %s %s", s.Type, s.Address)
			}
			p.Done(s, r)
		}
	}
	got := p.Plan()
	for k, a := range want.Actions {
		b := got.Actions[k]
		if a.Address != b.Address || a.Op != b.Op || a.Digest != b.Digest || a.Fingerprint != b.Fingerprint {
			t.Errorf("%s %s became %s %s", a.Op, a.Address, b.Op, b.Address)
		}
	}
	if len(got.Outputs) != 1 || got.Outputs[0].Value.LengthInt() != 2 {
		t.Errorf("the outputs are %+v, want one with two elements", got.Outputs)
	}
}

func TestTargets(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, hosts+`
resource "directory" "d" {
  on   = context.sudo.web
  path  = "/srv"
  owner = on.user
}
resource "file" "x" {
  on         = context.sudo.web
  path       = "/srv/x"
  content    = on.hostname
  owner      = directory.d[on.key].owner
  depends_on = [directory.d]
}
resource "file" "y" {
  on   = context.sudo.web
  path = "/etc/y"
}`, w, func(o *planner.Options) { o.Targets = []string{`file.x["a"]`} })
	noErrors(t, p)
	wantOps(t, plan, `+ directory.d["a"]`, `+ file.x["a"]`)
	for _, a := range w.asked {
		if strings.Contains(a, `["b"]`) {
			t.Errorf("asked %s", a)
		}
	}
}

// A value that only an apply can tell is shown as known after apply. What depends
// on it is evaluated then.
func TestKnownAfterApply(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
resource "user" "app" {
  on   = context.ssh.h
  name = "app"
}
resource "file" "x" {
  on      = context.ssh.h
  path    = "/etc/x"
  content = "uid=${user.app.uid}"
}`, w)
	noErrors(t, p)
	a := plan.Action("file.x")
	if !slices.Equal(a.Unknown, []string{"content"}) || a.Op != planner.Create {
		t.Errorf("got %s with %v unknown, want create with content unknown", a.Op, a.Unknown)
	}
	w.applied = map[string]planner.Result{"user.app": {Change: &resource.Change{Op: resource.Create, Results: map[string]any{"uid": int64(1234)}}}}
	got := applyPlan(t, p, plan, w).steps["file.x"]
	noErrors(t, p)
	if got == nil || wireString(got.Args["content"]) != "uid=1234" {
		t.Errorf("sent %+v, want the content uid=1234", got)
	}
}

// A precondition is compared with the facts of its context, even if no argument
// needs them. A precondition that only an apply can tell is checked before its
// action.
func TestPreconditions(t *testing.T) {
	const src = `
context "ssh" "h" { host = "h" }
resource "file" "x" {
  on   = context.ssh.h
  path = "/etc/x"
  lifecycle {
    precondition {
      condition     = %s
      error_message = "Not here."
    }
  }
}
call "command" "c" {
  on   = context.ssh.h
  argv = ["true"]
}
resource "file" "after" {
  on         = context.ssh.h
  path       = "/etc/after"
  depends_on = [file.x]
}`
	w := &world{}
	plan, p := makePlan(t, fmt.Sprintf(src, `on.os == "windows"`), w)
	if d := p.Diagnostics(); len(d) != 1 || d[0].Summary != "Precondition failed" || d[0].Detail != "Not here." {
		t.Errorf("want \"Precondition failed\" with \"Not here.\": %v", d)
	}
	wantOps(t, plan, "! call.command.c")
	if slices.Contains(w.asked, "check file.x") {
		t.Error("file.x was checked although its precondition failed")
	}

	for stdout, want := range map[string]string{"no": "Precondition failed: Not here.", "ok": ""} {
		w := &world{applied: map[string]planner.Result{"call.command.c": reply(map[string]any{"stdout": kind.Text(stdout)})}}
		plan, p := makePlan(t, fmt.Sprintf(src, `call.command.c.stdout == "ok"`), w)
		noErrors(t, p)
		a := applyPlan(t, p, plan, w)
		if got := problems(p); got != want || (a.steps["file.x"] != nil) != (want == "") {
			t.Errorf("%s: problems %q, want %q; %s", stdout, got, want, a.said())
		}
	}
}

// The answer of a call that only reads is compared with its postcondition while
// planning.
func TestPostconditionOfARead(t *testing.T) {
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
call "command" "c" {
  on        = context.ssh.h
  argv      = ["true"]
  read_only = true
  lifecycle {
    postcondition {
      condition     = self.stdout != ""
      error_message = "It printed nothing."
    }
  }
}
resource "file" "x" {
  on      = context.ssh.h
  path    = "/etc/x"
  content = "a${call.command.c.stdout}"
}`, &world{})
	if d := p.Diagnostics(); len(d) != 1 || d[0].Summary != "Postcondition failed" || d[0].Detail != "It printed nothing." {
		t.Errorf("want \"Postcondition failed\" with \"It printed nothing.\": %v", d)
	}
	wantOps(t, plan)
}

// The keys of for_each decide which instances there are. Its values may become
// known later, while planning or at apply.
func TestValueOfEachIsKnownLate(t *testing.T) {
	plan, p := makePlan(t, oneHost+`
call "command" "reads" {
  on        = context.ssh.h
  argv      = ["x"]
  read_only = true
}
call "command" "runs" {
  on   = context.ssh.h
  argv = ["x"]
}
resource "file" "x" {
  for_each = { reads = call.command.reads.exit_code, fixed = 2, runs = call.command.runs.exit_code }
  on       = context.ssh.h
  path     = "/${each.key}"
  content  = "${each.value}"
}`, &world{})
	noErrors(t, p)
	for key, want := range map[string]string{"reads": "0", "fixed": "2", "runs": ""} {
		a := plan.Action(fmt.Sprintf("file.x[%q]", key))
		if got := a.After["content"]; want != "" && wireString(got) != want || (want == "") != slices.Equal(a.Unknown, []string{"content"}) {
			t.Errorf("%s: content %v, unknown %q", key, got, a.Unknown)
		}
	}
	w := &world{applied: map[string]planner.Result{"call.command.runs": reply(map[string]any{"exit_code": int64(7)})}}
	if got := applyPlan(t, p, plan, w).steps[`file.x["runs"]`]; got == nil || wireString(got.Args["content"]) != "7" {
		t.Errorf("sent %+v, want the content 7; problems %s", got, problems(p))
	}
}

func TestUnknownExpansionIsDeferred(t *testing.T) {
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
call "command" "make" {
  on   = context.ssh.h
  argv = ["make-list"]
}
resource "file" "x" {
  on       = context.ssh.h
  for_each = toset(split(",", call.command.make.stdout))
  path     = "/etc/${each.key}"
}`, &world{})
	noErrors(t, p)
	wantOps(t, plan, "! call.command.make", "? file.x")
}
