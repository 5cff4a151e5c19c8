package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// estate has one of everything that can be targeted.
const estate = `
context "local" "here" {}
context "ssh" "web" {
  for_each = { a = "10.0.0.1", b = "10.0.0.2" }
  host     = each.value
}
context "sudo" "web" {
  for_each = context.ssh.web
  via      = each.value
}
resource "file" "one" {
  on   = context.local.here
  path = "/one"
}
resource "file" "plain" {
  on   = context.ssh.web
  path = "/plain"
}
resource "file" "root" {
  on   = context.sudo.web
  path = "/root-${on.key}"
}
resource "user" "admin" {
  on       = context.sudo.web
  for_each = toset(["alice", "bob"])
  name     = each.key
}
resource "file" "n" {
  on    = context.local.here
  count = 3
  path  = "/n${count.index}"
}
call "command" "reload" {
  on           = context.sudo.web
  argv         = ["reload"]
  triggered_by = [file.root]
}`

// whole is the plan of everything in estate.
var whole = []string{
	"+ file.one", `+ file.plain["a"]`, `+ file.plain["b"]`, `+ file.root["a"]`, `+ file.root["b"]`,
	`+ user.admin["a"]["alice"]`, `+ user.admin["a"]["bob"]`, `+ user.admin["b"]["alice"]`, `+ user.admin["b"]["bob"]`,
	"+ file.n[0]", "+ file.n[1]", "+ file.n[2]", `> call.command.reload["a"]`, `> call.command.reload["b"]`,
}

func without(list []string, words ...string) []string {
	var out []string
	for _, s := range list {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) }) {
			out = append(out, s)
		}
	}
	return out
}

// only returns the lines of whole that contain or begin with a word.
func only(words ...string) []string {
	return slices.DeleteFunc(slices.Clone(whole), func(s string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s+"\n", w) })
	})
}

func TestWhatTargetsAndExcludesMean(t *testing.T) {
	for name, c := range map[string]struct {
		targets, excludes []string
		want              []string
	}{
		"a block":                          {targets: []string{"file.root"}, want: only("file.root")},
		"an instance":                      {targets: []string{`file.root["a"]`}, want: only(`file.root["a"]`)},
		"a shell ate the quotes":           {targets: []string{`file.root[a]`}, want: only(`file.root["a"]`)},
		"a key of on stands for all below": {targets: []string{`user.admin[a]`}, want: only(`user.admin["a"]`)},
		"two keys":                         {targets: []string{`user.admin["a"]["bob"]`}, want: only(`user.admin["a"]["bob"]`)},
		"two keys without quotes":          {targets: []string{`user.admin[a][bob]`}, want: only(`user.admin["a"]["bob"]`)},
		"an index of count":                {targets: []string{`file.n[1]`}, want: only("file.n[1]")},
		"an index in quotes":               {targets: []string{`file.n["1"]`}, want: only("file.n[1]")},
		"several":                          {targets: []string{"file.one", "file.n[2]"}, want: only("file.one", "file.n[2]")},
		"what it depends on comes along":   {targets: []string{`call.command.reload["b"]`}, want: only(`file.root["b"]`, `reload["b"]`)},
		"a context and what is below": {
			targets: []string{`context.ssh.web["a"]`},
			want:    only(`file.plain["a"]`, `file.root["a"]`, `user.admin["a"]`, `reload["a"]`),
		},
		"a context that is below": {
			targets: []string{`context.sudo.web["a"]`}, want: only(`file.root["a"]`, `user.admin["a"]`, `reload["a"]`),
		},
		"a context without quotes": {
			targets: []string{`context.sudo.web[a]`}, want: only(`file.root["a"]`, `user.admin["a"]`, `reload["a"]`),
		},
		"all contexts of a block": {targets: []string{"context.ssh.web"}, want: without(whole, "file.one", "file.n")},
		"a context without keys":  {targets: []string{"context.local.here"}, want: only("file.one", "file.n")},

		"leave out a block":       {excludes: []string{"file.n"}, want: without(whole, "file.n")},
		"leave out an instance":   {excludes: []string{`file.plain[a]`}, want: without(whole, `file.plain["a"]`)},
		"leave out an index":      {excludes: []string{`file.n[0]`}, want: without(whole, "file.n[0]")},
		"leave out two keys":      {excludes: []string{`user.admin[b][bob]`}, want: without(whole, `user.admin["b"]["bob"]`)},
		"what depends on it, too": {excludes: []string{`file.root["a"]`}, want: without(whole, `file.root["a"]`, `reload["a"]`)},
		"leave out a context":     {excludes: []string{`context.ssh.web["a"]`}, want: without(whole, `["a"]`)},
		"leave out one below":     {excludes: []string{`context.sudo.web["a"]`}, want: without(whole, `root["a"]`, `admin["a"]`, `reload["a"]`)},
		"leave out all contexts":  {excludes: []string{"context.ssh.web"}, want: only("file.one", "file.n")},
		"a context but for one thing": {
			targets: []string{`context.ssh.web["a"]`}, excludes: []string{"user.admin"},
			want: only(`file.plain["a"]`, `file.root["a"]`, `reload["a"]`),
		},
		"what is asked for and left out": {targets: []string{"file.n"}, excludes: []string{"file.n[1]"}, want: only("file.n[0]", "file.n[2]")},
		"all of it":                      {targets: []string{"context.ssh.web", "context.local.here"}, want: whole},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{}
			plan, p := makePlan(t, estate, w, func(o *planner.Options) { o.Targets, o.Excludes = c.targets, c.excludes })
			noErrors(t, p)
			wantOps(t, plan, c.want...)
			if got, want := plan.Targeting.LeftOut, len(whole)-len(c.want); got != want || len(plan.Targeting.Names) != want {
				t.Errorf("%d left out (%q), want %d", got, plan.Targeting.Names, want)
			}
			if plan.Complete != (len(c.want) == len(whole)) {
				t.Errorf("complete is %v, want %v", plan.Complete, len(c.want) == len(whole))
			}
			for _, name := range plan.Targeting.Names {
				if plan.Action(name) != nil {
					t.Errorf("%s is planned and left out", name)
				}
			}
			for _, a := range w.asked {
				if !strings.HasPrefix(a, "context ") && !slices.ContainsFunc(c.want, func(op string) bool { return strings.HasSuffix(op, a[strings.Index(a, " "):]) }) {
					t.Errorf("a host was asked about %s, which is left out", a)
				}
			}
		})
	}
}

// A selector that matches nothing is refused before any host is asked.
func TestTargetsThatNameNothing(t *testing.T) {
	for text, want := range map[string]string{
		`file.root["web1"]`:        `file.root has no instance with the key "web1". It has the keys "a" and "b".`,
		`file.root[A]`:             `file.root has no instance with the key "A". Did you mean file.root["a"]? It has the keys "a" and "b".`,
		`file.root["a`:             `not closed: write ["a"]. Shells remove quotes. Put the address in single quotes`,
		`file.root[]`:              "a key is empty",
		`file.root["a"].path`:      `after ] stands ".path"`,
		"":                         "it names no block",
		`file.one["a"]`:            "file.one has a single instance, which has no key. Write file.one.",
		`file.n[3]`:                `file.n has no instance with the key 3. It has the keys 0, 1 and 2.`,
		`file.n[1]["a"]`:           `file.n[1] is a single instance, which has no further key. Write file.n[1].`,
		`user.admin[alice]`:        `user.admin has no instance with the key "alice". It has the keys "a" and "b".`,
		"file.rot":                 "there is no such block. Did you mean file.root?",
		"sudo.web":                 "Did you mean context.sudo.web?",
		"command.reload":           "Did you mean call.command.reload?",
		"context.sudo.db":          "Did you mean context.sudo.web?",
		"output.x":                 "an output cannot be named here. The option takes the address of a context, a resource or a call. There are context.local.here, ",
		"var.x":                    "a variable cannot be named here. The option takes",
		"variable.x":               "a variable cannot be named here. The option takes",
		"local.x":                  "a local value cannot be named here. The option takes",
		`context.sudo.web["c"]`:    `context.sudo.web has no instance with the key "c". It has the keys "a" and "b".`,
		`call.command.reload[c]`:   `call.command.reload has no instance with the key "c". It has the keys "a" and "b".`,
		`file.root['a']`:           `file.root has no instance with the key "'a'". Did you mean file.root["a"]?`,
		"file.root,file.one":       "The option takes one address, and can be given several times.",
		`file.root["a"],file.one`:  `after ] stands ",file.one"`,
		`user.admin["a"]["carol"]`: `user.admin["a"] has no instance with the key "carol". `,
	} {
		for _, flag := range []string{"-target", "-exclude"} {
			w := &world{}
			o := options()
			if flag == "-target" {
				o.Targets = []string{"file.one", text}
			} else {
				o.Excludes = []string{text}
			}
			p := planner.New(load(t, estate), o)
			if steps := p.Next(); len(steps) > 0 || !p.Finished() {
				t.Errorf("%s %s: %d steps are sent, want none", flag, text, len(steps))
			}
			diags := p.Misnamed()
			if len(diags) != 1 || diags[0].Summary != "Unknown address" {
				t.Errorf("%s %s: got %v, want \"Unknown address\"", flag, text, diags)
				continue
			}
			if got := diags[0].Detail; !strings.HasPrefix(got, flag+" "+text+": ") || !strings.Contains(got, want) {
				t.Errorf("%s %s: says %q, want %q", flag, text, got, want)
			}
			if len(w.asked) > 0 {
				t.Errorf("asked %q, want no step", w.asked)
			}
		}
	}
}

// inventory has blocks whose instances only hosts can tell.
const inventory = `
context "local" "here" {}
call "command" "list" {
  on        = context.local.here
  argv      = ["list"]
  read_only = true
}
call "command" "other" {
  on        = context.local.here
  argv      = ["other"]
  read_only = true
}
context "ssh" "web" {
  for_each = jsondecode(call.command.list.stdout)
  host     = each.value
}
resource "file" "x" {
  on   = context.ssh.web
  path = "/x"
}
resource "file" "y" {
  on       = context.ssh.web
  for_each = toset(split(",", trimspace(call.command.other.stdout)))
  path     = "/y${each.key}"
}`

func answers() *world {
	reply := func(s string) planner.Result {
		return planner.Result{Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text(s), "exit_code": int64(0)}}}
	}
	return &world{answers: map[string]planner.Result{
		"call.command.list":  reply(`{"k1":"10.0.0.1","k2":"10.0.0.2"}`),
		"call.command.other": reply("u,v\n"),
	}}
}

// A key that only a host can tell may be named. It is refused once the host has
// said that there is no such key.
func TestTargetsThatOnlyAHostKnows(t *testing.T) {
	for name, c := range map[string]struct {
		targets, excludes []string
		want              []string
		refused           string
	}{
		"an instance":             {targets: []string{`file.x["k1"]`}, want: []string{`+ file.x["k1"]`}},
		"a context":               {targets: []string{`context.ssh.web["k2"]`}, want: []string{`+ file.x["k2"]`, `+ file.y["k2"]["u"]`, `+ file.y["k2"]["v"]`}},
		"two keys":                {targets: []string{`file.y[k1][v]`}, want: []string{`+ file.y["k1"]["v"]`}},
		"no such instance":        {targets: []string{`file.x["k3"]`}, refused: `file.x has no instance with the key "k3". Did you mean file.x["k1"]? It has the keys "k1" and "k2".`},
		"no such context":         {targets: []string{`context.ssh.web["k3"]`}, refused: `It has the keys "k1" and "k2".`},
		"leave out an instance":   {excludes: []string{`file.x["k1"]`}, want: []string{`+ file.x["k2"]`, `+ file.y["k1"]["u"]`, `+ file.y["k1"]["v"]`, `+ file.y["k2"]["u"]`, `+ file.y["k2"]["v"]`}},
		"leave out a context":     {excludes: []string{`context.ssh.web[k1]`}, want: []string{`+ file.x["k2"]`, `+ file.y["k2"]["u"]`, `+ file.y["k2"]["v"]`}},
		"leave out none such":     {excludes: []string{`file.y["k1"]["w"]`}, refused: `file.y["k1"] has no instance with the key "w".`},
		"leave out what it hangs": {excludes: []string{"call.command.other"}, want: []string{`+ file.x["k1"]`, `+ file.x["k2"]`}},
		"leave out the inventory": {excludes: []string{"call.command.list"}, want: nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := answers()
			o := options()
			o.Targets, o.Excludes = c.targets, c.excludes
			p := planner.New(load(t, inventory), o)
			for range 10 {
				for _, s := range p.Next() {
					p.Done(s, w.answer(s))
				}
			}
			if !p.Finished() {
				t.Fatal("not finished")
			}
			diags := p.Misnamed()
			if c.refused != "" {
				if len(diags) != 1 || !strings.Contains(diags[0].Detail, c.refused) {
					t.Errorf("got %v, want %q", diags, c.refused)
				}
				if slices.ContainsFunc(w.asked, func(s string) bool { return strings.HasPrefix(s, "check ") }) {
					t.Errorf("a check was sent although the key does not exist: %q", w.asked)
				}
				return
			}
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			plan := p.Plan()
			noErrors(t, p)
			wantOps(t, plan, c.want...)
			if plan.Complete || plan.Targeting.LeftOut == 0 || plan.Unplanned > 0 || plan.Summary().Deferred > 0 {
				t.Errorf("complete is %v, targeting %+v, unplanned %d; want only what was left out to be missing", plan.Complete, plan.Targeting, plan.Unplanned)
			}
		})
	}
}

// A host that cannot be reached cannot tell its keys. Naming one of them is no
// mistake, and the plan is not complete.
func TestATargetBehindAHostThatIsAway(t *testing.T) {
	w := answers()
	w.answers["context.local.here"] = planner.Result{Failure: &planner.Failure{Summary: "Down", Kind: planner.FailureLost}}
	w.answers["call.command.list"] = planner.Result{Failure: &planner.Failure{Summary: "Unreachable", Kind: planner.FailureBehind}}
	plan, p := makePlan(t, inventory, w, func(o *planner.Options) { o.Targets = []string{`file.x["k1"]`} })
	if d := p.Diagnostics(); len(d) != 1 || d[0].Summary != "Down" || p.Misnamed().HasErrors() {
		t.Errorf("want the problem of the host alone: %v, misnamed %v", d, p.Misnamed())
	}
	if plan.Complete || plan.Unplanned == 0 {
		t.Errorf("complete is %v and unplanned is %d, want something unplanned", plan.Complete, plan.Unplanned)
	}
}

// A mistake in a block that was not asked for does not make the plan fail, even if
// the block cannot be expanded.
func TestAMistakeInWhatIsLeftOut(t *testing.T) {
	src := inventory + `
variable "keys" { type = map(string) }
resource "file" "bad" {
  on       = context.local.here
  for_each = toset([var.keys["missing"]])
  path     = "/bad"
}`
	keys := func(o *planner.Options) { o.Vars = map[string]cty.Value{"keys": cty.MapValEmpty(cty.String)} }
	for name, set := range map[string]func(*planner.Options){
		"targeted around": func(o *planner.Options) { o.Targets = []string{`file.x["k1"]`} },
		"left out":        func(o *planner.Options) { o.Excludes = []string{"file.bad"} },
	} {
		plan, p := makePlan(t, src, answers(), keys, set)
		noErrors(t, p)
		if plan.Action(`file.x["k1"]`) == nil || !slices.Contains(plan.Targeting.Names, "file.bad") {
			t.Errorf("%s: the plan is %q and left out are %q", name, ops(plan), plan.Targeting.Names)
		}
	}
	_, p := makePlan(t, src, answers(), keys, func(o *planner.Options) { o.Targets = []string{"file.bad"} })
	if !p.Diagnostics().HasErrors() {
		t.Error("a mistake in a block that was asked for gives no error")
	}
}

// However much is left out, the number of names is bounded, and the count is right.
func TestManyLeftOut(t *testing.T) {
	plan, _ := makePlan(t, `
context "local" "here" {}
resource "file" "x" {
  on    = context.local.here
  count = 1000
  path  = "/${count.index}"
}`, &world{}, func(o *planner.Options) { o.Targets = []string{"file.x[7]"} })
	if plan.Targeting.LeftOut != 999 || len(plan.Targeting.Names) != 100 {
		t.Errorf("%d are left out and %d are named, want 999 and 100", plan.Targeting.LeftOut, len(plan.Targeting.Names))
	}
}

// A plan file holds what was targeted, and what is left out for that reason.
func TestAPlanFileCarriesTargets(t *testing.T) {
	plan, _ := makePlan(t, estate, &world{}, func(o *planner.Options) {
		o.Targets, o.Excludes = []string{"file.n"}, []string{"file.n[1]"}
	})
	back := savedPlan(t, plan, nil)
	got, err := back.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plan.Targeting, got.Targeting); d != "" || got.Complete {
		t.Errorf("complete %v, %s", got.Complete, d)
	}
}

// A postcondition that refers to one instance of a block is checked in an apply, also
// if -target left out the others.
func TestAPostconditionOfATarget(t *testing.T) {
	for _, targets := range [][]string{nil, {"line.b[0]"}} {
		w := &world{applied: map[string]planner.Result{}}
		for _, address := range []string{"line.a[0]", "line.a[1]"} {
			w.applied[address] = planner.Result{Change: &resource.Change{Op: resource.Create, Results: map[string]any{"content": kind.Text("other")}}}
		}
		plan, p := makePlan(t, `
context "local" "here" {}
resource "line" "a" {
  on    = context.local.here
  count = 2
  path  = "/a${count.index}"
  line  = "x"
}
resource "line" "b" {
  on    = context.local.here
  count = 2
  path  = "/b${count.index}"
  line  = "x"
  lifecycle {
    postcondition {
      condition     = line.a[count.index].content == "wanted"
      error_message = "it is not as wanted"
    }
  }
}`, w, func(o *planner.Options) { o.Targets = targets })
		noErrors(t, p)
		a := applyPlan(t, p, plan, w)
		if end := a.end("line.b[0]"); end.Stage != planner.StageFailed || !strings.Contains(problems(p), "it is not as wanted") {
			t.Errorf("-target %q: line.b[0] is %s, %s", targets, end.Stage, problems(p))
		}
	}
}
