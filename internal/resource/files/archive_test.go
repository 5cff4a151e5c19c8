package files_test

import (
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestArchive: what an archive holds is put in place, put in order and taken away as of a directory.
func TestArchive(t *testing.T) {
	for _, c := range []syncCase{
		{
			name: "is unpacked", want: resource.Create, whole: true, args: synced(args{"strip": 1}, sent("a/", "", "a/b", "one", "l", "->a/b")),
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x/a/b", "one", 0o644) },
		}, {
			name: "is put in order", want: resource.Update, args: synced(nil, site()), setup: halfSite,
			verify: func(t *testing.T, f testDir) {
				holdsSite(t, f)
				f.Holds(t, "x/old/deep/file", "old", 0o644)
			},
		}, {
			name: "removes what it does not have", want: resource.Update, args: synced(args{"delete": true, "exclude": []any{text("*.log")}}, site()), setup: halfSite,
			verify: func(t *testing.T, f testDir) {
				holdsSite(t, f)
				f.Gone(t, "x/old")
				f.Holds(t, "x/run.log", "log", 0o644)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, "archive") })
	}
}

func TestArchiveProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "file", "x", 0o644)
	must(t, os.MkdirAll(f.At("x/key/in"), 0o755))
	at := func(name string, more args) args {
		out := synced(more, site())(f)
		out["path"] = f.Arg(name)
		return out
	}
	for _, c := range []struct {
		name string
		args args
		attr string
		code kind.Code
	}{
		{"a file is at the path", at("file", nil), "path", kind.CodeInTheWay},
		{"a directory is in the way of a file", at("x", nil), "path", kind.CodeInTheWay},
		{"no list arrived", args{"path": f.Arg("z"), "source": text("a.tar")}, "source", kind.CodeSource},
		{"no archive is named", args{"path": f.Arg("z"), "source": text("")}, "source", kind.CodePath},
		{"strip is negative", at("z", args{"strip": -1}), "strip", kind.ArgumentCode("strip")},
		{"a pattern is bad", at("z", args{"exclude": []any{text("a[")}}), "exclude", kind.ArgumentCode("exclude")},
		{"the root is emptied", args{"path": text("/"), "source": text("a.tar"), "delete": true}, "delete", kind.CodePath},
	} {
		t.Run(c.name, func(t *testing.T) { resourcetest.Problem(t, "archive", c.args, c.attr, c.code) })
	}
}

// TestArchiveEnds: what it unpacked goes, and what was edited since stays.
func TestArchiveEnds(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, apply(t, newService(), "archive", synced(nil, site())(f)))
	f.Write(t, "x/css/a.css", "edited", 0o644)
	end := ending{Kind: "archive", Args: args{"path": f.Arg("x"), "source": text("a.tar"), "source_manifest": site()["source_manifest"]}}
	c, err := end.Check(t, newService(), "a")
	must(t, err)
	if c.Op != resource.Update || len(c.Warnings) != 1 {
		t.Errorf("the end is %s, %v", c.Op, c.Warnings)
	}
	must(t, end.Apply(t, newService(), c.Fingerprint))
	f.Holds(t, "x/css/a.css", "edited", 0o644)
	f.Gone(t, "x/bin")
}
