package system_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

const fstab = "# /etc/fstab\nUUID=\"a-b\"\t/   ext4  errors=remount-ro 0 1\n/dev/sdb1 /srv/a\\040b xfs defaults 0 2 # ours\nnone swap swap sw 0 0\n"

// line is a mount that is in the file x alone.
func line(more args) args {
	out := args{"path": text("/srv/a b"), "src": text("/dev/sdb1"), "fstype": "xfs", "passno": 2, "runtime": false}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// TestMountLine has the cases of what the file holds.
func TestMountLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   args
		holds  string
		absent bool
		want   resource.Op
		made   bool
		after  string
	}{
		{name: "makes the file", args: line(nil), absent: true, want: resource.Update, made: true, after: "/dev/sdb1 /srv/a\\040b xfs defaults 0 2\n"},
		{name: "is as it should be", args: line(nil), holds: fstab, want: resource.NoOp, after: fstab},
		{name: "gets other options", args: line(args{"opts": "noexec"}), holds: fstab, want: resource.Update, after: strings.Replace(fstab, "/dev/sdb1 /srv/a\\040b xfs defaults 0 2 # ours", "/dev/sdb1 /srv/a\\040b xfs noexec 0 2", 1)},
		{name: "is added", args: line(args{"path": text("/srv/new/"), "src": text("UUID=c-d"), "opts": "nofail,x-a=b"}), holds: fstab, want: resource.Update, made: true, after: fstab + "UUID=c-d /srv/new xfs nofail,x-a=b 0 2\n"},
		{name: "quotes of a tag do not count", args: line(args{"path": text("/"), "src": text("UUID=a-b"), "fstype": "ext4", "opts": "errors=remount-ro", "passno": 1}), holds: fstab, want: resource.NoOp, after: fstab},
		{name: "becomes one line", args: line(nil), holds: "/dev/sdb1 /srv/a\\040b xfs ro\n#\n/dev/sdc1 /srv/a\\040b xfs\n", want: resource.Update, after: "/dev/sdb1 /srv/a\\040b xfs defaults 0 2\n#\n"},
		{name: "a bind", args: args{"path": text("/b"), "src": text("/a"), "opts": "bind,ro", "runtime": false}, want: resource.Update, made: true, after: "/a /b none bind,ro 0 0\n"},
		{name: "goes", args: line(args{"state": "absent"}), holds: fstab, want: resource.Update, after: strings.Replace(fstab, "/dev/sdb1 /srv/a\\040b xfs defaults 0 2 # ours\n", "", 1)},
		{name: "is gone", args: args{"path": text("/srv"), "state": "absent", "runtime": false}, holds: fstab, want: resource.NoOp, after: fstab},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			c.args["fstab"] = f.Arg("x")
			briefly(t, resourcetest.Case{
				Kind: "mount", Args: c.args, Want: c.want, Made: c.made, Snapshot: f.Snapshot,
				Setup: func(t *testing.T) {
					f.Empty(t)
					if !c.absent {
						f.Write(t, "x", c.holds, 0o644)
					}
				},
				Verify: func(t *testing.T) { f.Holds(t, "x", c.after, 0o644) },
			})
		})
	}
}

// TestMountProblems: what cannot be a mount is refused.
func TestMountProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	with := func(more args) args {
		out := line(args{"fstab": f.Arg("x")})
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	problems(t, "mount", []badArgs{
		{with(args{"path": text("srv")}), "path", kind.CodePath},
		{with(args{"path": text("/srv\n/etc")}), "path", "path"},
		{with(args{"src": text("")}), "src", "src"},
		{with(args{"src": text("-a")}), "src", "src"},
		{with(args{"src": text("a\nb")}), "src", "src"},
		{with(args{"src": text("srv"), "opts": "bind"}), "src", "src"},
		{with(args{"fstype": "ext4 ro"}), "fstype", "fstype"},
		{with(args{"fstype": "swap"}), "fstype", "fstype"},
		{with(args{"opts": "ro, noexec"}), "opts", "opts"},
		{with(args{"opts": "ro,"}), "opts", "opts"},
		{with(args{"opts": "user=a,password=b"}), "opts", "opts"},
		{with(args{"opts": "remount,ro"}), "opts", "opts"},
		{with(args{"passno": -1}), "passno", "passno"},
		{with(args{"dump": 10}), "dump", "dump"},
		{with(args{"persist": false}), "runtime", kind.CodeExcluded},
		{with(args{"fstab": f.Arg("no/x")}), "fstab", kind.CodeNoParent},
		{with(args{"fstab": text("x")}), "fstab", kind.CodePath},
		{args{"path": text("/"), "state": "absent"}, "state", "state"},
	})
}

// mountsIn are what is mounted in a directory: where, of which type, and the flags.
func mountsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	out := map[string]string{}
	for l := range strings.Lines(string(b)) {
		if m, ok := filesystem.ParseMount(strings.TrimSpace(l)); ok && strings.HasPrefix(m.Path, dir+"/") {
			name, _ := filepath.Rel(dir, m.Path)
			out["mounted "+name] += m.Type + " " + m.Options + " " + m.Shared + ";"
		}
	}
	return out
}

// clear unmounts all in a directory, and empties it.
func clear(t *testing.T, f testDir) {
	t.Helper()
	for range 20 {
		is := mountsIn(t, f.Path)
		for name := range is {
			_ = exec.Command("umount", f.At(strings.TrimPrefix(name, "mounted "))).Run()
		}
		if len(is) == 0 {
			break
		}
	}
	f.Empty(t)
}

// mountCase is a case of what is mounted, at m, with the file x for /etc/fstab.
type mountCase struct {
	name   string
	args   args
	before func(t *testing.T, f testDir)
	want   resource.Op
	made   bool
	whole  bool
	// holds is what the file has afterwards, and mounted a part of what is at m then; "" if
	// nothing is.
	holds, mounted string
}

func run(t *testing.T, name string, arg ...string) {
	t.Helper()
	if out, err := exec.Command(name, arg...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v: %s", name, arg, err, out)
	}
}

// tmp are the arguments of a tmpfs.
func tmp(f testDir, more args) args {
	out := args{"path": f.Arg("m"), "src": text("tmpfs"), "fstype": "tmpfs", "opts": "size=1m,mode=0755", "fstab": f.Arg("x")}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// mountEnds holds that the end of what a case made leaves all as it was.
func mountEnds(t *testing.T, f testDir, c mountCase) {
	snapshot := func() string { return fmt.Sprint(f.Snapshot(t, false), mountsIn(t, f.Path)) }
	clear(t, f)
	if c.before != nil {
		c.before(t, f)
	}
	before := snapshot()
	s := newService()
	did, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "mount", Args: resourcetest.Encode(t, c.args)})
	must(t, err)
	end := ending{Kind: "mount", Args: c.args}
	if did.Change.Kept != nil {
		end.End.Kept = *did.Change.Kept
	}
	must(t, end.Apply(t, newService(), ""))
	if after := snapshot(); after != before && c.name != "a bind of something else" || strings.Contains(after, "mounted m") && !strings.Contains(before, "mounted m") {
		t.Errorf("the end left\n%s\nwhere there was\n%s", after, before)
	}
}

// TestMount: what is wanted is mounted, and nothing else is done. The kernel is this one, in a
// name space of mounts.
func TestMount(t *testing.T) {
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		run(t, "mount", "--make-rprivate", "/")
		f := newTestDir(t)
		at := f.At("m")
		row := "tmpfs " + at + " tmpfs size=1m,mode=0755 0 0\n"
		tmpfs := func(opts string) func(t *testing.T, f testDir) {
			return func(t *testing.T, f testDir) {
				must(t, os.Mkdir(at, 0o755))
				run(t, "mount", "-t", "tmpfs", "-o", opts, "tmpfs", at)
			}
		}
		also := func(all ...func(t *testing.T, f testDir)) func(t *testing.T, f testDir) {
			return func(t *testing.T, f testDir) {
				for _, one := range all {
					one(t, f)
				}
			}
		}
		has := func(holds string) func(t *testing.T, f testDir) {
			return func(t *testing.T, f testDir) { f.Write(t, "x", holds, 0o644) }
		}
		src := func(t *testing.T, f testDir) { must(t, os.MkdirAll(f.At("src/in"), 0o755)) }
		bind := args{"path": f.Arg("m"), "src": f.Arg("src"), "opts": "bind,ro,noexec", "fstab": f.Arg("x")}
		for _, c := range []mountCase{
			{name: "in a directory that is made", whole: true, args: tmp(f, nil), before: has("# ours\n"), want: resource.Update, made: true, holds: "# ours\n" + row, mounted: "size=1024k,mode=755"},
			{name: "now alone", args: tmp(f, args{"persist": false}), want: resource.Create, mounted: "size=1024k"},
			{name: "with directories above", args: tmp(f, args{"path": f.Arg("m/b/c")}), want: resource.Update, made: true, holds: strings.Replace(row, "/m ", "/m/b/c ", 1)},
			{name: "is mounted, and not kept", args: tmp(f, nil), before: tmpfs("size=1m,mode=755"), want: resource.Update, made: true, holds: row, mounted: "size=1024k"},
			{name: "is kept, and not mounted", args: tmp(f, nil), before: has(row), want: resource.Update, holds: row, mounted: "size=1024k"},
			{name: "is as it should be", args: tmp(f, nil), before: also(tmpfs("size=1m,mode=755"), has(row)), want: resource.NoOp, holds: row, mounted: "size=1024k"},
			{name: "another size", args: tmp(f, nil), before: also(tmpfs("size=2m,mode=755"), has(row)), want: resource.Update, holds: row, mounted: "size=1024k"},
			{name: "a size of no whole pages", args: tmp(f, args{"opts": "size=1000000,mode=0755,nr_inodes=1k"}), before: has(row), want: resource.Update, holds: strings.Replace(row, "size=1m,mode=0755", "size=1000000,mode=0755,nr_inodes=1k", 1), mounted: "nr_inodes=1024"},
			{name: "an option too many", args: tmp(f, nil), before: also(tmpfs("size=1m,mode=755,noexec,ro"), has(row)), want: resource.Update, holds: row, mounted: "tmpfs rw,relatime rw"},
			{name: "an option too few", args: tmp(f, args{"opts": "size=1m,mode=0755,nosuid,nodev,noatime"}), before: also(tmpfs("size=1m,mode=755"), has(row)), want: resource.Update, holds: strings.Replace(row, "0755", "0755,nosuid,nodev,noatime", 1), mounted: "rw,nosuid,nodev,noatime"},
			{name: "a bind", args: bind, before: also(src, has("")), want: resource.Update, made: true, holds: f.At("src") + " " + at + " none bind,ro,noexec 0 0\n", mounted: "ro,noexec"},
			{name: "a bind of something else", args: bind, before: also(src, tmpfs("size=1m"), has("")), want: resource.Update, made: true, holds: f.At("src") + " " + at + " none bind,ro,noexec 0 0\n", mounted: "ro,noexec"},
			{name: "a bind that may be written", args: bind, before: also(src, has(f.At("src")+" "+at+" none bind,ro,noexec\n"), func(t *testing.T, f testDir) {
				must(t, os.Mkdir(at, 0o755))
				run(t, "mount", "--bind", f.At("src"), at)
			}), want: resource.Update, holds: f.At("src") + " " + at + " none bind,ro,noexec\n", mounted: "ro,noexec"},
			{name: "goes", args: args{"path": f.Arg("m"), "state": "absent", "fstab": f.Arg("x")}, before: also(tmpfs("size=1m"), has("#\n"+row)), want: resource.Update, holds: "#\n"},
			{name: "goes now alone", args: args{"path": f.Arg("m"), "state": "absent", "persist": false}, before: also(tmpfs("size=1m"), has(row)), want: resource.Delete, holds: row},
			{name: "is gone", args: args{"path": f.Arg("m"), "state": "absent", "fstab": f.Arg("x")}, before: has("#\n"), want: resource.NoOp, holds: "#\n"},
		} {
			t.Run(c.name, func(t *testing.T) {
				defer clear(t, f)
				if !c.whole && (c.made || c.want == resource.Create) {
					defer mountEnds(t, f, c)
				}
				holding := briefly
				if c.whole {
					holding = resourcetest.Run
				}
				holding(t, resourcetest.Case{
					Kind: "mount", Args: c.args, Want: c.want, Made: c.made,
					Setup: func(t *testing.T) {
						clear(t, f)
						if c.before != nil {
							c.before(t, f)
						}
					},
					Snapshot: func(t *testing.T, times bool) map[string]string {
						out := f.Snapshot(t, times)
						for k, v := range mountsIn(t, f.Path) {
							out[k] = v
						}
						return out
					},
					Neighbours: func() []resourcetest.Neighbour {
						return []resourcetest.Neighbour{{Kind: "file", Make: args{"path": f.Arg("y")}, Undo: args{"path": f.Arg("y"), "state": "absent"}, Elsewhere: true}}
					},
					Verify: func(t *testing.T) {
						if b, err := os.ReadFile(f.At("x")); err == nil && string(b) != c.holds || err != nil && c.holds != "" {
							t.Errorf("the file holds %q, want %q", b, c.holds)
						}
						if is := mountsIn(t, f.Path)["mounted m"]; !strings.Contains(is, c.mounted) || is != "" && c.mounted == "" {
							t.Errorf("at m there is %q, want %q", is, c.mounted)
						}
					},
				})
			})
		}
	})
}

// warned are the codes of the warnings of a change.
func warned(c resource.Change) string {
	var out []string
	for _, w := range c.Warnings {
		out = append(out, string(w.Code)+" "+w.Detail)
	}
	return strings.Join(out, "\n")
}

// TestMountRefuses: what cannot be mounted or unmounted is told, with who or what keeps it, and
// nothing is forced.
func TestMountRefuses(t *testing.T) {
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		run(t, "mount", "--make-rprivate", "/")
		f := newTestDir(t)
		clear(t, f)
		defer clear(t, f)
		none := func(more args) args {
			out := tmp(f, args{"persist": false})
			for k, v := range more {
				out[k] = v
			}
			return out
		}
		problem := func(a args, attr string, code kind.Code) {
			t.Helper()
			resourcetest.Problem(t, "mount", a, attr, code)
		}
		problem(none(args{"src": f.Arg("none"), "fstype": "ext4"}), "src", kind.CodeNoSource)
		problem(none(args{"src": text("UUID=0-0"), "fstype": "ext4"}), "src", kind.CodeNoSource)
		must(t, os.Mkdir(f.At("d"), 0o755))
		problem(none(args{"src": f.Arg("d"), "fstype": "auto", "opts": "ro"}), "src", kind.CodeNoSource)
		f.Write(t, "file", "", 0o644)
		problem(none(args{"path": f.Arg("file")}), "path", kind.CodeNotADirectory)
		problem(none(args{"src": f.Arg("file"), "opts": "bind"}), "path", kind.CodeMissing)
		f.Write(t, "file2", "", 0o644)
		must(t, apply(t, newService(), "mount", none(args{"path": f.Arg("file2"), "src": f.Arg("file"), "fstype": "none", "opts": "bind"})))
		wantProblem(t, apply(t, newService(), "mount", none(args{"fstype": "nonesuch"})), "src", kind.CodeToolFailed)
		wantProblem(t, apply(t, newService(), "mount", none(args{"opts": "size=1m,nonesuch"})), "src", kind.CodeToolFailed)
		f.Gone(t, "x")

		// With nofail the line is written though the device is missing.
		late := tmp(f, args{"src": text("LABEL=none such"), "fstype": "ext4", "opts": "nofail"})
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: late})
		if !strings.Contains(warned(c), string(kind.CodeNoSource)) {
			t.Errorf("a device that is missing is planned with %q", warned(c))
		}
		must(t, apply(t, newService(), "mount", late))
		f.Holds(t, "x", "LABEL=none\\040such "+f.At("m")+" ext4 nofail 0 0\n", 0o644)
		must(t, os.Remove(f.At("x")))

		// Where a user may exchange the directory, that is warned of; in one with the sticky bit,
		// only if it is the user's.
		must(t, os.MkdirAll(f.At("m/full"), 0o755))
		for _, c := range []struct {
			mode           os.FileMode
			owner, ownerOf int
			want           bool
		}{{0o755, 0, 1000, false}, {0o755, 1000, 0, true}, {0o777, 0, 0, true}, {0o777 | os.ModeSticky, 0, 0, false}, {0o777 | os.ModeSticky, 0, 1000, true}} {
			must(t, os.Lchown(f.At("m"), c.owner, c.owner))
			must(t, os.Chmod(f.At("m"), c.mode))
			must(t, os.Lchown(f.At("m/full"), c.ownerOf, c.ownerOf))
			said := warned(mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: none(args{"path": f.Arg("m/full")})}))
			if strings.Contains(said, string(kind.CodeUnsafeDirectory)) != c.want {
				t.Errorf("in a directory %v of user %d, one of user %d is planned with %q", c.mode, c.owner, c.ownerOf, said)
			}
		}
		must(t, os.Lchown(f.At("m"), 0, 0))
		must(t, os.Chmod(f.At("m"), 0o755))
		c = mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: none(nil)})
		if !strings.Contains(warned(c), string(kind.CodeCovered)) {
			t.Errorf("a directory with something in it is planned with %q", warned(c))
		}
		must(t, apply(t, newService(), "mount", none(nil)))
		err := apply(t, newService(), "mount", none(args{"fstype": "nonesuch"}))
		wantProblem(t, err, "src", kind.CodeToolFailed)
		if err == nil || !strings.Contains(err.Error(), "What was mounted there before was unmounted") || len(mountsIn(t, f.Path)) != 1 {
			t.Errorf("that nothing is mounted any more is not told: %v, %v", err, mountsIn(t, f.Path))
		}
		must(t, apply(t, newService(), "mount", none(nil)))
		gone := args{"path": f.Arg("m"), "state": "absent", "persist": false}
		held, err := os.Create(f.At("m/held"))
		must(t, err)
		c = mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: gone})
		if !strings.Contains(warned(c), fmt.Sprintf("(%d)", os.Getpid())) {
			t.Errorf("what is in use is planned with %q", warned(c))
		}
		err = apply(t, newService(), "mount", gone)
		wantProblem(t, err, "path", kind.CodeMountBusy)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("(%d)", os.Getpid())) {
			t.Errorf("who uses it is not told: %v", err)
		}
		must(t, held.Close())

		// A program that has mounts of its own uses another one at that path. It keeps it busy if
		// that is unmounted along, as by services of systemd.
		must(t, apply(t, newService(), "mount", gone))
		run(t, "mount", "-t", "tmpfs", "tmpfs", f.At("m"))
		run(t, "mount", "--make-shared", f.At("m"))
		at := f.At("m/in it")
		must(t, os.Mkdir(at, 0o755))
		must(t, apply(t, newService(), "mount", none(args{"path": text(at)})))
		inner := args{"path": text(at), "state": "absent", "persist": false}
		for _, c := range []struct {
			propagation, in string
			busy            bool
		}{{"private", "", false}, {"slave", "", true}, {"slave", "/..", false}, {"shared", "", true}} {
			other := exec.Command("unshare", "-m", "--propagation", c.propagation, "sh", "-c", "cd '"+at+c.in+"' && echo there && exec cat")
			stdin, err := other.StdinPipe()
			must(t, err)
			said, err := other.StdoutPipe()
			must(t, err)
			must(t, other.Start())
			if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || line != "there\n" {
				t.Errorf("the other program said %q, %v", line, err)
			}
			change := mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: inner})
			if told := strings.Contains(warned(change), fmt.Sprintf("(%d)", other.Process.Pid)); told != c.busy || told != strings.Contains(warned(change), string(kind.CodeMountBusy)) {
				t.Errorf("of a program of mounts that are %s it is told: %q", c.propagation, warned(change))
			}
			if c.busy {
				wantProblem(t, apply(t, newService(), "mount", inner), "path", kind.CodeMountBusy)
			}
			must(t, stdin.Close())
			must(t, other.Wait())
		}
		run(t, "umount", at)
		run(t, "umount", f.At("m"))
		must(t, apply(t, newService(), "mount", none(nil)))

		// A mount below waits for the one that is over it, and goes before that.
		must(t, apply(t, newService(), "mount", none(args{"path": f.Arg("m/in")})))
		problem(gone, "path", kind.CodeBusy)
		s := newService()
		mustCheck(t, s, "p", step{Address: "in", Kind: "mount", Args: args{"path": f.Arg("m/in"), "state": "absent", "persist": false}})
		if c = mustCheck(t, s, "p", step{Address: "out", Kind: "mount", Args: gone, After: []string{"in"}}); c.Op != resource.Delete {
			t.Errorf("with what is below it gone, it is %s", c.Op)
		}
		run(t, "umount", f.At("m/in"))

		run(t, "mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", f.At("m"))
		problem(gone, "path", kind.CodeStacked)
		if c = mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: none(args{"opts": "size=3m"})}); c.Op != resource.NoOp {
			t.Errorf("the uppermost is as it should be, and a plan says %s", c.Op)
		}
	})
}

// TestMountOfFiles: a file system in a file, told by its path, its label or its number, and what
// others mounted of it. An end takes away what was mounted, and nothing else.
func TestMountOfFiles(t *testing.T) {
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		run(t, "mount", "--make-rprivate", "/")
		f := newTestDir(t)
		clear(t, f)
		defer clear(t, f)
		const number = "6f2b4a6e-1d1f-4a50-9d0c-6d0b4f3c1a77"
		f.Write(t, "img", "", 0o600)
		must(t, os.Truncate(f.At("img"), 4<<20))
		if out, err := exec.Command("mkfs.ext4", "-q", "-L", "mito plan", "-U", number, f.At("img")).CombinedOutput(); err != nil {
			t.Skipf("no file system can be made here: %v: %s", err, out)
		}
		if out, err := exec.Command("mount", "-o", "loop", f.At("img"), "/mnt").CombinedOutput(); err != nil {
			t.Skipf("no file can be mounted here: %v: %s", err, out)
		}
		run(t, "umount", "/mnt")
		is := args{"path": f.Arg("m"), "src": f.Arg("img"), "fstype": "ext4", "opts": "loop,noexec,errors=remount-ro", "fstab": f.Arg("x")}
		settles := func(a args) {
			t.Helper()
			must(t, apply(t, newService(), "mount", a))
			if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: a}); c.Op != resource.NoOp {
				t.Errorf("after the apply a check says %s\nbefore %v\nafter  %v", c.Op, c.Before, c.After)
			}
		}
		settles(is)
		if _, err := os.Stat(f.At("m/lost+found")); err != nil {
			t.Error(err)
		}
		// Another option that the kernel shows in no form is set as the line changes.
		is["opts"] = "loop,noexec,errors=remount-ro,nodiscard"
		if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: is}); c.Op != resource.Update || c.Before["mounted"] == nil || fmt.Sprint(c.Before["mounted"]) == fmt.Sprint(c.After["mounted"]) {
			t.Errorf("another option is planned as %s, %v", c.Op, c.After)
		}
		settles(is)
		device, err := exec.Command("findmnt", "-n", "-o", "SOURCE", f.At("m")).Output()
		must(t, err)
		for _, src := range []string{"LABEL=mito plan", "UUID=" + number, strings.TrimSpace(string(device))} {
			is["src"], is["opts"] = text(src), "noexec,errors=remount-ro"
			if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "mount", Args: is}); fmt.Sprint(c.Before["mounted"]) == "" || strings.Contains(warned(c), "in use") {
				t.Errorf("by %s it is %v", src, c.Before)
			}
			settles(is)
		}
		// Somebody mounts another one there: the end leaves that.
		did, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "mount", Args: resourcetest.Encode(t, tmp(f, args{"path": f.Arg("n")}))})
		must(t, err)
		run(t, "umount", f.At("n"))
		run(t, "mount", "--bind", f.At("m"), f.At("n"))
		end := ending{Kind: "mount", Args: tmp(f, args{"path": f.Arg("n")}), End: resource.End{Kept: *did.Change.Kept}}
		c, err := end.Check(t, newService(), "a")
		if err != nil || !strings.Contains(warned(c), string(kind.CodeStays)) {
			t.Errorf("the end of what somebody else mounted is %s, %q, %v", c.Op, warned(c), err)
		}
		must(t, end.Apply(t, newService(), ""))
		if _, there := mountsIn(t, f.Path)["mounted n"]; !there {
			t.Error("what somebody else mounted is gone")
		}
	})
}
