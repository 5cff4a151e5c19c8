package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// sshd is a file with edits of it in two contexts, as people write it.
const sshd = `
context "ssh" "h" { host = "h" }
context "sudo" "root" { via = context.ssh.h }
context "sudo" "other" { via = context.ssh.h }
context "ssh" "elsewhere" { host = "e" }
resource "line" "settings" {
  for_each = { PermitRootLogin = "no", MaxAuthTries = "3" }
  on       = context.sudo.root
  path     = "/etc/./sshd"
  regexp   = "^#?\\s*${each.key}\\s"
  line     = "${each.key} ${each.value}"
}
resource "line" "port" {
  on     = context.sudo.other
  path   = file.sshd.path
  regexp = "^#?Port "
  line   = "Port 2222"
}
resource "file" "sshd" {
  on      = context.sudo.root
  path    = "/etc/sshd"
  content = "Port 22\n"
}
resource "line" "same_path" {
  on   = context.ssh.elsewhere
  path = "/etc/sshd"
  line = "x"
}
`

// edited is a host on which everything was applied. What a check finds depends on
// what it comes after. An edit after the owner of the whole file mends what the
// owner undid. Without the owner there is nothing to do.
type edited struct {
	world
	whole string // the address of the owner of the whole file
	last  string // the last edit, after which the file is as before
	after map[string][]string
}

func (w *edited) answer(s *planner.Step) planner.Result {
	r := w.world.answer(s)
	if _, fixed := w.answers[s.Address]; fixed || s.Type != planner.StepCheck {
		return r
	}
	if w.after == nil {
		w.after = map[string][]string{}
	}
	w.after[s.Address] = s.After
	c := &resource.Change{Op: resource.NoOp, Fingerprint: "f"}
	if s.Address == w.whole || w.comesAfterWhole(s.Address) {
		c.Op, c.Writes = resource.Update, []kind.Thing{"path:/etc/sshd"}
		c.Before, c.After = map[string]any{"content": "as it is"}, map[string]any{"content": s.Address}
		if own := s.Args["content"]; own != nil {
			c.After["content"] = own
		}
		if s.Address == w.last {
			c.Restores = c.Writes
		}
	}
	return planner.Result{Change: c}
}

func (w *edited) comesAfterWhole(address string) bool {
	for _, before := range w.after[address] {
		if before == w.whole || w.comesAfterWhole(before) {
			return true
		}
	}
	return false
}

func warnings(p *planner.Planner) []string {
	var out []string
	for _, d := range p.Diagnostics() {
		if d.Severity == hcl.DiagWarning {
			out = append(out, d.Summary+": "+d.Detail)
		}
	}
	return out
}

func planEdited(t *testing.T, src string, w *edited, opts ...func(*planner.Options)) (*planner.Plan, *planner.Planner) {
	t.Helper()
	o := options()
	for _, f := range opts {
		f(&o)
	}
	p := planner.New(load(t, src), o)
	for !p.Finished() {
		steps := p.Next()
		if len(steps) == 0 {
			break
		}
		for _, s := range steps {
			p.Done(s, w.answer(s))
		}
	}
	if !p.Finished() {
		t.Fatal("the plan is not finished")
	}
	return p.Plan(), p
}

// The owner of a whole file is not written if one of its edits is not looked at,
// whatever the reason: it would undo that edit.
func TestOwnerAndEditsStandTogether(t *testing.T) {
	noPassword := planner.Result{Failure: &planner.Failure{Summary: "No password"}}
	lost := planner.Result{Failure: &planner.Failure{Kind: planner.FailureBehind, Summary: "Unreachable"}}
	wrong := planner.Result{Failure: &planner.Failure{Attr: "path", Summary: "It is a directory"}}
	more := func(s string) string { return sshd + s }
	for name, tt := range map[string]struct {
		src                string
		targets, excludes  []string
		answers            map[string]planner.Result
		last               string
		want               []string // what would change
		warns              string   // a part of the warning, "" for none
		leftOut, unplanned int
		brought            int
	}{
		"all of it":             {last: "line.port"},
		"an edit is left out":   {excludes: []string{`line.settings["MaxAuthTries"]`}, warns: `file.sshd is left out, too: it would undo line.settings["MaxAuthTries"] (it is left out)`, leftOut: 2},
		"a block of edits":      {excludes: []string{"line.settings"}, warns: `line.settings["PermitRootLogin"] (it is left out)`, leftOut: 3},
		"the context of one":    {excludes: []string{"context.sudo.other"}, warns: "file.sshd is left out, too: it would undo line.port (it is left out)", leftOut: 2},
		"the last edit":         {excludes: []string{"line.port"}, warns: "line.port (it is left out)", leftOut: 2},
		"its context is broken": {answers: map[string]planner.Result{"context.sudo.other": noPassword, "line.port": lost}, warns: "file.sshd is skipped: it would undo line.port (context.sudo.other failed)", unplanned: 2},
		"it failed":             {answers: map[string]planner.Result{"line.port": wrong}, warns: "line.port (it failed)", unplanned: 2},
		"the owner is targeted": {targets: []string{"file.sshd"}, last: "line.port", leftOut: 1, brought: 3},
		"targeted without one":  {targets: []string{"file.sshd"}, excludes: []string{"line.port"}, warns: "line.port (it is left out)", leftOut: 3, brought: 2},
		"an edit is targeted":   {targets: []string{`line.settings["MaxAuthTries"]`}, leftOut: 4},
		"another machine's":     {excludes: []string{"line.same_path"}, last: "line.port", leftOut: 1},
		"a disabled edit is none": {
			src: more("resource \"line\" \"off\" {\n  on = context.sudo.other\n  path = \"/etc/sshd\"\n  line = \"off\"\n  enabled = false\n}\n"), excludes: []string{"line.off"}, last: "line.port", leftOut: 1,
		},
		"instances that are not known": {
			src:      more("call \"command\" \"keys\" {\n  on = context.ssh.h\n  argv = [\"keys\"]\n}\nresource \"line\" \"late\" {\n  on = context.sudo.other\n  for_each = toset(split(\",\", call.command.keys.stdout))\n  path = \"/etc/sshd\"\n  line = each.key\n}\n"),
			excludes: []string{"line.late"}, want: []string{"! call.command.keys"}, warns: "line.late (it is left out)", leftOut: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			src := tt.src
			if src == "" {
				src = sshd
			}
			w := &edited{whole: "file.sshd", last: tt.last, world: world{answers: tt.answers}}
			plan, p := planEdited(t, src, w, func(o *planner.Options) { o.Targets, o.Excludes = tt.targets, tt.excludes })
			wantOps(t, plan, tt.want...)
			if got := strings.Join(warnings(p), "\n"); tt.warns == "" && got != "" || !strings.Contains(got, tt.warns) {
				t.Errorf("the warnings are %q, want %q", got, tt.warns)
			}
			if p.Diagnostics().HasErrors() != (tt.answers != nil) {
				t.Errorf("unexpected errors, or none: %v", p.Diagnostics())
			}
			got := []int{plan.Targeting.LeftOut, plan.Unplanned, plan.Targeting.Brought}
			if diff := cmp.Diff([]int{tt.leftOut, tt.unplanned, tt.brought}, got); diff != "" {
				t.Errorf("left out, unplanned, brought (-want +got):\n%s%q", diff, plan.Targeting.Names)
			}
			if plan.Complete != (tt.leftOut+tt.unplanned == 0) {
				t.Errorf("complete is %v, want %v", plan.Complete, tt.leftOut+tt.unplanned == 0)
			}
		})
	}
}

// An owner is written all the same if it undoes nothing: the file does not exist
// yet, or its content stays as it is.
func TestOwnerThatUndoesNothingGoesOn(t *testing.T) {
	same := map[string]any{"content": "Port 22\n", "mode": "0600"}
	for name, c := range map[string]*resource.Change{
		"a new file": {Op: resource.Create, After: map[string]any{"content": "Port 22\n"}, Writes: []kind.Thing{"path:/etc/sshd"}},
		"its mode":   {Op: resource.Update, Before: map[string]any{"content": "Port 22\n", "mode": "0644"}, After: same, Writes: []kind.Thing{"path:/etc/sshd"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &edited{whole: "file.sshd", world: world{answers: map[string]planner.Result{"file.sshd": {Change: c}}}}
			plan, p := planEdited(t, sshd, w, func(o *planner.Options) { o.Excludes = []string{"line.port", "line.settings"} })
			noErrors(t, p)
			if a := plan.Action("file.sshd"); a == nil || !a.Changes() || len(warnings(p)) > 0 {
				t.Errorf("want file.sshd to change without a warning: %+v, warnings %q", a, warnings(p))
			}
		})
	}
}

// If nobody can tell the path of an edit, the warning says so.
func TestEditOfAnUnknownPath(t *testing.T) {
	src := sshd + `
call "command" "where" {
  on   = context.ssh.h
  argv = ["where"]
}
resource "line" "somewhere" {
  on   = context.sudo.root
  path = call.command.where.stdout
  line = "y"
}`
	w := &edited{whole: "file.sshd"}
	_, p := planEdited(t, src, w, func(o *planner.Options) { o.Excludes = []string{"call.command.where"} })
	noErrors(t, p)
	if got := strings.Join(warnings(p), "\n"); !strings.Contains(got, "whose path is not known: line.somewhere (it is left out)") {
		t.Errorf("the warning does not name the edit of an unknown path: %q", got)
	}
}

// The path of an edit may be the path of a resource that is left out. It is known
// all the same. Nothing else that uses the resource holds an owner back.
func TestEditOfAPathThatIsLeftOutIsKnown(t *testing.T) {
	src := sshd + `
resource "file" "other" {
  on      = context.sudo.root
  path    = "/etc/other"
  content = "o"
}
resource "line" "of_other" {
  on   = context.sudo.root
  path = file.other.path
  line = "y"
}
resource "file" "uses" {
  on      = context.sudo.root
  path    = "/uses"
  content = file.other.path
}`
	w := &edited{whole: "file.sshd", last: "line.port"}
	plan, p := planEdited(t, src, w, func(o *planner.Options) { o.Excludes = []string{"file.other"} })
	noErrors(t, p)
	if got := warnings(p); len(got) > 0 || plan.Targeting.LeftOut != 3 {
		t.Errorf("want no warning and 3 left out: warnings %q, left out %q", got, plan.Targeting.Names)
	}
	// The content of the owner has changed, and no edit that is left out is known
	// to be undone by it.
	w = &edited{whole: "file.sshd"}
	plan, p = planEdited(t, src, w, func(o *planner.Options) { o.Excludes = []string{"file.other"} })
	noErrors(t, p)
	if got := warnings(p); len(got) > 0 || plan.Action("file.sshd") == nil {
		t.Errorf("want file.sshd in the plan without a warning: warnings %q", got)
	}
}

// An earlier edit is held back, too, if it would undo a later one that is not
// looked at.
func TestEditThatUndoesAnotherIsHeldBack(t *testing.T) {
	src := oneHost + lineBlock("a", `  regexp = "^x="`) + lineBlock("b", "  regexp = \"^x=\"\n  backrefs = true") + lineBlock("c", "")
	src = strings.NewReplacer(`line = "a"`, `line = "x=1"`, `line = "b"`, `line = "x=2"`).Replace(src)
	update := func(name string) planner.Result {
		return planner.Result{Change: &resource.Change{Op: resource.Update, Before: map[string]any{"content": "x=2"}, After: map[string]any{"content": name}, Writes: []kind.Thing{"path:/etc/x"}}}
	}
	w := &world{answers: map[string]planner.Result{"line.a": update("a"), "line.c": update("c")}}
	plan, p := makePlan(t, src, w, func(o *planner.Options) { o.Excludes = []string{"line.b"} })
	noErrors(t, p)
	wantOps(t, plan, "~ line.c")
	if got := strings.Join(warnings(p), "\n"); !strings.Contains(got, "line.a is left out, too: it would undo line.b") {
		t.Errorf("the warning does not say that line.a would undo line.b: %q", got)
	}
}

// Holding back costs one more check for each edit that goes on, and one more round.
func TestHoldingBackIsLinear(t *testing.T) {
	const n = 100
	src := oneHost + lineBlock("x", fmt.Sprintf("count = %d", n)) + lineBlock("last", "") + "resource \"file\" \"x\" {\n  on = context.sudo.root\n  path = \"/etc/x\"\n  content = \"x\"\n}\n"
	w := &edited{whole: "file.x"}
	plan, p := planEdited(t, src, w, func(o *planner.Options) { o.Excludes = []string{"line.last"} })
	noErrors(t, p)
	wantOps(t, plan)
	if len(w.asked) != 2+1+2*n {
		t.Errorf("%d steps, want %d", len(w.asked), 2+1+2*n)
	}
}

// If an edit is checked again, everything made of its result is made again, too,
// over any number of blocks.
func TestWhatIsMadeOfAnEditIsMadeAgain(t *testing.T) {
	src := sshd + `
resource "file" "copy" {
  on      = context.sudo.root
  path    = "/copy"
  content = line.settings["PermitRootLogin"].content
}
resource "file" "copy_of_that" {
  on      = context.ssh.elsewhere
  path    = "/copy"
  content = "of ${file.copy.content}"
}`
	w := &edited{whole: "file.sshd"}
	p := planner.New(load(t, src), func() planner.Options { o := options(); o.Excludes = []string{"line.port"}; return o }())
	got := map[string]string{}
	for !p.Finished() {
		for _, s := range p.Next() {
			r := w.answer(s)
			if s.Type == planner.StepCheck {
				r.Change.Results = map[string]any{"content": kind.Text(fmt.Sprint(r.Change.Op, " ", s.Address))}
				if s.Kind == "file" {
					got[s.Address] = wireString(s.Args["content"])
				}
			}
			p.Done(s, r)
		}
	}
	noErrors(t, p)
	want := `no-op line.settings["PermitRootLogin"]`
	if got["file.copy"] != want || got["file.copy_of_that"] != "of "+want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Two owners that would each undo an edit that is not looked at are both held back,
// even if one is looked at again because of the other.
func TestHeldBackOneAfterTheOther(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		"file.a": {Change: &resource.Change{Op: resource.Update, Before: map[string]any{"content": "0"}, After: map[string]any{"content": "1"}, Writes: []kind.Thing{"path:/x"}}},
		"line.b": {Change: &resource.Change{Op: resource.Update, Before: map[string]any{"content": "1"}, After: map[string]any{"content": "2"}, Writes: []kind.Thing{"path:/x"}}},
		"line.c": {Failure: &planner.Failure{Summary: "broke"}},
	}}
	_, p := makePlan(t, `
context "ssh" "h" { host = "h" }
resource "file" "a" {
  on      = context.ssh.h
  path    = "/x"
  content = "1"
}
resource "line" "b" {
  on     = context.ssh.h
  path   = "/x"
  line   = "k=${file.a.content}"
  regexp = "^k"
}
resource "line" "c" {
  on   = context.ssh.h
  path = "/x"
  line = "key"
}`, w)
	held := 0
	for _, d := range p.Diagnostics() {
		if d.Summary == "Not changed without the edits that belong to it" {
			held++
		}
	}
	if held != 2 {
		t.Errorf("%d are held back, want 2: %v", held, p.Diagnostics())
	}
}

// A block that was held back, and is planned after all since a call that it refers to
// does not run, is one of those that edits are checked on top of.
func TestWhatIsHeldNoMoreIsSeenByEdits(t *testing.T) {
	w := &compared{&world{}}
	owner := planner.Result{Change: &resource.Change{
		Op: resource.Update, Fingerprint: "f", Writes: []kind.Thing{"path:/etc/sshd"},
		Before: map[string]any{"content": "as it is"}, After: map[string]any{"content": "none"},
	}}
	after := map[string][]string{}
	p := planner.New(load(t, idleGuard+`
resource "file" "sshd" {
  on      = context.local.h
  path    = "/etc/sshd"
  content = coalesce(call.command.tb.stdout, "none")
}
resource "line" "late" {
  on      = context.local.h
  path    = "/etc/sshd"
  line    = "x"
  enabled = call.command.tb.stdout == null
}`), options())
	for !p.Finished() {
		for _, s := range p.Next() {
			after[s.Address] = s.After
			if s.Address == "file.sshd" {
				p.Done(s, owner)
				continue
			}
			p.Done(s, w.answer(s))
		}
	}
	plan := p.Plan()
	noErrors(t, p)
	if got := warnings(p); len(got) > 0 {
		t.Errorf("it warns of %q", got)
	}
	if plan.Action("file.sshd").Op != planner.Update {
		t.Errorf("the owner is planned as %s", plan.Action("file.sshd").Op)
	}
	if got := after["line.late"]; !slices.Contains(got, "file.sshd") {
		t.Errorf("the edit is checked on top of %q", got)
	}
}
