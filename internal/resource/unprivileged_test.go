package resource_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// plain is set in the environment of the process that runs as an ordinary user.
const plain = "MITOPLAN_TEST_PLAIN"

// TestUnprivileged runs cases as an ordinary user. What this user may not do is a
// clear problem, while planning already.
func TestUnprivileged(t *testing.T) {
	if dir := os.Getenv(plain); dir != "" {
		testUnprivileged(t, testDir{dir})
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it files of others")
	}
	dir, err := os.MkdirTemp("", "plain")
	must(t, err)
	defer os.RemoveAll(dir)
	f := testDir{dir}
	must(t, os.Chmod(dir, 0o777))
	f.write(t, "roots", "root's\n", 0o644)
	f.write(t, "secret", "root's\n", 0o600)
	must(t, mkdir(f.at("closed")))
	for _, name := range []string{"groups", "closed/groups", "closed/lines"} { // of root, for a group to write
		f.write(t, name, "root's\n", 0o664)
		must(t, os.Lchown(f.at(name), 0, childtest.PlainUser))
		must(t, os.Chmod(f.at(name), 0o664))
	}
	f.write(t, "closed/own", "mine\n", 0o600)
	must(t, os.Lchown(f.at("closed/own"), childtest.PlainUser, childtest.PlainUser))
	f.write(t, "closed/own.1.bak", "mine\n", 0o600)
	must(t, mkdir(f.at("closed/empty")))
	must(t, mkdir(f.at("own")))
	for _, name := range []string{"private", "own/mine"} { // of the user, with other names
		f.write(t, name, "", 0o600)
		must(t, os.Link(f.at(name), f.at(name+"2")))
		must(t, os.Lchown(f.at(name), childtest.PlainUser, childtest.PlainUser))
	}
	must(t, os.Lchown(f.at("own"), childtest.PlainUser, childtest.PlainUser))
	childtest.RunAsPlainUser(t, dir, plain+"="+dir)
	f.holds(t, "roots", "root's\n", 0o644)
	f.holds(t, "mine", "new", 0o600)
	for name, want := range map[string]string{"groups": "new\n", "closed/groups": "new\n", "closed/lines": "root's\nmore\n"} {
		f.holds(t, name, want, 0o664)
		if st, err := os.Stat(f.at(name)); err != nil || st.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("%s no longer belongs to root: %v", name, err)
		}
	}
	f.holds(t, "closed/own", "new\n", 0o640)
}

func testUnprivileged(t *testing.T, f testDir) {
	for i, c := range []struct {
		kind string
		args args
		attr string
		code kind.Code
	}{
		{"file", args{"path": f.arg("closed/x"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.arg("secret"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.arg("roots"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.arg("roots"), "mode": "0600"}, "mode", "permission"},
		{"file", args{"path": f.arg("new"), "content": text("x"), "owner": "root"}, "owner", "permission"},
		{"file", args{"path": f.arg("new"), "content": text("x"), "group": "root"}, "group", "permission"},
		{"directory", args{"path": f.arg("closed/d")}, "path", "permission"},
		{"directory", args{"path": f.arg("closed"), "mode": "0700"}, "mode", "permission"},
		{"line", args{"path": f.arg("roots"), "line": text("x")}, "path", "permission"},
		{"line", args{"path": f.arg("roots"), "line": text("root's"), "mode": "0600"}, "mode", "permission"},
		{"line", args{"path": f.arg("new"), "line": text("x"), "create": true, "owner": "root"}, "owner", "permission"},
		{"line", args{"path": f.arg("private2"), "line": text("x"), "state": "absent", "mode": "0644"}, "path", "several_names"},
		{"file", args{"path": f.arg("private2"), "mode": "0644"}, "path", "several_names"},
		{"file", args{"path": f.arg("roots"), "content": text("x"), "in_place": true}, "path", "permission"},
		{"file", args{"path": f.arg("groups"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.arg("closed/groups"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.arg("closed/groups"), "content": text("x"), "in_place": true, "mode": "0600"}, "mode", "permission"},
		{"file", args{"path": f.arg("closed/groups"), "content": text("x"), "in_place": true, "backup": true}, "backup", "beside"},
		{"file", args{"path": f.arg("closed/groups"), "content": text("x"), "in_place": true, "validate": text("cat %s")}, "validate", "beside"},
		{"line", args{"path": f.arg("closed/lines"), "line": text("x")}, "path", "permission"},
		{"group", args{"name": "app"}, "name", "permission"},
		{"group", args{"name": "root", "gid": 4321}, "name", "permission"},
		{"user", args{"name": "app"}, "name", "permission"},
		{"user", args{"name": "root", "state": "absent"}, "name", "permission"},
		{"user", args{"name": "root", "locked": true}, "name", "permission"},
	} {
		t.Run(fmt.Sprint(i, c.kind), func(t *testing.T) { resourcetest.Problem(t, c.kind, c.args, c.attr, c.code) })
	}
	for _, e := range []ending{
		{"file", args{"path": f.arg("closed/own")}, resource.End{}},
		{"file", args{"path": f.arg("closed/own")}, resource.End{Adopted: true, Kept: resource.Kept{Backup: f.arg("closed/own.1.bak")}}},
		{"directory", args{"path": f.arg("closed/empty")}, resource.End{}},
		{"line", args{"path": f.arg("roots"), "line": text("root's")}, resource.End{}},
		{"user", args{"name": "root"}, resource.End{}},
	} {
		t.Run("end of "+e.kind, func(t *testing.T) {
			attr := "path"
			if e.kind == "user" {
				attr = "name"
			}
			_, checked := e.check(t, newService(), "a")
			wantProblem(t, checked, attr, kind.CodePermission)
			wantProblem(t, e.apply(t, newService(), ""), attr, kind.CodePermission)
		})
	}
	for _, name := range []string{"groups", "closed/groups", "closed/own"} {
		said := apply(t, newService(), "file", args{"path": f.arg(name), "content": text("x")})
		if said == nil || !strings.Contains(said.Error(), "Set in_place to true") {
			t.Errorf("%s: the problem does not advise in_place: %v", name, said)
		}
		must(t, apply(t, newService(), "file", args{"path": f.arg(name), "content": text("new\n"), "in_place": true}))
	}
	must(t, apply(t, newService(), "file", args{"path": f.arg("closed/own"), "mode": "0640", "in_place": true}))
	must(t, apply(t, newService(), "line", args{"path": f.arg("closed/lines"), "line": text("more"), "in_place": true}))
	must(t, apply(t, newService(), "file", args{"path": f.arg("private2"), "mode": "0640", "hard_links": true}))
	must(t, apply(t, newService(), "directory", args{"path": f.arg("own"), "mode": "0700", "recurse": true}))
	mine := args{"path": f.arg("mine"), "content": text("new"), "mode": "0600"}
	_, err := newService().Apply(t.Context(), resource.ApplyRequest{Kind: "file", Args: resourcetest.Encode(t, mine)})
	must(t, err)
}
