package documents_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Short names of what the tests of all families have in common.
type (
	args   = resourcetest.Args
	ending = resourcetest.Ending
)

var (
	text        = resourcetest.Text
	endOf       = resourcetest.EndOf
	apply       = resourcetest.Apply
	newService  = resourcetest.NewService
	newTestDir  = resourcetest.NewDir
	wantProblem = resourcetest.WantProblem
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// valueCase is a case of a kind that edits the file x of its directory.
type valueCase struct {
	name string
	args args
	// holds is what the file has before, and after what it has then, with these permissions.
	holds, after string
	mode         os.FileMode
	missing      bool
	want         resource.Op
	made         bool
	leaves       []string
}

// run holds a case against the contract of every kind.
func (c valueCase) run(t *testing.T, kindName string) {
	t.Run(c.name, func(t *testing.T) {
		f := newTestDir(t)
		c.args["path"] = f.Arg("x")
		leaves := make([]string, len(c.leaves))
		for k, name := range c.leaves {
			leaves[k] = f.At(name)
		}
		neighbours := func() []resourcetest.Neighbour {
			file := func(state string) args { return args{"path": f.Arg("neighbour"), "state": state} }
			return []resourcetest.Neighbour{{Kind: "file", Make: file("present"), Undo: file("absent"), Elsewhere: true}}
		}
		resourcetest.Run(t, resourcetest.Case{
			Kind: kindName, Args: c.args, Want: c.want, Made: c.made, Leaves: leaves, Snapshot: f.Snapshot,
			Neighbours: neighbours, EndNeighbours: neighbours,
			Setup: func(t *testing.T) {
				f.Empty(t)
				if !c.missing {
					f.Write(t, "x", c.holds, 0o640)
				}
			},
			Verify: func(t *testing.T) {
				if c.want != resource.NoOp {
					f.Holds(t, "x", c.after, c.mode)
				}
			},
		})
	})
}

func TestYAMLValue(t *testing.T) {
	for _, c := range []valueCase{
		{name: "is added with what is above it", args: args{"pointer": "/a/b", "value": text("1.0")}, holds: "c: 2 # two\n", after: "c: 2 # two\na:\n  b: 1.0\n", mode: 0o640, want: resource.Update, made: true},
		{name: "is changed, and what was there is kept", args: args{"pointer": "/a", "value": text(`"yes"`), "backup": true}, holds: "a: 1 # or yes\n", after: "a: \"yes\" # or yes\n", mode: 0o640, want: resource.Update, made: true, leaves: []string{"x.TIME.bak"}},
		{name: "makes the file with permissions", args: args{"pointer": "/a", "value": text("1"), "create": true, "mode": "0600"}, missing: true, after: "a: 1\n", mode: 0o600, want: resource.Create},
		{name: "goes", args: args{"pointer": "/a", "state": "absent"}, holds: "b: 1\na: 1\n", after: "b: 1\n", mode: 0o640, want: resource.Update},
		{name: "is there", args: args{"pointer": "/a", "value": text(`["x"]`), "mode": "0640", "validate": text("false %s")}, holds: "a:\n- 'x'\n", want: resource.NoOp},
	} {
		c.run(t, "yaml_value")
	}
}

func TestTOMLValue(t *testing.T) {
	for _, c := range []valueCase{
		{name: "is added with what is above it", args: args{"pointer": "/a/b", "value": text("1.0")}, holds: "c = 2 # two\n", after: "c = 2 # two\n\n[a]\nb = 1.0\n", mode: 0o640, want: resource.Update, made: true},
		{name: "is changed, and what was there is kept", args: args{"pointer": "/a", "value": text(`"yes"`), "backup": true}, holds: "a = 1 # or yes\n", after: "a = \"yes\" # or yes\n", mode: 0o640, want: resource.Update, made: true, leaves: []string{"x.TIME.bak"}},
		{name: "makes the file with permissions", args: args{"pointer": "/a", "value": text("1"), "create": true, "mode": "0600"}, missing: true, after: "a = 1\n", mode: 0o600, want: resource.Create},
		{name: "goes", args: args{"pointer": "/a", "state": "absent"}, holds: "b = 1\na = 1\n", after: "b = 1\n", mode: 0o640, want: resource.Update},
		{name: "is there", args: args{"pointer": "/a", "value": text(`["x"]`), "mode": "0640", "validate": text("false %s")}, holds: "a = [\n'x',\n]\n", want: resource.NoOp},
	} {
		c.run(t, "toml_value")
	}
}

func TestTOMLValueIsRefused(t *testing.T) {
	for name, c := range map[string]refusal{
		"no value":             {"a = 1", args{"pointer": "/a"}, "value", kind.CodeJSON},
		"no pointer":           {"a = 1", args{"pointer": "a", "value": text("1")}, "pointer", kind.CodeJSON},
		"no TOML":              {"a = ", args{"pointer": "/a", "value": text("1")}, "path", kind.CodeTOML},
		"null":                 {"a = 1", args{"pointer": "/a", "value": text("null")}, "value", kind.CodeTOML},
		"a table":              {"[a]", args{"pointer": "/a", "value": text("2")}, "pointer", kind.CodeTOML},
		"an element that goes": {"a = [1, 2]", args{"pointer": "/a/0", "state": "absent"}, "pointer", kind.CodeNotIdempotent},
	} {
		c.run(t, name, "toml_value")
	}
}

// refusal is that a file with some content is not edited.
type refusal struct {
	holds string
	args  args
	attr  string
	code  kind.Code
}

func (c refusal) run(t *testing.T, name, kindName string) {
	t.Run(name, func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		f.Write(t, "x", c.holds, 0o644)
		c.args["path"] = f.Arg("x")
		wantProblem(t, apply(t, newService(), kindName, c.args), c.attr, c.code)
		f.Holds(t, "x", c.holds, 0o644)
	})
}

func TestYAMLValueIsRefused(t *testing.T) {
	for name, c := range map[string]refusal{
		"no value":             {"{}", args{"pointer": "/a"}, "value", kind.CodeJSON},
		"a text":               {"{}", args{"pointer": "/a", "value": text("abc")}, "value", kind.CodeJSON},
		"no pointer":           {"{}", args{"pointer": "a", "value": text("1")}, "pointer", kind.CodeJSON},
		"no YAML":              {"{", args{"pointer": "/a", "value": text("1")}, "path", kind.CodeYAML},
		"through an alias":     {"a: &x {b: 1}\nc: *x\n", args{"pointer": "/c/b", "value": text("2")}, "pointer", kind.CodeYAML},
		"an element that goes": {"[1, 2]", args{"pointer": "/0", "state": "absent"}, "pointer", kind.CodeNotIdempotent},
	} {
		c.run(t, name, "yaml_value")
	}
}

// endCase is an end of /a/b of the file x.
type endCase struct {
	name, is     string
	end          resource.End
	file         bool // made for the value
	backup       string
	op           resource.Op
	want, reason string
}

// objects is that one table above the value was made for it.
var objects = resource.Kept{Along: []kind.Thing{kind.ThingOf("objects", "1")}}

// TestEndOfYAMLValue holds what is left of a value that an apply added, or changed.
func TestEndOfYAMLValue(t *testing.T) {
	for _, c := range []endCase{
		{"a value", "a:\n  b: 1\nc: 2\n", resource.End{}, false, "", resource.Update, "a: {}\nc: 2\n", ""},
		{"with what is above it", "a:\n  b: 1\nc: 2\n", resource.End{Kept: objects}, false, "", resource.Update, "c: 2\n", ""},
		{"what is above it has something else", "a:\n  b: 1\n  d: 1\n", resource.End{Kept: objects}, false, "", resource.Update, "a:\n  d: 1\n", ""},
		{"a value that is gone", "c: 2\n", resource.End{}, false, "", resource.NoOp, "", ""},
		{"a file", "a:\n  b: 1\n", resource.End{Kept: objects}, true, "", resource.Delete, "", ""},
		{"a file with something else", "# mine\na:\n  b: 1\n", resource.End{Kept: objects}, true, "", resource.Update, "# mine\n", ""},
		{"a file that is no YAML", "a: [", resource.End{}, false, "", resource.NoOp, "", "line 1"},
		{"a former value", "c: 3\na:\n  b: 2 # two\n", resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, "a:\n  b: 'one'\n", resource.Update, "c: 3\na:\n  b: one # two\n", ""},
		{"a backup without it", "a: {b: 2}\n", resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, "{}", resource.NoOp, "", "leads to nothing"},
		{"a former value that JSON does not have", "a: {b: 2}\n", resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, "a: {b: 0777}", resource.NoOp, "", "JSON does not have"},
		{"a value that was there", "a: {b: 2}\n", resource.End{Adopted: true}, false, "", resource.NoOp, "", "existed before"},
	} {
		c.run(t, "yaml_value")
	}
}

// TestEndOfTOMLValue holds the same of TOML.
func TestEndOfTOMLValue(t *testing.T) {
	for _, c := range []endCase{
		{"a value", "a.b = 1\na.c = 2\n", resource.End{}, false, "", resource.Update, "a.c = 2\n", ""},
		{"a value of a table", "[a]\nb = 1\n", resource.End{}, false, "", resource.Update, "[a]\n", ""},
		{"with what is above it", "c = 2\n\n[a]\nb = 1\n", resource.End{Kept: objects}, false, "", resource.Update, "c = 2\n", ""},
		{"what is above it has something else", "[a]\nb = 1\nd = 1\n", resource.End{Kept: objects}, false, "", resource.Update, "[a]\nd = 1\n", ""},
		{"a file", "[a]\nb = 1\n", resource.End{Kept: objects}, true, "", resource.Delete, "", ""},
		{"a file with something else", "# mine\n[a]\nb = 1\n", resource.End{Kept: objects}, true, "", resource.Update, "# mine\n", ""},
		{"a file that is no TOML", "a = [", resource.End{}, false, "", resource.NoOp, "", "line 1"},
		{"a former value", "a.b = 2 # two\n", resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, "[a]\nb = 1.0\n", resource.Update, "a.b = 1.0 # two\n", ""},
		{"a former value that JSON does not have", "a.b = 2\n", resource.End{Adopted: true, Kept: resource.Kept{Backup: "x"}}, false, "a.b = 1979-05-27", resource.NoOp, "", "JSON does not have"},
	} {
		c.run(t, "toml_value")
	}
}

func (c endCase) run(t *testing.T, kindName string) {
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
		endOf(t, f, ending{Kind: kindName, Args: args{"path": f.Arg("x"), "pointer": "/a/b"}, End: c.end}, c.op, c.reason)
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
