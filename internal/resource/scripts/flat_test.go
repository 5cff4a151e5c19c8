package scripts

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

func TestFlatObjects(t *testing.T) {
	for in, want := range map[string]map[string]string{
		`{}`:                                   {},
		" {\n} \n":                             {},
		`{"a":"b"}`:                            {"a": "b"},
		`{"a": 5, "b": true, "c": false}`:      {"a": "5", "b": "true", "c": "false"},
		`{"a": -1.50e+3, "b": null}`:           {"a": "-1.50e+3"},
		`{"\u00e4\n": "\ud83d\ude00\"\\\/\t"}`: {"ä\n": "😀\"\\/\t"},
		`{"a": "\ud83d"}`:                      {"a": "\uFFFD"},
		`{"": ""}`:                             {"": ""},
	} {
		got, ok, bad := parseFlat([]byte(in))
		if !ok || bad != "" || !maps.Equal(got, want) {
			t.Errorf("%s is %q, %v, %q, want %q", in, got, ok, bad, want)
		}
	}
	for _, in := range []string{"", " \n", "null", " null\n"} {
		if got, ok, bad := parseFlat([]byte(in)); ok || bad != "" || got != nil {
			t.Errorf("%q is %q, %v, %q, want that nothing is there", in, got, ok, bad)
		}
	}
	for _, in := range []string{"nul", "null null", "{", "}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{a:1}`, `{"a":01x}`, `{"a":01}`, `{"a":-00}`, `{}0`, `{"a":1}}`, `{"a":+1}`, `{"a":.5}`, `{"a":nan}`, `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\`, `[]`, `"a"`, `{"a":[]}`, "\xff"} {
		if got, ok, bad := parseFlat([]byte(in)); ok || bad == "" {
			t.Errorf("%q is %q, %v, %q, want what is wrong", in, got, ok, bad)
		}
	}
}

// FuzzFlat holds the decoder against that of the library: what it takes that one takes, too,
// with the same names and texts.
func FuzzFlat(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a": -1.5e3, "b": null, "c": true}`, `{"\u00e4": "\ud83d\ude00"}`, "null", `{"a":{`, ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok, bad := parseFlat(b)
		if ok && bad != "" || !ok && got != nil {
			t.Fatalf("%q: %v and %q", got, ok, bad)
		}
		if !ok {
			return
		}
		var all map[string]any
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.UseNumber()
		if err := d.Decode(&all); err != nil {
			t.Fatalf("the library says %v of %q", err, b)
		}
		for name, v := range all {
			if s, isText := v.(string); isText && got[name] != s {
				t.Fatalf("%q is %q, and for the library %q", name, got[name], s)
			}
		}
	})
}
