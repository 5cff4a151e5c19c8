package tree_test

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/tree"
)

func sample() tree.Manifest {
	file := func(p, holds string) tree.Entry {
		return tree.Entry{Path: p, Sort: tree.File, Size: int64(len(holds)), Sum: sha256.Sum256([]byte(holds))}
	}
	m := tree.Manifest{Private: true, Entries: []tree.Entry{
		{Path: "a", Sort: tree.Directory},
		{Path: "a/b", Sort: tree.Directory, Private: true},
		file("a/b/c", "one"),
		file("a/line\nend", "two"),
		file("a\xff", ""),
		{Path: "l", Sort: tree.Link, Target: "a/b/c"},
	}}
	m.Entries[2].Runs, m.Entries[3].Private = true, true
	return m
}

// TestManifest: what is decoded is what was encoded.
func TestManifest(t *testing.T) {
	for _, m := range []tree.Manifest{{}, sample()} {
		got, err := tree.Decode(m.Encode())
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v, %v, want %+v", got, err, m)
		}
	}
	if n := sample().Size(); n != 6 {
		t.Errorf("the contents have %d bytes, want 6", n)
	}
}

// TestManifestRefuses: no path leads out of the directory or stands twice, and nothing is there in
// another form.
func TestManifestRefuses(t *testing.T) {
	of := func(entries ...tree.Entry) []byte { return tree.Manifest{Entries: entries}.Encode() }
	dir := func(p string) tree.Entry { return tree.Entry{Path: p, Sort: tree.Directory} }
	good := sample().Encode()
	for what, b := range map[string][]byte{
		"nothing":                      nil,
		"another version":              {2, 0},
		"odd permissions":              {1, 2},
		"cut short":                    good[:len(good)-1],
		"more behind it":               append(slices.Clone(good), 0),
		"a parent":                     of(dir("..")),
		"itself":                       of(dir(".")),
		"no name":                      of(dir("")),
		"a zero byte":                  of(dir("a\x00b")),
		"twice":                        of(dir("a"), dir("a")),
		"in another order":             of(dir("b"), dir("a")),
		"in no directory":              of(dir("a/b")),
		"in a file":                    of(tree.Entry{Path: "a", Sort: tree.File}, tree.Entry{Path: "a/b", Sort: tree.File}),
		"in a link":                    of(tree.Entry{Path: "a", Sort: tree.Link, Target: "/"}, dir("a/b")),
		"a link that leads nowhere":    of(tree.Entry{Path: "a", Sort: tree.Link}),
		"a target with a zero byte":    of(tree.Entry{Path: "a", Sort: tree.Link, Target: "\x00"}),
		"another sort":                 of(tree.Entry{Path: "a", Sort: 's'}),
		"a directory that runs":        of(tree.Entry{Path: "a", Sort: tree.Directory, Runs: true}),
		"a private link":               of(tree.Entry{Path: "a", Sort: tree.Link, Target: "b", Private: true}),
		"a long name":                  of(dir(strings.Repeat("x", 256))),
		"more than a size can be":      of(tree.Entry{Path: "a", Sort: tree.File, Size: 1 << 62}, tree.Entry{Path: "b", Sort: tree.File, Size: 1 << 62}),
		"a number with zeros to spare": {1, 0, 0x80, 0, 'd', 0, 1, 'a'},
		"a long path":                  of(deep(40)...),
	} {
		if m, err := tree.Decode(b); err == nil {
			t.Errorf("%s is taken: %+v", what, m)
		}
	}
}

// deep are directories, each in the one before.
func deep(n int) (out []tree.Entry) {
	for k := range n {
		out = append(out, tree.Entry{Path: strings.Repeat(strings.Repeat("x", 200)+"/", k) + strings.Repeat("x", 200), Sort: tree.Directory})
	}
	return out
}

func FuzzDecode(f *testing.F) {
	f.Add(sample().Encode())
	f.Add(tree.Manifest{}.Encode())
	f.Add(tree.Manifest{Entries: deep(10)}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := tree.Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(m.Encode(), b) {
			t.Errorf("%q is read as %+v, which is written otherwise", b, m)
		}
		seen := map[string]tree.Sort{}
		for _, e := range m.Entries {
			dir := ""
			if at := strings.LastIndexByte(e.Path, '/'); at >= 0 {
				dir = e.Path[:at]
			}
			if seen[e.Path] != 0 || dir != "" && seen[dir] != tree.Directory || strings.Contains("/"+e.Path+"/", "/../") || e.Size < 0 {
				t.Errorf("%q is in %q", e.Path, b)
			}
			seen[e.Path] = e.Sort
		}
		if m.Size() < 0 {
			t.Errorf("%q has %d bytes", b, m.Size())
		}
	})
}

func TestExclude(t *testing.T) {
	for _, c := range []struct {
		patterns string
		rel      string
		dir      bool
		want     bool
	}{
		{"*.log", "a/b/x.log", false, true},
		{"*.log", "x.logs", false, false},
		{".git", ".git/config", false, true},
		{".git", "a/.git/config", false, true},
		{"tmp/", "tmp", false, false},
		{"tmp/", "tmp", true, true},
		{"tmp/", "a/tmp/x", false, true},
		{"/top", "top", false, true},
		{"/top", "a/top", false, false},
		{"a/*.c", "a/x.c", false, true},
		{"a/*.c", "a/b/x.c", false, false},
		{"a/**/x", "a/x", false, true},
		{"a/**/x", "a/b/c/x", false, true},
		{"a/**/x", "b/a/x", false, false},
		{"**/x/y", "a/b/x/y", false, true},
		{"**/x/y", "x/y/z", false, true},
		{"a/**", "a/b/c", false, true},
		{"a/**/b/**/c", "a/b/x/b/c", false, true},
		{"[ab]?", "bx", false, true},
		{"x y", "z", false, false},
		{"", "z", false, false},
	} {
		var patterns []string
		if c.patterns != "" {
			patterns = strings.Split(c.patterns, " ")
		}
		x, err := tree.ParseExclude(patterns)
		if err != nil || x.Covers(c.rel, c.dir) != c.want {
			t.Errorf("%q covers %q: %v, %v", c.patterns, c.rel, x.Covers(c.rel, c.dir), err)
		}
	}
	for _, bad := range []string{"", "/", "a//b", "../x", "a/./b", "[", "a/[z", `a\`} {
		if _, err := tree.ParseExclude([]string{bad}); err == nil {
			t.Errorf("the pattern %q is taken", bad)
		}
	}
}

func FuzzExclude(f *testing.F) {
	f.Add("a/**/b/**/c", "a/b/x/b/c")
	f.Add("**/**/**", "x")
	f.Fuzz(func(t *testing.T, pattern, rel string) {
		x, err := tree.ParseExclude([]string{pattern})
		if err != nil || strings.HasPrefix(rel, "/") {
			return
		}
		if x.Has(rel, true) && !x.Covers(rel, true) {
			t.Errorf("%q has %q and does not cover it", pattern, rel)
		}
	})
}
