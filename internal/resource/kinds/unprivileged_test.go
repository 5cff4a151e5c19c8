package kinds_test

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
		testUnprivileged(t, testDir{Path: dir})
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it files of others")
	}
	dir, err := os.MkdirTemp("", "plain")
	must(t, err)
	defer os.RemoveAll(dir)
	f := testDir{Path: dir}
	must(t, os.Chmod(dir, 0o777))
	f.Write(t, "roots", "root's\n", 0o644)
	f.Write(t, "blocks", "# BEGIN mitoplan\n# END mitoplan\n", 0o644)
	f.Write(t, "json", "{\"k\": 1}\n", 0o644)
	f.Write(t, "toml", "k = 1\n", 0o644)
	f.Write(t, "keys", "k=1\n", 0o644)
	f.Write(t, "secret", "root's\n", 0o600)
	must(t, mkdir(f.At("closed")))
	for _, name := range []string{"groups", "closed/groups", "closed/lines"} { // of root, for a group to write
		f.Write(t, name, "root's\n", 0o664)
		must(t, os.Lchown(f.At(name), 0, childtest.PlainUser))
		must(t, os.Chmod(f.At(name), 0o664))
	}
	f.Write(t, "closed/own", "mine\n", 0o600)
	must(t, os.Lchown(f.At("closed/own"), childtest.PlainUser, childtest.PlainUser))
	f.Write(t, "closed/own.1.bak", "mine\n", 0o600)
	must(t, mkdir(f.At("closed/empty")))
	must(t, mkdir(f.At("own")))
	for _, name := range []string{"private", "own/mine"} { // of the user, with other names
		f.Write(t, name, "", 0o600)
		must(t, os.Link(f.At(name), f.At(name+"2")))
		must(t, os.Lchown(f.At(name), childtest.PlainUser, childtest.PlainUser))
	}
	must(t, os.Lchown(f.At("own"), childtest.PlainUser, childtest.PlainUser))
	childtest.RunAsPlainUser(t, dir, plain+"="+dir)
	f.Holds(t, "roots", "root's\n", 0o644)
	f.Holds(t, "mine", "new", 0o600)
	if st, err := os.Stat(f.At("scripted")); err != nil || st.Sys().(*syscall.Stat_t).Uid != childtest.PlainUser {
		t.Errorf("what a script of the user made is not the user's: %v", err)
	}
	for name, want := range map[string]string{"groups": "new\n", "closed/groups": "new\n", "closed/lines": "root's\nmore\n"} {
		f.Holds(t, name, want, 0o664)
		if st, err := os.Stat(f.At(name)); err != nil || st.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("%s no longer belongs to root: %v", name, err)
		}
	}
	f.Holds(t, "closed/own", "new\n", 0o640)
}

func testUnprivileged(t *testing.T, f testDir) {
	for i, c := range []struct {
		kind string
		args args
		attr string
		code kind.Code
	}{
		{"file", args{"path": f.Arg("closed/x"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.Arg("secret"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.Arg("roots"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.Arg("roots"), "mode": "0600"}, "mode", "permission"},
		{"file", args{"path": f.Arg("new"), "content": text("x"), "owner": "root"}, "owner", "permission"},
		{"file", args{"path": f.Arg("new"), "content": text("x"), "group": "root"}, "group", "permission"},
		{"directory", args{"path": f.Arg("closed/d")}, "path", "permission"},
		{"directory", args{"path": f.Arg("closed"), "mode": "0700"}, "mode", "permission"},
		{"archive", synced(args{"path": f.Arg("closed/d")}), "path", "permission"},
		{"directory_sync", synced(args{"path": f.Arg("closed/d")}), "path", "permission"},
		{"directory_sync", synced(args{"path": f.Arg("closed"), "delete": true}), "path", "permission"},
		{"line", args{"path": f.Arg("roots"), "line": text("x")}, "path", "permission"},
		{"line", args{"path": f.Arg("roots"), "line": text("root's"), "mode": "0600"}, "mode", "permission"},
		{"line", args{"path": f.Arg("new"), "line": text("x"), "create": true, "owner": "root"}, "owner", "permission"},
		{"line", args{"path": f.Arg("private2"), "line": text("x"), "state": "absent", "mode": "0644"}, "path", "several_names"},
		{"file", args{"path": f.Arg("private2"), "mode": "0644"}, "path", "several_names"},
		{"file", args{"path": f.Arg("roots"), "content": text("x"), "in_place": true}, "path", "permission"},
		{"file", args{"path": f.Arg("groups"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.Arg("closed/groups"), "content": text("x")}, "path", "permission"},
		{"file", args{"path": f.Arg("closed/groups"), "content": text("x"), "in_place": true, "mode": "0600"}, "mode", "permission"},
		{"file", args{"path": f.Arg("closed/groups"), "content": text("x"), "in_place": true, "backup": true}, "backup", "beside"},
		{"file", args{"path": f.Arg("closed/groups"), "content": text("x"), "in_place": true, "validate": text("cat %s")}, "validate", "beside"},
		{"line", args{"path": f.Arg("closed/lines"), "line": text("x")}, "path", "permission"},
		{"block", args{"path": f.Arg("roots"), "content": text("x")}, "path", "permission"},
		{"block", args{"path": f.Arg("roots"), "state": "absent", "mode": "0600"}, "mode", "permission"},
		{"block", args{"path": f.Arg("new"), "content": text("x"), "create": true, "owner": "root"}, "owner", "permission"},
		{"block", args{"path": f.Arg("private2"), "state": "absent", "mode": "0644"}, "path", "several_names"},
		{"block", args{"path": f.Arg("closed/lines"), "content": text("x")}, "path", "permission"},
		{"download", args{"path": f.Arg("roots"), "url": "https://a.example/x", "unverified": true, "mode": "0600"}, "mode", "permission"},
		{"download", args{"path": f.Arg("closed/new"), "url": "https://a.example/x", "unverified": true}, "path", "permission"},
		{"sudoers", args{"path": f.Arg("rules"), "content": text("#\n")}, "path", "permission"},
		{"sudoers", args{"path": f.Arg("roots"), "state": "absent"}, "path", "permission"},
		{"hosts_entry", args{"path": f.Arg("roots"), "address": "10.0.0.1", "names": []string{"a"}}, "path", "permission"},
		{"cron", args{"path": f.Arg("roots"), "name": "job", "command": text("true")}, "path", "permission"},
		{"cron", args{"name": "job", "command": text("true")}, "user", "permission"},
		{"sysctl", args{"path": f.Arg("roots"), "name": "vm.x", "value": "1", "runtime": false}, "path", "permission"},
		{"sysctl", args{"name": "vm.swappiness", "value": "7", "persist": false}, "name", "permission"},
		{"mount", args{"fstab": f.Arg("roots"), "path": text("/nothing"), "src": text("tmpfs"), "fstype": "tmpfs", "runtime": false}, "fstab", "permission"},
		{"mount", args{"path": text("/nothing"), "src": text("tmpfs"), "fstype": "tmpfs", "persist": false}, "path", "permission"},
		{"swap", args{"fstab": f.Arg("roots"), "path": f.Arg("own/s"), "size": "1M", "runtime": false}, "fstab", "permission"},
		{"swap", args{"path": f.Arg("own/s"), "size": "1M", "persist": false}, "path", "permission"},
		{"hostname", args{"path": f.Arg("roots"), "name": "a", "runtime": false}, "path", "permission"},
		{"hostname", args{"path": f.Arg("new"), "name": "other-name"}, "name", "permission"},
		{"kernel_module", args{"path": f.Arg("roots"), "name": "nothing_is_here", "runtime": false}, "path", "permission"},
		{"kernel_module", args{"path": f.Arg("own/x"), "options_path": f.Arg("roots"), "name": "nothing_is_here", "params": "a=1", "runtime": false}, "options_path", "permission"},
		{"kernel_module", args{"name": "nothing_is_here", "persist": false}, "name", "permission"},
		{"alternatives", args{"name": "ed", "path": f.Arg("roots"), "link": f.Arg("own/ed"), "priority": 1, "altdir": f.Arg("closed"), "admindir": f.Arg("closed")}, "name", "permission"},
		{"locale", args{"path": f.Arg("roots"), "name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}, "path", "permission"},
		{"timezone", args{"path": f.Arg("closed/zone"), "name": "UTC"}, "path", "permission"},
		{"ini", args{"path": f.Arg("roots"), "key": "k", "value": text("x")}, "path", "permission"},
		{"ini", args{"path": f.Arg("roots"), "key": "k", "state": "absent", "mode": "0600"}, "mode", "permission"},
		{"ini", args{"path": f.Arg("new"), "key": "k", "value": text("x"), "create": true, "owner": "root"}, "owner", "permission"},
		{"ini", args{"path": f.Arg("private2"), "key": "k", "state": "absent", "mode": "0644"}, "path", "several_names"},
		{"ini", args{"path": f.Arg("closed/lines"), "key": "k", "value": text("x")}, "path", "permission"},
		{"json_value", args{"path": f.Arg("json"), "pointer": "/a", "value": text("1")}, "path", "permission"},
		{"toml_value", args{"path": f.Arg("toml"), "pointer": "/a", "value": text("1")}, "path", "permission"},
		{"yaml_value", args{"path": f.Arg("json"), "pointer": "/a", "value": text("1")}, "path", "permission"},
		{"json_value", args{"path": f.Arg("json"), "pointer": "/a", "state": "absent", "mode": "0600"}, "mode", "permission"},
		{"replace", args{"path": f.Arg("roots"), "regexp": "r"}, "path", "permission"},
		{"replace", args{"path": f.Arg("roots"), "regexp": "none", "mode": "0600"}, "mode", "permission"},
		{"replace", args{"path": f.Arg("private2"), "regexp": "none", "mode": "0644"}, "path", "several_names"},
		{"replace", args{"path": f.Arg("closed/lines"), "regexp": "(?s)^.*$", "replace": text("x")}, "path", "permission"},
		{"authorized_key", args{"path": f.Arg("roots"), "user": "root", "key": text(pubKey)}, "user", "permission"},
		{"authorized_key", args{"user": "root", "key": text(pubKey), "state": "absent"}, "path", "permission"},
		{"known_host", args{"path": f.Arg("roots"), "name": "h", "key": text(pubKey)}, "path", "permission"},
		{"known_host", args{"user": "root", "name": "h", "key": text(pubKey)}, "path", "permission"},
		{"known_host", args{"name": "h", "key": text(pubKey)}, "path", "no_user"},
		{"limits", args{"path": f.Arg("roots"), "domain": "a", "type": "-", "item": "core", "value": "1"}, "path", "permission"},
		{"limits", args{"domain": "a", "type": "-", "item": "core", "value": "1"}, "path", "permission"},
		{"group", args{"name": "app"}, "name", "permission"},
		{"group", args{"name": "root", "gid": 4321}, "name", "permission"},
		{"user", args{"name": "app"}, "name", "permission"},
		{"user", args{"name": "root", "state": "absent"}, "name", "permission"},
		{"user", args{"name": "root", "locked": true}, "name", "permission"},
		{"user", args{"name": "root", "state": "absent", "locked": true}, "name", "permission"},
		{"user", args{"name": "root", "state": "absent", "expires": "never"}, "name", "permission"},
		{"user", args{"name": "root", "state": "absent", "password_hash": "$6$a$" + strings.Repeat("a", 86)}, "name", "permission"},
		{"user", args{"name": "root", "state": "absent", "password_expire_max": 90}, "name", "permission"},
	} {
		t.Run(fmt.Sprint(i, c.kind), func(t *testing.T) { resourcetest.Problem(t, c.kind, c.args, c.attr, c.code) })
	}
	for _, e := range []ending{
		{Kind: "file", Args: args{"path": f.Arg("closed/own")}, End: resource.End{}},
		{Kind: "file", Args: args{"path": f.Arg("closed/own")}, End: resource.End{Adopted: true, Kept: resource.Kept{Backup: f.Arg("closed/own.1.bak")}}},
		{Kind: "directory", Args: args{"path": f.Arg("closed/empty")}, End: resource.End{}},
		{Kind: "line", Args: args{"path": f.Arg("roots"), "line": text("root's")}, End: resource.End{}},
		{Kind: "block", Args: args{"path": f.Arg("blocks")}, End: resource.End{}},
		{Kind: "sudoers", Args: args{"path": f.Arg("closed/own")}, End: resource.End{}},
		{Kind: "json_value", Args: args{"path": f.Arg("json"), "pointer": "/k"}, End: resource.End{}},
		{Kind: "toml_value", Args: args{"path": f.Arg("toml"), "pointer": "/k"}, End: resource.End{}},
		{Kind: "yaml_value", Args: args{"path": f.Arg("json"), "pointer": "/k"}, End: resource.End{}},
		{Kind: "ini", Args: args{"path": f.Arg("keys"), "key": "k"}, End: resource.End{}},
		{Kind: "user", Args: args{"name": "root"}, End: resource.End{}},
	} {
		t.Run("end of "+e.Kind, func(t *testing.T) {
			attr := "path"
			if e.Kind == "user" {
				attr = "name"
			}
			_, checked := e.Check(t, newService(), "a")
			wantProblem(t, checked, attr, kind.CodePermission)
			wantProblem(t, e.Apply(t, newService(), ""), attr, kind.CodePermission)
		})
	}
	for _, name := range []string{"groups", "closed/groups", "closed/own"} {
		said := apply(t, newService(), "file", args{"path": f.Arg(name), "content": text("x")})
		if said == nil || !strings.Contains(said.Error(), "Set in_place to true") {
			t.Errorf("%s: the problem does not advise in_place: %v", name, said)
		}
		must(t, apply(t, newService(), "file", args{"path": f.Arg(name), "content": text("new\n"), "in_place": true}))
	}
	must(t, apply(t, newService(), "file", args{"path": f.Arg("closed/own"), "mode": "0640", "in_place": true}))
	must(t, apply(t, newService(), "line", args{"path": f.Arg("closed/lines"), "line": text("more"), "in_place": true}))
	must(t, apply(t, newService(), "file", args{"path": f.Arg("private2"), "mode": "0640", "hard_links": true}))
	must(t, apply(t, newService(), "directory", args{"path": f.Arg("own"), "mode": "0700", "recurse": true}))
	mine := args{"path": f.Arg("mine"), "content": text("new"), "mode": "0600"}
	must(t, apply(t, newService(), "script", args{
		"name": "own script", "inputs": map[string]any{"is": text("made")}, "env": map[string]any{"AT": f.Arg("scripted")},
		"read": text(`[ ! -e "$AT" ] || echo "{\"is\": \"$(cat "$AT")\"}"`), "apply": text(`printf %s "$INPUT_is" >"$AT"`),
	}))
	_, err := newService().Apply(t.Context(), resource.ApplyRequest{Kind: "file", Args: resourcetest.Encode(t, mine)})
	must(t, err)
}
