package files_test

import (
	"maps"
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

func TestReplace(t *testing.T) {
	holding := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "x", s, mode) }
	}
	holds := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Holds(t, "x", s, mode) }
	}
	for _, c := range []fileCase{
		{
			name: "replaces each", want: resource.Update,
			args: on("x", args{"regexp": "(k)=0", "replace": text("$1=1")}), setup: holding("k=0\r\nb\r\nk=0", 0o640), verify: holds("k=1\r\nb\r\nk=1", 0o640),
		}, {
			name: "replaces between two, through a link", want: resource.Update,
			args: on("l", args{"regexp": "0", "replace": text("1"), "after": "^a", "before": "^c"}),
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "0\na0\nb0\nc0\n", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: holds("0\na1\nb1\nc0\n", 0o600),
		}, {
			name: "replaces, and what was there is kept", want: resource.Update, leaves: []string{"x.TIME.bak"}, made: true,
			args: on("x", args{"regexp": "0", "replace": text("1"), "backup": true}), setup: holding("k=0\nl=0\nm\n", 0o600), verify: holds("k=1\nl=1\nm\n", 0o600),
		}, {
			name: "takes out", want: resource.Update,
			args: on("x", args{"regexp": "^#.*\n"}), setup: holding("# a\nb\n# c\n", 0o600), verify: holds("b\n", 0o600),
		}, {
			name: "is replaced in place", want: resource.Update,
			args: on("x", args{"regexp": "0", "replace": text("1"), "in_place": true}), setup: holding("k=0\n", 0o640), verify: holds("k=1\n", 0o640),
		}, {
			name: "finds nothing", want: resource.NoOp,
			args: on("x", args{"regexp": "0", "mode": "0600", "validate": text("false %s"), "backup": true}), setup: holding("k=1\n", 0o600),
		}, {
			name: "finds nothing and the file gets permissions", want: resource.Update,
			args: on("x", args{"regexp": "0", "mode": "go-rwx"}), setup: holding("k=1\n", 0o644), verify: holds("k=1\n", 0o600),
		}, {
			name: "is valid", want: resource.Update,
			args: on("x", args{"regexp": "0", "replace": text("1"), "validate": text("grep -q k=1 %s")}), setup: holding("k=0\n", 0o640), verify: holds("k=1\n", 0o640),
		},
	} {
		c.kind = "replace"
		c.run(t)
	}
}

func TestReplaceIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		at   string
		args args
		attr string
		code kind.Code
	}{
		"a bad expression":   {"x", args{"regexp": "("}, "regexp", kind.CodeRegexp},
		"a bad bound":        {"x", args{"regexp": "a", "before": "("}, "before", kind.CodeRegexp},
		"no such group":      {"x", args{"regexp": "a", "replace": text("\\1")}, "replace", kind.CodeNoGroup},
		"it never ends":      {"x", args{"regexp": "a", "replace": text("aa")}, "regexp", kind.CodeNotIdempotent},
		"no file":            {"no", args{"regexp": "a"}, "path", kind.CodeMissing},
		"a directory":        {"", args{"regexp": "a"}, "path", kind.CodeInTheWay},
		"a command":          {"x", args{"regexp": "a", "validate": text("true")}, "validate", kind.CodeValidate},
		"what is not valid":  {"x", args{"regexp": "a", "validate": text("false %s")}, "validate", kind.CodeInvalid},
		"no permissions":     {"x", args{"regexp": "a", "mode": "rw"}, "mode", kind.CodeMode},
		"nobody's ownership": {"x", args{"regexp": "a", "owner": "nobody-of-this-name"}, "owner", kind.CodeNoUser},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", "a\n", 0o644)
			wantProblem(t, apply(t, newService(), "replace", on(c.at, c.args)(f)), c.attr, c.code)
			f.Holds(t, "x", "a\n", 0o644)
		})
	}
}

// TestEndOfReplace holds what becomes of what was replaced, with a backup of the file as it was.
func TestEndOfReplace(t *testing.T) {
	for _, c := range []struct {
		name         string
		args         args
		backup, is   string
		op           resource.Op
		want, reason string
	}{
		{"as the edit left it", args{"regexp": "0", "replace": text("1")}, "a=0\nb=0", "a=1\nb=1", resource.Update, "a=0\nb=0", ""},
		{"beside what is new", args{"regexp": "0", "replace": text("1")}, "a=0\nb=0\n", "c\na=1\nd\nb=1\n", resource.Update, "c\na=0\nd\nb=0\n", ""},
		{"as it was", args{"regexp": "0", "replace": text("1")}, "a=0\n", "a=0\n", resource.NoOp, "", ""},
		{"a line is gone", args{"regexp": "0", "replace": text("1")}, "a=0\nb=0\n", "b=1\n", resource.NoOp, "", "are not in"},
		{"a line is there twice", args{"regexp": "0", "replace": text("1")}, "a=0\n", "a=1\nb\na=1\n", resource.NoOp, "", "others are like them"},
		{"lines were taken out", args{"regexp": "^#.*\n"}, "# a\nb\n", "b\n", resource.Update, "# a\nb\n", ""},
		{"lines were taken out of what is new", args{"regexp": "^#.*\n"}, "# a\nb\n", "b\nc\n", resource.NoOp, "", "as it left them"},
		{"the backup has no match", args{"regexp": "0", "replace": text("1")}, "b\n", "a=1\n", resource.NoOp, "", "matches nothing in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.is, 0o644)
			f.Write(t, "x.1.bak", c.backup, 0o644)
			e := ending{Kind: "replace", Args: on("x", c.args)(f), End: resource.End{Adopted: true, Kept: resource.Kept{Backup: f.Arg("x.1.bak")}}}
			endOf(t, f, e, c.op, c.reason)
			if c.op == resource.NoOp {
				c.want = c.is
			}
			f.Holds(t, "x", c.want, 0o644)
		})
	}
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "a=1\n", 0o644)
	endOf(t, f, ending{Kind: "replace", Args: on("x", args{"regexp": "0"})(f), End: resource.End{Adopted: true}}, resource.NoOp, "no backup was made")
	f.Holds(t, "x", "a=1\n", 0o644)
}

// An expression that changes the line of another edit, wherever that stands, undoes it at every
// apply. One that looks at what is around the line may, or may not.
func TestReplaceChangesTheLineOfAnother(t *testing.T) {
	for _, c := range []struct {
		args, line string
		more       args
		want       resource.Clash
	}{
		{args: "zz", line: "zzz", want: resource.TakesLine},
		{args: "^zz", line: "zzz", want: resource.TakesLine},
		{args: "zz", line: "y"},
		{args: "QQ", line: "QQ"}, // it becomes what it is
		{args: "zz", line: "zz", more: args{"after": "x"}},
		{args: `\Azz`, line: "zz"},
		{args: "\n+", line: "zz"},
		{args: "(", line: "("},
	} {
		of := args{"path": text("/x"), "regexp": c.args, "replace": text("QQ")}
		maps.Copy(of, c.more)
		p := (&files.Replace{}).Part(&resource.Parts{}, of, nil)
		if got := p.Clashes(resource.Part{Line: &c.line}); got != c.want {
			t.Errorf("%q and the line %q: %q, want %q", c.args, c.line, got, c.want)
		}
	}
}
