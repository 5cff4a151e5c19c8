package system

import (
	"bytes"
	"reflect"
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
		sorted := g.sorted()
		if len(sorted.choices) != len(g.choices) || !bytes.Equal(sorted.format(), sorted.sorted().format()) {
			t.Fatalf("%+v was sorted to %+v", g, sorted)
		}
		is := g.choices[0]
		added := g.install(candidate{path: "/new", priority: 1}, g.followersOf(is.path))
		if added.find("/new") == nil || added.find(is.path) == nil || len(added.followersOf("/new")) > len(g.followers) {
			t.Fatalf("with another candidate %+v is %+v", g, added)
		}
		for _, c := range added.choices {
			if len(c.followers) != len(added.followers) {
				t.Fatalf("of %d followers %s has %d", len(added.followers), c.path, len(c.followers))
			}
		}
		if g.find(g.best()) == nil {
			t.Fatalf("the best of %+v is %q", g, g.best())
		}
	})
}
