package planner

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// rewinderOfTest is over the configuration of an agenda, on whose machine everything
// was checked and is done.
func rewinderOfTest(t *testing.T, src string) *rewinder {
	t.Helper()
	ag := agendaOf(t, src)
	o := newOrdering(nil)
	for _, i := range ag.values.instances {
		i.wire, i.unknown, _, _ = i.args.ToWire()
		i.machine, i.phase = o.machineNamed("m"), sent
		if !i.isContext() {
			i.change = &resource.Change{Op: resource.Update}
		}
		i.finish(done, "")
	}
	return &rewinder{ag, o, newProblems(secretsOfTest())}
}

const chain = twoHosts + `
resource "file" "first" {
  on   = context.ssh.one
  path = "/first"
}
resource "file" "second" {
  on         = context.ssh.one
  path       = "/second"
  content    = file.first.path
}
resource "file" "third" {
  on         = context.ssh.one
  path       = "/third"
  depends_on = [file.second]
}
`

// What is looked at again when the order of an instance changes or its arguments
// become better known: what was checked on top of it, and what was skipped because
// of it.
func TestWhatIsTakenBack(t *testing.T) {
	for _, c := range []struct {
		promise string
		event   func(rw *rewinder, at func(string) *instance)
		want    string             // to be looked at
		phases  map[string]phase   // of those that were taken back
		ends    map[string]verdict // of the others
	}{
		{"what was checked on top of it", func(rw *rewinder, at func(string) *instance) { rw.askAgain(at("file.second")) },
			"file.second file.third", map[string]phase{"file.second": claimed, "file.third": claimed}, map[string]verdict{"file.first": done}},
		{"but not on another machine", func(rw *rewinder, at func(string) *instance) {
			at("file.third").machine = rw.order.machineNamed("other")
			rw.askAgain(at("file.second"))
		}, "file.second", map[string]phase{"file.second": claimed}, map[string]verdict{"file.third": done}},
		{"what was skipped since it failed", func(rw *rewinder, at func(string) *instance) {
			at("file.first").finish(failed, "refused")
			at("file.second").finish(skipped, "file.first failed")
			rw.askAgain(at("file.first"))
		}, "file.first file.second", map[string]phase{"file.first": claimed, "file.second": claimed}, map[string]verdict{"file.third": done}},
		{"what is deferred stays so", func(rw *rewinder, at func(string) *instance) {
			at("file.third").finish(deferred, "waits")
			rw.askAgain(at("file.third"))
		}, "file.third", nil, map[string]verdict{"file.third": deferred}},
		{"it is evaluated anew", func(rw *rewinder, at func(string) *instance) { rw.evaluateAnew(at("file.third")) },
			"file.third", map[string]phase{"file.third": linked}, map[string]verdict{"file.second": done}},
		{"what is made of its values, and what comes after that", func(rw *rewinder, at func(string) *instance) {
			rw.askAgain(at("file.first"))
			rw.evaluateUsers([]*instance{at("file.first")})
		}, "file.first file.second file.third", map[string]phase{"file.first": claimed, "file.second": linked, "file.third": claimed}, nil},
	} {
		t.Run(c.promise, func(t *testing.T) {
			rw := rewinderOfTest(t, chain)
			at := func(address string) *instance { return rw.values.instances[address] }
			c.event(rw, at)
			if got := rw.take(); got != c.want {
				t.Errorf("to be looked at are %q, want %q", got, c.want)
			}
			for address, want := range c.phases {
				if i := at(address); i.phase != want || i.verdict != pending || i.change != nil {
					t.Errorf("%s is %s, verdict %d, change %v", address, i.phase, i.verdict, i.change)
				}
			}
			for address, want := range c.ends {
				if i := at(address); i.verdict != want {
					t.Errorf("%s has the verdict %d, want %d", address, i.verdict, want)
				}
			}
		})
	}
}

// What refers to a call that does not run is looked at once more, and once more if
// the call runs after all; then it is not said to be null again.
func TestNullResultsAreSpread(t *testing.T) {
	rw := rewinderOfTest(t, reload(`creates = "/made"`)+`
resource "file" "user" {
  on      = context.ssh.one
  path    = "/user"
  content = call.command.reload["a"].stdout
}
`)
	rn := &renewer{rw.values, rw}
	at := func(address string) *instance { return rw.values.instances[address] }
	call, user := at(`call.command.reload["a"]`), at("file.user")
	call.change, call.reply, call.decided = nil, &function.CallReply{}, &decision{op: NoOp}
	user.unknown = []string{"content"}
	rw.take()
	if !rn.renew() || rw.take() != "file.user" || user.phase != linked {
		t.Fatalf("the user of null results is %s", user.phase)
	}
	user.unknown = nil
	user.phase = sent
	user.finish(done, "")
	if rn.renew() {
		t.Error("it is looked at again without news")
	}
	call.decided = &decision{op: Run}
	if !rn.renew() || rw.take() != "file.user" || call.said != retracted {
		t.Errorf("the call runs after all: said %d, the user is %s", call.said, user.phase)
	}
	call.decided = &decision{op: NoOp}
	user.phase, user.unknown = sent, []string{"content"}
	user.finish(done, "")
	if rn.renew() || call.said != retracted {
		t.Error("the results are said to be null a second time")
	}
}

// The edits that a plan does not look at, what they edit and why they are missing.
// What is evaluated for that is taken back.
func TestEditsThatAPlanLacks(t *testing.T) {
	vs, _ := valuesOf(t, twoHosts+`
resource "file" "whole" {
  on   = context.ssh.one
  path = "/etc/x"
}
resource "line" "edit" {
  on   = context.ssh.one
  path = file.whole.path
  line = "a"
}
resource "line" "elsewhere" {
  on       = context.ssh.web
  for_each = toset(split(",", call.command.list.stdout))
  path     = "/etc/y"
  line     = each.key
}
`)
	as := &absentees{vs, newOrdering(nil), &resource.Parts{}}
	edit, late := vs.instances["line.edit"], vs.byAddress["line.elsewhere"]
	said := func() (out []string) {
		for _, e := range as.edits() {
			text := e.said()
			for _, thing := range e.things {
				text += " " + string(thing)
			}
			out = append(out, text)
		}
		slices.Sort(out)
		return out
	}
	whole := vs.instances["file.whole"]
	args := whole.args.Get("path")
	for _, step := range []struct {
		promise string
		event   func()
		want    []string
	}{
		{"none of them was asked for", func() {}, []string{"line.edit (it is left out) path:/etc/x", "line.elsewhere (it is left out) path:/etc/y"}},
		{"what was looked at is not missing", func() { edit.finish(done, "") }, []string{"line.elsewhere (it is left out) path:/etc/y"}},
		{"what failed is", func() { edit.finish(failed, "x") }, []string{"line.edit (it failed) path:/etc/x", "line.elsewhere (it is left out) path:/etc/y"}},
		{"a block that waits says for what", func() {
			edit.finish(done, "")
			late.phase, late.deferred = nodeDeferred, "for_each waits"
		}, []string{"line.elsewhere (for_each waits) path:/etc/y"}},
	} {
		step.event()
		if got := said(); !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, want %q", step.promise, got, step.want)
		}
		if !whole.args.Get("path").RawEquals(args) {
			t.Errorf("%s: the arguments that were lent are still there", step.promise)
		}
	}
}

// The edits of a thing come along with its owner if -target names the owner, and only
// if they are on its machine.
func TestEditsComeAlong(t *testing.T) {
	rw := rewinderOfTest(t, twoHosts+`
resource "file" "whole" {
  on      = context.ssh.one
  path    = "/etc/x"
  content = "a"
}
resource "line" "edit" {
  on   = context.ssh.one
  path = "/etc/x"
  line = "a"
}
resource "line" "elsewhere" {
  on   = context.ssh.web["a"]
  path = "/etc/x"
  line = "a"
}
`)
	at := func(address string) *instance { return rw.values.instances[address] }
	as := &absentees{rw.values, rw.order, &resource.Parts{}}
	cs := &companions{agenda: rw.agenda, absent: as}
	for _, address := range []string{"line.edit", "line.elsewhere"} {
		at(address).progress, at(address).findings = progress{phase: claimed}, findings{}
	}
	for _, address := range []string{"line.edit", "file.whole"} {
		at(address).things = at(address).touches()
	}
	at("line.elsewhere").machine = rw.order.machineNamed("other")
	rw.take()
	if cs.bringEdits() {
		t.Errorf("nobody asked for the owner, and %q come along", cs.brought)
	}
	at("file.whole").wanted = true
	if !cs.bringEdits() || !slices.Equal(cs.brought, []string{"line.edit"}) || !at("line.edit").wanted || at("line.elsewhere").wanted {
		t.Errorf("%q come along", cs.brought)
	}
}

// Actions of one thing that together leave it as it is do nothing, if the last of them
// says so and each of their things ends as it is now.
func TestActionsThatCancelOut(t *testing.T) {
	restoring := func(i *instance) { i.change.Restores = i.change.Writes }
	for _, c := range []struct {
		promise string
		event   func(first, last *instance)
		want    bool
	}{
		{"the last restores it", func(_, last *instance) { restoring(last) }, true},
		{"only the first does", func(first, _ *instance) { restoring(first) }, false},
		{"nobody does", func(_, _ *instance) {}, false},
		{"what is unknown may end otherwise", func(_, last *instance) {
			restoring(last)
			last.unknown = []string{"content"}
		}, false},
		{"another thing does not end as it was", func(_, last *instance) {
			restoring(last)
			last.change.Writes = append(last.change.Writes, "path:/y")
		}, false},
	} {
		o := newOrdering(func(_, _ *instance) {})
		insts := claimAll(o, []block{file("x", "/x"), lineOf("l", "/x")}, []int{0, 1})
		first, last := insts[0], insts[1]
		for _, i := range insts {
			i.change = &resource.Change{Op: resource.Update, Writes: i.touches()}
		}
		c.event(first, last)
		for _, i := range insts {
			for _, w := range i.change.Writes {
				o.wrote(i, w)
			}
		}
		o.cancelOut()
		if last.cancelsOut() != c.want {
			t.Errorf("%s: the last cancels out: %v", c.promise, last.cancelsOut())
		}
	}
}
