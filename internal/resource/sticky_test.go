package resource_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
)

// plainSticky is set in the process that runs as an ordinary user.
const plainSticky = "MITOPLAN_TEST_STICKY"

// A plan says what its apply would meet in a directory that lets only owners
// replace and remove files, as /tmp does, and in what is removed with a directory.
func TestPlansKnowTheStickyBit(t *testing.T) {
	if dir := os.Getenv(plainSticky); dir != "" {
		testSticky(t, testDir{Path: dir})
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it files of others")
	}
	dir, err := os.MkdirTemp("", "sticky")
	must(t, err)
	defer os.RemoveAll(dir)
	f := testDir{Path: dir}
	must(t, os.Chmod(dir, 0o777))
	mine := func(name string) { must(t, os.Lchown(f.At(name), childtest.PlainUser, childtest.PlainUser)) }
	for _, name := range []string{"tmp", "own", "tree", "shut"} {
		must(t, mkdir(f.At(name)))
		f.Write(t, name+"/roots", "root's\n", 0o666)
		f.Write(t, name+"/mine", "mine\n", 0o644)
		must(t, os.Symlink("mine", f.At(name+"/link")))
		must(t, os.Symlink("roots", f.At(name+"/my-link")))
		must(t, mkdir(f.At(name+"/dir")))
		mine(name + "/mine")
		mine(name + "/my-link")
	}
	must(t, os.Chmod(f.At("tmp"), os.ModeSticky|0o777))
	must(t, os.Chmod(f.At("own"), os.ModeSticky|0o777))
	must(t, os.Rename(f.At("tmp"), f.At("tree/tmp")))
	mine("own")
	mine("tree")
	mine("shut")
	must(t, os.Chmod(f.At("shut/dir"), 0o555))
	f.Write(t, "shut/dir/x", "", 0o644)
	childtest.RunAsPlainUser(t, dir, plainSticky+"="+dir)
}

func testSticky(t *testing.T, f testDir) {
	ofRoot := "it belongs to user 0, and the directory " + f.At("tree/tmp") + ", which belongs to user 0 and has the mode 1777, lets only owners replace and remove files."
	const shut = "belongs to user 0 and group 0, and its mode is 0555."
	const inPlace = "Set in_place to true"
	for name, c := range map[string]struct {
		kind string
		args args
		want string // "" if it may be done
	}{
		"replace a file":             {"file", args{"path": f.Arg("tree/tmp/roots"), "content": text("x")}, inPlace},
		"write into a file":          {"file", args{"path": f.Arg("tree/tmp/roots"), "content": text("x"), "in_place": true}, ""},
		"remove a file":              {"file", args{"path": f.Arg("tree/tmp/roots"), "state": "absent"}, ofRoot},
		"set a file aside":           {"file", args{"path": f.Arg("tree/tmp/roots"), "state": "absent", "backup": true}, ofRoot},
		"remove a link":              {"file", args{"path": f.Arg("tree/tmp/link"), "state": "absent"}, ofRoot},
		"change a line":              {"line", args{"path": f.Arg("tree/tmp/roots"), "line": text("x")}, inPlace},
		"remove a directory":         {"directory", args{"path": f.Arg("tree/tmp/dir"), "state": "absent"}, ofRoot},
		"make a file":                {"file", args{"path": f.Arg("tree/tmp/new"), "content": text("x")}, ""},
		"make a directory":           {"directory", args{"path": f.Arg("tree/tmp/new")}, ""},
		"replace one's file":         {"file", args{"path": f.Arg("tree/tmp/mine"), "content": text("x")}, ""},
		"remove one's file":          {"file", args{"path": f.Arg("tree/tmp/mine"), "state": "absent"}, ""},
		"remove one's link to root":  {"file", args{"path": f.Arg("tree/tmp/my-link"), "state": "absent"}, ""},
		"remove in one's directory":  {"file", args{"path": f.Arg("own/roots"), "state": "absent"}, ""},
		"remove with what is inside": {"directory", args{"path": f.Arg("tree"), "state": "absent", "recurse": true}, ofRoot},
		"remove with a shut one":     {"directory", args{"path": f.Arg("shut"), "state": "absent", "recurse": true}, shut},
		"remove one's own with all":  {"directory", args{"path": f.Arg("own"), "state": "absent", "recurse": true}, ""},
	} {
		_, err := check(t, newService(), "plan", step{Address: "x", Kind: c.kind, Args: c.args})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
