package system_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Short names of what the tests of all families have in common.
type (
	args    = resourcetest.Args
	testDir = resourcetest.Dir
	step    = resourcetest.Step
	ending  = resourcetest.Ending
)

var (
	text        = resourcetest.Text
	must        = resourcetest.Must
	mustCheck   = resourcetest.MustCheck
	apply       = resourcetest.Apply
	newService  = resourcetest.NewService
	newTestDir  = resourcetest.NewDir
	wantProblem = resourcetest.WantProblem
	wantMoved   = resourcetest.WantMoved
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// tableCase is a case of a kind whose items are in the file x of its directory.
type tableCase struct {
	name string
	args args
	// holds is what the file has before, none if it is nil, and after what it has then.
	holds *string
	want  resource.Op
	made  bool
	after string
	// whole has the case held against the whole contract, and not only by a check, an apply and
	// a check after that.
	whole bool
}

func holds(s string) *string { return &s }

// runTable holds cases of a kind against the contract of every kind. Another block of it, with
// the arguments of neighbour, works on the same file meanwhile.
func runTable(t *testing.T, kindName string, neighbour args, cases []tableCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			at := func(a args, more args) args {
				out := args{"path": f.Arg("x")}
				for _, m := range []args{a, more} {
					for name, v := range m {
						out[name] = v
					}
				}
				return out
			}
			run := resourcetest.Run
			if !c.whole {
				run = briefly
			}
			run(t, resourcetest.Case{
				Kind: kindName, Args: at(c.args, nil), Want: c.want, Made: c.made, Snapshot: f.Snapshot,
				Setup: func(t *testing.T) {
					f.Empty(t)
					if c.holds != nil {
						f.Write(t, "x", *c.holds, 0o644)
					}
				},
				Neighbours: func() []resourcetest.Neighbour {
					file := func(name, state string) args { return args{"path": f.Arg(name), "state": state} }
					out := []resourcetest.Neighbour{{Kind: "file", Make: file("neighbour", "present"), Undo: file("neighbour", "absent"), Elsewhere: true}}
					return out
				},
				Verify: func(t *testing.T) { f.Holds(t, "x", c.after, 0o644) },
			})
		})
	}
	if neighbour == nil {
		return
	}
	t.Run("two of one file", func(t *testing.T) { twoOfOneFile(t, kindName, cases[0].args, neighbour) })
}

// briefly holds that a check of a case writes nothing and says what the apply does, and that
// nothing is left to do then.
func briefly(t *testing.T, c resourcetest.Case) {
	c.Setup(t)
	before := c.Snapshot(t, true)
	st := step{Address: "a", Kind: c.Kind, Args: c.Args}
	said := mustCheck(t, newService(), "p", st)
	if !maps.Equal(before, c.Snapshot(t, true)) || said.Op != c.Want || said.Made != c.Made {
		t.Errorf("the check says %s, made: %v", said.Op, said.Made)
	}
	must(t, apply(t, newService(), c.Kind, c.Args))
	c.Verify(t)
	if again := mustCheck(t, newService(), "p", st); again.Op != resource.NoOp {
		t.Errorf("after the apply a check says %s\nbefore %v\nafter  %v", again.Op, again.Before, again.After)
	}
}

// twoOfOneFile: of two items that a plan adds to one file, the second is planned upon the
// first. Both are there then, and each goes alone.
func twoOfOneFile(t *testing.T, kindName string, a, b args) {
	f := newTestDir(t)
	f.Empty(t)
	const line = "# somebody's own\n"
	f.Write(t, "x", line, 0o644)
	s := newService()
	one, two := args{"path": f.Arg("x")}, args{"path": f.Arg("x")}
	for name, v := range a {
		one[name] = v
	}
	for name, v := range b {
		two[name] = v
	}
	first := mustCheck(t, s, "p", step{Address: "a", Kind: kindName, Args: one})
	second := mustCheck(t, s, "p", step{Address: "b", Kind: kindName, Args: two, After: []string{"a"}})
	must(t, apply(t, s, kindName, one))
	must(t, apply(t, s, kindName, two))
	b2, err := os.ReadFile(f.At("x"))
	must(t, err)
	if got := resourceText(second.After["content"]); got != string(b2) {
		t.Errorf("planned after %v was %q, and there is %q", first.After, got, b2)
	}
	def := ending{Kind: kindName, Args: one}
	must(t, def.Apply(t, newService(), ""))
	if again := mustCheck(t, newService(), "q", step{Address: "b", Kind: kindName, Args: two}); again.Op != resource.NoOp {
		t.Errorf("with the first its neighbour went, too: %s", again.Op)
	}
	def.Args = two
	must(t, def.Apply(t, newService(), ""))
	f.Holds(t, "x", line, 0o644)
}

// resourceText is a text that a change has.
func resourceText(v any) string {
	s, _ := resource.WireText(v)
	return s
}

// backupsOf are the paths of the backups of a file.
func backupsOf(t *testing.T, f testDir, name string) []string {
	t.Helper()
	paths, err := filepath.Glob(f.At(name) + ".*.bak")
	must(t, err)
	return paths
}

// problems holds that arguments are refused on one of them.
func problems(t *testing.T, kindName string, list []badArgs) {
	t.Helper()
	for _, c := range list {
		resourcetest.Problem(t, kindName, c.args, c.attr, c.code)
		if t.Failed() {
			t.Fatalf("with %v", c.args)
		}
	}
}

type badArgs struct {
	args args
	attr string
	code kind.Code
}

// inOwn runs a test again in a process of its own, in namespaces of its own.
func inOwn(t *testing.T, attr *syscall.SysProcAttr, test func(t *testing.T)) {
	t.Helper()
	const inside = "MITOPLAN_TEST_OWN"
	if os.Getenv(inside) == t.Name() {
		test(t)
		return
	}
	if os.Geteuid() != 0 || attr == nil {
		t.Skip("only root can have namespaces, and only on Linux")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"="+t.Name())
	cmd.SysProcAttr = attr
	err := childtest.Run(t, cmd)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no namespaces here")
	}
	must(t, err)
}

// Two blocks that are about one item of a file undo each other, however they write its name.
// Blocks of different items, of which one is not known yet, and of items that go, do not.
func TestBlocksOfOneItem(t *testing.T) {
	for _, c := range []struct {
		kind    string
		a, b    args
		unknown []string
		want    resource.Clash
	}{
		{"hosts_entry", args{"address": "fe80::1"}, args{"address": "FE80:0::1"}, nil, resource.SameItem},
		{"hosts_entry", args{"address": "10.0.0.1"}, args{"address": "10.0.0.1", "state": "absent"}, nil, resource.SameItem},
		{"hosts_entry", args{"address": "10.0.0.1", "state": "absent"}, args{"address": "10.0.0.1", "state": "absent"}, nil, resource.Agree},
		{"hosts_entry", args{"address": "10.0.0.1"}, args{"address": "10.0.0.2"}, nil, resource.Agree},
		{"hosts_entry", args{"address": "10.0.0.1"}, args{"address": "10.0.0.1"}, []string{"state"}, resource.Agree},
		{"sysctl", args{"name": "net/a"}, args{"name": "net.a"}, nil, resource.SameItem},
		{"sysctl", args{"name": "net.a", "persist": false}, args{"name": "net.a"}, nil, resource.Agree},
		{"cron", args{"name": "A"}, args{"name": "A"}, nil, resource.SameItem},
		{"hostname", args{"name": "a"}, args{"name": "b"}, nil, resource.SameItem},
		{"hostname", args{}, args{"name": "b"}, []string{"name"}, resource.SameItem},
		{"cron", args{"name": "A"}, args{"name": "A", "value": "x"}, nil, resource.Agree},
	} {
		k, _ := kinds.Lookup(c.kind)
		parts := &resource.Parts{}
		a, b := parts.Of(&k, c.a, c.unknown), parts.Of(&k, c.b, nil)
		if got := a.Clashes(b); got != c.want || a.Same(b) != (got == resource.SameItem || c.a["state"] == "absent") {
			t.Errorf("%s of %v and %v: %q, the same: %v", c.kind, c.a, c.b, got, a.Same(b))
		}
	}
}

// TestBackupIsRecorded: what an item was before its first change is kept beside the file, and
// told to the record, so that the end of the block puts it back. A file that is made has none.
func TestBackupIsRecorded(t *testing.T) {
	for _, c := range []struct {
		kind, was, is string
		args          args
		file          string // the argument with the file
	}{
		{"hosts_entry", "10.0.0.1\ta\n", "10.0.0.1\tb\n", args{"address": "10.0.0.1", "names": []string{"b"}}, "path"},
		{"hostname", "web1\n", "web2\n", args{"name": "web2", "runtime": false}, "path"},
		{"mount", "/dev/sdb1 /m ext4 ro 0 0\n", "/dev/sdb1 /m ext4 defaults 0 0\n", args{"path": text("/m"), "src": text("/dev/sdb1"), "fstype": "ext4", "runtime": false}, "fstab"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			c.args[c.file], c.args["backup"] = f.Arg("x"), true
			must(t, apply(t, newService(), c.kind, c.args))
			f.Holds(t, "x", c.is, 0o644)
			if made := backupsOf(t, f, "x"); len(made) > 0 {
				t.Errorf("a file that was made has the backups %q", made)
			}
			f.Write(t, "x", c.was, 0o644)
			reply, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: c.kind, Args: resourcetest.Encode(t, c.args)})
			must(t, err)
			f.Holds(t, "x", c.is, 0o644)
			made := backupsOf(t, f, "x")
			if kept := reply.Change.Kept; len(made) != 1 || kept == nil || string(kept.Backup) != made[0] {
				t.Fatalf("beside the file there are %q, and recorded is %+v", made, kept)
			}
			must(t, ending{Kind: c.kind, Args: c.args, End: resource.End{Adopted: true, Kept: *reply.Change.Kept}}.Apply(t, newService(), ""))
			f.Holds(t, "x", c.was, 0o644)
		})
	}
}
