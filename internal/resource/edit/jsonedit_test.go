package edit

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestJSONEdit holds what becomes of a file, byte by byte: everything but the value stays.
func TestJSONEdit(t *testing.T) {
	const pretty = "{\n    \"b\": 1.50,\n    \"a\": {\n        \"x\": [1, 2]\n    }\n}\n"
	gone := func(pointer string) ValueArgs { return ValueArgs{Pointer: pointer, State: "absent"} }
	set := func(pointer, value string) ValueArgs { return ValueArgs{Pointer: pointer, Value: textOf(value)} }
	for _, c := range []struct {
		name     string
		args     ValueArgs
		in, want string
	}{
		{"is changed", set("/b", "2"), pretty, strings.Replace(pretty, "1.50", "2", 1)},
		{"is there, spelt as it is", set("/b", "1.5"), pretty, pretty},
		{"is there, in another order", set("/a", `{"y":1,"x":"A\/"}`), `{"a": {"x": "\u0041/", "y": 10e-1}}`, `{"a": {"x": "\u0041/", "y": 10e-1}}`},
		{"is changed further down", set("/a/x/1", `"z"`), pretty, strings.Replace(pretty, "2", `"z"`, 1)},
		{"is added to a list", set("/a/x/2", "3"), pretty, strings.Replace(pretty, "1, 2", "1, 2, 3", 1)},
		{"is added", set("/c", "true"), pretty, strings.Replace(pretty, "    }\n}", "    },\n    \"c\": true\n}", 1)},
		{"is added with what is above it", set("/a/c/d", `"v"`), pretty, strings.Replace(pretty, "[1, 2]\n", "[1, 2],\n        \"c\": {\n            \"d\": \"v\"\n        }\n", 1)},
		{"is an object", set("/b", `{"k":[],"l":{"m":null}}`), pretty, strings.Replace(pretty, "1.50", "{\n        \"k\": [],\n        \"l\": {\n            \"m\": null\n        }\n    }", 1)},
		{"on one line", set("/b", "2"), `{"a":1}`, `{"a":1,"b":2}`},
		{"on one line with blanks", set("/b/c", "2"), `{ "a": 1 }`, `{ "a": 1, "b": {"c": 2} }`},
		{"into an empty file", set("/a/b", "1"), "", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"},
		{"into an empty object", set("/a", "1"), "{}\n", "{\n  \"a\": 1\n}\n"},
		{"into an empty object further down", set("/a/b", "1"), "{\n\t\"a\": {}\n}", "{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}"},
		{"into an empty list", set("/a/0", "1"), `{"a":[]}`, `{"a":[1]}`},
		{"with CRLF", set("/b", "2"), "{\r\n  \"a\": 1\r\n}\r\n", "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n"},
		{"behind a byte order mark", set("/a", "2"), "\xef\xbb\xbf{\"a\":1}", "\xef\xbb\xbf{\"a\":2}"},
		{"beside comments", set("/b", "2"), "{\n  // about a\n  \"a\": 1 // one\n  /* end */\n}", "{\n  // about a\n  \"a\": 1, // one\n  /* end */\n  \"b\": 2\n}"},
		{"a key with a slash", set("/a~1b/~0", "2"), `{"a/b":{"~":1}}`, `{"a/b":{"~":2}}`},
		{"a key that is quoted", set("/\"\\", "2"), `{"a":1}`, `{"a":1,"\"\\":2}`},
		{"an empty key", set("/", "2"), `{"":1}`, `{"":2}`},
		{"a key in escapes", set("/\u00e9\U0001F600", "2"), `{"\u00e9\ud83d\ude00":1}`, `{"\u00e9\ud83d\ude00":2}`},
		{"a number keeps how it is given", set("/a", "1.10e+05"), `{"a":1}`, `{"a":1.10e+05}`},
		{"a large number", set("/a", "12345678901234567891"), `{"a":12345678901234567890}`, `{"a":12345678901234567891}`},
		{"a minus and a zero", set("/a", "0"), `{"a":-0.0}`, `{"a":-0.0}`},
		{"goes from the beginning", gone("/b"), pretty, strings.Replace(pretty, "\"b\": 1.50,\n    ", "", 1)},
		{"goes from the end", gone("/a"), pretty, "{\n    \"b\": 1.50\n}\n"},
		{"goes from in between", gone("/b"), `{"a": 1, "b": 2, "c": 3}`, `{"a": 1, "c": 3}`},
		{"goes alone", gone("/a/x"), pretty, strings.Replace(pretty, "{\n        \"x\": [1, 2]\n    }", "{}", 1)},
		{"goes beside comments", gone("/b"), "{\"a\":1, // one\n\"b\":2, // two\n\"c\":3}", "{\"a\":1 // one\n, // two\n\"c\":3}"},
		{"goes with what was made", ValueArgs{Pointer: "/a/b/c", State: "absent", Made: 1}, `{"a":{"b":{"c":1}}}`, `{"a":{}}`},
		{"goes with all that was made", ValueArgs{Pointer: "/a/b/c", State: "absent", Made: 2}, `{"a":{"b":{"c":1}},"d":1}`, `{"d":1}`},
		{"goes and something else stays", ValueArgs{Pointer: "/a/b/c", State: "absent", Made: 2}, `{"a":{"e":1,"b":{"c":1}}}`, `{"a":{"e":1}}`},
		{"is gone, and what was made goes", ValueArgs{Pointer: "/a/b", State: "absent", Made: 1}, `{"a":{},"d":1}`, `{"d":1}`},
		{"is gone", gone("/q/r"), pretty, pretty},
		{"is gone from nothing", gone("/q"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			once, err := c.args.Apply([]byte(c.in))
			if err != nil || string(once) != c.want {
				t.Fatalf("%s\nbecame\n%s\nwant\n%s\n%v", c.in, once, c.want, err)
			}
			if twice, err := c.args.Apply(once); err != nil || !bytes.Equal(once, twice) {
				t.Errorf("the second time it became %s: %v", twice, err)
			}
		})
	}
}

// TestJSONRefuses holds that what cannot be told is not touched.
func TestJSONRefuses(t *testing.T) {
	for _, c := range []struct {
		name, pointer, value, in string
		attr, says               string
	}{
		{"no slash", "a", "1", "{}", "pointer", "begins with a slash"},
		{"the whole", "", "1", "{}", "pointer", "begins with a slash"},
		{"a bad escape", "/a~2", "1", "{}", "pointer", "~0 a tilde"},
		{"a text without quotes", "/a", "abc", "{}", "value", "jsonencode"},
		{"two values", "/a", "1 2", "{}", "value", "jsonencode"},
		{"a comment", "/a", "1 // one", "{}", "value", "jsonencode"},
		{"nothing", "/a", "", "{}", "value", "jsonencode"},
		{"no JSON", "/a", "1", "{\n\"a\": }", "path", "line 2: no value"},
		{"a comma too many", "/a", "1", "{\"a\": 1,\n}", "path", "line 2"},
		{"no comma", "/a", "1", "{\"a\": 1 \"b\": 2}", "path", "no , where"},
		{"a zero before a number", "/a", "1", `{"a": 01}`, "path", "no , where"},
		{"something behind it", "/a", "1", "{}\n{}", "path", "line 2: something follows"},
		{"a text without end", "/a", "1", "{\"a", "path", "does not end"},
		{"a bad backslash", "/a", "1", `{"\x": 1}`, "path", "backslash"},
		{"a comment without end", "/a", "1", "{} /*", "path", "comment"},
		{"too deep", "/a", "1", strings.Repeat("[", 501), "path", "too deep"},
		{"a key twice", "/a", "1", "{\"a\": 1,\n\"a\": 2}", "pointer", "Lines 1 and 2"},
		{"through a value", "/a/b", "1", "{\"a\": 1}", "pointer", "What /a leads to"},
		{"through a list", "/a/b", "1", "{\"a\": [1]}", "pointer", "a list of 1"},
		{"behind a list", "/a/3", "1", "{\"a\": [1]}", "pointer", "a list of 1"},
		{"a number with a zero", "/a/00", "1", "{\"a\": [1]}", "pointer", "a list of 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := ValueArgs{Pointer: c.pointer, Value: textOf(c.value)}
			_, err := a.Apply([]byte(c.in))
			if p, ok := err.(*kind.Problem); !ok || p.Attr != c.attr || p.Code != kind.CodeJSON || !strings.Contains(p.Summary+p.Detail, c.says) {
				t.Errorf("got %#v, want one on %s that says %q", err, c.attr, c.says)
			}
		})
	}
}

// FuzzJSONEdit holds against the decoder of the library: what it reads after the edit is what it
// read before, with the value, and a second edit changes nothing.
func FuzzJSONEdit(f *testing.F) {
	f.Add([]byte("{\n  \"a\": [1, {\"b\": \"\\u0041\"}],\n  \"c\": -1.5e3\n}\n"), "/a/1/b", `{"x":[true,null]}`)
	f.Add([]byte(`{"a":1}`), "/b/c", `"v"`)
	f.Add([]byte("{ // c\n}"), "/~1", "0.10")
	f.Fuzz(func(t *testing.T, content []byte, pointer, value string) {
		a := ValueArgs{Pointer: pointer, Value: textOf(value)}
		given := bytes.Clone(content)
		once, err := a.Apply(content)
		if err != nil {
			return
		}
		if twice, err := a.Apply(once); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("the second edit changed the text again: %q, then %q, then %q: %v", content, once, twice, err)
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
		missing := a.Lacks(content)
		_, _, was := a.Find(content)
		var before, after, back, want any
		if json.Unmarshal(content, &before) != nil {
			return // It has comments, or nothing in it.
		}
		if err := json.Unmarshal(once, &after); err != nil {
			t.Fatalf("%q became %q: %v", content, once, err)
		}
		_, written, there := a.Find(once)
		if !there || json.Unmarshal(written, &back) != nil || json.Unmarshal([]byte(value), &want) != nil || !reflect.DeepEqual(back, want) {
			t.Fatalf("%q became %q, where the pointer leads to %q, want %q", content, once, written, value)
		}
		if was {
			return
		}
		out, err := (&ValueArgs{Pointer: pointer, State: "absent", Made: missing}).Apply(once)
		if err != nil || json.Unmarshal(out, &after) != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("without the value there is %q, want %q: %v", out, content, err)
		}
	})
}
