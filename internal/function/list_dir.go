package function

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// ListDirIn are the arguments of list_dir.
type ListDirIn struct {
	Path       kind.Text `cbor:"path" mito:"required"`
	MaxEntries *int64    `cbor:"max_entries,omitempty" mito:"default=10000"`
}

// Manual says the texts of these arguments.
func (ListDirIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says what is in a directory.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "list_dir" "etc" {
  on   = context.local.here
  path = "/etc"
}
output "names" {
  value = call.list_dir.etc.names
}
`,
			Reads:   "The directory, and what lstat(2) says of each thing in it. Nothing is read of what is below those, nor of contents.",
			Ansible: "no module lists a directory alone: find with recurse off leaves out directories and hidden names unless told, and fileglob sees the controller.",
			Pyinfra: "the fact files.FindInDirectory, and ls through server.Shell.",
			Limits:  "For whole trees, or for some things only, there is find. A name that is no UTF-8 fails the call.",
		},
		OtherNames: "ls dir readdir list",
		Attrs: map[string]kind.Entry{
			"path":        {Doc: "The directory, absolute. A link to one is followed, one of another user only to what that user owns.", OtherNames: "dest name dir directory src"},
			"max_entries": {Doc: "How many things there may be, at most 100000. If there are more, the call fails, and so it does if what is said of them takes more than 12 MiB: that is about 40000 things with paths of usual length.", OtherNames: "limit"},
		},
	}
}

// ListDirOut are the results of list_dir.
type ListDirOut struct {
	Names   []kind.Text `cbor:"names" mito:"computed"`
	Entries []EntryOut  `cbor:"entries" mito:"computed"`
}

// Manual says the texts of these results.
func (ListDirOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"names":   {Doc: "The names in it, hidden ones too, in the order of their bytes."},
			"entries": {Doc: "What is in it, in the same order."},
		},
	}
}

func listDirKind() kind.Kind {
	return reads("list_dir", func() Function { return &ListDirIn{} }, ListDirOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *ListDirIn) Validate() []kind.Problem {
	return append(filesystem.CheckPath("path", in.Path), validEntries(in.MaxEntries)...)
}

// Call implements Function.
func (in *ListDirIn) Call(ctx context.Context, _ Call) (any, error) {
	w, at := newWalker(ctx, "path", in.MaxEntries), string(in.Path)
	dir, err := openDirectory(at)
	if err != nil {
		return nil, w.failed(at, err)
	}
	defer dir.Close()
	names, err := w.names(dir)
	if err != nil {
		return nil, w.failed(at, err)
	}
	out := ListDirOut{Names: []kind.Text{}, Entries: []EntryOut{}}
	for _, name := range names {
		path := below(at, name)
		var st unix.Stat_t
		if err := (place{dir: dir, name: name}).stat(&st); filesystem.NotThere(err) {
			continue
		} else if err != nil {
			return nil, w.failed(path, err)
		}
		e := w.entry(path, &st)
		if err := w.take(path, len(name)+e.length()); err != nil {
			return nil, err
		}
		out.Names, out.Entries = append(out.Names, e.Name), append(out.Entries, e)
	}
	return out, nil
}

// length is about how many bytes this takes in an answer.
func (e *EntryOut) length() int {
	const names = 100 // of the fields, and their numbers
	return names + len(e.Path) + len(e.Name) + len(e.Owner) + len(e.Group) + len(e.Modified)
}
