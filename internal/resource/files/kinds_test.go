package files_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// fileCase is a case in a directory.
type fileCase struct {
	name, kind string
	args       func(f testDir) args
	setup      func(t *testing.T, f testDir)
	want       resource.Op
	verify     func(t *testing.T, f testDir)
	// made and leaves are Made and Leaves of resourcetest.Case.
	made   bool
	leaves []string
}

func (c fileCase) run(t *testing.T) { c.with(t, resourcetest.Run) }

// quickly holds it against the first part of the contract.
func (c fileCase) quickly(t *testing.T) { c.with(t, resourcetest.Quickly) }

func (c fileCase) with(t *testing.T, run func(*testing.T, resourcetest.Case)) {
	t.Run(c.kind+" "+c.name, func(t *testing.T) {
		f := newTestDir(t)
		leaves := make([]string, len(c.leaves))
		for k, name := range c.leaves {
			leaves[k] = f.At(name)
		}
		run(t, resourcetest.Case{
			Made: c.made, Leaves: leaves, EndNeighbours: func() []resourcetest.Neighbour { return neighboursOf(f.At("x")) },
			Kind: c.kind, Args: c.args(f), Want: c.want, Snapshot: f.Snapshot, Halves: c.args(f)["in_place"] == true,
			Neighbours: func() []resourcetest.Neighbour { return neighboursOf(string(c.args(f)["path"].(cbor.ByteString))) },
			Setup: func(t *testing.T) {
				f.Empty(t)
				if c.setup != nil {
					c.setup(t, f)
				}
			},
			Verify: func(t *testing.T) {
				if c.verify != nil {
					c.verify(t, f)
				}
			},
		})
	})
}

func TestFile(t *testing.T) {
	for _, c := range []fileCase{
		{
			name: "is made", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "content": text("hello\n")} },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "hello\n", 0o644) },
		}, {
			name: "is made with permissions and over a leftover", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("s"), "mode": "0600"}
			},
			setup: func(t *testing.T, f testDir) { f.Write(t, ".mitoplan-OLD.tmp", "half", 0o600) },
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", "s", 0o600)
				if _, err := os.Lstat(f.At(".mitoplan-OLD.tmp")); err == nil {
					t.Error("a temporary file of an earlier run is still there")
				}
			},
		}, {
			name: "keeps what it was not told about", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.Arg("x"), "content": text("new")} },
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "old", 0o751)
				setAttribute(t, f.At("x"), "user.note", "kept")
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", "new", 0o751)
				if got := attribute(t, f.At("x"), "user.note"); got != "kept" {
					t.Errorf("the attribute is %q, want kept", got)
				}
			},
		}, {
			name: "gets permissions only", want: resource.Update,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "mode": "u+rwX,go-rwx"} },
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "as it is\r\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "as it is\r\n", 0o600) },
		}, {
			name: "is as it should be", want: resource.NoOp,
			args:  func(f testDir) args { return args{"path": f.Arg("x"), "content": text("a\r\n"), "mode": "0640"} },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "a\r\n", 0o640) },
		}, {
			name: "binary", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content_base64": []byte{0, 0xff, 0xfe}}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "text", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "\x00\xff\xfe", 0o644) },
		}, {
			name: "from a source, long", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "source": text("./local"), "source_content": []byte(strings.Repeat("0123456789abcdef", 1<<17))}
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", strings.Repeat("0123456789abcdef", 1<<17), 0o644)
			},
		}, {
			name: "empty, without content", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("x")} },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "", 0o644) },
		}, {
			name: "follows a link", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "content": text("new"), "follow": true} },
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "old", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", "new", 0o600)
				if to, _ := os.Readlink(f.At("l")); to != "x" {
					t.Error("the link is gone or leads elsewhere")
				}
			},
		}, {
			name: "replaces a link by force", want: resource.Replace,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "content": text("new"), "force": true} },
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "old", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", "old", 0o600)
				f.Holds(t, "l", "new", 0o644)
			},
		}, {
			name: "replaces a link by force, and keeps it", want: resource.Replace, made: true,
			args: func(f testDir) args {
				return args{"path": f.Arg("l"), "content": text("new"), "force": true, "backup": true}
			},
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "old", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "l", "new", 0o644) },
		}, {
			name: "is changed, and what was there is kept", want: resource.Update, made: true,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("new\n"), "mode": "0644", "owner": "12345", "backup": true}
			},
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "dear\n", 0o751)
				setAttribute(t, f.At("x"), "user.note", "kept")
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "new\n", 0o644) },
		}, {
			name: "is changed in place, and what was there is kept", want: resource.Update, made: true,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("new, and longer\n"), "in_place": true, "backup": true}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "dear\n", 0o640) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "new, and longer\n", 0o640) },
		}, {
			name: "is made, and its end keeps a backup", want: resource.Create, leaves: []string{"x.TIME.bak"},
			args: func(f testDir) args { return args{"path": f.Arg("x"), "content": text("new"), "backup": true} },
		}, {
			name: "is made where a link points", want: resource.Create,
			args:  func(f testDir) args { return args{"path": f.Arg("l"), "content": text("new"), "follow": true} },
			setup: func(t *testing.T, f testDir) { must(t, os.Symlink("x", f.At("l"))) },
		}, {
			name: "replaces an empty directory by force", want: resource.Replace,
			args:   func(f testDir) args { return args{"path": f.Arg("d"), "content": text("new"), "force": true} },
			setup:  func(t *testing.T, f testDir) { must(t, os.Mkdir(f.At("d"), 0o755)) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "d", "new", 0o644) },
		}, {
			name: "is valid", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("good\n"), "validate": text("grep -q good %s")}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "old", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "good\n", 0o644) },
		}, {
			name: "goes and is kept", want: resource.Delete,
			args:  func(f testDir) args { return args{"path": f.Arg("x"), "state": "absent", "backup": true} },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "dear\n", 0o600) },
			verify: func(t *testing.T, f testDir) {
				f.Gone(t, "x")
				if got := f.Kept(t, "x"); len(got) != 1 || got[0] != "dear\n" {
					t.Errorf("the backups hold %q, want dear", got)
				}
			},
		}, {
			name: "goes where an empty directory is, by force", want: resource.Delete,
			args:   func(f testDir) args { return args{"path": f.Arg("d"), "state": "absent", "force": true} },
			setup:  func(t *testing.T, f testDir) { must(t, os.Mkdir(f.At("d"), 0o755)) },
			verify: func(t *testing.T, f testDir) { f.Gone(t, "d") },
		}, {
			name: "is written only where missing, and is missing", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("first\n"), "mode": "0600", "replace": false}
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "first\n", 0o600) },
		}, {
			name: "is written only where missing, and is there", want: resource.NoOp,
			args:  func(f testDir) args { return args{"path": f.Arg("x"), "content": text("first\n"), "replace": false} },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "theirs\n", 0o644) },
		}, {
			name: "is written only where missing, and gets permissions", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("first\n"), "mode": "0600", "replace": false}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "theirs\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "theirs\n", 0o600) },
		}, {
			name: "is not made, but gets permissions", want: resource.Update,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "mode": "0600", "create": false} },
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "theirs\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "theirs\n", 0o600) },
		}, {
			name: "is not made, but gets content", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("mine\n"), "create": false}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "theirs\n", 0o640) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "mine\n", 0o640) },
		}, {
			name: "below a linked directory", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.Arg("l/x"), "content": text("in d")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.Mkdir(f.At("d"), 0o755))
				must(t, os.Symlink(f.At("d"), f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "d/x", "in d", 0o644) },
		}, {
			name: "goes", want: resource.Delete,
			args:  func(f testDir) args { return args{"path": f.Arg("x"), "state": "absent"} },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "bye", 0o644) },
			verify: func(t *testing.T, f testDir) {
				if _, err := os.Lstat(f.At("x")); err == nil {
					t.Error("x is still there")
				}
			},
		}, {
			name: "is gone", want: resource.NoOp,
			args: func(f testDir) args { return args{"path": f.Arg("no/x"), "state": "absent"} },
		},
	} {
		c.kind = "file"
		c.run(t)
	}
}

func TestDirectory(t *testing.T) {
	for _, c := range []fileCase{
		{
			name: "is made with those above", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.Arg("a/b/c"), "mode": "0700"} },
			verify: func(t *testing.T, f testDir) {
				f.HasMode(t, "a", 0o755|os.ModeDir)
				f.HasMode(t, "a/b/c", 0o700|os.ModeDir)
			},
		}, {
			name: "is there through a link", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.Arg("l"), "mode": "0750"} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.Mkdir(f.At("d"), 0o755))
				must(t, os.Symlink("d", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.HasMode(t, "d", 0o750|os.ModeDir) },
		}, {
			name: "gives permissions to what is inside", want: resource.Update,
			args: func(f testDir) args { return args{"path": f.Arg("d"), "mode": "0755", "recurse": true} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("d/e"), 0o700))
				must(t, os.Chmod(f.At("d"), 0o755))
				f.Write(t, "d/e/plain", "", 0o600)
				f.Write(t, "d/run", "", 0o700)
				f.Write(t, "outside", "", 0o600)
				must(t, os.Symlink("../outside", f.At("d/link")))
			},
			verify: func(t *testing.T, f testDir) {
				f.HasMode(t, "d/e", 0o755|os.ModeDir)
				f.HasMode(t, "d/e/plain", 0o644)
				f.HasMode(t, "d/run", 0o755)
				f.HasMode(t, "outside", 0o600)
			},
		}, {
			name: "keeps set-group-ID of the one above", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.Arg("s/new")} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.Mkdir(f.At("s"), 0o755))
				must(t, os.Chmod(f.At("s"), 0o755|os.ModeSetgid))
			},
			verify: func(t *testing.T, f testDir) { f.HasMode(t, "s/new", 0o755|os.ModeDir|os.ModeSetgid) },
		}, {
			name: "goes, empty", want: resource.Delete,
			args:  func(f testDir) args { return args{"path": f.Arg("d"), "state": "absent"} },
			setup: func(t *testing.T, f testDir) { must(t, os.Mkdir(f.At("d"), 0o755)) },
		}, {
			name: "goes with what is inside", want: resource.Delete,
			args: func(f testDir) args { return args{"path": f.Arg("d"), "state": "absent", "recurse": true} },
			setup: func(t *testing.T, f testDir) {
				must(t, os.MkdirAll(f.At("d/e"), 0o755))
				f.Write(t, "d/e/x", "x", 0o644)
				f.Write(t, "kept", "x", 0o644)
				must(t, os.Symlink("../kept", f.At("d/l")))
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "kept", "x", 0o644)
				if _, err := os.Lstat(f.At("d")); err == nil {
					t.Error("d is still there")
				}
			},
		}, {
			name: "is as it should be", want: resource.NoOp,
			args:  func(f testDir) args { return args{"path": f.Arg("d"), "mode": "0700"} },
			setup: func(t *testing.T, f testDir) { must(t, os.Mkdir(f.At("d"), 0o700)) },
		},
	} {
		c.kind = "directory"
		c.run(t)
	}
}

func TestLine(t *testing.T) {
	for _, c := range []fileCase{
		{
			name: "is added", want: resource.Update, made: true,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "line": text("c")} },
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "a\nb", 0o640) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\nb\nc\n", 0o640) },
		}, {
			name: "is added to an empty file", want: resource.Update, made: true,
			args:  func(f testDir) args { return args{"path": f.Arg("x"), "line": text("c"), "create": true} },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "", 0o640) },
		}, {
			name: "is added in between", want: resource.Update, made: true,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("c"), "regexp": "^c", "insert_after": "^a"}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "a\r\nb", 0o600) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\r\nc\r\nb", 0o600) },
		}, {
			name: "is added at the beginning, through a link", want: resource.Update, made: true,
			args: func(f testDir) args {
				return args{"path": f.Arg("l"), "line": text("c"), "insert_before": "BOF"}
			},
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "a\nb\n", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "c\na\nb\n", 0o600) },
		}, {
			name: "replaces another, which is kept", want: resource.Update, made: true, leaves: []string{"x.TIME.bak"},
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "regexp": "^#Port (.*)", "line": text("Port 2$1"), "backrefs": true, "backup": true}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "#Port 22\nB\n", 0o600) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "Port 222\nB\n", 0o600) },
		}, {
			name: "is replaced through a link", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("l"), "regexp": "^#?Port ", "line": text("Port 2222")}
			},
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "#Port 22\r\nB\r\n", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "Port 2222\r\nB\r\n", 0o600) },
		}, {
			name: "takes the place of all, found by a text", want: resource.Update,
			args:   on("x", args{"search": "(k)=", "match": "all", "line": text("(k)=2")}),
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "(k)=0\nk=\nz (k)=1", 0o600) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "(k)=2\nk=\n(k)=2", 0o600) },
		}, {
			name: "makes the file", want: resource.Create,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "line": text("one"), "create": true} },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "one\n", 0o644) },
		}, {
			name: "goes", want: resource.Update,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "regexp": "b", "state": "absent"} },
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "ab\nc\nb\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "c\n", 0o644) },
		}, {
			name: "is there", want: resource.NoOp,
			args:  func(f testDir) args { return args{"path": f.Arg("x"), "line": text("b")} },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "a\nb", 0o644) },
		}, {
			name: "is added and the file gets permissions", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("b"), "mode": "0600", "group": "1"}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "a\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\nb\n", 0o600); f.HasGroup(t, "x", 1) },
		}, {
			name: "is there and the file gets permissions", want: resource.Update,
			args:   func(f testDir) args { return args{"path": f.Arg("x"), "line": text("a"), "mode": "go-rwx"} },
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "a\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\n", 0o600) },
		}, {
			name: "goes and the file gets permissions", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("a"), "state": "absent", "mode": "0600"}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "a\nb\n", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "b\n", 0o600) },
		}, {
			name: "makes the file with permissions", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("a"), "create": true, "mode": "0600"}
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\n", 0o600) },
		}, {
			name: "is there with its permissions", want: resource.NoOp,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("a"), "mode": "0600", "validate": text("false %s"), "backup": true}
			},
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "a\n", 0o600) },
		}, {
			name: "is valid, and what was there is kept", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("good"), "validate": text("grep -qx good %s"), "backup": true}
			},
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "a\n", 0o640) },
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", "a\ngood\n", 0o640)
				if got := f.Kept(t, "x"); len(got) != 1 || got[0] != "a\n" {
					t.Errorf("the backups hold %q, want a", got)
				}
			},
		}, {
			name: "is not wanted in a file that is not there", want: resource.NoOp,
			args: func(f testDir) args { return args{"path": f.Arg("x"), "line": text("b"), "state": "absent"} },
		}, {
			name: "is made of each that matches", want: resource.Update, made: true, leaves: []string{"x.TIME.bak"},
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "line": text("K$1"), "regexp": `^k(\d)`, "match": "all", "backrefs": true, "backup": true}
			},
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "k0\nx\nk1", 0o644) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "K0\nx\nK1", 0o644) },
		},
	} {
		c.kind = "line"
		c.run(t)
	}
}

func TestBlock(t *testing.T) {
	const made = "# BEGIN mitoplan\nc\nd\n# END mitoplan\n"
	content := text("c\nd\n")
	holding := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "x", s, mode) }
	}
	holds := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Holds(t, "x", s, mode) }
	}
	for _, c := range []fileCase{
		{
			name: "is added behind a line without an end", want: resource.Update, made: true,
			args: on("x", args{"content": content}), setup: holding("a\nb", 0o640), verify: holds("a\nb\n"+made, 0o640),
		}, {
			name: "is added to an empty file", want: resource.Update, made: true,
			args: on("x", args{"content": content, "create": true}), setup: holding("", 0o640), verify: holds(made, 0o640),
		}, {
			name: "is added in between", want: resource.Update, made: true,
			args:  on("x", args{"content": content, "marker": "; {mark} x", "insert_after": "^a"}),
			setup: holding("a\r\nb", 0o600), verify: holds("a\r\n; BEGIN x\r\nc\r\nd\r\n; END x\r\nb", 0o600),
		}, {
			name: "is added beside another, through a link", want: resource.Update, made: true,
			args: on("l", args{"content": content, "insert_before": "BOF"}),
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "# BEGIN n\nz\n# END n\n", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: holds(made+"# BEGIN n\nz\n# END n\n", 0o600),
		}, {
			name: "is replaced, and what was there is kept", want: resource.Update, made: true, leaves: []string{"x.TIME.bak"},
			args:   on("x", args{"content": content, "backup": true}),
			setup:  holding("a\n# BEGIN mitoplan\nold\n# END mitoplan\nb\n", 0o600),
			verify: holds("a\n"+made+"b\n", 0o600),
		}, {
			name: "is replaced", want: resource.Update,
			args:   on("x", args{"content": content}),
			setup:  holding("a\n# BEGIN mitoplan\nold\n# END mitoplan", 0o600),
			verify: holds("a\n# BEGIN mitoplan\nc\nd\n# END mitoplan", 0o600),
		}, {
			name: "is emptied", want: resource.Update,
			args: on("x", args{"content": text("")}), setup: holding(made, 0o644), verify: holds("# BEGIN mitoplan\n# END mitoplan\n", 0o644),
		}, {
			name: "makes the file with permissions", want: resource.Create,
			args: on("x", args{"content": content, "create": true, "mode": "0600"}), verify: holds(made, 0o600),
		}, {
			name: "is replaced in place", want: resource.Update,
			args:   on("x", args{"content": content, "in_place": true}),
			setup:  holding("# BEGIN mitoplan\n# END mitoplan\na\n", 0o640),
			verify: holds(made+"a\n", 0o640),
		}, {
			name: "goes", want: resource.Update,
			args: on("x", args{"state": "absent"}), setup: holding("a\n"+made+"b\n", 0o644), verify: holds("a\nb\n", 0o644),
		}, {
			name: "is there", want: resource.NoOp,
			args: on("x", args{"content": content, "mode": "0600", "validate": text("false %s"), "backup": true}), setup: holding("a\n"+made, 0o600),
		}, {
			name: "is there and the file gets permissions", want: resource.Update,
			args: on("x", args{"content": content, "mode": "go-rwx"}), setup: holding(made, 0o644), verify: holds(made, 0o600),
		}, {
			name: "is valid", want: resource.Update, made: true,
			args: on("x", args{"content": content, "validate": text("grep -qx a %s")}), setup: holding("a\n", 0o640), verify: holds("a\n"+made, 0o640),
		}, {
			name: "is not wanted in a file that is not there", want: resource.NoOp,
			args: on("x", args{"state": "absent"}),
		},
	} {
		c.kind = "block"
		c.run(t)
	}
}

func TestProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "text\n", 0o644)
	must(t, os.MkdirAll(f.At("full/inside"), 0o755))
	f.Write(t, "lines", "one\nthree\n", 0o644)
	f.Write(t, "half", "# BEGIN mitoplan\na\n", 0o644)
	must(t, os.Symlink("x", f.At("l")))
	must(t, os.Symlink("round", f.At("round")))
	must(t, os.Symlink("l", f.At("to-l")))
	for _, c := range []struct {
		kind string
		args args
		attr string
		code kind.Code
	}{
		{"file", args{"path": text("etc/x")}, "path", "path"},
		{"file", args{"path": text("")}, "path", "path"},
		{"file", args{"path": text("/a\x00b")}, "path", "path"},
		{"file", args{"path": f.Arg("x") + "/"}, "path", "path"},
		{"file", args{"path": f.Arg("x"), "mode": "644"}, "mode", "mode"},
		{"file", args{"path": f.Arg("x"), "mode": "u~r"}, "mode", "mode"},
		{"file", args{"path": f.Arg("x"), "state": "gone"}, "state", "state"},
		{"file", args{"path": f.Arg("x"), "content": text("a"), "source": text("b")}, "content", "conflict"},
		{"file", args{"path": f.Arg("x"), "validate": text("true")}, "validate", "validate"},
		{"file", args{"path": f.Arg("x"), "content": text("bad"), "validate": text("grep -q good %s")}, "validate", ""},
		{"file", args{"path": f.Arg("x"), "owner": "no-such-user"}, "owner", "no_user"},
		{"file", args{"path": f.Arg("x"), "group": "no-such-group"}, "group", "no_group"},
		{"file", args{"path": f.Arg("no/x"), "content": text("a")}, "path", "no_parent"},
		{"file", args{"path": f.Arg("x/y"), "content": text("a")}, "path", "no_parent"},
		{"file", args{"path": f.Arg("l"), "content": text("a")}, "path", "in_the_way"},
		{"file", args{"path": f.Arg("full"), "content": text("a"), "force": true}, "path", "in_the_way"},
		{"file", args{"path": f.Arg("full"), "state": "absent"}, "path", "in_the_way"},
		{"file", args{"path": f.Arg("round"), "content": text("a"), "follow": true}, "path", "link_loop"},
		{"file", args{"path": f.Arg("full"), "state": "absent", "force": true}, "path", "in_the_way"},
		{"file", args{"path": f.Arg("no"), "mode": "0600", "create": false}, "path", "missing"},
		{"file", args{"path": f.Arg("l"), "mode": "0600", "create": false}, "path", "in_the_way"},
		{"file", args{"path": f.Arg("x"), "create": false, "force": true}, "create", "excluded"},
		{"file", args{"path": f.Arg("x"), "replace": false, "force": true}, "replace", "excluded"},
		{"file", args{"path": f.Arg("x"), "replace": false, "state": "absent"}, "replace", "excluded"},
		{"file", args{"path": f.Arg("x"), "content": text("a"), "replace": false, "create": false}, "replace", "excluded"},
		{"file", args{"path": f.Arg("x"), "mode": "u=go"}, "mode", "mode"},
		{"directory", args{"path": text("/"), "state": "absent"}, "path", "path"},
		{"directory", args{"path": text("/etc/.."), "state": "absent", "recurse": true}, "path", "path"},
		{"directory", args{"path": f.Arg("x")}, "path", "in_the_way"},
		{"directory", args{"path": f.Arg("x/y")}, "path", "no_parent"},
		{"directory", args{"path": f.Arg("full"), "state": "absent"}, "path", "not_empty"},
		{"directory", args{"path": f.Arg("l"), "state": "absent"}, "path", "in_the_way"},
		{"line", args{"path": f.Arg("x"), "line": text("a\nb")}, "line", "line"},
		{"line", args{"path": f.Arg("x")}, "line", "line"},
		{"line", args{"path": f.Arg("x"), "state": "absent"}, "line", "line"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "regexp": "("}, "regexp", "regexp"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "insert_after": "("}, "insert_after", "regexp"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "regexp": "a", "match": "some"}, "match", "match"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "match": "first"}, "match", "excluded"},
		{"line", args{"path": f.Arg("lines"), "line": text("a"), "search": ""}, "search", kind.CodeLine},
		{"line", args{"path": f.Arg("lines"), "line": text("a"), "search": "e\nf"}, "search", kind.CodeLine},
		{"line", args{"path": f.Arg("lines"), "line": text("a"), "search": "e", "match": "error"}, "match", "several_lines"},
		{"line", args{"path": f.Arg("no"), "line": text("a")}, "path", "missing"},
		{"line", args{"path": f.Arg("full"), "line": text("a")}, "path", "in_the_way"},
		{"line", args{"path": f.Arg("x"), "regexp": "(.*)", "line": text("$1x"), "backrefs": true}, "regexp", "not_idempotent"},
		{"line", args{"path": f.Arg("x"), "regexp": "(.*)", "line": text("$2"), "backrefs": true}, "line", "no_group"},
		{"line", args{"path": f.Arg("x"), "line": text("$0"), "backrefs": true}, "backrefs", "backrefs"},
		{"line", args{"path": f.Arg("x"), "regexp": "a", "state": "absent", "backrefs": true}, "backrefs", "excluded"},
		{"line", args{"path": f.Arg("x"), "regexp": "a", "line": text("a"), "backrefs": true, "insert_after": "a"}, "insert_after", "excluded"},
		{"line", args{"path": f.Arg("x"), "regexp": "a", "line": text("a"), "backrefs": true, "insert_before": "a"}, "insert_before", "excluded"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "mode": "644"}, "mode", "mode"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "owner": "no-such-user"}, "owner", "no_user"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "group": "no-such-group"}, "group", "no_group"},
		{"line", args{"path": f.Arg("x"), "line": text("a"), "validate": text("true")}, "validate", "validate"},
		{"line", args{"path": f.Arg("x"), "line": text("bad"), "validate": text("grep -q good %s")}, "validate", ""},
		{"block", args{"path": f.Arg("x")}, "content", "block"},
		{"block", args{"path": text("x"), "content": text("a")}, "path", "path"},
		{"block", args{"path": f.Arg("x"), "content": text("# END mitoplan")}, "content", "block"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "marker": "# app"}, "marker", "marker"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "insert_after": "("}, "insert_after", "regexp"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "insert_before": "("}, "insert_before", "regexp"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "state": "gone"}, "state", "state"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "mode": "9"}, "mode", "mode"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "owner": "no-such-user"}, "owner", "no_user"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "group": "no-such-group"}, "group", "no_group"},
		{"block", args{"path": f.Arg("x"), "content": text("a"), "validate": text("true")}, "validate", "validate"},
		{"block", args{"path": f.Arg("x"), "content": text("bad"), "validate": text("grep -q good %s")}, "validate", ""},
		{"block", args{"path": f.Arg("half"), "content": text("a")}, "path", "markers"},
		{"block", args{"path": f.Arg("half"), "state": "absent"}, "path", "markers"},
		{"block", args{"path": f.Arg("full"), "content": text("a")}, "path", "in_the_way"},
		{"block", args{"path": f.Arg("no"), "content": text("a")}, "path", "missing"},
		{"block", args{"path": f.Arg("no/x"), "content": text("a"), "create": true}, "path", "no_parent"},
		{"link", args{"path": text("l"), "target": text("x")}, "path", "path"},
		{"link", args{"path": f.Arg("new") + "/", "target": text("x")}, "path", "path"},
		{"link", args{"path": text("/"), "target": text("x")}, "path", "path"},
		{"link", args{"path": f.Arg("new")}, "target", "target"},
		{"link", args{"path": f.Arg("new"), "target": text("")}, "target", "target"},
		{"link", args{"path": f.Arg("new"), "target": text("a\x00b")}, "target", "target"},
		{"link", args{"path": f.Arg("new"), "target": text(strings.Repeat("x", 4096))}, "target", "name_too_long"},
		{"link", args{"path": f.Arg(strings.Repeat("x", 256)), "target": text("x")}, "path", "name_too_long"},
		{"link", args{"path": f.Arg("new"), "target": text("new")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("new"), "target": text("./new")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("new"), "target": f.Arg("new/below")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("new"), "target": text("new/../x")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("new"), "target": text("full/../new")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("l"), "target": text("full/inside/../../l/below")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("l"), "target": text("to-l/below")}, "target", "link_loop"},
		{"link", args{"path": f.Arg("x"), "target": text("l"), "force": true}, "target", "link_loop"}, // l leads to x
		{"link", args{"path": f.Arg("new"), "target": text("x"), "state": "link"}, "state", "state"},
		{"link", args{"path": f.Arg("new"), "target": text("x"), "owner": "no-such-user"}, "owner", "no_user"},
		{"link", args{"path": f.Arg("new"), "target": text("x"), "group": "no-such-group"}, "group", "no_group"},
		{"link", args{"path": f.Arg("no/l"), "target": text("x")}, "path", "no_parent"},
		{"link", args{"path": f.Arg("x/l"), "target": text("x")}, "path", "no_parent"},
		{"link", args{"path": f.Arg("x"), "target": text("y")}, "path", "in_the_way"},
		{"link", args{"path": f.Arg("full"), "target": text("y"), "force": true}, "path", "in_the_way"},
		{"link", args{"path": f.Arg("full"), "state": "absent"}, "path", "in_the_way"},
		{"link", args{"path": f.Arg("x"), "state": "absent"}, "path", "in_the_way"},
		{"link", args{"path": text("/proc/version"), "target": text("/x"), "force": true}, "path", "kernel_file"},
	} {
		t.Run(c.kind+" "+c.attr+" "+string(c.code), func(t *testing.T) {
			if c.code == "" { // Seen only when the new file is there.
				c.code = "invalid"
				_, err := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup).Apply(t.Context(),
					resource.ApplyRequest{Kind: c.kind, Args: resourcetest.Encode(t, c.args)})
				wantProblem(t, err, c.attr, c.code)
				f.Holds(t, "x", "text\n", 0o644)
				return
			}
			resourcetest.Problem(t, c.kind, c.args, c.attr, c.code)
		})
	}
}

// TestImmutable: what no permission allows is refused while planning.
func TestImmutable(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old", 0o644)
	if err := exec.Command("chattr", "+i", f.At("x")).Run(); err != nil {
		t.Skip("this file system or user has no immutable files")
	}
	defer exec.Command("chattr", "-i", f.At("x")).Run()
	resourcetest.Problem(t, "file", args{"path": f.Arg("x"), "content": text("new")}, "path", "immutable")
	resourcetest.Problem(t, "file", args{"path": f.Arg("x"), "state": "absent"}, "path", "immutable")
	resourcetest.Problem(t, "file", args{"path": f.Arg("x"), "mode": "0600"}, "path", "immutable")
	must(t, os.Mkdir(f.At("d"), 0o755))
	must(t, exec.Command("chattr", "+i", f.At("d")).Run())
	defer exec.Command("chattr", "-i", f.At("d")).Run()
	resourcetest.Problem(t, "file", args{"path": f.Arg("d/new"), "content": text("new")}, "path", "immutable")
	resourcetest.Problem(t, "directory", args{"path": f.Arg("d/new")}, "path", "immutable")
	resourcetest.Problem(t, "link", args{"path": f.Arg("d/new"), "target": text("x")}, "path", "immutable")
}

// neighboursOf are actions in the directory of a path, to run beside the action
// under test. If the directory is missing, some of them need it, too.
func neighboursOf(p string) []resourcetest.Neighbour {
	var out []resourcetest.Neighbour
	dir := filepath.Dir(p)
	add := func(kind string, a args, undo args) {
		// The order of a plan keeps edits of one file by two agents apart. There is
		// no such order here.
		elsewhere := kind != "line" && len(out)%2 == 1
		out = append(out, resourcetest.Neighbour{Kind: kind, Make: a, Undo: undo, Elsewhere: elsewhere})
	}
	for _, name := range []string{"d1/a", "d1/b", "d2/a/b", "d2/a/c"} {
		at := text(filepath.Join(dir, "neighbour-"+name))
		add("directory", args{"path": at, "mode": "0700"}, args{"path": at, "state": "absent", "recurse": true})
	}
	if _, err := os.Stat(dir); err != nil {
		return out
	}
	for i := range 4 {
		at := text(filepath.Join(dir, fmt.Sprint("neighbour-f", i)))
		add("file", args{"path": at, "content": text("x"), "mode": "0600"}, args{"path": at, "state": "absent"})
	}
	lines := text(filepath.Join(dir, "neighbour-lines"))
	for i := range 4 {
		line := text(fmt.Sprint("line ", i))
		add("line", args{"path": lines, "line": line, "create": true}, args{"path": lines, "line": line, "state": "absent"})
	}
	return out
}
