package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// If only the permissions of a file change, the command of validate does not run and no backup is
// made. The file itself stays, unless others can change it: root then gives the permissions to a new
// one, as they could else go to what somebody else puts there.
func TestOnlyAccessChanges(t *testing.T) {
	for _, k := range []struct {
		kind, holds string
		args        args
	}{
		{"file", "x\n", args{"content": text("x\n")}},
		{"line", "x\n", args{"line": text("x")}},
		{"replace", "x\n", args{"regexp": "y", "replace": text("x")}},
		{"block", "# BEGIN app\nx\n# END app\n", args{"marker": "# {mark} app", "content": text("x\n")}},
		{"ini", "[s]\no = x\n", args{"section": "s", "key": "o", "value": text("x")}},
		{"json_value", "{\"a\": 1}\n", args{"pointer": "/a", "value": text("1")}},
	} {
		for _, was := range []os.FileMode{0o644, 0o666} {
			t.Run(k.kind+" "+was.String(), func(t *testing.T) {
				f := newTestDir(t)
				f.Empty(t)
				f.Write(t, "x", k.holds, was)
				must(t, os.Chmod(f.At("x"), was))
				inode := f.Inode(t, "x")
				k.args["path"], k.args["mode"], k.args["backup"], k.args["validate"] = f.Arg("x"), "0600", true, text("false %s")
				planned := mustCheck(t, newService(), "p", step{Address: "f", Kind: k.kind, Args: k.args})
				if planned.Op != resource.Update || len(planned.Uses) > 0 {
					t.Errorf("planned is %s with %q, want an update with no argument", planned.Op, planned.Uses)
				}
				must(t, apply(t, newService(), k.kind, k.args))
				f.Holds(t, "x", k.holds, 0o600)
				stays := was == 0o644 || os.Geteuid() != 0
				if same := f.Inode(t, "x") == inode; same != stays {
					t.Errorf("that the file is the same one is %t, want %t", same, stays)
				}
				if kept, err := filepath.Glob(f.At("x.*")); err != nil || len(kept) > 0 {
					t.Errorf("there are backups: %v, %v", kept, err)
				}
			})
		}
	}
}
