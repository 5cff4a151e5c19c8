package config

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// An outline says of each byte of a file what the parser's own search says.
func TestOutline(t *testing.T) {
	for name, text := range map[string]string{
		"blocks.hcl": "a {\n  x = 1\n  b \"c\" {\n  }\n}\n# between\nresource \"file\" \"f\" { path = \"/\" }\nlocals {\n}\n",
		"empty.hcl":  "",
		"broken.hcl": "a \"b\" {\n x = \n}\nc {\n y = 1\n}\nd {",
		"a.json":     `{"resource": {"file": {"f": {"path": "/", "n": [1, {"a": {}}, [2, [3]]], "k": "v"}, "g": {}}}, "x": 1, "é": [{"a\n": 1}]}`,
		"array.json": `[{"a": 1}, {"b": {"c": [true, null, {}]}}]`,
		"empty.json": `{}`,
		"lines.json": "{\n  \"a\": {\n    \"b\": [\n      {\"c\": 1.5e3}\n    ]\n  }\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := parseFile(name, []byte(text))
			if f == nil {
				t.Fatal("the parser reads nothing of it, so the row compares nothing")
			}
			o := NewOutline(f)
			nav, _ := f.Nav.(interface{ ContextString(int) string })
			for at := range len(text) + 1 {
				want := ""
				if nav != nil {
					want = nav.ContextString(at)
				}
				if got := o.At(at); got != want {
					t.Errorf("byte %d (%.10q) is in %q, not in %q", at, text[at:], got, want)
				}
			}
		})
	}
	if got := NewOutline(&hcl.File{}).At(0); got != "" {
		t.Errorf("a file that was not parsed: %q", got)
	}
}
