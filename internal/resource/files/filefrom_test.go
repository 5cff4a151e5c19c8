package files_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// longer has more bytes than an answer holds.
var longer = strings.Repeat("0123456789abcdef", resource.ShownContent/16+1)

func TestFileFrom(t *testing.T) {
	from := func(content string, mode os.FileMode) func(*testing.T, testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "from", content, mode) }
	}
	copies := func(f testDir) args { return args{"path": f.Arg("x"), "copy_from": f.Arg("from")} }
	parts := func(f testDir) args {
		return args{"path": f.Arg("x"), "fragments": []any{text("a"), text(""), text("b\nc\n"), text("d")}}
	}
	for _, c := range []fileCase{
		{
			name: "is copied on its machine", want: resource.Create, args: copies, setup: from("as\r\nthere", 0o600),
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "as\r\nthere", 0o600) },
		}, {
			name: "is copied, long", want: resource.Create, args: copies, setup: from(longer, 0o600),
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", longer, 0o600) },
		}, {
			name: "is copied through a link", want: resource.Create,
			args: func(f testDir) args { return args{"path": f.Arg("x"), "copy_from": f.Arg("l")} },
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "from", "there", 0o600)
				must(t, os.Symlink("from", f.At("l")))
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "there", 0o600) },
		}, {
			name: "is copied over another and keeps a backup", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "copy_from": f.Arg("from"), "backup": true}
			},
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "from", longer, 0o600)
				f.Write(t, "x", "mine", 0o640)
			},
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", longer, 0o640)
				if kept := f.Kept(t, "x"); !slices.Equal(kept, []string{"mine"}) {
					t.Errorf("the backups hold %q", kept)
				}
			},
		}, {
			name: "is a copy already", want: resource.NoOp, args: copies,
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "from", longer, 0o600)
				f.Write(t, "x", longer, 0o640)
			},
		}, {
			name: "is copied in place, long", want: resource.Update,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "copy_from": f.Arg("from"), "in_place": true}
			},
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "from", longer, 0o600)
				f.Write(t, "x", "mine", 0o640)
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", longer, 0o640) },
		}, {
			name: "is made of fragments", want: resource.Create, args: parts,
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\nb\nc\nd", 0o644) },
		}, {
			name: "gets the fragments that it lacks", want: resource.Update, args: parts,
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "a\nb\nd", 0o600) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "a\nb\nc\nd", 0o600) },
		}, {
			name: "has the SHA-256 that it must have", want: resource.Create,
			args: func(f testDir) args {
				return args{"path": f.Arg("x"), "content": text("hello\n"), "checksum": "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"}
			},
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "hello\n", 0o644) },
		},
	} {
		c.kind = "file"
		c.run(t)
	}
}

// TestFragmentsAreShownAsContent holds that a plan of fragments tells of what they make, and of
// nothing that no configuration has.
func TestFragmentsAreShownAsContent(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	for _, is := range []string{"", "one\nthree\n", "mine\n"} {
		f.Write(t, "x", is, 0o644)
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "file", Args: args{"path": f.Arg("x"), "fragments": []any{text("one"), text("two"), text("three\n")}}})
		if c.Op != resource.Update || c.Before["fragments"] != nil || c.After["fragments"] != nil {
			t.Errorf("of %q it is a %s of %v to %v", is, c.Op, c.Before, c.After)
		}
		if got, _ := resource.WireText(c.After["content"]); got != "one\ntwo\nthree\n" {
			t.Errorf("of %q it shows the content %q", is, got)
		}
	}
}

func TestFileFromProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("d"), 0o755))
	f.Write(t, "from", "hello\n", 0o644)
	for name, c := range map[string]struct {
		args       args
		code, attr string
	}{
		"nothing to copy":        {args{"copy_from": f.Arg("none")}, "missing", "copy_from"},
		"a directory":            {args{"copy_from": f.Arg("d")}, "not_a_file", "copy_from"},
		"a relative path":        {args{"copy_from": text("from")}, "path", "copy_from"},
		"itself":                 {args{"copy_from": f.Arg("d/../x")}, "conflict", "copy_from"},
		"two contents":           {args{"copy_from": f.Arg("from"), "content": text("x")}, "conflict", "content"},
		"no fragments":           {args{"fragments": []any{}}, "fragments", "fragments"},
		"fragments too long":     {args{"fragments": []any{text(strings.Repeat("x", resource.Editable+1))}}, "too_long", "fragments"},
		"another sum":            {args{"copy_from": f.Arg("from"), "checksum": strings.Repeat("0", 64)}, "checksum", "checksum"},
		"another sum of a given": {args{"content": text("hallo\n"), "checksum": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"}, "checksum", "checksum"},
		"MD5":                    {args{"content": text("x"), "checksum": "md5:d41d8cd98f00b204e9800998ecf8427e"}, "checksum", "checksum"},
		"a sum of nothing":       {args{"checksum": strings.Repeat("0", 64)}, "checksum", "checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			c.args["path"] = f.Arg("x")
			_, err := check(t, newService(), name, step{Address: "a", Kind: "file", Args: c.args})
			wantProblem(t, err, c.attr, kind.Code(c.code))
		})
	}
	if _, err := os.Lstat(f.At("x")); err == nil {
		t.Error("a file was made")
	}
}

// TestCopyOfWhatIsPlanned copies what an earlier action of the plan will leave.
func TestCopyOfWhatIsPlanned(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "new\n", 0o644)
	s := newService()
	file := func(address string, a args, after ...string) resource.Change {
		t.Helper()
		return mustCheck(t, s, "p", step{Address: address, Kind: "file", Args: a, After: after})
	}
	file("a", args{"path": f.Arg("from"), "content": text("new\n")})
	if c := file("b", args{"path": f.Arg("x"), "copy_from": f.Arg("from")}, "a"); c.Op != resource.NoOp {
		t.Errorf("the copy of what will be there is %s", c.Op)
	}
	c := file("c", args{"path": f.Arg("y"), "copy_from": f.Arg("from")}, "a")
	if c.Op != resource.Create || c.After["content"] != kind.Text("new\n") {
		t.Errorf("%s with %v, want what will be there", c.Op, c.After)
	}
}

// TestSumsOfContentAreNotTold refuses a content of another sum without the sum: who knows that
// of a short secret finds the secret by trying.
func TestSumsOfContentAreNotTold(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	_, err := check(t, newService(), "p", step{Address: "a", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("1234"), "checksum": strings.Repeat("0", 64)}})
	wantProblem(t, err, "checksum", kind.CodeChecksum)
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte("1234"))); strings.Contains(fmt.Sprint(err), sum) {
		t.Errorf("the sum is told: %v", err)
	}
}

// Through a link nothing tells in which order things come: who is not told of the block that
// makes the file is told how to say so, and with that the copy is planned.
func TestCopyThroughALinkToWhatIsPlanned(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("real"), 0o755))
	must(t, os.Symlink("real", f.At("alias")))
	s := newService()
	mustCheck(t, s, "p", step{Address: "from", Kind: "file", Args: args{"path": f.Arg("real/s"), "content": text("new\n")}})
	a := args{"path": f.Arg("x"), "copy_from": f.Arg("alias/s")}
	_, err := check(t, s, "p", step{Address: "a", Kind: "file", Args: a})
	wantProblem(t, err, "copy_from", kind.CodeMissing)
	if !strings.Contains(fmt.Sprint(err), "depends_on") {
		t.Errorf("it says %v", err)
	}
	if c := mustCheck(t, s, "p", step{Address: "a", Kind: "file", Args: a, After: []string{"from"}}); c.After["content"] != kind.Text("new\n") {
		t.Errorf("after it: %v", c.After)
	}
}
