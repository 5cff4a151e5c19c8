package files

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/tree"
)

// Tree is a directory of the controller that goes to a host as it is: the list of what is in it,
// and the contents of its files one after the other, in the order of that.
type Tree struct {
	Manifest []byte
	Contents Source
}

// Tree reads a directory, but for what is excluded. It is read once, however often it is asked
// for. A snapshot has the list, and those contents that have no more than Kept bytes together.
func (r *Reader) Tree(path string, exclude []string) (Tree, error) {
	return r.tree(path, whole{exclude: exclude})
}

// Archive reads an archive as Tree reads a directory that it was unpacked into. strip is how many
// parts are taken off the paths in it; what has no more parts is left out.
func (r *Reader) Archive(path string, exclude []string, strip int) (Tree, error) {
	if strip < 0 {
		return Tree{}, errStrip
	}
	return r.tree(path, whole{archive: true, strip: strip, exclude: exclude})
}

func (r *Reader) tree(path string, w whole) (Tree, error) {
	var err error
	if w.key, err = r.key(path); err != nil {
		return Tree{}, err
	}
	list, contents := w.name(false), w.name(true)
	manifest, known := r.sources[list]
	if !known && r.snapshot {
		return Tree{}, fmt.Errorf("%s was not read when the plan was made", path)
	}
	if known {
		if r.large[contents] != nil {
			l, err := r.name(path, contents)
			if err != nil {
				return Tree{}, fmt.Errorf("reading %s: %w", path, Cause(err))
			}
			return Tree{manifest, Source{Large: &l.Large}}, nil
		}
		return Tree{manifest, Source{Data: r.sources[contents]}}, nil
	}
	if err := r.damaged[list]; err != nil {
		return Tree{}, err
	}
	t, err := r.scan(path, w)
	if err != nil {
		err = r.unreadable(path, w.key, err)
		if w.archive && !errors.Is(err, errWatch) {
			r.damaged[list] = err
		}
		return Tree{}, err
	}
	r.sources[list] = t.manifest
	if t.contents.Size > Kept {
		r.sources[largeName(contents)] = []byte("true")
		r.large[contents] = t.large()
		return Tree{t.manifest, Source{Large: &r.large[contents].Large}}, nil
	}
	r.sources[contents] = t.data
	return Tree{t.manifest, Source{Data: t.data}}, nil
}

// LookTree says whether Tree can read a directory, and LookArchive whether Archive can read an
// archive. Nothing of what is in it is read.
func (r *Reader) LookTree(path string) error {
	return r.look(path, func(info fs.FileInfo) error {
		if !info.IsDir() {
			return errNoDirectory
		}
		return nil
	})
}

// LookArchive is told of with LookTree.
func (r *Reader) LookArchive(path string) error {
	return r.look(path, func(info fs.FileInfo) error {
		if !info.Mode().IsRegular() {
			return errNoArchive
		}
		return nil
	})
}

func (r *Reader) look(path string, wrong func(fs.FileInfo) error) error {
	key, err := r.key(path)
	if err != nil || r.snapshot {
		return err
	}
	info, err := os.Stat(r.onDisk(key))
	if err == nil {
		err = wrong(info)
	}
	if err != nil {
		return r.unreadable(path, key, err)
	}
	return nil
}

var (
	errNoDirectory = errors.New("it is not a directory. A single file is copied with the kind file, and an archive is unpacked with the kind archive")
	errStrip       = errors.New("fewer than 0 parts cannot be taken off its paths")
	errNoArchive   = errors.New("it is not a file. A directory is copied with the kind directory_sync")
)

// whole is what is read as a directory with all that is in it.
type whole struct {
	key     string
	archive bool
	strip   int // of an archive
	exclude []string
}

// How the names begin that these have among the sources: the list, and the contents.
const (
	treeList, treeFiles       = "tree", "files"
	archiveList, archiveFiles = "archive", "unpacked"
)

// name is the name of the list of it, or of its contents, such as files("site", ".git") or
// unpacked("site.tar", "1", ".git").
func (w whole) name(contents bool) string {
	what, texts := treeList, []string{w.key}
	switch {
	case w.archive && contents:
		what = archiveFiles
	case w.archive:
		what = archiveList
	case contents:
		what = treeFiles
	}
	if w.archive {
		texts = append(texts, strconv.Itoa(w.strip))
	}
	for k, text := range append(texts, w.exclude...) {
		sep := ", "
		if k == 0 {
			sep = "("
		}
		what += sep + strconv.Quote(text)
	}
	return what + ")"
}

// wholeOf is what has contents of that name.
func wholeOf(name string) (w whole, ok bool) { return readName(name, treeFiles, archiveFiles) }

// listOf is what has a list of that name.
func listOf(name string) (w whole, ok bool) { return readName(name, treeList, archiveList) }

// ListOf is the name in Sources of the list of a directory or an archive, by the name of its
// contents there.
func ListOf(contents string) (list string, ok bool) {
	w, ok := wholeOf(contents)
	if !ok {
		return "", false
	}
	return w.name(false), true
}

// PathOf is the path of what has a name in Sources: that of a directory or an archive if it is the
// name of its list or contents, and else the name itself.
func PathOf(name string) string {
	if w, ok := anyOf(name); ok {
		return w.key
	}
	return name
}

// Shown is that path for people, with what is there: the directory "site".
func Shown(name string) string {
	what := "file"
	if w, ok := anyOf(name); ok && w.archive {
		what = "archive"
	} else if ok {
		what = "directory"
	}
	return fmt.Sprintf("the %s %q", what, PathOf(name))
}

// anyOf is what has a list or contents of that name.
func anyOf(name string) (w whole, ok bool) {
	if w, ok = wholeOf(name); !ok {
		w, ok = listOf(name)
	}
	return w, ok
}

// readName reads what name made.
func readName(name, ofTree, ofArchive string) (w whole, ok bool) {
	what, rest, found := strings.Cut(name, "(")
	if w.archive = what == ofArchive; !found || !w.archive && what != ofTree {
		return whole{}, false
	}
	var texts []string
	for {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return whole{}, false
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			return whole{}, false
		}
		if texts, rest = append(texts, text), rest[len(quoted):]; rest == ")" {
			break
		}
		if rest, found = strings.CutPrefix(rest, ", "); !found {
			return whole{}, false
		}
	}
	w.key, w.exclude = texts[0], texts[1:]
	if !w.archive {
		return w, true
	}
	if len(texts) < 2 {
		return whole{}, false
	}
	strip, err := strconv.Atoi(texts[1])
	w.strip, w.exclude = strip, texts[2:]
	return w, err == nil
}

// scanned is a directory as it was read.
type scanned struct {
	manifest []byte
	files    []scannedFile
	contents Large
	data     []byte // the contents, if there are no more than Kept bytes
	written  time.Time
	// unpacked opens the contents of an archive; nil for a directory.
	unpacked Opener
}

// scannedFile is a file of it. Its content begins at that offset of all contents.
type scannedFile struct {
	rel, path string
	id        identity
	at        int64
}

// scanner reads a directory.
type scanner struct {
	scanned
	root    string
	dir     *os.Root      // root: no link that somebody puts into it meanwhile leads out of it
	infos   []fs.FileInfo // of the files of list, as they were found
	exclude tree.Exclude
	list    tree.Manifest
	of      int64 // bytes of all files, as far as they were found
	done    int64
	sum     hash.Hash
	tell    func(done, of int64) error
}

// scan reads a directory, or an archive. Of a directory it finds first what is there, and then
// reads the files.
func (r *Reader) scan(name string, w whole) (*scanned, error) {
	patterns, err := tree.ParseExclude(w.exclude)
	if err != nil {
		return nil, err
	}
	if w.archive {
		return r.unpack(name, w, patterns)
	}
	s := scanner{root: r.onDisk(w.key), exclude: patterns, sum: sha256.New()}
	s.tell = func(done, of int64) error {
		if r.watch == nil || of <= Kept {
			return nil
		}
		return r.watch(name, done, of)
	}
	info, err := os.Stat(s.root)
	if err == nil && !info.IsDir() {
		err = errNoDirectory
	}
	if err != nil {
		return nil, err
	}
	if s.dir, err = os.OpenRoot(s.root); err != nil {
		return nil, err
	}
	defer s.dir.Close()
	s.list.Private = onlyOwner(info.Mode())
	if err := s.find(""); err != nil {
		return nil, err
	}
	if err := s.readAll(); err != nil {
		return nil, err
	}
	s.manifest = s.list.Encode()
	s.contents = Large{[sha256.Size]byte(s.sum.Sum(nil)), s.done}
	return &s.scanned, nil
}

// find lists what is in one directory, and goes into those in it.
func (s *scanner) find(rel string) error {
	dir, err := s.dir.OpenFile(cmp.Or(rel, "."), os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return s.inTree(rel, err)
	}
	names, err := dir.ReadDir(-1)
	dir.Close()
	if err != nil {
		return s.inTree(rel, err)
	}
	slices.SortFunc(names, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, n := range names {
		sub := path.Join(rel, n.Name())
		if tree.Unfinished(n.Name()) || s.exclude.Has(sub, n.IsDir()) {
			continue
		}
		info, err := s.dir.Lstat(sub)
		if err != nil {
			return s.inTree(sub, err)
		}
		if err := s.found(sub, info); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) found(rel string, info fs.FileInfo) (err error) {
	e := tree.Entry{Path: rel, Private: onlyOwner(info.Mode())}
	switch {
	case len(s.list.Entries) == tree.MaxEntries:
		return fmt.Errorf("there are more than %d things in it, the most that this version of mitoplan takes. Name a directory in it, or set exclude", tree.MaxEntries)
	case len(rel) > maxTreePath:
		return s.inTree(rel, errors.New("its path is too long for a host"))
	case info.IsDir():
		e.Sort = tree.Directory
	case info.Mode()&fs.ModeSymlink != 0:
		e.Sort, e.Private = tree.Link, false
		if e.Target, err = s.dir.Readlink(rel); err != nil {
			return s.inTree(rel, err)
		}
	case info.Mode().IsRegular():
		e.Sort, e.Runs = tree.File, info.Mode().Perm()&0o100 != 0
		s.of += info.Size()
		s.infos = append(s.infos, info)
	default:
		return s.inTree(rel, errors.New("it is a device, a pipe or a socket. Move it, or name it in exclude"))
	}
	s.list.Entries = append(s.list.Entries, e)
	if e.Sort == tree.Directory {
		return s.find(rel)
	}
	return nil
}

// maxTreePath is more than any path in a directory of a host has.
const maxTreePath = 4000

// inTree is an error that says which file of the directory it is about.
func (*scanner) inTree(rel string, err error) error {
	if rel == "" {
		return err
	}
	return fmt.Errorf("%q: %w", rel, Cause(err))
}

// readAll reads all files that were found.
func (s *scanner) readAll() error {
	buf, infos := make([]byte, 256<<10), s.infos
	for k := range s.list.Entries {
		e := &s.list.Entries[k]
		if e.Sort != tree.File {
			continue
		}
		if err := s.readOne(e, infos[0], buf); err != nil {
			return s.inTree(e.Path, err)
		}
		infos = infos[1:]
	}
	if s.done > Kept {
		s.data = nil
	} else if s.data == nil {
		s.data = []byte{}
	}
	return nil
}

// readOne reads a file, which has to be the one that was found.
func (s *scanner) readOne(e *tree.Entry, was fs.FileInfo, buf []byte) error {
	at := filepath.Join(s.root, e.Path)
	f, err := s.dir.OpenFile(e.Path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err == nil {
		f, err = sameFile(f, was)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	id, err := identityOf(f)
	if err != nil {
		return err
	}
	s.files = append(s.files, scannedFile{e.Path, at, id, s.done})
	if t := time.Unix(id.mtime.Unix()); t.After(s.written) {
		s.written = t
	}
	sum := sha256.New()
	for err == nil {
		var n int
		n, err = f.Read(buf)
		sum.Write(buf[:n])
		s.sum.Write(buf[:n])
		e.Size, s.done = e.Size+int64(n), s.done+int64(n)
		if s.done <= Kept {
			s.data = append(s.data, buf[:n]...)
		}
		if e.Size > id.size {
			return errWritten
		}
		if told := s.tell(s.done, s.of); told != nil {
			return fmt.Errorf("%w: %w", errWatch, told)
		}
	}
	if err != io.EOF {
		return err
	}
	e.Sum = [sha256.Size]byte(sum.Sum(nil))
	if id.changed(f, Large{e.Sum, e.Size}) != nil || e.Size != id.size {
		return errWritten
	}
	return nil
}

// large is the contents as a large source. Those of a directory with few are at hand.
func (s *scanned) large() *large {
	if s.data != nil {
		return &large{Large: s.contents, written: s.written, open: func(at int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(s.data[at:])), nil
		}}
	}
	if s.unpacked != nil {
		return &large{Large: s.contents, written: s.written, open: s.unpacked}
	}
	return &large{Large: s.contents, written: s.written, open: s.open}
}

// open reads the contents from an offset on. No file may have changed since it was read, and that
// is looked at before, so that whoever asks is told which has.
func (s *scanned) open(offset int64) (io.ReadCloser, error) {
	for _, f := range s.files {
		if err := f.unchanged(); err != nil {
			return nil, err
		}
	}
	first, _ := slices.BinarySearchFunc(s.files, offset, func(f scannedFile, at int64) int {
		if f.at+f.id.size <= at {
			return -1
		}
		return 1
	})
	return &treeReader{rest: s.files[first:], at: offset}, nil
}

// unchanged looks at a file, and at nothing in it.
func (f scannedFile) unchanged() error {
	in, err := f.open()
	if err == nil {
		err = in.Close()
	}
	return err
}

func (f scannedFile) open() (*os.File, error) {
	in, err := openRegular(f.path)
	if err == nil {
		if err = f.id.changed(in, Large{Size: f.id.size}); err != nil {
			in.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%q in it: %w", f.rel, Cause(err))
	}
	return in, nil
}

// treeReader reads the contents of the files of a directory, one after the other.
type treeReader struct {
	rest []scannedFile
	at   int64    // of all contents
	in   *os.File // the first of rest; nil if it is not open
}

// Close closes the file that is read.
func (r *treeReader) Close() error {
	if r.in == nil {
		return nil
	}
	return r.in.Close()
}

func (r *treeReader) Read(p []byte) (int, error) {
	for len(r.rest) > 0 {
		f := r.rest[0]
		if r.in == nil {
			in, err := f.open()
			if err != nil {
				return 0, err
			}
			if r.in = in; r.at > f.at {
				if _, err := in.Seek(r.at-f.at, io.SeekStart); err != nil {
					return 0, err
				}
			}
		}
		n, err := r.in.Read(p[:min(int64(len(p)), f.at+f.id.size-r.at)])
		r.at += int64(n)
		if err == io.EOF || err == nil && r.at == f.at+f.id.size {
			if err = r.next(f); err == nil && n == 0 {
				continue
			}
		}
		return n, err
	}
	return 0, io.EOF
}

// next closes a file that was read to its end, which has to be where it was.
func (r *treeReader) next(f scannedFile) error {
	err := f.id.changed(r.in, Large{Size: f.id.size})
	r.in.Close()
	r.in, r.rest = nil, r.rest[1:]
	if err == nil && r.at != f.at+f.id.size {
		err = errWritten
	}
	if err != nil {
		return fmt.Errorf("%q in it: %w", f.rel, Cause(err))
	}
	return nil
}
