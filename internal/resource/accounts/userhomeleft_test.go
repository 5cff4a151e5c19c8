package accounts_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestUserHomeLeft runs the cases of homes that are removed or moved where TestUser runs those of
// accounts.
func TestUserHomeLeft(t *testing.T) { onStage(t, "TestUserHomeLeft", testHomeLeft) }

// withHome is setup with a home for the account old.
func (s stage) withHome(t *testing.T) {
	s.setup(t)
	for _, dir := range []string{"/home/old", "/home/old/deep"} {
		must(t, os.Mkdir(dir, 0o750))
	}
	must(t, os.WriteFile("/home/old/deep/x", []byte("xyz"), 0o600))
	must(t, os.Symlink("/etc", "/home/old/link"))
	for _, p := range []string{"/home/old", "/home/old/deep", "/home/old/deep/x", "/home/old/link"} {
		must(t, os.Lchown(p, 500, 500))
	}
}

func testHomeLeft(t *testing.T, s stage) {
	for _, c := range []struct {
		name   string
		args   args
		want   resource.Op
		verify func(t *testing.T)
	}{
		{"goes with its home", args{"name": "old", "state": "absent", "remove_home": true}, resource.Delete, func(t *testing.T) {
			if _, err := os.Lstat("/home/old"); err == nil {
				t.Error("the home is still there")
			}
			has(t, "passwd", "root:x:0:0")
		}},
		{"moves its home", args{"name": "old", "home": text("/home/far/new"), "move_home": true}, resource.Update, func(t *testing.T) {
			has(t, "passwd", "old:x:500:500:Old One:/home/far/new:")
			b, err := os.ReadFile("/home/far/new/deep/x")
			if _, old := os.Lstat("/home/old"); err != nil || string(b) != "xyz" || old == nil {
				t.Errorf("the home was not moved: %v, %v", err, old)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			resourcetest.Run(t, resourcetest.Case{
				Kind: "user", Args: c.args, Want: c.want, Setup: s.withHome, Snapshot: s.snapshot, Verify: c.verify, Neighbours: accountNeighbours,
			})
		})
	}
	t.Run("dangers", func(t *testing.T) { s.homesOfOthers(t) })
	t.Run("what goes", func(t *testing.T) { s.homeGoes(t) })
	t.Run("in use", func(t *testing.T) { s.homeInUse(t) })
	t.Run("ends", func(t *testing.T) { s.homeEnds(t) })
	t.Run("moves", func(t *testing.T) { s.homeMoves(t) })
}

// homesOfOthers: a home that may not be the account's own is neither removed nor moved.
func (s stage) homesOfOthers(t *testing.T) {
	home := func(t *testing.T, account, home string) {
		b, err := os.ReadFile("/etc/passwd")
		must(t, err)
		out := ""
		for line := range strings.Lines(string(b)) {
			f := strings.Split(line, ":")
			if f[0] == account {
				f[5] = home
			}
			out += strings.Join(f, ":")
		}
		must(t, os.WriteFile("/etc/passwd", []byte(out), 0o644))
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T)
		code    kind.Code
		words   string
	}{
		"the root directory":  {func(t *testing.T) { home(t, "old", "/") }, kind.CodeHomeStays, "root directory"},
		"all homes":           {func(t *testing.T) { home(t, "old", "/home") }, kind.CodeHomeStays, "root directory"},
		"all homes, by dots":  {func(t *testing.T) { home(t, "old", "/home/old/..") }, kind.CodeHomeStays, "root directory"},
		"that of root":        {func(t *testing.T) { home(t, "old", "/root") }, kind.CodeHomeStays, "root directory"},
		"one of the system":   {func(t *testing.T) { home(t, "old", "/usr/sbin") }, kind.CodeHomeStays, "belongs to root"},
		"somebody else's":     {func(t *testing.T) { must(t, os.Lchown("/home/old", 501, 500)) }, kind.CodeHomeStays, "belongs to stray"},
		"a shared one":        {func(t *testing.T) { home(t, "stray", "/home/old") }, kind.CodeHomeStays, "home directory of stray"},
		"one with another":    {func(t *testing.T) { home(t, "stray", "/home/old/deep/stray") }, kind.CodeHomeStays, "home directory of stray"},
		"another by a link":   {func(t *testing.T) { must(t, os.Symlink("/home/old/deep", "/home/l")); home(t, "stray", "/home/l") }, kind.CodeHomeStays, "home directory of stray"},
		"a link":              {func(t *testing.T) { must(t, os.Rename("/home/old", "/home/o")); must(t, os.Symlink("o", "/home/old")) }, kind.CodeHomeStays, "is a link"},
		"a file":              {func(t *testing.T) { home(t, "old", "/home/old/deep/x") }, kind.CodeHomeStays, "is a file"},
		"one with a mount":    {func(t *testing.T) { mountAt(t, "/home/old/deep") }, kind.CodeBusy, "mounted"},
		"one that is a mount": {func(t *testing.T) { mountAt(t, "/home/old"); must(t, os.Lchown("/home/old", 500, 500)) }, kind.CodeBusy, "mount"},
		"behind another's link": {func(t *testing.T) {
			must(t, os.MkdirAll("/home/theirs", 0o755))
			must(t, os.Mkdir("/home/up", 0o755))
			must(t, os.Lchown("/home/up", 501, 501))
			must(t, os.Symlink("/home", "/home/up/l"))
			must(t, os.Lchown("/home/up/l", 501, 501))
			home(t, "old", "/home/up/l/old")
		}, kind.CodeUnsafeLink, "link"},
	} {
		t.Run(name, func(t *testing.T) {
			s.withHome(t)
			c.prepare(t)
			for argument, a := range map[string]args{
				"remove_home": {"name": "old", "state": "absent", "remove_home": true},
				"move_home":   {"name": "old", "home": text("/home/elsewhere"), "move_home": true},
			} {
				before := s.snapshot(t, true)
				_, err := check(t, newService(), "p", step{Address: "u", Kind: "user", Args: a})
				wantProblem(t, err, argument, c.code)
				if p := asProblem(err); p == nil || !strings.Contains(p.Detail, c.words) {
					t.Errorf("%s: the message does not say %q: %v", argument, c.words, err)
				}
				wantProblem(t, apply(t, newService(), "user", a), argument, c.code)
				changedNothing(t, "the refusal", before, s.snapshot(t, true))
			}
		})
	}
	s.withHome(t)
	must(t, os.RemoveAll("/home/old"))
	must(t, apply(t, newService(), "user", args{"name": "old", "state": "absent", "remove_home": true}))
	resourcetest.Problem(t, "user", args{"name": "app", "move_home": true}, "move_home", "move_home")
}

// mountAt mounts a file system over a directory until the test ends.
func mountAt(t *testing.T, at string) {
	t.Helper()
	must(t, exec.Command("mount", "-t", "tmpfs", "tmpfs", at).Run())
	t.Cleanup(func() { must(t, exec.Command("umount", "-l", at).Run()) })
}

// homeGoes: a plan names what goes with the account, and what comes after it sees none of that.
func (s stage) homeGoes(t *testing.T) {
	s.withHome(t)
	svc := newService()
	a := args{"name": "old", "state": "absent", "remove_home": true}
	c := mustCheck(t, svc, "p", step{Address: "u", Kind: "user", Args: a})
	var goes []string
	for _, e := range c.Along.Entries {
		goes = append(goes, string(e.Op)+" "+string(e.Path))
	}
	if want := []string{"delete /home/old", "delete /home/old/deep", "delete /home/old/deep/x", "delete /home/old/link"}; !slices.Equal(goes, want) || c.Along.Size != 3 {
		t.Errorf("along go %q of %d bytes, want %q", goes, c.Along.Size, want)
	}
	if !slices.Contains(c.Uses, "remove_home") {
		t.Errorf("it uses %q", c.Uses)
	}
	_, err := check(t, svc, "p", step{Address: "f", Kind: "line", Args: args{"path": text("/home/old/deep/x"), "line": text("l")}, After: []string{"u"}})
	if err == nil {
		t.Error("a file in the home was planned as if that stayed")
	}
	must(t, os.WriteFile("/home/old/new", nil, 0o600))
	_, err = svc.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "user", Args: resourcetest.Encode(t, a), Fingerprint: c.Fingerprint, Key: planKey})
	wantCode(t, err, kind.CodeMoved)
	has(t, "passwd", "old:x:500")
}

// runAs starts a program under a number, which ends with the test.
func runAs(t *testing.T, uid uint32) {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// homeInUse: nothing is removed or moved while programs run under the account, unless force says so.
func (s stage) homeInUse(t *testing.T) {
	s.withHome(t)
	runAs(t, 500)
	gone := args{"name": "old", "state": "absent", "remove_home": true}
	for _, a := range []args{gone, {"name": "old", "home": text("/home/new"), "move_home": true}} {
		before := s.snapshot(t, true)
		resourcetest.Problem(t, "user", a, "name", kind.CodeUserBusy)
		wantProblem(t, apply(t, newService(), "user", a), "name", kind.CodeUserBusy)
		changedNothing(t, "the refusal", before, s.snapshot(t, true))
	}
	gone["force"] = true
	resourcetest.Problem(t, "user", args{"name": "root", "state": "absent", "force": true}, "name", kind.CodeUserBusy)
	must(t, os.WriteFile("/etc/passwd", []byte(strings.Replace(files["passwd"], "stray:x:501:100", "stray:x:501:500", 1)), 0o644))
	resourcetest.Problem(t, "user", gone, "force", kind.CodeGroupBusy)
	must(t, os.WriteFile("/etc/passwd", []byte(files["passwd"]), 0o644))
	c := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: gone})
	if len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeUserBusy || !slices.Contains(c.Uses, "force") {
		t.Errorf("it warns of %v and uses %q", c.Warnings, c.Uses)
	}
	must(t, apply(t, newService(), "user", gone))
	if left, _ := filepath.Glob("/home/*"); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
}

// homeEnds: with remove_home an account that was made takes its home along, and no other.
func (s stage) homeEnds(t *testing.T) {
	for _, made := range []bool{true, false} {
		s.setup(t)
		svc := newService()
		if !made {
			must(t, os.Mkdir("/home/app", 0o755))
			must(t, os.Lchown("/home/app", 1000, 1000))
		}
		a := args{"name": "app", "uid": 1000, "remove_home": true}
		reply, err := svc.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "user", Args: resourcetest.Encode(t, a)})
		must(t, err)
		e := ending{Kind: "user", Args: args{"name": "app", "remove_home": true}, End: resource.End{Kept: *reply.Change.Kept}}
		got, err := e.Check(t, svc, "a")
		must(t, err)
		if stays := len(got.Warnings) == 1 && got.Warnings[0].Code == kind.CodeHome; stays == made {
			t.Errorf("made %v: the end warns of %v", made, got.Warnings)
		}
		must(t, e.Apply(t, svc, got.Fingerprint))
		if _, err := os.Lstat("/home/app"); (err == nil) == made {
			t.Errorf("made %v: after the end the home is %v", made, err)
		}
	}
}

// homeMoves: what is refused before anything is moved, and what is moved back.
func (s stage) homeMoves(t *testing.T) {
	move := func(to string) args { return args{"name": "old", "home": text(to), "move_home": true} }
	s.withHome(t)
	must(t, os.Mkdir("/home/new", 0o755))
	resourcetest.Problem(t, "user", move("/home/new"), "home", kind.CodeInTheWay)
	resourcetest.Problem(t, "user", move("/home/old/deep/new"), "home", kind.CodeInTheWay)
	before := s.snapshot(t, true)
	t.Run("to another file system", func(t *testing.T) {
		mountAt(t, "/home/new")
		wantProblem(t, apply(t, newService(), "user", move("/home/new/x")), "move_home", kind.CodeOtherFileSystem)
	})
	t.Run("and usermod fails", func(t *testing.T) {
		bin := t.TempDir()
		must(t, os.WriteFile(bin+"/usermod", []byte("#!/bin/sh\nexit 8\n"), 0o755))
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		wantProblem(t, apply(t, newService(), "user", move("/home/moved")), "name", kind.CodeUserBusy)
	})
	changedNothing(t, "what failed", before, s.snapshot(t, true))
	t.Run("and cannot be moved back", func(t *testing.T) {
		bin := t.TempDir()
		must(t, os.WriteFile(bin+"/usermod", []byte("#!/bin/sh\nmkdir /home/old\nexit 8\n"), 0o755))
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		err := apply(t, newService(), "user", move("/home/moved"))
		wantProblem(t, err, "name", kind.CodeUserBusy)
		if err == nil || !strings.Contains(err.Error(), "it is at /home/moved now") {
			t.Errorf("where the home is now is not told: %v", err)
		}
		s.withHome(t)
	})
	t.Run("in the plan", func(t *testing.T) {
		svc := newService()
		c := mustCheck(t, svc, "p", step{Address: "u", Kind: "user", Args: move("/home/moved")})
		if !slices.Contains(c.Uses, "move_home") {
			t.Errorf("it uses %q", c.Uses)
		}
		dir := mustCheck(t, svc, "p", step{Address: "d", Kind: "directory", Args: args{"path": text("/home/moved/deep"), "mode": "0750", "owner": "old"}, After: []string{"u"}})
		old := mustCheck(t, svc, "p", step{Address: "o", Kind: "directory", Args: args{"path": text("/home/old")}, After: []string{"u"}})
		if dir.Op != resource.NoOp || old.Op != resource.Create {
			t.Errorf("after the move a directory in the new home is %s, and the old home %s", dir.Op, old.Op)
		}
	})
	t.Run("with create_home", func(t *testing.T) {
		a := move("/home/moved")
		a["create_home"] = true
		must(t, apply(t, newService(), "user", a))
		if again := mustCheck(t, newService(), "q", step{Address: "u", Kind: "user", Args: a}); again.Op != resource.NoOp {
			t.Errorf("then a plan says %s: %v", again.Op, again.After)
		}
		if _, err := os.Lstat("/home/moved/deep/x"); err != nil {
			t.Error(err)
		}
	})
}

// changedNothing fails unless two snapshots are the same.
func changedNothing(t *testing.T, what string, before, after map[string]string) {
	t.Helper()
	if !maps.Equal(before, after) {
		t.Errorf("%s changed something; before\n%v\nafter\n%v", what, before, after)
	}
}
