package files_test

import (
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

func TestJSONValue(t *testing.T) {
	holding := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "x", s, mode) }
	}
	holds := func(s string, mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) { f.Holds(t, "x", s, mode) }
	}
	for _, c := range []fileCase{
		{
			name: "is added with what is above it", want: resource.Update, made: true,
			args: on("x", args{"pointer": "/a/b", "value": text("1.0")}), setup: holding("{\n \"c\": 2\n}", 0o640), verify: holds("{\n \"c\": 2,\n \"a\": {\n  \"b\": 1.0\n }\n}", 0o640),
		}, {
			name: "is added, through a link", want: resource.Update, made: true,
			args: on("l", args{"pointer": "/a", "value": text(`"v"`)}),
			setup: func(t *testing.T, f testDir) {
				f.Write(t, "x", `{"c": 2}`, 0o600)
				must(t, os.Symlink("x", f.At("l")))
			},
			verify: holds(`{"c": 2, "a": "v"}`, 0o600),
		}, {
			name: "is changed, and what was there is kept", want: resource.Update, made: true, leaves: []string{"x.TIME.bak"},
			args: on("x", args{"pointer": "/a", "value": text("2"), "backup": true}), setup: holding(`{"a": 1.00}`, 0o600), verify: holds(`{"a": 2}`, 0o600),
		}, {
			name: "is changed", want: resource.Update,
			args: on("x", args{"pointer": "/a", "value": text("[]")}), setup: holding(`{"a": 1}`, 0o600), verify: holds(`{"a": []}`, 0o600),
		}, {
			name: "makes the file with permissions", want: resource.Create,
			args: on("x", args{"pointer": "/a", "value": text("1"), "create": true, "mode": "0600"}), verify: holds("{\n  \"a\": 1\n}\n", 0o600),
		}, {
			name: "is changed in place", want: resource.Update,
			args: on("x", args{"pointer": "/a", "value": text("2"), "in_place": true}), setup: holding(`{"a": 1}`, 0o640), verify: holds(`{"a": 2}`, 0o640),
		}, {
			name: "goes", want: resource.Update,
			args: on("x", args{"pointer": "/a", "state": "absent"}), setup: holding(`{"a": 1}`, 0o644), verify: holds("{}", 0o644),
		}, {
			name: "is there", want: resource.NoOp,
			args: on("x", args{"pointer": "/a", "value": text("1"), "mode": "0600", "validate": text("false %s"), "backup": true}), setup: holding(`{"a": 1.0}`, 0o600),
		}, {
			name: "is there and the file gets permissions", want: resource.Update,
			args: on("x", args{"pointer": "/a", "value": text("1"), "mode": "go-rwx"}), setup: holding(`{"a": 1}`, 0o644), verify: holds(`{"a": 1}`, 0o600),
		}, {
			name: "is valid", want: resource.Update, made: true,
			args: on("x", args{"pointer": "/a", "value": text("1"), "validate": text("grep -q c %s")}), setup: holding(`{"c": 0}`, 0o640), verify: holds(`{"c": 0, "a": 1}`, 0o640),
		}, {
			name: "is not wanted in a file that is not there", want: resource.NoOp,
			args: on("x", args{"pointer": "/a", "state": "absent"}),
		},
	} {
		c.kind = "json_value"
		c.run(t)
	}
}

func TestJSONValueIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		holds string
		args  args
		attr  string
		code  kind.Code
	}{
		"no value":             {"{}", args{"pointer": "/a"}, "value", kind.CodeJSON},
		"a text":               {"{}", args{"pointer": "/a", "value": text("abc")}, "value", kind.CodeJSON},
		"no pointer":           {"{}", args{"pointer": "a", "value": text("1")}, "pointer", kind.CodeJSON},
		"no JSON":              {"{", args{"pointer": "/a", "value": text("1")}, "path", kind.CodeJSON},
		"through a value":      {`{"a": 1}`, args{"pointer": "/a/b", "value": text("1")}, "pointer", kind.CodeJSON},
		"an element that goes": {`[1, 2]`, args{"pointer": "/0", "state": "absent"}, "pointer", kind.CodeNotIdempotent},
		"no such state":        {"{}", args{"pointer": "/a", "value": text("1"), "state": "gone"}, "state", kind.CodeState},
		"a command":            {"{}", args{"pointer": "/a", "value": text("1"), "validate": text("true")}, "validate", kind.CodeValidate},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.holds, 0o644)
			wantProblem(t, apply(t, newService(), "json_value", on("x", c.args)(f)), c.attr, c.code)
			f.Holds(t, "x", c.holds, 0o644)
		})
	}
}

// TestEndOfJSONValue holds what is left of a value that an apply added, or changed.
func TestEndOfJSONValue(t *testing.T) {
	objects := resource.Kept{Along: []kind.Thing{kind.ThingOf("objects", "1")}}
	for _, c := range []struct {
		name, is     string
		end          resource.End
		file         bool // made for the value
		backup       string
		op           resource.Op
		want, reason string
	}{
		{"a value", `{"a": {"b": 1}, "c": 2}`, resource.End{}, false, "", resource.Update, `{"a": {}, "c": 2}`, ""},
		{"with what is above it", `{"a": {"b": 1}, "c": 2}`, resource.End{Kept: objects}, false, "", resource.Update, `{"c": 2}`, ""},
		{"what is above it has something else", `{"a": {"b": 1, "d": 1}}`, resource.End{Kept: objects}, false, "", resource.Update, `{"a": {"d": 1}}`, ""},
		{"a value that is gone", `{"c": 2}`, resource.End{}, false, "", resource.NoOp, "", ""},
		{"a file", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", resource.End{Kept: objects}, true, "", resource.Delete, "", ""},
		{"a file with something else", `{"a": {"b": 1}, "c": 2}`, resource.End{Kept: objects}, true, "", resource.Update, `{"c": 2}`, ""},
		{"a file that is no JSON", `{"a": `, resource.End{}, false, "", resource.NoOp, "", "line 1"},
		{"a former value", `{"c": 3, "a": {"b": 2}}`, resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, `{"a": {"b": 1.0}}`, resource.Update, `{"c": 3, "a": {"b": 1.0}}`, ""},
		{"a backup without it", `{"a": {"b": 2}}`, resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, `{}`, resource.NoOp, "", "leads to nothing"},
		{"a value that was there", `{"a": {"b": 2}}`, resource.End{Adopted: true}, false, "", resource.NoOp, "", "existed before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.is, 0o644)
			if c.file {
				c.end.Along = append([]kind.Thing{kind.PathThing(f.At("x"))}, c.end.Along...)
			}
			if c.end.Backup != "" {
				c.end.Backup = f.Arg("x.1.bak")
				f.Write(t, "x.1.bak", c.backup, 0o644)
			}
			endOf(t, f, ending{Kind: "json_value", Args: on("x", args{"pointer": "/a/b"})(f), End: c.end}, c.op, c.reason)
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
