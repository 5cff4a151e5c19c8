package files_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

func along(paths ...string) resource.End {
	var e resource.End
	for _, p := range paths {
		e.Along = append(e.Along, kind.PathThing(p))
	}
	return e
}

// What an end finds on the machine decides whether the thing goes, stays, is gone
// already, or is no more what it was, which is refused. What stays is not touched.
func TestEndsOfWhatIsThere(t *testing.T) {
	type found struct {
		name  string
		end   func(f testDir) ending
		setup func(t *testing.T, f testDir)
		op    resource.Op
		code  kind.Code // of the refusal
		stays string    // a part of the reason
	}
	file := func(more args, e resource.End) func(f testDir) ending {
		return func(f testDir) ending { return ending{Kind: "file", Args: on("x", more)(f), End: e} }
	}
	backup := func(name string) func(f testDir) ending {
		return func(f testDir) ending {
			return ending{Kind: "file", Args: on("x", nil)(f), End: resource.End{Adopted: true, Kept: resource.Kept{Backup: f.Arg(name)}}}
		}
	}
	line := func(text string, e func(f testDir) resource.End) func(f testDir) ending {
		return func(f testDir) ending {
			return ending{Kind: "line", Args: on("x", args{"line": kind.Text(text)})(f), End: e(f)}
		}
	}
	block := func(e func(f testDir) resource.End) func(f testDir) ending {
		return func(f testDir) ending { return ending{Kind: "block", Args: on("x", nil)(f), End: e(f)} }
	}
	const lines = "# BEGIN mitoplan\na\n# END mitoplan\n"
	adopted := func(f testDir) resource.End {
		return resource.End{Adopted: true, Kept: resource.Kept{Backup: f.Arg("x.1.bak")}}
	}
	backedUp := func(was string) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) {
			f.Write(t, "x", "b\n"+lines, 0o644)
			f.Write(t, "x.1.bak", was, 0o644)
		}
	}
	made := func(f testDir) resource.End { return along(f.At("x")) }
	none := func(testDir) resource.End { return resource.End{} }
	holding := func(content string) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "x", content, 0o644) }
	}
	directory := func(t *testing.T, f testDir) { must(t, os.MkdirAll(f.At("x"), 0o755)) }
	link := func(t *testing.T, f testDir) {
		f.Write(t, "y", "", 0o644)
		must(t, os.Symlink("y", f.At("x")))
	}
	pair := func(t *testing.T, f testDir) {
		f.Write(t, "x", "new", 0o644)
		f.Write(t, "x.1.bak", "old", 0o600)
	}
	took := func(match string) func(f testDir) ending {
		return func(f testDir) ending {
			return ending{Kind: "line", Args: on("x", args{"line": text("a"), "regexp": "^b", "match": match})(f), End: adopted(f)}
		}
	}
	for _, c := range []found{
		{"a file that somebody changed", file(nil, resource.End{}), holding("theirs"), resource.Delete, "", ""},
		{"a file that is gone", file(nil, resource.End{}), nil, resource.NoOp, "", ""},
		{"a file that is a directory now", file(nil, resource.End{}), directory, resource.NoOp, "", "now a directory is there"},
		{"a file that is a link now", file(nil, resource.End{}), link, resource.NoOp, "", "now a link is there"},
		{"a file behind a link", file(args{"follow": true}, resource.End{}), link, resource.Delete, "", ""},
		{"a file with a backup", backup("x.1.bak"), pair, resource.Update, "", ""},
		{"a file whose backup is gone", backup("x.2.bak"), pair, resource.NoOp, "", "is not there any more"},
		{"a file whose backup is elsewhere", backup("y.1.bak"), pair, resource.NoOp, "", "is of another file"},
		{"a file that is gone, with a backup", backup("x.1.bak"), func(t *testing.T, f testDir) { f.Write(t, "x.1.bak", "old", 0o600) }, resource.NoOp, "", "Nothing is at"},
		{"a file that is a directory now, with a backup", backup("x.1.bak"), func(t *testing.T, f testDir) {
			directory(t, f)
			f.Write(t, "x.1.bak", "old", 0o600)
		}, resource.NoOp, "", "now a directory is there"},
		{"a directory", func(f testDir) ending { return ending{Kind: "directory", Args: on("x", nil)(f), End: resource.End{}} }, directory, resource.Delete, "", ""},
		{"a directory that is gone", func(f testDir) ending { return ending{Kind: "directory", Args: on("x", nil)(f), End: resource.End{}} }, nil, resource.NoOp, "", ""},
		{"a directory that is a link now", func(f testDir) ending { return ending{Kind: "directory", Args: on("x", nil)(f), End: resource.End{}} }, link, resource.NoOp, "", "now a link is there"},
		{"a directory with a leftover", func(f testDir) ending { return ending{Kind: "directory", Args: on("x", nil)(f), End: resource.End{}} }, func(t *testing.T, f testDir) {
			directory(t, f)
			f.Write(t, "x/.mitoplan-OLD.tmp", "half", 0o600)
		}, resource.Delete, "", ""},
		{"a directory that holds something", func(f testDir) ending { return ending{Kind: "directory", Args: on("x", nil)(f), End: resource.End{}} }, func(t *testing.T, f testDir) {
			directory(t, f)
			for i := range 5 {
				f.Write(t, fmt.Sprint("x/", i), "", 0o600)
			}
		}, resource.NoOp, "", `holds "0", "1", "2" and 2 more`},
		{"directories above with something else in them", func(f testDir) ending {
			return ending{Kind: "directory", Args: on("x/a/b", nil)(f), End: along(f.At("x"), f.At("x/a"))}
		}, func(t *testing.T, f testDir) {
			must(t, os.MkdirAll(f.At("x/a/b"), 0o755))
			f.Write(t, "x/theirs", "", 0o644)
		}, resource.Delete, "", ""},
		{"directories above that a cut off end has left", func(f testDir) ending {
			return ending{Kind: "directory", Args: on("x/a/b", nil)(f), End: along(f.At("x"), f.At("x/a"))}
		}, func(t *testing.T, f testDir) { must(t, os.MkdirAll(f.At("x/a"), 0o755)) }, resource.Delete, "", ""},
		{"a line that somebody changed", line("a", none), holding("ab\nc\n"), resource.NoOp, "", ""},
		{"a line that is there twice", line("a", none), holding("a\nc\na\n"), resource.NoOp, "", "more than once"},
		{"a line whose file is gone", line("a", none), nil, resource.NoOp, "", ""},
		{"a line whose file is a directory now", line("a", none), directory, resource.NoOp, "", "now a directory is there"},
		{"a line alone in the file of somebody", line("a", none), holding("a\n"), resource.Update, "", ""},
		{"a line in a file that was made for it", line("a", made), holding("a\n"), resource.Delete, "", ""},
		{"a line in a file that was made for it, beside others", line("a", made), holding("a\nb\n"), resource.Update, "", ""},
		{"a line that is gone, and its file is empty", line("a", made), holding(""), resource.Delete, "", ""},
		{"a line that is not recorded", func(f testDir) ending { return ending{Kind: "line", Args: on("x", nil)(f), End: resource.End{}} }, holding("a\n"), resource.NoOp, "", "was a secret"},
		{"a block", block(none), holding("b\n" + lines + "c\n"), resource.Update, "", ""},
		{"a block that is gone", block(none), holding("b\n"), resource.NoOp, "", ""},
		{"a block whose file is gone", block(none), nil, resource.NoOp, "", ""},
		{"a block whose file is a directory now", block(none), directory, resource.NoOp, "", "now a directory is there"},
		{"a block alone in the file of somebody", block(none), holding(lines), resource.Update, "", ""},
		{"a block in a file that was made for it", block(made), holding(lines), resource.Delete, "", ""},
		{"a block in a file that was made for it, beside others", block(made), holding(lines + "b\n"), resource.Update, "", ""},
		{"a block that is gone, and its file is empty", block(made), holding(""), resource.Delete, "", ""},
		{"a block without its end", block(none), holding("# BEGIN mitoplan\na\n"), resource.NoOp, "", "Line 1 begins the block"},
		{"a block that is there twice", block(none), holding(lines + lines), resource.NoOp, "", "again in line 4"},
		{"a block with another one inside", block(none), holding("# BEGIN mitoplan\n# BEGIN n\n# END n\n# END mitoplan\n"), resource.NoOp, "", "begins another block"},
		{"a block with a backup", block(adopted), backedUp("# BEGIN mitoplan\nold\n# END mitoplan\n"), resource.Update, "", ""},
		{"a block whose backup does not have it", block(adopted), backedUp("b\n"), resource.NoOp, "", "holds no block with this marker"},
		{"a block whose backup is gone", block(adopted), holding(lines), resource.NoOp, "", "It is gone"},
		{"a line whose backup does not have it", func(f testDir) ending {
			return ending{Kind: "line", Args: on("x", args{"line": text("a"), "regexp": "^b"})(f), End: resource.End{Adopted: true, Kept: resource.Kept{Backup: f.Arg("x.1.bak")}}}
		}, holding("a\n"), resource.NoOp, "", "no line that regexp matches"},
		{"a line that took the place of the first of several", took("first"), backedUp("b1\nb2\n"), resource.Update, "", ""},
		{"a line that took the place of each of several, and is there once", took("all"), backedUp("b1\nb2\n"), resource.NoOp, "", "more than once, or not where it was"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			if c.setup != nil {
				c.setup(t, f)
			}
			e, s, before := c.end(f), newService(), f.Snapshot(t, true)
			got, err := e.Check(t, s, "a")
			if c.code != "" {
				wantProblem(t, err, "path", c.code)
				wantProblem(t, e.Apply(t, s, ""), "path", c.code)
			} else {
				must(t, err)
				must(t, e.Apply(t, s, got.Fingerprint))
			}
			if got.Op != c.op || (len(got.Stays) > 0) != (c.stays != "") {
				t.Errorf("it is %s, and stays because of %v, want %s", got.Op, got.Stays, c.op)
			}
			for _, why := range got.Stays {
				if !strings.Contains(why.Detail, c.stays) || why.Code != kind.CodeStays || why.Attr == "" {
					t.Errorf("it stays because of %+v, want %q", why, c.stays)
				}
			}
			after := f.Snapshot(t, true)
			if same := fmt.Sprint(before) == fmt.Sprint(after); same != (c.op == resource.NoOp || c.code != "") {
				t.Errorf("before\n%v\nafter\n%v", before, after)
			}
		})
	}
}

// The ends of one plan see what those before them take away: a directory is empty once
// what was made in it has gone, and a file once its last line has.
func TestEndsFollowEachOther(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("d"), 0o755))
	f.Write(t, "d/file", "x", 0o644)
	f.Write(t, "d/lines", "a\nb\n", 0o644)
	dir := ending{Kind: "directory", Args: on("d", nil)(f), End: resource.End{}}
	ends := []ending{
		{Kind: "file", Args: on("d/file", nil)(f), End: resource.End{}},
		{Kind: "line", Args: on("d/lines", args{"line": text("b")})(f), End: resource.End{}},
		{Kind: "line", Args: on("d/lines", args{"line": text("a")})(f), End: along(f.At("d/lines"))},
		dir,
	}
	s, before, after := newService(), f.Snapshot(t, true), []string{}
	if c, err := dir.Check(t, s, "alone"); err != nil || len(c.Stays) != 1 {
		t.Errorf("by itself the directory is %s, %v, want that it stays", c.Op, err)
	}
	var planned []resource.Change
	for i, e := range ends {
		c, err := e.Check(t, s, fmt.Sprint(i), after...)
		must(t, err)
		planned, after = append(planned, c), append(after, fmt.Sprint(i))
	}
	if got := fmt.Sprint(f.Snapshot(t, true)); got != fmt.Sprint(before) {
		t.Errorf("planning changed %s", got)
	}
	ops := []resource.Op{planned[0].Op, planned[1].Op, planned[2].Op, planned[3].Op}
	if want := []resource.Op{resource.Delete, resource.Update, resource.Delete, resource.Delete}; !slices.Equal(ops, want) {
		t.Errorf("the ends are %v, want %v", ops, want)
	}
	for i, e := range ends {
		must(t, e.Apply(t, s, planned[i].Fingerprint))
	}
	f.Gone(t, "d")
}

// What was changed after the plan is not taken away.
func TestEndsRefuseWhatMoved(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(f testDir) ending
		setup func(t *testing.T, f testDir)
		move  func(t *testing.T, f testDir)
	}{
		"a file": {func(f testDir) ending { return ending{Kind: "file", Args: on("x", nil)(f), End: resource.End{}} }, plainFile,
			func(t *testing.T, f testDir) { f.Write(t, "x", "theirs", 0o644) }},
		"a directory": {func(f testDir) ending { return ending{Kind: "directory", Args: on("d", nil)(f), End: resource.End{}} }, func(t *testing.T, f testDir) { must(t, os.Mkdir(f.At("d"), 0o755)) },
			func(t *testing.T, f testDir) { f.Write(t, "d/theirs", "", 0o644) }},
		"a line": {func(f testDir) ending {
			return ending{Kind: "line", Args: on("x", args{"line": text("a")})(f), End: resource.End{}}
		}, plainFile,
			func(t *testing.T, f testDir) { f.Write(t, "x", "a\ntheirs\n", 0o644) }},
		"a block": {func(f testDir) ending { return ending{Kind: "block", Args: on("x", nil)(f), End: resource.End{}} },
			func(t *testing.T, f testDir) { f.Write(t, "x", "# BEGIN mitoplan\na\n# END mitoplan\n", 0o644) },
			func(t *testing.T, f testDir) {
				f.Write(t, "x", "# BEGIN mitoplan\na\n# END mitoplan\ntheirs\n", 0o644)
			}},
		"a backup": {func(f testDir) ending {
			return ending{Kind: "file", Args: on("x", nil)(f), End: resource.End{Adopted: true, Kept: resource.Kept{Backup: f.Arg("x.1.bak")}}}
		}, func(t *testing.T, f testDir) {
			plainFile(t, f)
			f.Write(t, "x.1.bak", "old", 0o644)
		}, func(t *testing.T, f testDir) { f.Write(t, "x.1.bak", "theirs", 0o644) }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			c.setup(t, f)
			e, s := c.end(f), newService()
			planned, err := e.Check(t, s, "a")
			must(t, err)
			c.move(t, f)
			before := fmt.Sprint(f.Snapshot(t, true))
			err = e.Apply(t, s, planned.Fingerprint)
			wantProblem(t, err, "", kind.CodeMoved)
			if strings.Contains(err.Error(), "no longer there") {
				t.Errorf("it is said to be gone: %v", err)
			}
			if after := fmt.Sprint(f.Snapshot(t, true)); after != before {
				t.Errorf("before\n%v\nafter\n%v", before, after)
			}
		})
	}
}
