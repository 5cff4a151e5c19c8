package function

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// madeTree makes a directory with one of each sort of thing, names that are hard to handle,
// links that lead out and in circles, and hidden ones.
func madeTree(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "r")
	for _, d := range []string{"a/b/c", "a/.hidden/d", "x y", "[z]", "empty", "a/b/a/b", "mn"} {
		must(t, os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	for f, size := range map[string]int{
		"a/one.conf": 1, "a/b/two.conf": 20, "a/b/c/three.txt": 300, "a/.hidden/four.conf": 4, ".five.conf": 5,
		"x y/six seven.conf": 67, "[z]/*.conf": 8, "a/b/a/b/two.conf": 21, "new\nline": 9, "-rf": 11, "mn/q.conf": 12,
	} {
		must(t, os.WriteFile(filepath.Join(root, f), make([]byte, size), 0o640))
	}
	must(t, os.Symlink("a", filepath.Join(root, "link")))
	must(t, os.Symlink("..", filepath.Join(root, "a/up")))
	must(t, os.Symlink("nowhere", filepath.Join(root, "dangling.conf")))
	must(t, unix.Mkfifo(filepath.Join(root, "pipe"), 0o600))
	old := time.Now().Add(-48 * time.Hour)
	must(t, os.Chtimes(filepath.Join(root, "a/b/two.conf"), old, old))
	return root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// texts are the texts of a list of results, relative to a directory.
func texts(t *testing.T, root string, list any) []string {
	t.Helper()
	out := []string{}
	for _, v := range list.([]any) {
		switch v := v.(type) {
		case cbor.ByteString:
			out = append(out, strings.TrimPrefix(string(v), root+"/"))
		case []byte:
			out = append(out, strings.TrimPrefix(string(v), root+"/"))
		case string:
			out = append(out, strings.TrimPrefix(v, root+"/"))
		default:
			t.Fatalf("a result is a %T", v)
		}
	}
	return out
}

// What a pattern matches is what a shell finds, in all patterns that both have.
func TestGlobMatchesAsAShell(t *testing.T) {
	root := madeTree(t)
	for _, pattern := range []string{
		"*", "*.conf", ".*.conf", "a/*", "*/*.conf", "*/*/*.conf", "a/b/*", "link/*", "link/b/*.conf", "a/.*/*", "?n/q.conf", "[m-n]n/*",
		"[!m]n/*", "[^l]n/*", "[]m]n/*", "[!]x]n/*", "[[]z]/*", "x y/*", "nothing/*", "*/nothing", "a/one.conf", "a/one.conf/*", "a/./one.conf", "a/../mn", "dangling.conf", "dangling.conf/*", "-*", "new*",
		`\[z\]/\*.conf`, `\[z]/*`, "link", "l[i]nk", "pipe/*", "*/b/../b/*.conf", "a/up/a/one.conf",
	} {
		t.Run(pattern, func(t *testing.T) {
			got := texts(t, root, mustRun(t, "glob", args{"pattern": text1(root + "/" + pattern)})["paths"])
			// The words of the pattern are quoted for the shell where they are not special.
			quoted := strings.NewReplacer(" ", `\ `).Replace(pattern)
			said, err := exec.Command("bash", "-c", `cd "$0" && shopt -s nullglob && LC_ALL=C && for f in `+quoted+`; do if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\0' "$f"; fi; done`, root).Output()
			if err != nil {
				t.Skipf("no bash: %v", err)
			}
			want := strings.Split(strings.TrimSuffix(string(said), "\x00"), "\x00")
			if len(said) == 0 {
				want = []string{}
			}
			for i, w := range want {
				want[i] = strings.ReplaceAll(w, "/./", "/")
			}
			want = slices.DeleteFunc(want, func(w string) bool { return slices.Contains([]string{".", ".."}, filepath.Base(w)) })
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestGlobOfTrees(t *testing.T) {
	root := madeTree(t)
	for pattern, want := range map[string][]string{
		"**/*.conf":    {"[z]/*.conf", "a/b/a/b/two.conf", "a/b/two.conf", "a/one.conf", "dangling.conf", "mn/q.conf", "x y/six seven.conf"},
		"a/**":         {"a", "a/b", "a/b/a", "a/b/a/b", "a/b/c"},
		"**/b/**/two*": {"a/b/a/b/two.conf", "a/b/two.conf"},
		"**/**/three*": {"a/b/c/three.txt"},
		"**/.hidden/*": {"a/.hidden/d", "a/.hidden/four.conf"},
		"empty/**":     {"empty"},
		"nothing/**":   {},
		"pipe/**":      {"pipe"},
	} {
		t.Run(pattern, func(t *testing.T) {
			if got := texts(t, root, mustRun(t, "glob", args{"pattern": text1(root + "/" + pattern)})["paths"]); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	for _, p := range []string{"/", "//", "/./"} {
		if got := texts(t, "none", mustRun(t, "glob", args{"pattern": text1(p)})["paths"]); !slices.Equal(got, []string{"/"}) {
			t.Errorf("%s: got %q", p, got)
		}
	}
}

// A pattern with many ** costs as many looks as there are directories and parts, not as many
// as there are ways to divide a path.
func TestGlobOfManyTreesIsQuick(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+strings.Repeat("/d", 60), 0o755))
	pattern := dir + strings.Repeat("/**/d", 30) + "/nothing"
	if got := texts(t, dir, mustRun(t, "glob", args{"pattern": text1(pattern)})["paths"]); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

// find finds what find(1) does.
func TestFindAgreesWithTheSystem(t *testing.T) {
	root := madeTree(t)
	hidden := `-name '.*' -prune -o`
	for name, row := range map[string]struct {
		in   args
		says string
	}{
		"files":         {args{}, hidden + " -type f -print0"},
		"all":           {args{"type": "any", "hidden": true}, "-print0"},
		"hidden":        {args{"hidden": true}, "-type f -print0"},
		"directories":   {args{"type": "directory"}, hidden + " -type d -print0"},
		"links":         {args{"type": "link"}, hidden + " -type l -print0"},
		"pipes":         {args{"type": "fifo"}, hidden + " -type p -print0"},
		"depth 1":       {args{"max_depth": 1}, "-maxdepth 1 " + hidden + " -type f -print0"},
		"depth 2":       {args{"max_depth": 2, "type": "any"}, "-maxdepth 2 " + hidden + " -print0"},
		"patterns":      {args{"patterns": argv("*.conf", "t*.txt")}, hidden + ` -type f \( -name '*.conf' -o -name 't*.txt' \) -print0`},
		"exclude":       {args{"exclude": argv("b", "o*")}, hidden + ` \( -name b -o -name 'o*' \) -prune -o -type f -print0`},
		"larger":        {args{"larger_than": 20}, hidden + " -type f -size +20c -print0"},
		"smaller":       {args{"smaller_than": 20}, hidden + " -type f -size -20c -print0"},
		"old":           {args{"older_than": "24h"}, hidden + " -type f -mmin +1440 -print0"},
		"new":           {args{"newer_than": "24h"}, hidden + " -type f -mmin -1440 -print0"},
		"of one system": {args{"one_file_system": true}, "-xdev " + hidden + " -type f -print0"},
	} {
		t.Run(name, func(t *testing.T) {
			in := maps.Clone(row.in)
			in["path"] = text1(root)
			r := mustRun(t, "find", in)
			got := texts(t, root, r["paths"])
			slices.Sort(got)
			said, err := exec.Command("sh", "-c", `cd "$0" && LC_ALL=C find . -mindepth 1 `+row.says, root).Output()
			if err != nil {
				t.Skipf("no find(1) that takes these: %v", err)
			}
			want := []string{}
			for _, w := range strings.Split(strings.TrimSuffix(string(said), "\x00"), "\x00") {
				if w != "" {
					want = append(want, strings.TrimPrefix(w, "./"))
				}
			}
			slices.Sort(want)
			if !slices.Equal(got, want) || len(want) == 0 {
				t.Errorf("got %q, want %q", got, want)
			}
			total := int64(0)
			for i, e := range r["entries"].([]any) {
				e := asEntry(t, e)
				if string(e["path"].(cbor.ByteString)) != root+"/"+texts(t, root, r["paths"])[i] {
					t.Errorf("entry %d is of %q", i, e["path"])
				}
				total += e["size"].(int64)
			}
			if r["bytes"] != total {
				t.Errorf("bytes is %v, want %d", r["bytes"], total)
			}
		})
	}
}

// asEntry makes a map with names of what a decoder gave for an entry.
func asEntry(t *testing.T, v any) map[string]any {
	t.Helper()
	out := map[string]any{}
	for k, v := range v.(map[any]any) {
		if b, ok := v.([]byte); ok {
			v = cbor.ByteString(b)
		}
		if n, ok := v.(uint64); ok {
			v = int64(n)
		}
		out[fmt.Sprint(k)] = v
	}
	return out
}

// list_dir names what is there, and says of each what stat says.
func TestListDirAgreesWithStat(t *testing.T) {
	root := madeTree(t)
	r := mustRun(t, "list_dir", args{"path": text1(root)})
	want := []string{"-rf", ".five.conf", "[z]", "a", "dangling.conf", "empty", "link", "mn", "new\nline", "pipe", "x y"}
	if got := texts(t, root, r["names"]); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i, v := range r["entries"].([]any) {
		e := asEntry(t, v)
		st := mustRun(t, "stat", args{"path": text1(root + "/" + want[i])})
		for _, attr := range []string{"type", "size", "mode", "owner", "group", "modified"} {
			if fmt.Sprint(e[attr]) != fmt.Sprint(st[attr]) {
				t.Errorf("%s of %q is %v, stat says %v", attr, want[i], e[attr], st[attr])
			}
		}
		if got := string(e["name"].(cbor.ByteString)); got != want[i] {
			t.Errorf("the name is %q, want %q", got, want[i])
		}
	}
	for _, name := range []string{"empty", "link"} { // a link to a directory is followed
		r := mustRun(t, "list_dir", args{"path": text1(root + "/" + name)})
		if n := len(r["names"].([]any)); (n == 0) != (name == "empty") {
			t.Errorf("%s holds %d things", name, n)
		}
	}
}

// What cannot be looked at, or is too much, fails the call at the argument.
func TestWalksThatFail(t *testing.T) {
	root := madeTree(t)
	for name, row := range map[string]struct {
		kind, attr string
		in         args
		code       kind.Code
	}{
		"a file":             {"list_dir", "path", args{"path": text1(root + "/a/one.conf")}, kind.CodeNotADirectory},
		"nothing":            {"list_dir", "path", args{"path": text1(root + "/no")}, kind.CodeMissing},
		"dangling":           {"list_dir", "path", args{"path": text1(root + "/dangling.conf")}, kind.CodeMissing},
		"relative":           {"list_dir", "path", args{"path": text1("etc")}, kind.CodePath},
		"too many":           {"list_dir", "max_entries", args{"path": text1(root), "max_entries": 3}, kind.CodeTooLong},
		"none":               {"list_dir", "max_entries", args{"path": text1(root), "max_entries": 0}, kind.CodeArgument},
		"below nothing":      {"find", "path", args{"path": text1(root + "/no"), "type": "any"}, kind.CodeMissing},
		"below a file":       {"find", "path", args{"path": text1(root + "/-rf"), "type": "any"}, kind.CodeNotADirectory},
		"too many below":     {"find", "max_entries", args{"path": text1(root), "type": "any", "max_entries": 3}, kind.CodeTooLong},
		"a slash in a name":  {"find", "patterns", args{"path": text1(root), "type": "any", "patterns": argv("a/b")}, kind.CodeArgument},
		"a bad name":         {"find", "exclude", args{"path": text1(root), "type": "any", "exclude": argv("[")}, kind.CodeArgument},
		"no depth":           {"find", "max_depth", args{"path": text1(root), "type": "any", "max_depth": 0}, kind.CodeArgument},
		"less than nothing":  {"find", "larger_than", args{"path": text1(root), "type": "any", "larger_than": -1}, kind.CodeArgument},
		"days":               {"find", "older_than", args{"path": text1(root), "type": "any", "older_than": "30d"}, kind.CodeArgument},
		"relative pattern":   {"glob", "pattern", args{"pattern": text1("*.conf")}, kind.CodePath},
		"bad pattern":        {"glob", "pattern", args{"pattern": text1("/etc/[a")}, kind.CodeArgument},
		"** in a name":       {"glob", "pattern", args{"pattern": text1("/etc/a**")}, kind.CodeArgument},
		"too many matches":   {"glob", "max_entries", args{"pattern": text1(root + "/**/*"), "max_entries": 3}, kind.CodeTooLong},
		"more than there is": {"glob", "max_entries", args{"pattern": text1("/etc/*"), "max_entries": mostEntries + 1}, kind.CodeArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runIt(t, request(t, row.kind, row.in))
			wantProblem(t, err, row.attr, row.code)
		})
	}
}

// A name that is no text could not be told from another, so it fails the call, unless it is
// not looked for.
func TestNamesThatAreNoText(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"old\xff", "old\xfe", "old\ufffd", "new"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	for name, in := range map[string]args{
		"find": {"path": text1(dir)}, "glob": {"pattern": text1(dir + "/old?")}, "list_dir": {"path": text1(dir)},
	} {
		_, err := runIt(t, request(t, name, in))
		attr := "path"
		if name == "glob" {
			attr = "pattern"
		}
		if p := wantProblem(t, err, attr, kind.CodePath); !strings.Contains(p.Detail, `old\xfe`) {
			t.Errorf("%s: got %q", name, p.Detail)
		}
	}
	if got := texts(t, dir, mustRun(t, "find", args{"path": text1(dir), "patterns": argv("n*")})["paths"]); !slices.Equal(got, []string{"new"}) {
		t.Errorf("got %q", got)
	}
	if got := texts(t, dir, mustRun(t, "find", args{"path": text1(dir), "exclude": argv("old?")})["paths"]); !slices.Equal(got, []string{"new"}) {
		t.Errorf("got %q", got)
	}
	if got := texts(t, dir, mustRun(t, "glob", args{"pattern": text1(dir + "/new")})["paths"]); !slices.Equal(got, []string{"new"}) {
		t.Errorf("got %q", got)
	}
}

// A directory that this user may not read fails the call, since nobody could tell what is
// missing. Root may read all, so root runs this as somebody else.
func TestWalksOfWhatIsClosed(t *testing.T) {
	if os.Getuid() == 0 {
		dir, err := os.MkdirTemp("", "plain")
		must(t, err)
		defer os.RemoveAll(dir)
		must(t, os.Chmod(dir, 0o777))
		childtest.RunAsPlainUser(t, dir)
		return
	}
	root := t.TempDir()
	must(t, os.MkdirAll(root+"/a/b", 0o755))
	must(t, os.Chmod(root+"/a/b", 0))
	t.Cleanup(func() { _ = os.Chmod(root+"/a/b", 0o755) })
	for name, in := range map[string]args{
		"find": {"path": text1(root), "type": "any"}, "glob": {"pattern": text1(root + "/a/b/*")}, "list_dir": {"path": text1(root + "/a/b")},
	} {
		_, err := runIt(t, request(t, name, in))
		var p *kind.Problem
		if !errors.As(err, &p) || p.Code != kind.CodePermission || !strings.Contains(p.Detail, root+"/a/b") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// What is not looked for is not looked into.
	must(t, os.WriteFile(root+"/f", nil, 0o644))
	if got := texts(t, root, mustRun(t, "find", args{"path": text1(root), "type": "any", "exclude": argv("a")})["paths"]); !slices.Equal(got, []string{"f"}) {
		t.Errorf("got %q", got)
	}
}

// A call that is cancelled ends in the middle.
func TestWalksEndWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, in := range map[string]args{
		"find": {"path": text1("/"), "type": "any"}, "glob": {"pattern": text1("/**/*")}, "list_dir": {"path": text1("/etc")},
	} {
		if _, err := Run(ctx, Output{}, request(t, name, in)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What an answer is taken to have is no less than it has, so that one that is let through can be
// sent, and what the manual promises of max_entries is what there is room for.
func TestRoomOfAnAnswer(t *testing.T) {
	for name, length := range map[string]int{"usual names": 60, "the longest names": 255, "a letter": 1} {
		w := newWalker(t.Context(), "path", nil)
		path := "/" + strings.Repeat("n", length)
		st := unix.Stat_t{Mode: unix.S_IFDIR | 0o7777, Size: 1 << 40}
		e := w.entry(path, &st)
		e.Modified = "2026-11-28T08:00:00.123456789Z"
		room := w.room
		must(t, w.take(path, len(path)+e.length()))
		const entries = 100
		b, err := cbor.Marshal(FindOut{
			Paths: slices.Repeat([]kind.Text{e.Path}, entries), Entries: slices.Repeat([]EntryOut{e}, entries), Bytes: 1 << 40,
		})
		must(t, err)
		if took := (room - w.room) * entries; len(b) > took {
			t.Errorf("%s: %d bytes are taken for %d", name, len(b), took)
		}
		if fit := MaxAnswer / (room - w.room); name == "usual names" && (fit < 35_000 || fit > 45_000) {
			t.Errorf("%d things fit into an answer", fit)
		}
	}
}
