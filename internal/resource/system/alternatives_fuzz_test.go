package system

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzLinkGroup: what is read of the file of a group is read again from what is written of it,
// in whichever order, and no change of it loses another candidate.
func FuzzLinkGroup(f *testing.F) {
	f.Add([]byte("auto\n/usr/bin/editor\neditor.1.gz\n/usr/share/man/man1/editor.1.gz\n\n/bin/ed\n-100\n/usr/share/man/man1/ed.1.gz\n/bin/vi\n20\n\n\n"))
	f.Add([]byte("manual\n/usr/bin/java\n\n/usr/lib/jvm/java\n@java@1700 cups\n"))
	f.Add([]byte("manual\n/x\n\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		g, ok := parseLinkGroup(content)
		if !ok {
			return
		}
		again, ok := parseLinkGroup(g.format())
		if !ok || !reflect.DeepEqual(g, again) {
			t.Fatalf("%+v was written as %q, and read as %+v", g, g.format(), again)
		}
		is, n := g.choices[0].path, len(g.choices)
		own := g.followersOf(is)
		will := g.clone()
		will.install(&candidate{path: "/new", priority: 1}, own)
		will.sort()
		if !reflect.DeepEqual(will.followersOf(is), own) || !reflect.DeepEqual(will.followersOf("/new"), own) || !slices.IsSortedFunc(will.choices, func(a, b *candidate) int { return strings.Compare(a.path, b.path) }) {
			t.Fatalf("with another candidate %+v is %+v", g, will)
		}
		if len(g.choices) != n || !reflect.DeepEqual(g.format(), again.format()) {
			t.Fatalf("the change of a copy changed %+v", g)
		}
		will.remove("/new")
		if will.find("/new") != nil || g.find("/new") == nil && len(will.choices) != n {
			t.Fatalf("without it %+v is %+v", g, will)
		}
		if g.find(g.best()) == nil {
			t.Fatalf("the best of %+v is %q", g, g.best())
		}
	})
}
