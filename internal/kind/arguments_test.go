package kind_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// questions is a kind with every option that a question asks about.
type questions struct {
	Path   string `cbor:"path" mito:"claims=path"`
	Line   string `cbor:"line" mito:"edits=path,shows=content"`
	Source string `cbor:"source" mito:"sends=blob,shows=content"`
	Blob   []byte `cbor:"blob" mito:"sent"`
	State  string `cbor:"state" mito:"absent=absent"`
	Unless string `cbor:"unless" mito:"guard"`
	Only   bool   `cbor:"only_reads" mito:"readonly"`
	Login  bool   `cbor:"login" mito:"heeds=shell|home"`
}

type answers struct {
	Content string `cbor:"content" mito:"parts"`
}

func asked() kind.Kind {
	return kind.Of(kind.RoleResource, "asked", func() any { return &questions{} }, answers{})
}

// The questions about the arguments of one block have the answers of its definition.
func TestArgumentsOfABlock(t *testing.T) {
	k := asked()
	type wire = map[string]any
	for name, c := range map[string]struct {
		args                   wire
		reads, guarded, absent bool
		heeded                 []string
	}{
		"nothing set":         {args: wire{}},
		"it only reads":       {args: wire{"only_reads": true}, reads: true},
		"it says it does not": {args: wire{"only_reads": false}},
		"a guard":             {args: wire{"unless": "x"}, guarded: true},
		"no guard":            {args: wire{"unless": nil}},
		"absent":              {args: wire{"state": "absent"}, absent: true},
		"absent, as bytes":    {args: wire{"state": kind.Text("absent")}, absent: true},
		"present":             {args: wire{"state": "present"}},
		"no text":             {args: wire{"state": 5}},
		"a login":             {args: wire{"login": true}, heeded: []string{"shell", "home"}},
		"no login":            {args: wire{"login": false}},
	} {
		t.Run(name, func(t *testing.T) {
			if k.Reads(c.args, nil) != c.reads || k.Guarded(c.args) != c.guarded || k.Absent(c.args) != c.absent || !cmp.Equal(k.Heeded(c.args), c.heeded) {
				t.Errorf("reads %v, guarded %v, absent %v, heeded %v", k.Reads(c.args, nil), k.Guarded(c.args), k.Absent(c.args), k.Heeded(c.args))
			}
		})
	}
	if all := (&kind.Kind{ReadOnly: true}); !all.Reads(nil, nil) {
		t.Error("a function that only reads changes something")
	}
}

// ended is a kind whose things are taken away again.
type ended struct {
	Path  string `cbor:"path" mito:"claims=path"`
	In    string `cbor:"in" mito:"edits=path"`
	Home  string `cbor:"home" mito:"end"`
	Token string `cbor:"token" mito:"end,secret"`
	Mode  string `cbor:"mode"`

	Site string  `cbor:"site" mito:"sends=list,tree=bits,end"`
	List *string `cbor:"list,omitempty" mito:"sent"`
	Bits *string `cbor:"bits,omitempty" mito:"sent"`
}

// EndArgs keeps what names the thing and what has the option end, and names what is
// needed and may not be kept.
func TestArgumentsOfTheEnd(t *testing.T) {
	k := kind.Of(kind.RoleResource, "ended", func() any { return &ended{} }, answers{})
	type wire = map[string]any
	for name, c := range map[string]struct {
		args      wire
		sensitive []string
		end       wire
		secret    []string
	}{
		"nothing is set":             {args: wire{}, end: wire{}},
		"null is not set":            {args: wire{"path": nil, "home": nil}, end: wire{}},
		"what names it, and home":    {args: wire{"path": "/a", "in": "/b", "home": "/c", "mode": "0600"}, end: wire{"path": "/a", "in": "/b", "home": "/c"}},
		"bytes stay bytes":           {args: wire{"path": kind.Text("/\xff")}, end: wire{"path": kind.Text("/\xff")}},
		"false is a value":           {args: wire{"home": false}, end: wire{"home": false}},
		"a secret argument":          {args: wire{"path": "/a", "token": "x"}, end: wire{"path": "/a"}, secret: []string{"token"}},
		"sensitive values":           {args: wire{"path": "/a", "home": "/c"}, sensitive: []string{"home", "path"}, end: wire{}, secret: []string{"path", "home"}},
		"the list of a directory":    {args: wire{"site": "/s", "list": "l", "bits": "b"}, end: wire{"site": "/s", "list": "l"}},
		"a secret list":              {args: wire{"site": "/s", "list": "l", "bits": "b"}, sensitive: []string{"list"}, end: wire{"site": "/s"}},
		"secret contents":            {args: wire{"site": "/s", "list": "l", "bits": "b"}, sensitive: []string{"bits"}, end: wire{"site": "/s"}},
		"a sensitive one not needed": {args: wire{"path": "/a", "mode": "0600"}, sensitive: []string{"mode"}, end: wire{"path": "/a"}},
	} {
		end, secret := k.EndArgs(c.args, c.sensitive)
		if !cmp.Equal(end, c.end) || !cmp.Equal(secret, c.secret) {
			t.Errorf("%s: %v is kept and %v cannot be, want %v and %v", name, end, secret, c.end, c.secret)
		}
	}
}

// A name on the wire leads back to the argument that a person wrote, and to the
// attribute of a change that shows it.
func TestNamesOnTheWire(t *testing.T) {
	k := asked()
	for name, want := range map[string][2]string{
		"blob": {"source", "content"}, "source": {"source", "content"}, "line": {"line", "content"}, "path": {"path", "path"}, "none": {"none", "none"}, "": {"", ""},
	} {
		if got := [2]string{k.Argument(name), k.ShowsIn(name)}; got != want {
			t.Errorf("%q leads to %q, want %q", name, got, want)
		}
	}
	if !k.Claims("path") || k.Claims("user") || !k.Edits() || k.Parts() != "content" {
		t.Errorf("it claims %v, edits %v, parts %q", k.Claims("path"), k.Edits(), k.Parts())
	}
	if none := new(kind.Kind); none.Claims("path") || none.Edits() || none.Parts() != "" {
		t.Error("a kind without arguments claims or edits something")
	}
}

// A code that a host sends is accepted only if it has the form of a code.
func TestFormOfCodes(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, "sudo_wrong_password": true, "x509": true, strings.Repeat("a", 64): true,
		"": false, "9a": false, "_a": false, "A": false, "a-b": false, "a b": false, "é": false, strings.Repeat("a", 65): false,
	} {
		if got := kind.Code(text).Valid(); got != want {
			t.Errorf("%q is a code: %v, want %v", text, got, want)
		}
	}
	if c := kind.ArgumentCode("mode"); c != "mode" {
		t.Errorf("the code of the argument mode is %q", c)
	}
}

// embedded is documented beside the struct that embeds it.
type embedded struct {
	Env  string `cbor:"env"`
	Name string `cbor:"name"`
}

func (embedded) Manual() kind.Manual {
	return kind.Manual{Doc: "Not of the kind.", Attrs: map[string]kind.Entry{"env": {Doc: "Variables."}, "name": {Doc: "Any name."}}}
}

// documented has a manual. Validate refuses one name.
type documented struct {
	embedded
	Mode string `cbor:"mode"`
}

func (documented) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A kind.", OtherNames: "template copy", Hints: map[string]string{"loop": "Use for_each."},
		Attrs: map[string]kind.Entry{"name": {Doc: "Its name.", OtherNames: "title label"}, "mode": {Doc: "Permissions.", List: "0644"}},
	}
}

func (d *documented) Validate() []kind.Problem {
	if d.Name == "wrong" {
		return []kind.Problem{{Attr: "name", Summary: "Wrong name"}}
	}
	return nil
}

func documentedKind() kind.Kind {
	return kind.Of(kind.RoleResource, "documented", func() any { return &documented{} }, answers{})
}

// Only WithManual adds the texts of a manual. The text of a struct replaces the text of
// a struct that is embedded in it.
func TestManual(t *testing.T) {
	bare := documentedKind()
	if name, _ := bare.Attr("name"); bare.Doc != "" || name.Doc != "" {
		t.Errorf("without its manual it says %q and %q", bare.Doc, name.Doc)
	}
	k := kind.WithManual(bare)
	if k.Doc != "A kind." || !cmp.Equal(k.OtherNames, []string{"template", "copy"}) || k.Hints["loop"] != "Use for_each." {
		t.Errorf("it says %q, %q, %q", k.Doc, k.OtherNames, k.Hints)
	}
	for attr, want := range map[string]string{"env": "Variables.", "name": "Its name.", "mode": "Permissions.", "content": ""} {
		if a, ok := k.Attr(attr); !ok || a.Doc != want {
			t.Errorf("%s is %q, want %q", attr, a.Doc, want)
		}
	}
	if a, _ := k.Attr("name"); !cmp.Equal(a.OtherNames, []string{"title", "label"}) {
		t.Errorf("other tools call it %q", a.OtherNames)
	}
}

// Problems asks a kind what is wrong with arguments, if the kind can tell.
func TestProblems(t *testing.T) {
	k, silent := documentedKind(), asked()
	for name, c := range map[string]struct {
		of   kind.Kind
		wire map[string]any
		want string
	}{
		"nothing wrong":        {k, map[string]any{"name": "right"}, ""},
		"a wrong name":         {k, map[string]any{"name": "wrong"}, "name: Wrong name"},
		"it cannot say":        {silent, map[string]any{"path": "wrong"}, ""},
		"it is made nowhere":   {kind.Kind{}, map[string]any{}, ""},
		"no form on the wire":  {k, map[string]any{"name": make(chan int)}, "Value cannot be sent"},
		"another form than it": {k, map[string]any{"name": 5}, "Value cannot be sent"},
	} {
		got := c.of.Problems(c.wire, nil)
		if len(got) == 0 && c.want == "" {
			continue
		}
		if len(got) != 1 || c.want == "" || !strings.HasPrefix(got[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

// Find finds a kind by its name at any place of a list.
func TestFind(t *testing.T) {
	list := []kind.Kind{{Name: "file"}, {Name: "line", Role: kind.RoleResource}}
	for name, want := range map[string]bool{"file": true, "line": true, "Line": false, "": false} {
		if k, ok := kind.Find(list, name); ok != want || ok && k.Name != name || !ok && k.Role != "" {
			t.Errorf("%q: %v, %t", name, k.Name, ok)
		}
	}
}

// WithoutSent leaves the arguments as they are: the block still has to be sent.
func TestWithoutSentChangesNothing(t *testing.T) {
	k := kind.Kind{Args: kind.Schema{Attrs: []kind.Attr{{Name: "stdin_file", Sends: "stdin"}, {Name: "body_file", Sends: "body"}, {Name: "argv"}}}}
	sent := map[string]any{"stdin_file": "f", "stdin": "text", "body": "text", "argv": "x"}
	if got := k.WithoutSent(sent); len(got) != 2 || got["stdin_file"] != "f" || len(sent) != 4 {
		t.Errorf("%v is left of %v", got, sent)
	}
	plain := map[string]any{"argv": "x"}
	if n := testing.AllocsPerRun(10, func() { k.WithoutSent(plain) }); n > 0 || len(plain) != 1 {
		t.Errorf("%v allocations, and %v is left", n, plain)
	}
}
