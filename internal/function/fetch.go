package function

import (
	"context"
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/tree"
)

// FetchIn are the arguments of fetch.
type FetchIn struct {
	Path          kind.Text   `cbor:"path" mito:"required"`
	SaveAs        kind.Text   `cbor:"save_as" mito:"required,saves=content"`
	Exclude       []kind.Text `cbor:"exclude,omitempty"`
	OneFileSystem bool        `cbor:"one_file_system,omitempty" mito:"default=false"`
	MaxSize       *int64      `cbor:"max_size,omitempty" mito:"most"`
}

// Manual says the texts of these arguments.
func (FetchIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Fetches a file, or a directory with all that is in it.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "fetch" "defaults" {
  on       = context.local.here
  path     = "/etc/default"
  save_as  = "defaults.tar"
  exclude  = ["*.dpkg-old"]
  triggers = { before_release = "1.4" }
}
`,
			Reads:   "The file; or the directory, what lstat(2) says of each thing below, links, and the contents of files. It is read when the plan is applied.",
			Ansible: "fetch, which takes one file at a time, names what it saves by the host, and checks a sum: here save_as says where, so write the key of the host into it, and a file is there whole or not at all. synchronize with mode = pull copies trees, by rsync on both sides.",
			Pyinfra: "none for trees: files.rsync only sends. One file is fetched as read_file does.",
			Limits:  "Without triggers or triggered_by it runs at every apply, so no plan is empty. The directory of save_as has to be there. A directory comes as one tar archive, so no host chooses a name on the controller: unpack it where it should go. It has names below the directory, modes, owners, times in seconds, and links. It has no ACLs and extended attributes, and a hard link is a file of its own. Sockets, pipes and devices are left out, and counted. What changes its length while it is read fails the call. What mitoplan itself has not finished writing is left out: names that begin with .mitoplan- and end with .tmp. So save_as may be in a tree of the controller that is fetched; what an earlier apply saved there is in the archive.",
		},
		OtherNames: "pull synchronize rsync",
		Attrs: map[string]kind.Entry{
			"path":            {Doc: "The file or the directory, absolute. A link to one is followed, one of another user only to what that user owns. Links below are kept as they are. A pipe, socket or device is refused.", OtherNames: "src source dest dir directory"},
			"save_as":         {Doc: "The file on the controller that gets it: what the file holds, byte for byte, or a tar archive of the directory. A relative path begins in the directory of the configuration. Files of the configuration, files that it reads, the record and the plan file are refused. A link, pipe or device at that path is refused, too, already while planning: name the file that a link leads to. Links of its directory are followed. A file that is write-protected is replaced. The file is there whole when the call has succeeded, and what was there before until then. A new file has mode 0600, one that exists keeps its own; if a file on the host holds a secret, so does this one.", OtherNames: "to fetch_to local_path save_to"},
			"exclude":         {Doc: "Names that are left out, and all below directories of such a name: * stands for any characters, ? for one, [a-z] for one of those, [!a-z] for one that is none of those.", OtherNames: "excludes excluded"},
			"one_file_system": {Doc: "Do not go into what is mounted below path.", OtherNames: "xdev"},
			"max_size":        {Doc: "The most bytes that may be saved. Without it only the disk of the controller bounds that: 5 % of its file system, at most 1 GiB, are left free."},
		},
	}
}

// FetchOut are the results of fetch.
type FetchOut struct {
	Type    string `cbor:"type" mito:"computed"`
	Entries int64  `cbor:"entries" mito:"computed"`
	LeftOut int64  `cbor:"left_out" mito:"computed"`
	Size    int64  `cbor:"size" mito:"computed,saved=size"`
	SHA256  string `cbor:"sha256" mito:"computed,saved=sha256"`
}

// Manual says the texts of these results.
func (FetchOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"type":     {Doc: "file, or directory: then a tar archive was saved."},
			"entries":  {Doc: "How many things are in the archive, the directory itself among them. 1 for a file."},
			"left_out": {Doc: "How many sockets, pipes and devices are below the directory, which no archive of files has."},
			"size":     {Doc: "How many bytes were saved."},
			"sha256":   {Doc: "The SHA-256 of what was saved, as hex."},
		},
	}
}

func fetchKind() kind.Kind {
	return reads("fetch", func() Function { return &FetchIn{} }, FetchOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *FetchIn) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", in.Path), validNames("exclude", in.Exclude)...)
	return append(out, validBound("max_size", in.MaxSize, true)...)
}

// Call implements Function.
func (in *FetchIn) Call(ctx context.Context, c Call) (any, error) {
	at, err := reach(string(in.Path), true)
	if err != nil {
		return nil, explain("path", "read", in.Path, err)
	}
	defer at.close()
	var st unix.Stat_t
	if err := at.stat(&st); err != nil {
		return nil, explain("path", "read", in.Path, err)
	}
	f := &fetcher{walker: newWalker(ctx, "path", nil), in: in, device: uint64(st.Dev), to: newSaving(c.Pipe, "max_size", in.MaxSize, func(error) {})}
	if filesystem.TypeOf(uint32(st.Mode)) != filesystem.Directory {
		f.out = FetchOut{Type: string(filesystem.Plain), Entries: 1}
		return f.out, f.one(at)
	}
	f.out.Type = string(filesystem.Directory)
	dir, err := at.openDirectory()
	if err != nil {
		return nil, explain("path", "look into", in.Path, err)
	}
	defer dir.Close()
	if err := f.tree(dir, &st); err != nil {
		return nil, err
	}
	return f.out, nil
}

// fetcher hands over what is at a path.
type fetcher struct {
	*walker
	in     *FetchIn
	device uint64 // the file system that it begins in
	to     *saving
	ready  []byte // for to: a header is short
	out    FetchOut
}

// one hands over a file, byte for byte.
func (f *fetcher) one(at place) error {
	file, err := at.openPlain(f.in.Path)
	if err != nil {
		return explain("path", "read", f.in.Path, err)
	}
	defer file.Close()
	if _, err := io.Copy(f.to, advancing{f.ctx, file}); err != nil && f.to.failure() == nil {
		return readFailure(f.ctx, f.in.Path, err)
	}
	return f.to.failure()
}

// tree hands over an open directory as an archive.
func (f *fetcher) tree(dir *os.File, st *unix.Stat_t) error {
	if err := f.header("./", st, 0, ""); err != nil {
		return err
	}
	if err := f.directory(dir, string(f.in.Path), ""); err != nil {
		return err
	}
	if err := f.put(make([]byte, 2*tarBlock)); err != nil {
		return err
	}
	return f.flush()
}

// put adds a part that is short to the archive.
func (f *fetcher) put(b []byte) error {
	if f.ready = append(f.ready, b...); len(f.ready) < putAtOnce {
		return nil
	}
	return f.flush()
}

// flush hands over what was put.
func (f *fetcher) flush() error {
	_, err := f.to.Write(f.ready)
	f.ready = f.ready[:0]
	return err
}

// putAtOnce is how many bytes of short parts are handed over together.
const putAtOnce = 32 << 10

// directory archives what is in an open directory, which is at a path and has a name in the
// archive that is empty or ends with a slash.
func (f *fetcher) directory(dir *os.File, at, name string) error {
	names, err := f.names(dir)
	if err != nil {
		return f.failed(at, err)
	}
	for _, n := range names {
		if tree.Unfinished(n) || matchesAny(f.in.Exclude, n) {
			continue
		}
		if err := f.thing(place{dir: dir, name: n}, below(at, n), name+n); err != nil {
			return err
		}
	}
	return nil
}

// thing archives one thing, and what is below it. Whatever goes away meanwhile was not there.
func (f *fetcher) thing(p place, at, name string) error {
	if err := f.goOn(); err != nil {
		return err
	}
	var st unix.Stat_t
	err := p.stat(&st)
	switch typ := filesystem.TypeOf(uint32(st.Mode)); {
	case filesystem.NotThere(err):
		return nil
	case err != nil:
	case typ == filesystem.Plain:
		err = f.file(p, at, name, &st)
	case typ == filesystem.Link:
		var target string
		if target, err = p.target(); err == nil {
			return f.header(name, &st, 0, target)
		}
	case typ != filesystem.Directory:
		f.out.LeftOut++
		return nil
	default:
		return f.below(p, at, name+"/", &st)
	}
	if filesystem.NotThere(err) {
		return nil
	}
	if err != nil {
		return f.unread(at, err)
	}
	return nil
}

// below archives a directory and what is in it.
func (f *fetcher) below(p place, at, name string, st *unix.Stat_t) error {
	dir, err := p.openDirectory()
	switch {
	case filesystem.NotThere(err), err == unix.ELOOP, err == unix.ENOTDIR:
		return nil
	case err != nil:
		return f.unread(at, err)
	}
	defer dir.Close()
	if err := f.header(name, st, 0, ""); err != nil || f.in.OneFileSystem && uint64(st.Dev) != f.device {
		return err
	}
	return f.directory(dir, at, name)
}

// file archives a file as long as it is when it is opened.
func (f *fetcher) file(p place, at, name string, st *unix.Stat_t) error {
	file, err := p.openPlain(kind.Text(at))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := f.header(name, st, file.size, ""); err != nil {
		return err
	}
	n, err := f.contents(advancing{f.ctx, file}, file.size)
	switch {
	case f.to.failure() != nil:
		return f.to.failure()
	case err != nil:
		return readFailure(f.ctx, kind.Text(at), err)
	case n < file.size:
		return kind.NewProblem("path", kind.CodeTooLong, "A file changed while it was read", "%s had %d bytes, and %d when it was read. Fetch it when nobody writes to it.", at, file.size, n)
	}
	return f.put(make([]byte, (tarBlock-n%tarBlock)%tarBlock))
}

// contents archives so many bytes of a file, or as many as there are. Those of short files are
// handed over together.
func (f *fetcher) contents(from io.Reader, size int64) (n int64, err error) {
	if size >= putAtOnce {
		if err := f.flush(); err != nil {
			return 0, err
		}
		return io.Copy(f.to, io.LimitReader(from, size))
	}
	b, err := io.ReadAll(io.LimitReader(from, size))
	if err != nil {
		return 0, err
	}
	return int64(len(b)), f.put(b)
}

// header begins a thing in the archive.
func (f *fetcher) header(name string, st *unix.Stat_t, size int64, link string) error {
	f.out.Entries++
	h := tarEntry{
		name: name, link: link, size: size, mode: uint32(st.Mode) & 0o7777, uid: uint64(st.Uid), gid: uint64(st.Gid), modified: int64(st.Mtim.Sec),
		owner: f.named(f.users, "passwd", st.Uid), group: f.named(f.groups, "group", st.Gid), typ: tarType(filesystem.TypeOf(uint32(st.Mode))),
	}
	return f.put(h.encode())
}

// unread says which thing below could not be read, and what to do about that.
func (f *fetcher) unread(at string, err error) error {
	if f.to.failure() != nil {
		return f.to.failure()
	}
	p, ok := f.failed(at, err).(*kind.Problem)
	if !ok {
		return context.Cause(f.ctx)
	}
	p.Add(" Nothing was saved. Leave it out with exclude = [%q], if it need not be fetched.", path.Base(at))
	return p
}
