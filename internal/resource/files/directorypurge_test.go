package files_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

func TestPurge(t *testing.T) {
	purge := func(declared ...string) func(testDir) args {
		list := []any{}
		for _, d := range declared {
			list = append(list, text(d))
		}
		return on("d", args{"purge": true, "declared": list})
	}
	tree := func(t *testing.T, f testDir) {
		must(t, os.MkdirAll(f.At("d/sub/deep"), 0o755))
		must(t, os.MkdirAll(f.At("out"), 0o755))
		for _, name := range []string{"out/stays", "d/a", "d/b.conf", "d/sub/x", "d/sub/deep/y"} {
			f.Write(t, name, name, 0o644)
		}
		must(t, os.Symlink("../out", f.At("d/l")))
	}
	left := func(names string) func(*testing.T, testDir) {
		return func(t *testing.T, f testDir) {
			for _, name := range strings.Fields("a b.conf sub/x sub/deep/y l") {
				_, err := os.Lstat(f.At("d/" + name))
				if there, want := err == nil, strings.Contains(" "+names+" ", " "+name+" "); there != want {
					t.Errorf("%s is there: %v", name, there)
				}
			}
			f.Holds(t, "out/stays", "out/stays", 0o644)
		}
	}
	for _, c := range []fileCase{
		{name: "is emptied", want: resource.Update, args: purge(), setup: tree, verify: left("")},
		{name: "keeps what is declared", want: resource.Update, args: purge("a", "sub/deep/y"), setup: tree, verify: left("a sub/deep/y")},
		{name: "keeps what is in a declared directory", want: resource.Update, args: purge("sub"), setup: tree, verify: left("sub/x sub/deep/y")},
		{name: "keeps what matches", want: resource.Update, args: purge("*.conf", "s*/de*/y"), setup: tree, verify: left("b.conf sub/deep/y")},
		{name: "looks through no link that is above something declared", want: resource.Update, args: purge("l/stays"), setup: tree, verify: left("l")},
		{name: "holds nothing else", want: resource.NoOp, args: purge("a", "b.conf", "sub", "l"), setup: tree},
		{name: "is looked at before it is known what is declared", want: resource.NoOp, args: on("d", args{"purge": true}), setup: tree},
		{
			name: "is purged and gets a mode below", want: resource.Update, setup: tree,
			args: on("d", args{"purge": true, "declared": []any{text("a")}, "recurse": true, "mode": "u=rwX,go="}),
			verify: func(t *testing.T, f testDir) {
				left("a")(t, f)
				f.Holds(t, "d/a", "d/a", 0o600)
			},
		},
	} {
		c.kind = "directory"
		c.run(t)
	}
}

func TestPurgeProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	_, err := check(t, newService(), "p", step{Address: "a", Kind: "directory", Args: on("d", args{"purge": true, "state": "absent"})(f)})
	wantProblem(t, err, "purge", kind.CodeExcluded)

	must(t, os.MkdirAll(f.At("d"), 0o755))
	f.Write(t, "d/x", "x", 0o644)
	c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "directory", Args: on("d", args{"purge": true, "purge_waits": "file.x is not looked at"})(f)})
	if c.Op != resource.NoOp || len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodePurgeWaits || !strings.Contains(c.Warnings[0].Detail, "file.x") {
		t.Errorf("%s, with %v", c.Op, c.Warnings)
	}
}
