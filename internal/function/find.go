package function

import (
	"cmp"
	"context"
	"os"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// FindIn are the arguments of find.
type FindIn struct {
	Path          kind.Text   `cbor:"path" mito:"required"`
	Patterns      []kind.Text `cbor:"patterns,omitempty"`
	Exclude       []kind.Text `cbor:"exclude,omitempty"`
	Type          string      `cbor:"type,omitempty" mito:"oneof=any|file|directory|link|fifo|socket|block|char,default=file"`
	MaxDepth      *int64      `cbor:"max_depth,omitempty"`
	Hidden        bool        `cbor:"hidden,omitempty" mito:"default=false"`
	OneFileSystem bool        `cbor:"one_file_system,omitempty" mito:"default=false"`
	LargerThan    *int64      `cbor:"larger_than,omitempty"`
	SmallerThan   *int64      `cbor:"smaller_than,omitempty"`
	OlderThan     *string     `cbor:"older_than,omitempty"`
	NewerThan     *string     `cbor:"newer_than,omitempty"`
	MaxEntries    *int64      `cbor:"max_entries,omitempty" mito:"default=10000"`
}

// Manual says the texts of these arguments.
func (FindIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Finds things below a directory.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "find" "scripts" {
  on        = context.local.here
  path      = "/etc"
  max_depth = 2
  type      = "link"
}
output "links" {
  value = call.find.scripts.paths
}
`,
			Reads:   "Each directory down to max_depth, and what lstat(2) says of each thing in them. Contents are not read.",
			Ansible: "find. It goes into no directory below unless recurse is set: that is max_depth = 1 here, where all are gone into. It passes over what it may not read; here that fails the call. age is older_than or newer_than, and size is larger_than or smaller_than.",
			Pyinfra: "the facts files.FindFiles, files.FindDirectories and files.FindLinks.",
			Limits:  "Links are not followed, but for path itself. What a file holds is not looked for: use a call of command with grep. Ages are by the clock of the host. A name that is no UTF-8 fails the call if it is looked for: exclude can leave it out.",
		},
		Attrs: map[string]kind.Entry{
			"path":            {Doc: "The directory to begin in, absolute. It is not found itself. A link to a directory is followed, one of another user only to what that user owns.", OtherNames: "paths dest dir directory"},
			"patterns":        {Doc: "What a name has to match, one of these at least: * stands for any characters, ? for one, [a-z] for one of those, [!a-z] for one that is none of those. A name that begins with a dot needs hidden, too.", OtherNames: "name names pattern"},
			"exclude":         {Doc: "Names that are left out, in the same form, and all below directories of such a name.", OtherNames: "excludes excluded"},
			"type":            {Doc: "What to find.", OtherNames: "file_type"},
			"max_depth":       {Doc: "How far to go down: 1 is what is in path itself. Without it, all the way.", OtherNames: "depth maxdepth recurse"},
			"hidden":          {Doc: "Find what begins with a dot, too, and go into such directories."},
			"one_file_system": {Doc: "Do not go into what is mounted below path, such as /proc.", OtherNames: "xdev"},
			"larger_than":     {Doc: "Only what has more bytes than this.", OtherNames: "size min_size"},
			"smaller_than":    {Doc: "Only what has fewer bytes than this.", OtherNames: "max_size"},
			"older_than":      {Doc: "Only what was last changed (mtime) longer ago than this, such as 90m or 720h.", OtherNames: "age mtime"},
			"newer_than":      {Doc: "Only what was last changed less long ago than this."},
			"max_entries":     {Doc: "How many things may be found, at most 100000. If there are more, the call fails, and so it does if what is said of them takes more than 12 MiB: that is about 40000 things with paths of usual length.", OtherNames: "limit"},
		},
	}
}

// FindOut are the results of find.
type FindOut struct {
	Paths   []kind.Text `cbor:"paths" mito:"computed"`
	Entries []EntryOut  `cbor:"entries" mito:"computed"`
	Bytes   int64       `cbor:"bytes" mito:"computed"`
}

// Manual says the texts of these results.
func (FindOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"paths":   {Doc: "What was found, each directory before what is in it, the names in one in the order of their bytes. Empty if nothing."},
			"entries": {Doc: "The same, with what is known of each.", OtherNames: "files"},
			"bytes":   {Doc: "The sizes of all that was found, together."},
		},
	}
}

func findKind() kind.Kind {
	return reads("find", func() Function { return &FindIn{} }, FindOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *FindIn) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", in.Path), validEntries(in.MaxEntries)...)
	out = append(out, validNames("patterns", in.Patterns)...)
	out = append(out, validNames("exclude", in.Exclude)...)
	out = append(out, validLeast("max_depth", in.MaxDepth, 1)...)
	out = append(out, validLeast("larger_than", in.LargerThan, 0)...)
	out = append(out, validLeast("smaller_than", in.SmallerThan, 0)...)
	out = append(out, validAge("older_than", in.OlderThan)...)
	out = append(out, validAge("newer_than", in.NewerThan)...)
	if len(out) > 0 {
		return out
	}
	if in.LargerThan != nil && in.SmallerThan != nil && *in.SmallerThan <= *in.LargerThan+1 {
		out = append(out, bad("smaller_than", "Nothing can be found", "Nothing has more than %d bytes and fewer than %d. Raise smaller_than, or lower larger_than.", *in.LargerThan, *in.SmallerThan)...)
	}
	if in.OlderThan != nil && in.NewerThan != nil && age(*in.NewerThan) <= age(*in.OlderThan) {
		out = append(out, bad("newer_than", "Nothing can be found", "Nothing was changed longer ago than %s and less long ago than %s. Raise newer_than, or lower older_than.", *in.OlderThan, *in.NewerThan)...)
	}
	return out
}

// age is a duration that is known to be one.
func age(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

// validNames returns what is wrong with patterns of names.
func validNames(attr string, patterns []kind.Text) []kind.Problem {
	for _, p := range patterns {
		if strings.Contains(string(p), "/") {
			return bad(attr, "Bad pattern", "%q has a slash, and names have none. Name the directory with path, or use a call of glob.", string(p))
		}
		if problems := validPattern(attr, strings.ReplaceAll(string(p), "**", "*")); problems != nil {
			return problems
		}
	}
	return nil
}

func validLeast(attr string, n *int64, least int64) []kind.Problem {
	if n == nil || *n >= least {
		return nil
	}
	return bad(attr, "Bad number", "%s is %d; it is %d at least.", attr, *n, least)
}

func validAge(attr string, text *string) []kind.Problem {
	if text == nil {
		return nil
	}
	if d, err := time.ParseDuration(*text); err == nil && d >= 0 {
		return nil
	}
	return bad(attr, "Bad duration", "%s is %q; it is a duration such as 90m or 720h, which is 30 days.", attr, *text)
}

// Call implements Function.
func (in *FindIn) Call(ctx context.Context, _ Call) (any, error) {
	f := finder{walker: newWalker(ctx, "path", in.MaxEntries), in: in, now: time.Now(), out: FindOut{Paths: []kind.Text{}, Entries: []EntryOut{}}}
	root := string(in.Path)
	dir, err := openDirectory(root)
	if err != nil {
		return nil, f.failed(root, err)
	}
	defer dir.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &st); err != nil {
		return nil, f.failed(root, err)
	}
	f.device = uint64(st.Dev)
	if err := f.directory(dir, root, 1); err != nil {
		return nil, err
	}
	return f.out, nil
}

// finder collects what is looked for.
type finder struct {
	*walker
	in     *FindIn
	now    time.Time
	device uint64 // the file system of the directory that it begins in
	out    FindOut
}

// directory looks at what is in an open directory, which is at a path, so deep below the first
// one.
func (f *finder) directory(dir *os.File, at string, depth int64) error {
	names, err := f.names(dir)
	if err != nil {
		return f.failed(at, err)
	}
	for _, name := range names {
		if name[0] == '.' && !f.in.Hidden || matchesAny(f.in.Exclude, name) {
			continue
		}
		if err := f.thing(dir, below(at, name), name, depth); err != nil {
			return err
		}
	}
	return nil
}

// thing takes what has a name in an open directory if it is looked for, and goes into it: into
// no link, whoever puts one there meanwhile.
func (f *finder) thing(in *os.File, at, name string, depth int64) error {
	var st unix.Stat_t
	switch err := (place{dir: in, name: name}).stat(&st); {
	case filesystem.NotThere(err):
		return nil
	case err != nil:
		return f.failed(at, err)
	}
	if f.wants(name, &st) {
		e := f.entry(at, &st)
		if err := f.take(at, len(at)+e.length()); err != nil {
			return err
		}
		f.out.Paths, f.out.Entries = append(f.out.Paths, e.Path), append(f.out.Entries, e)
		f.out.Bytes += e.Size
	}
	if filesystem.TypeOf(uint32(st.Mode)) != filesystem.Directory || f.in.MaxDepth != nil && depth >= *f.in.MaxDepth ||
		f.in.OneFileSystem && uint64(st.Dev) != f.device {
		return f.goOn()
	}
	dir, err := place{dir: in, name: name}.openDirectory()
	switch {
	case filesystem.NotThere(err), err == unix.ELOOP:
		return nil
	case err != nil:
		return f.failed(at, err)
	}
	defer dir.Close()
	return f.directory(dir, at, depth+1)
}

// wants reports whether something is looked for.
func (f *finder) wants(name string, st *unix.Stat_t) bool {
	in := f.in
	wanted := cmp.Or(in.Type, string(filesystem.Plain))
	switch {
	case wanted != "any" && wanted != string(filesystem.TypeOf(uint32(st.Mode))),
		len(in.Patterns) > 0 && !matchesAny(in.Patterns, name),
		in.LargerThan != nil && st.Size <= *in.LargerThan,
		in.SmallerThan != nil && st.Size >= *in.SmallerThan:
		return false
	}
	age := f.now.Sub(time.Unix(st.Mtim.Unix()))
	return (in.OlderThan == nil || age > duration(*in.OlderThan)) && (in.NewerThan == nil || age < duration(*in.NewerThan))
}

// duration is what Validate has looked at.
func duration(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

// matchesAny reports whether one of the patterns matches a name.
func matchesAny(patterns []kind.Text, name string) bool {
	for _, p := range patterns {
		if ok, _ := path.Match(asGo(string(p)), name); ok {
			return true
		}
	}
	return false
}
