package planner

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// claimant makes an instance of a resource on a machine, with these arguments. Its
// block is declared at that line and has no other instance. The instance is
// claimed, and its host has been asked.
func claimant(m *machine, kindName, name string, line int, wire map[string]any) *instance {
	d, ok := kinds.Lookup(kindName)
	if !ok {
		panic("no kind " + kindName)
	}
	b := &config.Block{Type: config.ResourceBlock, Kind: kindName, Name: name, Def: &d}
	b.Range = hcl.Range{Filename: "main.mito.hcl", Start: hcl.Pos{Line: line, Byte: 100 * line}}
	i := &instance{node: &node{addr: b.Address(), block: b, order: line}, addr: b.Address()}
	i.machine, i.wire = m, wire
	i.phase = sent
	return i
}

// after returns the orders that follow for these instances, as "file.x after
// user.app".
func after(insts []*instance) []string {
	var out []string
	for _, i := range insts {
		for _, q := range i.preds {
			out = append(out, i.addr+" after "+q.addr)
		}
	}
	slices.Sort(out)
	return out
}

// block is a resource of a test: its kind, its name and its arguments.
type block struct {
	kind, name string
	wire       map[string]any
}

func file(name, path string, more ...string) block {
	return block{"file", name, pairs("path", path, more)}
}
func lineOf(name, path string, more ...string) block {
	return block{"line", name, pairs("path", path, more)}
}
func directory(name, path string, more ...string) block {
	return block{"directory", name, pairs("path", path, more)}
}
func group(name string, more ...string) block { return block{"group", name, pairs("name", name, more)} }
func user(name string, more ...string) block  { return block{"user", name, pairs("name", name, more)} }
func linkOf(name, path string, more ...string) block {
	return block{"link", name, pairs("path", path, more)}
}
func mountOf(name, path string, more ...string) block {
	return block{"mount", name, pairs("path", path, more)}
}

func pairs(name, value string, more []string) map[string]any {
	out := map[string]any{name: value}
	for k := 0; k+1 < len(more); k += 2 {
		out[more[k]] = more[k+1]
	}
	return out
}

// claimAll claims the blocks in an order of arrival and orders the edits last, as a
// plan does.
func claimAll(o *ordering, blocks []block, arrival []int) []*instance {
	m := o.machineNamed("m")
	insts := make([]*instance, len(blocks))
	for k, b := range blocks {
		insts[k] = claimant(m, b.kind, b.name, k+1, b.wire)
	}
	for _, k := range arrival {
		o.claim(insts[k])
	}
	o.edits()
	return insts
}

// The order on one machine follows from what blocks claim, edit and need. It is the
// same whichever of them becomes known first.
func TestOrderThatFollowsFromClaims(t *testing.T) {
	for _, c := range []struct {
		promise string
		blocks  []block
		want    []string
	}{
		{"a path comes after the directory that contains it", []block{file("x", "/srv/a/x"), directory("a", "/srv/a")}, []string{"file.x after directory.a"}},
		{"however far above that is", []block{file("x", "/srv/a/b/c/x"), directory("srv", "/srv")}, []string{"file.x after directory.srv"}},
		{"a directory of a like name is not above", []block{file("x", "/srv/ab/x"), directory("a", "/srv/a")}, nil},
		{"a path is compared as it is cleaned", []block{file("x", "/srv//a/../a/x"), directory("a", "/srv/a/")}, []string{"file.x after directory.a"}},
		{"a path comes after its owner", []block{directory("d", "/d", "owner", "app"), user("app")}, []string{"directory.d after user.app"}},
		{"an account comes after the group of its name", []block{user("app"), group("app")}, []string{"user.app after group.app"}},
		{"one that goes does not", []block{user("app", "state", "absent"), group("app", "state", "absent")}, nil},
		{"a path comes after its group", []block{directory("d", "/d", "group", "app"), group("app")}, []string{"directory.d after group.app"}},
		{"what needs nothing that is claimed waits for nobody", []block{directory("d", "/d", "owner", "root"), user("app")}, nil},
		{"an edit needs what is above it, too", []block{lineOf("l", "/srv/x"), directory("srv", "/srv")}, []string{"line.l after directory.srv"}},
		{"the edit comes after the owner of the whole", []block{lineOf("l", "/x"), file("x", "/x")}, []string{"line.l after file.x"}},
		{"edits come in the order of declaration", []block{lineOf("a", "/x"), lineOf("b", "/x"), lineOf("c", "/x")}, []string{"line.b after line.a", "line.c after line.b"}},
		{"the chain begins with the owner", []block{lineOf("a", "/x"), lineOf("b", "/x"), file("x", "/x")}, []string{"line.a after file.x", "line.b after line.a"}},
		{"two owners of one thing are no chain", []block{file("a", "/x"), file("b", "/x")}, nil},
		{"a link comes after what it leads to", []block{linkOf("l", "/l", "target", "/x"), file("x", "/x")}, []string{"link.l after file.x"}},
		{"also if that begins in its directory", []block{linkOf("l", "/srv/a/l", "target", "../b/x"), file("x", "/srv/b/x")}, []string{"link.l after file.x"}},
		{"and after the directories above that", []block{linkOf("l", "/l", "target", "/srv/b/x"), directory("srv", "/srv")}, []string{"link.l after directory.srv"}},
		{"a link that goes waits for nothing it led to", []block{linkOf("l", "/l", "target", "/x", "state", "absent"), file("x", "/x")}, nil},
		{"a copy comes after what it is of", []block{file("c", "/c", "copy_from", "/x"), file("x", "/x")}, []string{"file.c after file.x"}},
		{"and after what edits that", []block{file("c", "/c", "copy_from", "/x"), lineOf("l", "/x")}, []string{"file.c after line.l"}},
		{"whichever is known first", []block{lineOf("l", "/x"), file("c", "/c", "copy_from", "/x")}, []string{"file.c after line.l"}},
		{"and after the directories above that", []block{file("c", "/c", "copy_from", "/srv/x"), directory("srv", "/srv")}, []string{"file.c after directory.srv"}},
		{"a copy that goes waits for nothing", []block{file("c", "/c", "copy_from", "/x", "state", "absent"), file("x", "/x")}, nil},
		{"what is behind a link comes after it", []block{file("x", "/l/x"), linkOf("l", "/l", "target", "/srv"), directory("srv", "/srv")}, []string{"file.x after link.l", "link.l after directory.srv"}},
		{"an edit of a link's path comes after it", []block{lineOf("e", "/l"), linkOf("l", "/l", "target", "/x"), file("x", "/x")}, []string{"line.e after link.l", "link.l after file.x"}},
		{"a link in a directory that it leads to comes after it once", []block{linkOf("l", "/srv/l", "target", "."), directory("srv", "/srv")}, []string{"link.l after directory.srv"}},
		{"what is below a mount comes after it", []block{file("x", "/srv/a/x"), mountOf("srv", "/srv/")}, []string{"file.x after mount.srv"}},
		{"and so does what is at its path", []block{directory("srv", "/srv", "owner", "app"), mountOf("srv", "/srv")}, []string{"directory.srv after mount.srv"}},
		{"a mount comes after the directories above it", []block{mountOf("a", "/srv/a"), directory("srv", "/srv")}, []string{"mount.a after directory.srv"}},
		{"and after what is mounted there", []block{mountOf("a", "/srv/a"), mountOf("srv", "/srv")}, []string{"mount.a after mount.srv"}},
		{"and after what it is made of", []block{mountOf("a", "/a", "src", "/img", "opts", "loop"), file("img", "/img")}, []string{"mount.a after file.img"}},
		{"a copy of what is mounted comes after it", []block{file("c", "/c", "copy_from", "/x"), mountOf("x", "/x")}, []string{"file.c after mount.x"}},
		{"what is below a mount that goes comes after that", []block{file("x", "/srv/x"), mountOf("srv", "/srv", "state", "absent")}, []string{"file.x after mount.srv"}},
		{"but what goes there does so before", []block{file("x", "/srv/x", "state", "absent"), mountOf("srv", "/srv", "state", "absent")}, []string{"mount.srv after file.x"}},
		{"an account comes after what new ones get", []block{user("app"), lineOf("l", "/etc/login.defs"), file("x", "/etc/default/useradd")}, []string{"user.app after file.x", "user.app after line.l"}},
		{"but before a file of settings that it owns", []block{file("x", "/etc/login.defs", "owner", "app"), user("app")}, []string{"file.x after user.app"}},
		{"a key comes after what says where keys are", []block{{"authorized_key", "k", map[string]any{"user": "root", "key": "k"}}, lineOf("l", "/etc/ssh/sshd_config")}, []string{"authorized_key.k after line.l"}},
		{"the directory of a mount that goes comes after it", []block{directory("srv", "/srv", "state", "absent"), mountOf("srv", "/srv", "state", "absent")}, []string{"directory.srv after mount.srv"}},
		{"also if it is declared after it", []block{mountOf("srv", "/srv", "state", "absent"), directory("srv", "/srv", "state", "absent")}, []string{"directory.srv after mount.srv"}},
		{"edits of different files are free", []block{lineOf("a", "/x"), lineOf("b", "/y")}, nil},
	} {
		t.Run(c.promise, func(t *testing.T) {
			for _, arrival := range permutations(len(c.blocks)) {
				insts := claimAll(newOrdering(func(_, _ *instance) {}), c.blocks, arrival)
				if diff := cmp.Diff(c.want, after(insts)); diff != "" {
					t.Errorf("arriving %v (-want +got):\n%s", arrival, diff)
				}
			}
		})
	}
}

// permutations returns all orders of 0 to n-1.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return out
}

// The order that the configuration gives is kept, whatever would follow from
// claims.
func TestConfiguredOrderWins(t *testing.T) {
	o := newOrdering(func(_, _ *instance) {})
	m := o.machineNamed("m")
	dir := claimant(m, "directory", "srv", 1, map[string]any{"path": "/srv"})
	in := claimant(m, "file", "x", 2, map[string]any{"path": "/srv/x"})
	between := claimant(m, "file", "y", 3, map[string]any{"path": "/y"})
	between.follow(in)
	dir.follow(between)
	for _, i := range []*instance{dir, in, between} {
		o.claim(i)
	}
	want := []string{"directory.srv after file.y", "file.y after file.x"}
	if diff := cmp.Diff(want, after([]*instance{dir, in, between})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The user of an ordering is told of each order once, when it is made. What was
// checked before has to be checked again then.
func TestWhoeverUsesAnOrderingIsTold(t *testing.T) {
	var told []string
	o := newOrdering(func(i, q *instance) { told = append(told, i.addr+" after "+q.addr) })
	insts := claimAll(o, []block{file("x", "/srv/x"), directory("srv", "/srv")}, []int{0, 1})
	o.impliedOrder(insts[0], insts[1])
	if want := []string{"file.x after directory.srv"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// Things on different machines have nothing to do with each other. A context that
// does not leave the machine of its via is on the same machine.
func TestMachines(t *testing.T) {
	o := newOrdering(func(_, _ *instance) {})
	context := func(kindName, name string, via *instance) *instance {
		b := &config.Block{Type: config.ContextBlock, Kind: kindName, Name: name, Def: &kind.Kind{SameMachine: kindName == "local" || kindName == "sudo"}}
		i := &instance{node: &node{addr: b.Address(), block: b}, addr: b.Address()}
		i.via = via
		i.machine = o.machineOf(i)
		return i
	}
	asked := func(name string, decides kind.Attr, value any, via *instance) *instance {
		i := context("ssh", name, via)
		i.block().Def.Args.Attrs = append(i.block().Def.Args.Attrs, decides)
		i.wire = map[string]any{decides.Name: value}
		i.machine = o.machineOf(i)
		return i
	}
	here := context("local", "here", nil)
	web := context("ssh", "web", nil)
	root := context("sudo", "root", web)
	app := context("sudo", "app", root)
	db := context("ssh", "db", web)
	me := context("sudo", "me", nil)
	same, leaves := kind.Attr{Name: "same", SameMachine: true}, kind.Attr{Name: "spaces", Leaves: "mount"}
	there := func(name string, a kind.Attr, value any) *instance { return asked(name, a, value, web) }
	for _, c := range []struct {
		ctx  *instance
		want string
	}{{here, "local"}, {web, "context.ssh.web"}, {root, "context.ssh.web"}, {app, "context.ssh.web"}, {db, "context.ssh.db"}, {me, "local"},
		{there("yes", same, true), "context.ssh.web"}, {there("no", same, false), "context.ssh.no"}, {there("unset", same, nil), "context.ssh.unset"},
		{there("net", leaves, []any{"net"}), "context.ssh.web"}, {there("mount", leaves, []any{"net", "mount"}), "context.ssh.mount"},
		{there("all", leaves, nil), "context.ssh.all"}, {asked("here", same, true, nil), "local"},
	} {
		if c.ctx.machine.name != c.want {
			t.Errorf("%s is on %q, want %q", c.ctx.addr, c.ctx.machine.name, c.want)
		}
	}
	if got := hostMachine(root); got != web.machine {
		t.Errorf("the account of %s belongs to machine %s, want that of its via", root.addr, got.name)
	}
}

// If a check no longer counts, the names that its host gave to things no longer
// count either. The names from the configuration still do.
func TestNamesOfHostsAreTakenBack(t *testing.T) {
	o := newOrdering(func(_, _ *instance) {})
	m := o.machineNamed("m")
	x := claimant(m, "file", "x", 1, map[string]any{"path": "/link/x"})
	o.claim(x)
	x.change = &resource.Change{Writes: []kind.Thing{"path:/real/x", "path:/link/x"}}
	for _, w := range x.change.Writes {
		o.wrote(x, w)
	}
	y := claimant(m, "line", "y", 2, map[string]any{"path": "/real/x"})
	o.claim(y)
	o.edits()
	if want := []string{"line.y after file.x"}; !slices.Equal(after([]*instance{y}), want) {
		t.Errorf("ordered by the name that the host gave: %q, want %q", after([]*instance{y}), want)
	}
	o.forgetWrites(x)
	if len(m.things["path:/real/x"]) != 1 || len(m.things["path:/link/x"]) != 1 || m.writers["path:/real/x"].len() != 0 {
		t.Errorf("after forgetWrites the names are %v, want only those of the configuration", m.things)
	}
}

// What an account makes besides itself comes first. A directory that several
// contexts need is made by the first of them.
func TestOrderOfWhatIsMadeBeside(t *testing.T) {
	directory := func(path string) resource.Effect {
		return resource.Effect{Thing: kind.PathThing(path), Entry: &resource.Entry{Type: resource.TypeDirectory}}
	}
	o := newOrdering(func(_, _ *instance) {})
	m := o.machineNamed("m")
	app := claimant(m, "user", "app", 1, map[string]any{"name": "app"})
	in := claimant(m, "file", "in", 2, map[string]any{"path": "/home/app/in"})
	home := claimant(m, "directory", "home", 3, map[string]any{"path": "/home"})
	for _, i := range []*instance{in, app, home} {
		o.claim(i)
	}
	app.change = &resource.Change{Writes: []kind.Thing{"user:app"}, Effects: []resource.Effect{directory("/home/app"), directory("/home/app/sub")}}
	o.made(app)
	want := []string{"file.in after directory.home", "file.in after user.app", "user.app after directory.home"}
	if diff := cmp.Diff(want, after([]*instance{app, in, home})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	one, two := &instance{addr: "one"}, &instance{addr: "two"}
	a := claimant(m, "file", "a", 4, map[string]any{"path": "/new/a"})
	b := claimant(m, "file", "b", 5, map[string]any{"path": "/new/b"})
	a.on, b.on = one, two
	for _, i := range []*instance{b, a} {
		o.claim(i)
		i.change = &resource.Change{Writes: []kind.Thing{kind.PathThing(fmt.Sprint(i.wire["path"]))}, Effects: []resource.Effect{directory("/new")}}
		o.made(i)
	}
	if want := []string{"file.b after file.a"}; !slices.Equal(after([]*instance{a, b}), want) {
		t.Errorf("the order by who makes /new is %q, want %q", after([]*instance{a, b}), want)
	}
}

// Claims that contradict each other are reported. Claims that agree are not.
func TestConflictsOfClaims(t *testing.T) {
	owned := func(b block, name string, value any) block { b.wire[name] = value; return b }
	for _, c := range []struct {
		promise string
		blocks  []block
		want    string // a part of the summary and detail, "" if there is no conflict
	}{
		{"two owners of one file", []block{file("a", "/x"), file("b", "/x")}, "Two claims on one thing: file.a (main.mito.hcl:1) and file.b (main.mito.hcl:2) both manage path /x on m. Each would undo"},
		{"a file and a directory of one path", []block{file("a", "/x"), directory("b", "/x/")}, "both manage path /x on m"},
		{"an account and its name in another kind of thing", []block{user("x"), file("x", "/x")}, ""},
		{"an owner and an edit", []block{file("a", "/x", "content", "a"), lineOf("b", "/x", "line", "b")}, ""},
		{"an edit of what the owner removes", []block{file("a", "/x", "state", "absent"), lineOf("b", "/x", "line", "b")}, "One removes it and the other adds to it"},
		{"two edits that add different lines", []block{lineOf("a", "/x", "line", "a"), lineOf("b", "/x", "line", "b")}, ""},
		{"two edits that look for the same line", []block{lineOf("a", "/x", "line", "a", "regexp", "^k"), lineOf("b", "/x", "line", "b", "regexp", "^k")}, "Two edits undo each other: line.a (main.mito.hcl:1) and line.b (main.mito.hcl:2) look for the same line"},
		{"an edit that takes the line of another", []block{lineOf("a", "/x", "line", "k=1", "regexp", "^k"), lineOf("b", "/x", "line", "key=2")}, "The regexp of line.a (main.mito.hcl:1) matches the line of line.b"},
		{"an edit that removes the line of another", []block{lineOf("a", "/x", "regexp", "^k", "state", "absent"), lineOf("b", "/x", "line", "key=2")}, "removes the line that line.b (main.mito.hcl:2) adds"},
		{"blocks that disagree on the mode", []block{owned(file("a", "/x", "content", "a"), "mode", "0600"), owned(lineOf("b", "/x", "line", "b"), "mode", "0644")}, `both say the mode of path /x on m: "0600" and "0644"`},
		{"blocks that agree on the mode", []block{owned(file("a", "/x", "content", "a"), "mode", "0644"), owned(lineOf("b", "/x", "line", "b"), "mode", "644")}, ""},
	} {
		t.Run(c.promise, func(t *testing.T) {
			for _, arrival := range [][]int{{0, 1}, {1, 0}} {
				got := conflictsOf(c.blocks, arrival)
				switch {
				case c.want == "" && len(got) > 0:
					t.Errorf("arriving %v: reported %q, want nothing", arrival, got)
				case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
					t.Errorf("arriving %v: reported %q, want one with %q", arrival, got, c.want)
				}
			}
		})
	}
}

// conflictsOf returns the summaries and details of the conflicts between blocks, if
// they are claimed in an order of arrival.
func conflictsOf(blocks []block, arrival []int) (got []string) {
	o := newOrdering(func(_, _ *instance) {})
	claimAll(o, blocks, arrival)
	found := conflicts{report: func(_ *instance, d *hcl.Diagnostic) { got = append(got, d.Summary+": "+d.Detail) }}
	found.check(o.machines)
	return got
}

// Conflicts are reported in the order of declaration, and name the blocks in that
// order, in whatever order hosts answer.
func TestConflictsAreNamedAsDeclared(t *testing.T) {
	blocks := []block{
		file("a", "/x"), file("b", "/x"), directory("c", "/x"), file("d", "/y", "state", "absent"), lineOf("e", "/y", "line", "k=1"),
		lineOf("f", "/z", "line", "k=1", "regexp", "^k"), lineOf("g", "/z", "line", "k=2", "regexp", "^k"), lineOf("h", "/z", "line", "k=3", "regexp", "^k"),
	}
	declared := []int{0, 1, 2, 3, 4, 5, 6, 7}
	want := conflictsOf(blocks, declared)
	if len(want) != 5 {
		t.Fatalf("reported %q, want 5 conflicts", want)
	}
	for range 200 {
		arrival := rand.Perm(len(blocks))
		if diff := cmp.Diff(want, conflictsOf(blocks, arrival)); diff != "" {
			t.Fatalf("arriving %v (-want +got):\n%s", arrival, diff)
		}
	}
}

// If two blocks conflict only by what a host says, only that machine is refused.
func TestConflictByTheWordOfAHost(t *testing.T) {
	o := newOrdering(func(_, _ *instance) {})
	insts := claimAll(o, []block{file("a", "/a"), file("b", "/b")}, []int{0, 1})
	o.wrote(insts[0], "path:/real")
	o.wrote(insts[1], "path:/real")
	var got []*hcl.Diagnostic
	found := conflicts{report: func(_ *instance, d *hcl.Diagnostic) { got = append(got, d) }}
	found.check(o.machines)
	if len(got) != 1 || !got[0].Extra.(Location).Host || !insts[1].refused || insts[0].refused {
		t.Errorf("reported %v, refused %v and %v; want a conflict by the host, and only the other instance refused", got, insts[0].refused, insts[1].refused)
	}
}
