package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/tree"
	"github.com/mitoplan/mitoplan/planner"
)

// TestBlocksInASynchronizedDirectory: a block that is about a path which a directory_sync manages,
// too, is an error, unless it is excluded.
func TestBlocksInASynchronizedDirectory(t *testing.T) {
	list := tree.Manifest{Entries: []tree.Entry{{Path: "css", Sort: tree.Directory}, {Path: "css/a.css", Sort: tree.File}, {Path: "index", Sort: tree.File}}}
	less := tree.Manifest{Entries: list.Entries[2:]}
	synced := func(more string) string {
		return "resource \"directory_sync\" \"s\" {\n  on = context.sudo.root\n  path = \"/srv/s/.\"\n  source = \"site\"\n" + more + "\n}\n"
	}
	file := func(path string) string {
		return "resource \"file\" \"f\" {\n  on = context.sudo.root\n  path = \"" + path + "\"\n}\n"
	}
	for name, c := range map[string]struct{ src, want string }{
		"a file of the source":        {synced("") + file("/srv/s/css/a.css"), `manages what is in /srv/s on context.ssh.h, and with it /srv/s/css/a.css, which is what file.f (main.mito.hcl:10) is about. Each would undo`},
		"a line in one":               {synced("") + "resource \"line\" \"l\" {\n  on = context.sudo.root\n  path = \"/srv/s/index\"\n  line = \"x\"\n}\n", "line.l"},
		"below a file":                {synced("") + file("/srv/s/index/x"), "/srv/s/index/x"},
		"another file":                {synced("") + file("/srv/s/css/b.css"), ""},
		"another file, with delete":   {synced("delete = true") + file("/srv/s/css/b.css"), `Name "/css/b.css" in exclude`},
		"an excluded file":            {synced("delete = true\nexclude = [\"/css/b.css\"]") + file("/srv/s/css/b.css"), ""},
		"in an excluded directory":    {synced("delete = true\nexclude = [\"css/\"]") + file("/srv/s/css/a.css"), ""},
		"beside it":                   {synced("delete = true") + file("/srv/so/index"), ""},
		"above it":                    {synced("delete = true") + "resource \"directory\" \"d\" {\n  on = context.sudo.root\n  path = \"/srv\"\n}\n", ""},
		"a directory in it":           {synced("delete = true") + "resource \"directory\" \"d\" {\n  on = context.sudo.root\n  path = \"/srv/s/css\"\n}\n", "directory.d"},
		"another one in it":           {synced("delete = true") + strings.Replace(strings.Replace(synced(""), "\"s\"", "\"t\"", 1), "/srv/s/.", "/srv/s/in", 1), "directory_sync.t"},
		"the directory itself, twice": {synced("") + strings.Replace(synced(""), "\"s\"", "\"t\"", 1), "both manage path /srv/s"},
	} {
		t.Run(name, func(t *testing.T) {
			p := planner.New(loadFiles(t, map[string]string{
				"main.mito.hcl": oneHost + c.src,
				`tree("site")`:  string(list.Encode()), `files("site")`: "",
				`tree("site", "/css/b.css")`: string(list.Encode()), `files("site", "/css/b.css")`: "",
				`tree("site", "css/")`: string(less.Encode()), `files("site", "css/")`: "",
			}), options())
			drive(t, p, &world{})
			var told []string
			for _, d := range p.Diagnostics() {
				if d.Summary == "Two claims on one thing" { // what this host answers is not looked at here
					told = append(told, d.Detail)
				}
			}
			if c.want == "" && told != nil || c.want != "" && (len(told) != 1 || !strings.Contains(told[0], c.want)) {
				t.Errorf("it says %q, want %q", told, c.want)
			}
		})
	}
}
