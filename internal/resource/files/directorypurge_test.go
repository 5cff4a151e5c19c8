package files_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
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

// TestPurgeOfHomes: the homes of declared accounts stay, and what the next connection needs is
// not purged.
func TestPurgeOfHomes(t *testing.T) {
	withHome(t, "TestPurgeOfHomes", func(t *testing.T, home testDir) {
		for name, c := range map[string]struct {
			path  string
			more  args
			login *resource.Login
			code  kind.Code
			goes  string
		}{
			"an account that is declared": {path: "/home", more: args{"purge_accounts": []any{text("alice")}}, goes: "other"},
			"who logged in":               {path: "/home", login: &resource.Login{User: "alice"}, code: kind.CodePurgeNeeded},
			"its keys":                    {path: "/home/alice", login: &resource.Login{User: "alice"}, code: kind.CodePurgeNeeded},
			"the keys alone":              {path: "/home/alice/.ssh", login: &resource.Login{User: "alice"}, code: kind.CodePurgeNeeded},
			"the keys are declared":       {path: "/home/alice", login: &resource.Login{User: "alice"}, more: args{"declared": []any{text(".ssh")}}, goes: "x"},
			"an agent":                    {path: "/home/alice", login: &resource.Login{User: "alice"}, more: args{"declared": []any{text(".ssh")}}, goes: "x"},
		} {
			t.Run(name, func(t *testing.T) {
				keyed(t, home, pub(1)+"\n")
				home.Write(t, "x", "x", 0o644)
				must(t, os.MkdirAll(home.At(".cache/mitoplan-12345"), 0o700))
				home.Write(t, ".cache/mitoplan-12345/agent-1", "x", 0o700)
				must(t, os.MkdirAll("/home/other", 0o755))
				a := args{"path": text(c.path), "purge": true, "declared": []any{}}
				for k, v := range c.more {
					a[k] = v
				}
				s := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
				check, err := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "directory", Args: resourcetest.Encode(t, a), Login: c.login, Key: planKey})
				if c.code != "" {
					wantProblem(t, err, "purge", c.code)
					return
				}
				must(t, err)
				var goes []string
				for _, e := range check.Change.Along.Entries {
					goes = append(goes, string(e.Path))
				}
				if got := strings.Join(goes, " "); got != c.goes {
					t.Errorf("%s goes, want %s", got, c.goes)
				}
			})
		}
	})
}
