package files_test

import (
	"os"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// named makes that file, and y, which is another name of it.
func named(t *testing.T, f testDir) {
	plainFile(t, f)
	must(t, os.Link(f.At("x"), f.At("y")))
}

// another makes that file, and y, which is another one.
func another(t *testing.T, f testDir) {
	plainFile(t, f)
	f.Write(t, "y", "mine\n", 0o600)
}

func sameFile(t *testing.T, f testDir) {
	t.Helper()
	if f.Inode(t, "x") != f.Inode(t, "y") {
		t.Error("x and y are no names of one file")
	}
	f.Holds(t, "x", "a\nb\n", 0o644)
	f.NothingLeft(t)
}

func TestHardLink(t *testing.T) {
	hard := func(more args) func(testDir) args {
		return on("y", mergeArgs(args{"target": text("x"), "hard": true}, more))
	}
	for _, c := range []fileCase{
		{name: "is made", want: resource.Create, args: hard(nil), setup: plainFile, verify: sameFile},
		{
			name: "is made, its target absolute and behind a link", want: resource.Create, verify: sameFile,
			args: func(f testDir) args {
				return args{"path": f.Arg("y"), "target": f.Arg("d/x"), "hard": true}
			},
			setup: func(t *testing.T, f testDir) { plainFile(t, f); must(t, os.Symlink(".", f.At("d"))) },
		},
		{name: "is there", want: resource.NoOp, args: hard(nil), setup: named},
		{name: "takes the place of a symbolic link", want: resource.Update, args: hard(nil), verify: sameFile, setup: func(t *testing.T, f testDir) {
			plainFile(t, f)
			must(t, os.Symlink("x", f.At("y")))
		}},
		{name: "takes the place of another file by force", want: resource.Replace, args: hard(args{"force": true}), setup: another, verify: sameFile},
		{
			name: "goes", want: resource.Delete, args: hard(args{"state": "absent"}), setup: named,
			verify: func(t *testing.T, f testDir) { f.Gone(t, "y"); f.Holds(t, "x", "a\nb\n", 0o644) },
		},
		{name: "is gone", want: resource.NoOp, args: hard(args{"state": "absent"}), setup: plainFile},
	} {
		c.kind = "link"
		c.run(t)
	}
}

func mergeArgs(a, b args) args {
	for name, v := range b {
		a[name] = v
	}
	return a
}

func TestHardLinkProblems(t *testing.T) {
	for name, c := range map[string]struct {
		args  args
		setup func(t *testing.T, f testDir)
		code  kind.Code
		attr  string
	}{
		"another file":               {args{"target": text("x")}, another, kind.CodeInTheWay, "path"},
		"another file that is to go": {args{"target": text("x"), "state": "absent"}, another, kind.CodeInTheWay, "path"},
		"no target":                  {args{"target": text("none")}, plainFile, kind.CodeMissing, "target"},
		"a directory":                {args{"target": text(".")}, plainFile, kind.CodeNotAFile, "target"},
		"a symbolic link": {args{"target": text("l")}, func(t *testing.T, f testDir) {
			plainFile(t, f)
			must(t, os.Symlink("x", f.At("l")))
		}, kind.CodeNotAFile, "target"},
		"itself":               {args{"target": text("y")}, plainFile, kind.CodeLinkLoop, "target"},
		"another file system":  {args{"target": text("/proc/version")}, plainFile, kind.CodeOtherDevice, "target"},
		"an owner":             {args{"target": text("x"), "owner": "root"}, plainFile, kind.CodeExcluded, "owner"},
		"a group":              {args{"target": text("x"), "group": "root"}, plainFile, kind.CodeExcluded, "group"},
		"absent, of no target": {args{"state": "absent"}, plainFile, "target", "target"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			c.setup(t, f)
			_, err := check(t, newService(), "p", step{Address: "a", Kind: "link", Args: on("y", mergeArgs(args{"hard": true}, c.args))(f)})
			wantProblem(t, err, c.attr, c.code)
		})
	}
}

// TestHardLinkOfWhatIsPlanned names a file that an earlier action of the plan replaces, or
// gives only another mode.
func TestHardLinkOfWhatIsPlanned(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	named(t, f)
	link := on("y", args{"target": text("x"), "hard": true, "force": true})(f)
	for plan, c := range map[string]struct {
		args args
		want resource.Op
	}{
		"another mode":    {args{"mode": "0600"}, resource.NoOp},
		"another content": {args{"content": text("new\n")}, resource.Update},
		"in place":        {args{"content": text("new\n"), "in_place": true}, resource.NoOp},
	} {
		s := newService()
		mustCheck(t, s, plan, step{Address: "a", Kind: "file", Args: on("x", mergeArgs(args{"hard_links": true}, c.args))(f)})
		if got := mustCheck(t, s, plan, step{Address: "b", Kind: "link", Args: link, After: []string{"a"}}); got.Op != c.want {
			t.Errorf("after %s the link is %s, want %s", plan, got.Op, c.want)
		}
	}
}

// TestHardLinkThatCameApart keeps what the end of a link finds to be another file.
func TestHardLinkThatCameApart(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	another(t, f)
	c, err := ending{Kind: "link", Args: on("y", args{"target": text("x"), "hard": true})(f)}.Check(t, newService(), "a")
	must(t, err)
	if c.Op != resource.NoOp || len(c.Stays) != 1 {
		t.Errorf("%s, and stays because of %v", c.Op, c.Stays)
	}
}

// TestHardLinkOfOneName keeps the only name of a file that two paths lead to.
func TestHardLinkOfOneName(t *testing.T) {
	for name, more := range map[string][]string{"one name": {"a/x"}, "another name beside it": {"a/x", "a/z"}, "another name elsewhere": {"a/x", "z"}} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			must(t, os.Mkdir(f.At("a"), 0o755))
			must(t, os.Mkdir(f.At("b"), 0o755))
			f.Write(t, "a/x", "mine\n", 0o644)
			for _, other := range more[1:] {
				must(t, os.Link(f.At("a/x"), f.At(other)))
			}
			f.Bind(t, "a", "b")
			hard := args{"path": f.Arg("b/x"), "target": f.Arg("a/x"), "hard": true}
			for _, state := range []string{"present", "absent"} {
				_, err := check(t, newService(), "p", step{Address: "a", Kind: "link", Args: mergeArgs(args{"state": state}, hard)})
				wantProblem(t, err, "target", kind.CodeLinkLoop)
			}
			c, err := ending{Kind: "link", Args: hard}.Check(t, newService(), "a")
			must(t, err)
			if c.Op != resource.NoOp || len(c.Stays) != 1 {
				t.Errorf("its end: %s, and stays because of %v", c.Op, c.Stays)
			}
		})
	}
}

// TestHardLinkIsReadBeforeItIsMade reads the new name in the same plan, in this context and in
// another one of the machine.
func TestHardLinkIsReadBeforeItIsMade(t *testing.T) {
	for name, later := range map[string]struct {
		kind string
		args func(testDir) args
	}{
		"copied":  {"file", func(f testDir) args { return args{"path": f.Arg("c"), "copy_from": f.Arg("y")} }},
		"a line":  {"line", on("y", args{"line": text("new"), "in_place": true})},
		"a block": {"block", on("y", args{"content": text("new\n"), "in_place": true})},
		"a mode":  {"file", on("y", args{"mode": "0600", "hard_links": true})},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			s, elsewhere := newService(), newService()
			x := step{Address: "x", Kind: "file", Args: on("x", args{"content": text("a\nb\n")})(f)}
			y := step{Address: "y", Kind: "link", Args: on("y", args{"target": text("x"), "hard": true})(f), After: []string{"x"}}
			z := step{Address: "z", Kind: "link", Args: on("z", args{"target": text("y"), "hard": true})(f), After: []string{"y"}}
			madeX, madeY := mustCheck(t, s, "p", x), mustCheck(t, s, "p", y)
			mustCheck(t, s, "p", z)
			last := step{Address: "last", Kind: later.kind, Args: later.args(f), After: []string{"z"}}
			if c := mustCheck(t, s, "p", last); c.After["content"] == nil && name != "a mode" {
				t.Errorf("it is %s of %v", c.Op, c.After)
			}
			last.After = []string{"y"}
			last.Deltas = []resource.Delta{{Address: "x", Effects: madeX.Effects}, {Address: "y", After: []string{"x"}, Effects: madeY.Effects}}
			if c := mustCheck(t, elsewhere, "p", last); c.After["content"] == nil && name != "a mode" {
				t.Errorf("in another context it is %s of %v", c.Op, c.After)
			}
		})
	}
}

// TestHardLinkFollows parts a name from its target by the plan that has it, and so joins it again.
func TestHardLinkFollows(t *testing.T) {
	for name, c := range map[string]struct {
		args args
		end  bool
		want resource.Op
	}{
		"without force": {args{}, false, resource.Update},
		"with force":    {args{"force": true}, false, resource.Update},
		"absent":        {args{"state": "absent"}, false, resource.Delete},
		"its end":       {args{}, true, resource.Delete},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			named(t, f)
			s := newService()
			x := step{Address: "x", Kind: "file", Args: on("x", args{"content": text("new\n")})(f)}
			y := step{Address: "y", Kind: "link", Args: on("y", mergeArgs(args{"target": text("x"), "hard": true}, c.args))(f), After: []string{"x"}}
			asIs := mustCheck(t, s, "before", step{Address: "y", Kind: "link", Args: on("y", args{"target": text("x"), "hard": true})(f)})
			mustCheck(t, s, "p", x)
			then, err := resource.Change{}, error(nil)
			end := ending{Kind: y.Kind, Args: y.Args}
			if c.end {
				then, err = end.Check(t, s, "y", "x")
			} else {
				then, err = check(t, s, "p", y)
			}
			must(t, err)
			if then.Op != c.want || !slices.EqualFunc(then.Traits, asIs.Traits, resource.Trait.Equal) {
				t.Fatalf("it is %s and was found as %v, want %s and %v", then.Op, then.Traits, c.want, asIs.Traits)
			}
			must(t, apply(t, s, "file", x.Args))
			switch {
			case c.end:
				err = end.Apply(t, s, then.Fingerprint)
			case len(c.args) == 0 && apply(t, s, "link", y.Args) == nil:
				t.Error("it follows, though no plan has seen it")
			default:
				_, err = s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "link", Args: resourcetest.Encode(t, y.Args), Fingerprint: then.Fingerprint, Key: resourcetest.PlanKey})
			}
			must(t, err)
			if c.want == resource.Delete {
				f.Gone(t, "y")
				return
			}
			if f.Inode(t, "x") != f.Inode(t, "y") {
				t.Error("x and y are no names of one file")
			}
			if again := mustCheck(t, s, "again", y); again.Op != resource.NoOp {
				t.Errorf("the second plan has %s", again.Op)
			}
		})
	}
}
