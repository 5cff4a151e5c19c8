package files_test

import (
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// iniOf are the arguments of a key k in the section s of the file x.
func iniOf(more args) func(f testDir) args {
	a := args{"section": "s", "key": "k"}
	for name, v := range more {
		a[name] = v
	}
	return on("x", a)
}

func TestIni(t *testing.T) {
	holding := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "x", s, mode) }
	}
	holds := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Holds(t, "x", s, mode) }
	}
	for _, c := range []fileCase{
		{
			name: "is added with its section behind a line without an end", want: resource.Update, made: true,
			args: iniOf(args{"value": text("1")}), setup: holding("[r]\na=0", 0o640), verify: holds("[r]\na=0\n\n[s]\nk=1\n", 0o640),
		}, {
			name: "is added with its section to an empty file", want: resource.Update, made: true,
			args: iniOf(args{"value": text("1"), "create": true}), setup: holding("", 0o640), verify: holds("[s]\nk = 1\n", 0o640),
		}, {
			name: "is added behind a section of lines without an end", want: resource.Update, made: true,
			args: iniOf(args{"value": text("1")}), setup: holding("[s]\r\n; k = 0\r\nb = 1", 0o600), verify: holds("[s]\r\n; k = 0\r\nk = 1\r\nb = 1", 0o600),
		}, {
			name: "is added, through a link", want: resource.Update, made: true,
			args: on("l", args{"key": "k", "value": text("1")}),
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", "a=0\n", 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: holds("a=0\nk=1\n", 0o600),
		}, {
			name: "makes a section that has something", want: resource.Update, made: true,
			args:   iniOf(args{"value": text("1"), "section_has": map[string]any{"id": text("7")}}),
			setup:  holding("[s]\nid = 6\nk = 1\n", 0o644),
			verify: holds("[s]\nid = 6\nk = 1\n\n[s]\nid = 7\nk = 1\n", 0o644),
		}, {
			name: "is changed, and what was there is kept", want: resource.Update, made: true, leaves: []string{"x.TIME.bak"},
			args:  iniOf(args{"value": text("1"), "backup": true}),
			setup: holding("[s]\nk = \"0\"\n", 0o600), verify: holds("[s]\nk = \"1\"\n", 0o600),
		}, {
			name: "is changed", want: resource.Update,
			args: iniOf(args{"value": text("1")}), setup: holding("[s]\nk=0", 0o600), verify: holds("[s]\nk=1", 0o600),
		}, {
			name: "has several values", want: resource.Update,
			args: iniOf(args{"values": []any{text("1"), text("2")}}), setup: holding("[s]\nk=0\nl=0\n", 0o600), verify: holds("[s]\nk=1\nk=2\nl=0\n", 0o600),
		}, {
			name: "stands alone", want: resource.Update,
			args: iniOf(args{"allow_no_value": true}), setup: holding("[s]\nk=0\n", 0o600), verify: holds("[s]\nk\n", 0o600),
		}, {
			name: "makes the file with permissions", want: resource.Create,
			args: iniOf(args{"value": text("1"), "create": true, "mode": "0600"}), verify: holds("[s]\nk = 1\n", 0o600),
		}, {
			name: "is changed in place", want: resource.Update,
			args: iniOf(args{"value": text("1"), "in_place": true}), setup: holding("[s]\nk=0\n", 0o640), verify: holds("[s]\nk=1\n", 0o640),
		}, {
			name: "goes", want: resource.Update,
			args: iniOf(args{"state": "absent"}), setup: holding("k=0\n[s]\nk=1\n", 0o644), verify: holds("k=0\n[s]\n", 0o644),
		}, {
			name: "is there", want: resource.NoOp,
			args: iniOf(args{"value": text("1"), "mode": "0600", "validate": text("false %s"), "backup": true}), setup: holding("[s]\nk='1'\n", 0o600),
		}, {
			name: "is there and the file gets permissions", want: resource.Update,
			args: iniOf(args{"value": text("1"), "mode": "go-rwx"}), setup: holding("[s]\nk=1\n", 0o644), verify: holds("[s]\nk=1\n", 0o600),
		}, {
			name: "is valid", want: resource.Update, made: true,
			args: iniOf(args{"value": text("1"), "validate": text("! grep -qx k=2 %s")}), setup: holding("[s]\na=0\n", 0o640), verify: holds("[s]\na=0\nk=1\n", 0o640),
		}, {
			name: "is not wanted in a file that is not there", want: resource.NoOp,
			args: iniOf(args{"state": "absent"}),
		},
	} {
		c.kind = "ini"
		c.run(t)
	}
}

// TestIniIsRefused holds what an argument may not be, and what a file may not be like.
func TestIniIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		holds string
		args  args
		attr  string
		code  kind.Code
	}{
		"no value":            {"", args{}, "value", kind.CodeIni},
		"no values":           {"", args{"values": []any{}}, "value", kind.CodeIni},
		"a header":            {"", args{"section": "]\n", "value": text("1")}, "section", kind.CodeIni},
		"a comment":           {"", args{"key": ";k", "value": text("1")}, "key", kind.CodeIni},
		"blanks":              {"", args{"value": text("1 ")}, "value", kind.CodeIni},
		"no such choice":      {"", args{"value": text("1"), "match": "all"}, "match", kind.CodeMatch},
		"no such state":       {"", args{"value": text("1"), "state": "gone"}, "state", kind.CodeState},
		"a command":           {"", args{"value": text("1"), "validate": text("true")}, "validate", kind.CodeValidate},
		"one of two sections": {"[s]\n[s]\n", args{"value": text("1")}, "section", kind.CodeSeveralLines},
		"a value without end": {"[s]\nk=0\n l=0\n", args{"value": text("1")}, "key", kind.CodeIni},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.holds, 0o644)
			err := apply(t, newService(), "ini", iniOf(c.args)(f))
			wantProblem(t, err, c.attr, c.code)
			f.Holds(t, "x", c.holds, 0o644)
		})
	}
}

// TestEndOfIni holds what is left of a key that an apply added, or changed.
func TestEndOfIni(t *testing.T) {
	section := func(began string) resource.End {
		return resource.End{Kept: resource.Kept{Along: []kind.Thing{kind.ThingOf("section", began)}}}
	}
	withFile := func(f testDir, e resource.End) resource.End {
		e.Along = append([]kind.Thing{kind.PathThing(f.At("x"))}, e.Along...)
		return e
	}
	adopted := resource.End{Adopted: true, Kept: resource.Kept{Backup: "x.1.bak"}}
	unended := resource.End{Kept: resource.Kept{Unended: true}}
	for _, c := range []struct {
		name, is string
		end      resource.End
		file     bool // made for the key
		backup   string
		op       resource.Op
		want     string
		stays    string
	}{
		{"a key", "[s]\nk=1\na=1\n", resource.End{}, false, "", resource.Update, "[s]\na=1\n", ""},
		{"a key of a section of others", "[s]\nk=1\n", resource.End{}, false, "", resource.Update, "[s]\n", ""},
		{"a key that is gone", "[s]\na=1\n", resource.End{}, false, "", resource.NoOp, "", ""},
		{"the last line, which got an end", "[s]\na=1\nk=1\n", unended, false, "", resource.Update, "[s]\na=1", ""},
		{"a key with its section", "a=1\n\n[s]\nk=1\n", section("\n[s]"), false, "", resource.Update, "a=1\n", ""},
		{"a section without an empty line", "a=1\n\n[s]\nk=1\n", section("[s]"), false, "", resource.Update, "a=1\n\n", ""},
		{"a section that has something else", "a=1\n\n[s]\nk=1\nb=1\n", section("\n[s]"), false, "", resource.Update, "a=1\n\n[s]\nb=1\n", ""},
		{"a section that has a comment", "[s]\nk=1\n# b\n", section("[s]"), false, "", resource.Update, "[s]\n# b\n", ""},
		{"a section before others", "[s]\nk=1\n\n[t]\n", section("[s]"), false, "", resource.Update, "\n[t]\n", ""},
		{"a section whose key is gone", "a=1\n\n[s]\n", section("\n[s]"), false, "", resource.Update, "a=1\n", ""},
		{"a file", "[s]\nk=1\n", section("[s]"), true, "", resource.Delete, "", ""},
		{"a file with something else", "[s]\nk=1\n[t]\n", section("[s]"), true, "", resource.Update, "[t]\n", ""},
		{"a section that is there twice", "[s]\nk=1\n[s]\nk=1\n", resource.End{}, false, "", resource.NoOp, "", "Lines 1 and 3"},
		{"a value without end", "[s]\nk=1\n l=1\n", resource.End{}, false, "", resource.NoOp, "", "Line 3"},
		{"a former value", "[s]\nk=1\nb=1\n", adopted, false, "[s]\nk=\"0\"\n", resource.Update, "[s]\nk=\"0\"\nb=1\n", ""},
		{"a backup without the key", "[s]\nk=1\n", adopted, false, "[s]\n", resource.NoOp, "", "no such key"},
		{"a key that was there", "[s]\nk=1\n", resource.End{Adopted: true}, false, "", resource.NoOp, "", "existed before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.is, 0o644)
			if c.file {
				c.end = withFile(f, c.end)
			}
			if c.end.Backup != "" {
				c.end.Backup = f.Arg("x.1.bak")
				f.Write(t, "x.1.bak", c.backup, 0o644)
			}
			e := ending{Kind: "ini", Args: iniOf(nil)(f), End: c.end}
			endOf(t, f, e, c.op, c.stays)
			switch c.op {
			case resource.Delete:
				if _, err := os.Lstat(f.At("x")); err == nil {
					t.Error("the file is there")
				}
			case resource.NoOp:
				f.Holds(t, "x", c.is, 0o644)
			default:
				f.Holds(t, "x", c.want, 0o644)
			}
		})
	}
}
