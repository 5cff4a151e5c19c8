package accounts_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// inside is set in the environment of the process that has mounts of its own.
const inside = "MITOPLAN_TEST_ACCOUNTS"

// TestUser runs the cases of accounts.
func TestUser(t *testing.T) { onStage(t, "TestUser", testAccounts) }

// onStage runs cases of the test with that name in a process of its own. Directories of the
// test are mounted over the /etc and /home of the machine there.
func onStage(t *testing.T, name string, cases func(t *testing.T, s stage)) {
	if os.Getenv(inside) != "" {
		cases(t, newStage(t))
		return
	}
	if os.Geteuid() != 0 || ownMounts() == nil {
		t.Skip("only root can change accounts, and only on Linux others than the machine's")
	}
	if _, err := exec.LookPath("useradd"); err != nil {
		t.Skip("this machine has no useradd")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$")
	cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
	cmd.SysProcAttr = ownMounts()
	err := childtest.Run(t, cmd)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no mount namespaces here")
	}
	must(t, err)
}

// files are the accounts that every case begins with.
var files = map[string]string{
	"passwd":          "root:x:0:0:root:/root:/bin/sh\nold:x:500:500:Old One:/home/old:/bin/sh\nstray:x:501:100::/nonexistent:/bin/false\n",
	"group":           "root:x:0:\nusers:x:100:\nold:x:500:\nops:x:600:old\ndev:x:601:\nleft:x:700:\n",
	"shadow":          "root:*:19000:0:99999:7:::\nold:$6$salt$hash:19000:0:99999:7:::\nstray:!:19000:0:99999:7:::\n",
	"gshadow":         "root:*::\nusers:!::\nold:!::\nops:!::old\ndev:!::\nleft:!::\n",
	"login.defs":      "UID_MIN 1000\nUID_MAX 60000\nSYS_UID_MIN 100\nSYS_UID_MAX 999\nGID_MIN 1000\nSYS_GID_MIN 100\nUMASK\t\t022\nHOME_MODE 0750\nUSERGROUPS_ENAB yes\n",
	"default/useradd": "HOME=/home\nSHELL=/bin/sh\nCREATE_MAIL_SPOOL=no\n",
	"nsswitch.conf":   "passwd: files\ngroup: files\nshadow: files\n",
	"skel/.profile":   "# a profile\n",
	"subuid":          "", "subgid": "",
}

// stage is the directory that is mounted over the machine's /etc and /home.
type stage struct{ path string }

func newStage(t *testing.T) stage {
	s := stage{os.Getenv(inside)}
	for _, dir := range []string{"etc", "home", "run"} {
		must(t, os.MkdirAll(filepath.Join(s.path, dir), 0o755))
		must(t, os.Chmod(filepath.Join(s.path, dir), 0o755))
	}
	// The programs of the machine need these files to be loaded and to ask PAM.
	for _, keep := range []string{"ld.so.cache", "ld.so.conf", "pam.d", "security", "localtime"} {
		if _, err := os.Stat("/etc/" + keep); err == nil {
			must(t, exec.Command("cp", "-aL", "/etc/"+keep, filepath.Join(s.path, "etc", keep)).Run())
		}
	}
	cover(t, map[string]string{"/etc": filepath.Join(s.path, "etc"), "/home": filepath.Join(s.path, "home"), "/run": filepath.Join(s.path, "run")})
	return s
}

func (s stage) setup(t *testing.T) {
	homes, _ := filepath.Glob("/home/*")
	for _, home := range homes {
		must(t, os.RemoveAll(home))
	}
	for name, content := range files {
		p := filepath.Join("/etc", name)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte(content), 0o644))
	}
	for _, name := range []string{"shadow", "gshadow"} {
		must(t, os.Chmod("/etc/"+name, 0o640))
	}
	for _, name := range []string{"passwd", "group", "shadow", "gshadow", "subuid", "subgid"} {
		os.Remove("/etc/" + name + "-")
		os.Remove("/etc/" + name + ".lock")
	}
}

// snapshot returns the accounts and homes. Backups and the day of a change are left
// out, as they differ from run to run.
func (s stage) snapshot(t *testing.T, times bool) map[string]string {
	out := resourcetest.Tree(t, "/home", times)
	for _, name := range []string{"passwd", "group", "gshadow", "shadow"} {
		b, err := os.ReadFile("/etc/" + name)
		must(t, err)
		for _, line := range strings.Split(string(b), "\n") {
			f := strings.Split(line, ":")
			if name == "shadow" && len(f) > 2 {
				f[2] = ""
			}
			if name == "passwd" && len(f) > 3 && !times {
				f[2], f[3] = "", "" // Numbers that a cut off run took are not given anew.
			}
			if name == "group" && len(f) > 3 && !times {
				f[2] = ""
			}
			if line != "" {
				out[name+" "+f[0]] = strings.Join(f, ":")
			}
		}
	}
	return out
}

// homes is what the end of an account leaves, by the name of the case.
var homes = map[string][]string{
	"is made":                 {"/home/app", "/home/app/.profile"},
	"is made with everything": {"/home/other", "/home/other/.profile"},
}

// groupsLost is what goes along with an account though it was there before.
var groupsLost = map[string][]string{"takes the group of its name": {"group left", "gshadow left"}}

func (s stage) run(t *testing.T, name string, a args, want resource.Op, verify func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		resourcetest.Run(t, resourcetest.Case{
			Leaves: homes[name], Loses: groupsLost[name],
			Kind: "user", Args: a, Want: want, Setup: s.setup, Snapshot: s.snapshot, Verify: verify,
			Neighbours: accountNeighbours,
		})
	})
}

// accountNeighbours are accounts that are made and removed beside the case, with
// fixed user and group ids. Otherwise they could take the next free id, which the
// case expects.
func accountNeighbours() []resourcetest.Neighbour {
	var out []resourcetest.Neighbour
	for i := range 2 {
		name := fmt.Sprint("neighbour", i)
		out = append(out, resourcetest.Neighbour{
			Kind: "user", Make: args{"name": name, "uid": 800 + i, "group": "users", "create_home": false, "password_hash": "*"},
			Undo: args{"name": name, "state": "absent"}, Elsewhere: i == 1,
		})
	}
	return out
}

func has(t *testing.T, file, line string) {
	t.Helper()
	b, err := os.ReadFile("/etc/" + file)
	must(t, err)
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, line) {
			return
		}
	}
	t.Errorf("%s has no line %q:\n%s", file, line, b)
}

func testAccounts(t *testing.T, s stage) {
	s.run(t, "is made", args{"name": "app"}, resource.Create, func(t *testing.T) {
		has(t, "passwd", "app:x:1000:1000::/home/app:/bin/sh")
		has(t, "group", "app:x:1000:")
		has(t, "shadow", "app:!:")
		st, err := os.Stat("/home/app/.profile")
		if err != nil || st.Sys().(*syscall.Stat_t).Uid != 1000 {
			t.Errorf("the home directory was not filled: %v", err)
		}
	})
	s.run(t, "is made with everything", args{
		"name": "app", "uid": 1234, "group": "users", "groups": []string{"ops", "dev"}, "home": text("/home/other"),
		"shell": text("/bin/false"), "comment": text("An App"), "password_hash": "$6$x$y", "expires": "2030-01-31",
	}, resource.Create, func(t *testing.T) {
		has(t, "passwd", "app:x:1234:100:An App:/home/other:/bin/false")
		has(t, "shadow", "app:$6$x$y:")
		has(t, "group", "ops:x:600:old,app")
		has(t, "group", "dev:x:601:app")
	})
	s.run(t, "takes the group of its name", args{"name": "left", "create_home": false}, resource.Create, func(t *testing.T) {
		has(t, "passwd", "left:x:1000:700:")
	})
	s.run(t, "system", args{"name": "daemon1", "system": true, "shell": text("/usr/sbin/nologin")}, resource.Create, func(t *testing.T) {
		if _, err := os.Stat("/home/daemon1"); err == nil {
			t.Error("a system account got a home directory")
		}
	})
	s.run(t, "is changed", args{
		"name": "old", "uid": 555, "shell": text("/bin/false"), "comment": text("New"), "groups": []string{"dev"}, "expires": "2031-02-03",
	}, resource.Update, func(t *testing.T) {
		has(t, "passwd", "old:x:555:500:New:/home/old:/bin/false")
		has(t, "group", "ops:x:600:\n"[:10])
		has(t, "group", "dev:x:601:old")
	})
	s.run(t, "joins groups", args{"name": "old", "groups": []string{"dev"}, "append": true}, resource.Update, func(t *testing.T) {
		has(t, "group", "ops:x:600:old")
		has(t, "group", "dev:x:601:old")
	})
	s.run(t, "leaves all groups", args{"name": "old", "groups": []string{}}, resource.Update, nil)
	s.run(t, "is locked", args{"name": "old", "locked": true}, resource.Update, func(t *testing.T) { has(t, "shadow", "old:!$6$salt$hash:") })
	s.run(t, "gets a password and stays locked", args{"name": "old", "locked": true, "password_hash": "$6$n$m"}, resource.Update,
		func(t *testing.T) { has(t, "shadow", "old:!$6$n$m:") })
	s.run(t, "gets a password", args{"name": "stray", "password_hash": "$6$n$m", "locked": false}, resource.Update,
		func(t *testing.T) { has(t, "shadow", "stray:$6$n$m:") })
	s.run(t, "is as it should be", args{"name": "old", "uid": 500, "group": "old", "groups": []string{"ops"}, "password_hash": "$6$salt$hash", "expires": "never"}, resource.NoOp, nil)
	s.run(t, "gets its home", args{"name": "old", "create_home": true}, resource.Update, func(t *testing.T) {
		var st unix.Stat_t
		must(t, unix.Lstat("/home/old", &st))
		if st.Uid != 500 || st.Gid != 500 || st.Mode&0o7777 != 0o750 {
			t.Errorf("the home belongs to %d:%d with the mode %o, want 500:500 and 750", st.Uid, st.Gid, st.Mode)
		}
	})
	s.run(t, "keeps the password that it has", args{"name": "old", "password_hash": "$6$n$m", "update_password": "on_create"}, resource.NoOp, nil)
	s.run(t, "keeps the password and gets a shell", args{"name": "old", "password_hash": "$6$n$m", "update_password": "on_create", "shell": text("/bin/false")}, resource.Update,
		func(t *testing.T) { has(t, "shadow", "old:$6$salt$hash:") })
	t.Run("made with a password and a skeleton", func(t *testing.T) { s.madeOfSkeleton(t) })
	s.run(t, "gets another home and number", args{"name": "old", "create_home": true, "home": text("/home/far/off"), "uid": 777}, resource.Update, func(t *testing.T) {
		st, err := os.Stat("/home/far/off/.profile")
		if err != nil || st.Sys().(*syscall.Stat_t).Uid != 777 {
			t.Errorf("the home directory was not filled: %v", err)
		}
	})
	s.run(t, "its home stays missing", args{"name": "old", "shell": text("/bin/sh")}, resource.NoOp, nil)
	s.run(t, "its home is not wanted", args{"name": "old", "create_home": false}, resource.NoOp, nil)
	t.Run("home as useradd makes it", func(t *testing.T) { s.homeAsUseradd(t) })
	t.Run("home in the plan", func(t *testing.T) { s.homeInThePlan(t) })
	t.Run("home that was removed", func(t *testing.T) { s.homeRemoved(t) })
	t.Run("made again by hand", func(t *testing.T) { s.madeAgain(t) })
	s.run(t, "goes", args{"name": "old", "state": "absent"}, resource.Delete, nil)
	s.run(t, "is gone", args{"name": "app", "state": "absent"}, resource.NoOp, nil)
	t.Run("groups known after apply", func(t *testing.T) {
		s.setup(t)
		mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: args{"name": "old", "append": true}, Unknown: []string{"groups"}})
		resourcetest.Problem(t, "user", args{"name": "old", "append": true}, "append", "append")
	})
	t.Run("passwords", func(t *testing.T) { s.passwords(t) })
	t.Run("password in passwd", func(t *testing.T) { s.passwordInPasswd(t) })
	t.Run("planned before it exists", func(t *testing.T) { s.plannedAccount(t) })
	t.Run("accounts in the plan", func(t *testing.T) { s.seesPlannedAccounts(t) })
	t.Run("chains that change nothing", func(t *testing.T) { s.restoresAccounts(t) })
	t.Run("tools that fail", func(t *testing.T) { s.toolsThatFail(t) })
	t.Run("ends", func(t *testing.T) { s.accountEnds(t) })
	t.Run("homes without place", func(t *testing.T) { s.homesWithoutPlace(t) })
	t.Run("secrets stay out", func(t *testing.T) { s.noHash(t) })
	t.Run("number taken", func(t *testing.T) {
		s.setup(t)
		resourcetest.Problem(t, "user", args{"name": "app", "uid": 500}, "uid", "uid_taken")
	})
}

// madeOfSkeleton: a new account gets the password though only for a new one it counts, and its home
// is what the skeleton holds, as for one that has no home yet. A missing skeleton is a problem.
func (s stage) madeOfSkeleton(t *testing.T) {
	s.setup(t)
	must(t, os.Mkdir("/etc/other", 0o755))
	must(t, os.WriteFile("/etc/other/x", []byte("x"), 0o640))
	for _, name := range []string{"app", "old"} {
		a := args{"name": name, "password_hash": "$6$n$m", "update_password": "on_create", "create_home": true, "skeleton": text("/etc/other")}
		said := mustCheck(t, newService(), "p", step{Address: "a", Kind: "user", Args: a})
		if !slices.Contains(said.Uses, "skeleton") || said.Along == nil || said.Along.Count != 2 {
			t.Errorf("%s uses %q, and along come %+v", name, said.Uses, said.Along)
		}
		must(t, apply(t, newService(), "user", a))
		if names, err := filepath.Glob("/home/" + name + "/*"); err != nil || len(names) != 1 {
			t.Errorf("the home of %s has %q (%v)", name, names, err)
		}
		if again := mustCheck(t, newService(), "q", step{Address: "a", Kind: "user", Args: a}); again.Op != resource.NoOp {
			t.Errorf("then %s is %s: %v", name, again.Op, again.After)
		}
	}
	has(t, "shadow", "app:$6$n$m:")
	has(t, "shadow", "old:$6$salt$hash:")
	must(t, os.RemoveAll("/etc/other"))
	resourcetest.Problem(t, "user", args{"name": "new", "skeleton": text("/etc/other")}, "skeleton", kind.CodeMissing)
	resourcetest.Problem(t, "user", args{"name": "new", "skeleton": text("other")}, "skeleton", "skeleton")
	resourcetest.Problem(t, "user", args{"name": "new", "skeleton": text("/etc"), "create_home": false}, "skeleton", kind.CodeExcluded)
	resourcetest.Problem(t, "user", args{"name": "new", "update_password": "never"}, "update_password", "update_password")
	s.setup(t)
}

// plannedAccount plans an account that is yet to be made, with a file and a line in
// its profile, and applies all of it.
func (s stage) plannedAccount(t *testing.T) {
	s.setup(t)
	steps := []step{
		{Address: "user", Kind: "user", Args: args{"name": "app", "uid": 1500}},
		{Address: "noid", Kind: "user", Args: args{"name": "other"}},
		{Address: "file", Kind: "file", Args: args{"path": text("/home/app/x"), "content": text("x"), "owner": "app", "group": "app"}, After: []string{"user"}},
		{Address: "theirs", Kind: "file", Args: args{"path": text("/home/y"), "content": text("y"), "owner": "other", "group": "other"}, After: []string{"noid"}},
		{Address: "line", Kind: "line", Args: args{"path": text("/home/app/.profile"), "line": text("umask 027")}, After: []string{"user"}},
	}
	svc := newService()
	var planned []resource.Change
	for _, st := range steps {
		planned = append(planned, mustCheck(t, svc, "p", st))
	}
	if got := fmt.Sprint(planned[4].After["content"]); got != "# a profile\numask 027\n" {
		t.Errorf("the profile is planned to be %q", got)
	}
	for i, st := range steps {
		_, err := svc.Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Kind: st.Kind, Args: resourcetest.Encode(t, st.Args), Fingerprint: planned[i].Fingerprint, Key: planKey,
		})
		must(t, err)
	}
	for _, st := range steps {
		if c := mustCheck(t, svc, "again", st); c.Op != resource.NoOp && len(c.Restores) == 0 {
			t.Errorf("%s says %s after the apply", st.Address, c.Op)
		}
	}
}

// homeAsUseradd makes the home of an account that exists. It must equal the home
// that useradd makes from the same skeleton, under several settings.
func (s stage) homeAsUseradd(t *testing.T) {
	for _, set := range []struct{ defs, useradd string }{
		{"HOME_MODE 0750\n", ""}, {"HOME_MODE\t0700\nUMASK 022\n", ""}, {"UMASK 027\n", ""}, {"", ""}, {"HOME_MODE 0711\n", "SKEL=/etc/other\n"}, {"", "SKEL=/etc/missing\n"},
	} {
		s.setup(t)
		must(t, os.WriteFile("/etc/login.defs", []byte("UID_MIN 1000\nUID_MAX 60000\nUSERGROUPS_ENAB yes\n"+set.defs), 0o644))
		must(t, os.WriteFile("/etc/default/useradd", []byte("HOME=/home\nCREATE_MAIL_SPOOL=no\n"+set.useradd), 0o644))
		for _, skel := range []string{"/etc/skel", "/etc/other"} {
			must(t, os.RemoveAll(skel))
			must(t, os.MkdirAll(skel+"/.config/deep", 0o700))
			must(t, os.WriteFile(skel+"/run"+filepath.Base(skel), []byte("x"), 0o644))
			must(t, os.Chmod(skel+"/run"+filepath.Base(skel), 0o751))
			must(t, os.WriteFile(skel+"/.config/deep/x", []byte("y"), 0o600))
			must(t, os.Symlink("run", skel+"/link"))
		}
		must(t, apply(t, newService(), "user", args{"name": "new", "uid": 1500}))
		must(t, apply(t, newService(), "user", args{"name": "old", "create_home": true}))
		got, want := resourcetest.Tree(t, "/home/old", false), map[string]string{}
		for name, is := range resourcetest.Tree(t, "/home/new", false) {
			want[strings.Replace(name, "/new", "/old", 1)] = strings.Replace(is, " 1500:1500", " 500:500", 1)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%q: useradd makes\n%v\nand we make\n%v", set, want, got)
		}
		must(t, os.RemoveAll("/etc/other"))
		must(t, os.RemoveAll("/etc/skel"))
	}
	s.setup(t)
}

// homeRemoved holds that a home that an apply made and somebody removed is told
// from a home that was never made.
func (s stage) homeRemoved(t *testing.T) {
	s.setup(t)
	traits := func(of []resource.Trait) (out []resource.Trait) {
		for _, tr := range of {
			if tr.Attr == "create_home" {
				out = append(out, tr)
			}
		}
		return out
	}
	a := args{"name": "old", "create_home": true}
	reply, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "user", Args: resourcetest.Encode(t, a)})
	must(t, err)
	left := traits(reply.Change.Traits)
	found := func() []resource.Trait {
		return traits(mustCheck(t, newService(), "p", step{Address: "a", Kind: "user", Args: a}).Traits)
	}
	if len(left) != 1 || !reflect.DeepEqual(found(), left) {
		t.Errorf("the apply left the traits %v, and the check found %v", left, found())
	}
	must(t, os.RemoveAll("/home/old"))
	if got := found(); len(got) != 1 || reflect.DeepEqual(got, left) {
		t.Errorf("the home was removed, and the check found %v, want other traits than before", got)
	}
	if got := traits(mustCheck(t, newService(), "p", step{Address: "b", Kind: "user", Args: args{"name": "old"}}).Traits); got != nil {
		t.Errorf("without create_home the traits are %v, want none", got)
	}
}

// homeInThePlan holds that a plan says which home an account gets, and what will be
// in it.
func (s stage) homeInThePlan(t *testing.T) {
	s.setup(t)
	along := func(c resource.Change) (paths []string) {
		if c.Along != nil {
			for _, e := range c.Along.Entries {
				paths = append(paths, string(e.Path)+" "+e.After["owner"]+" "+e.After["mode"])
			}
		}
		return paths
	}
	for _, c := range []struct {
		args  args
		after any // create_home after it
		along []string
		uses  []string
	}{
		{args{"name": "app"}, true, []string{"/home/app app 0750", "/home/app/.profile app 0644"}, nil},
		{args{"name": "app", "system": true}, false, nil, []string{"system"}},
		{args{"name": "app", "system": true, "create_home": true, "home": text("/home/x/y")}, true, []string{"/home/x root 0755", "/home/x/y app 0750", "/home/x/y/.profile app 0644"}, []string{"system"}},
		{args{"name": "old", "create_home": true}, true, []string{"/home/old old 0750", "/home/old/.profile old 0644"}, nil},
		{args{"name": "old", "groups": []string{"dev"}, "append": true}, nil, nil, []string{"append"}},
		{args{"name": "old", "groups": []string{"ops"}, "append": true}, nil, nil, nil},
	} {
		got := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: c.args})
		if fmt.Sprint(got.After["create_home"]) != fmt.Sprint(c.after) || !slices.Equal(along(got), c.along) || !slices.Equal(got.Uses, c.uses) {
			t.Errorf("%v: create_home is %v, along with it come %q, and uses are %q", c.args, got.After["create_home"], along(got), got.Uses)
		}
	}
	must(t, os.WriteFile("/home/app", nil, 0o644))
	resourcetest.Problem(t, "user", args{"name": "app"}, "home", "in_the_way")
	must(t, os.Remove("/home/app"))
	must(t, os.Mkdir("/home/app", 0o700))
	if got := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: args{"name": "app"}}); len(got.Warnings) != 1 || got.Along != nil {
		t.Errorf("for a home that exists: got %+v, want one warning and nothing along", got)
	}
}

// noHash holds that nothing that leaves the host has the hash of a password.
func (s stage) noHash(t *testing.T) {
	s.setup(t)
	svc := newService()
	a := args{"name": "old", "password_hash": "$6$planted$secret"}
	c := mustCheck(t, svc, "p", step{Address: "u", Kind: "user", Args: a})
	if said := fmt.Sprintf("%+v %s", c, c.Effects[0].User.Shadow.HashDigest); strings.Contains(said, "planted") || strings.Contains(said, "$6$salt$hash") {
		t.Errorf("the check shows a hash: %s", said)
	}
	must(t, os.Chmod("/etc/shadow", 0o640))
	must(t, os.WriteFile("/etc/shadow.lock", []byte("1"), 0o600)) // chpasswd waits for this lock and fails.
	_, err := svc.Apply(t.Context(), resource.ApplyRequest{Kind: "user", Args: resourcetest.Encode(t, a)})
	var p *kind.Problem
	if !errors.As(err, &p) || strings.Contains(err.Error(), "planted") {
		t.Errorf("got %v, want a problem without the hash", err)
	}
}
