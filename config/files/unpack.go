package files

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/tree"
)

// maxUnpacked is how many bytes an archive may hold: a small one can hold more than any disk has.
const maxUnpacked = 8 << 30

// unpack reads an archive as the directory that it would be unpacked into. What its files hold
// goes into a spool in the order of the archive, and is read from there in that of a tree.
func (r *Reader) unpack(name string, w whole, exclude tree.Exclude) (s *scanned, err error) {
	f, err := openRegular(r.onDisk(w.key))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	id, err := identityOf(f)
	if err != nil {
		return nil, err
	}
	u := unpacker{strip: w.strip, exclude: exclude, at: map[string]*unpacked{}, spool: spool{most: maxUnpacked}}
	defer func() {
		if err != nil {
			u.spool.close()
		}
	}()
	watched := watchedFile{File: f, small: id.size <= Kept, told: func(done int64) error {
		if r.watch == nil {
			return nil
		}
		return r.watch(name, done, id.size)
	}}
	u.tell = watched.tell
	if err := readArchive(&watched, id.size, u.tell, u.add); err != nil {
		return nil, err
	}
	if id.changed(f, Large{Size: id.size}) != nil {
		return nil, errWritten
	}
	if s, err = u.finish(); err == nil {
		s.written = time.Unix(id.mtime.Unix())
	}
	return s, err
}

// watchedFile is a file of which somebody is told how much was read.
type watchedFile struct {
	*os.File
	done int64
	told func(done int64) error
	// small is set if reading it takes no time. What it holds can take some.
	small bool
}

func (w *watchedFile) Read(p []byte) (int, error) {
	n, err := w.File.Read(p)
	return w.note(n, err)
}

func (w *watchedFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := w.File.ReadAt(p, at)
	return w.note(n, err)
}

func (w *watchedFile) note(n int, err error) (int, error) {
	w.done += int64(n)
	if w.small {
		return n, err
	}
	if told := w.tell(); told != nil {
		return n, told
	}
	return n, err
}

// tell tells how far it is.
func (w *watchedFile) tell() error {
	if err := w.told(w.done); err != nil {
		return fmt.Errorf("%w: %w", errWatch, err)
	}
	return nil
}

// bounded reads what an archive holds, and tells from time to time that it does.
type bounded struct {
	io.Reader
	done, told int64
	tell       func() error // nil: nobody is told
}

// maxRead is how much of an archive is read, with what is left out of it.
const maxRead = 4 * maxUnpacked

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.done += int64(n); b.done > maxRead {
		return n, errUnpacked
	}
	if b.tell != nil && b.done-b.told >= Kept {
		b.told = b.done
		if told := b.tell(); told != nil {
			return n, told
		}
	}
	return n, err
}

// archived is one thing in an archive.
type archived struct {
	name   string // as it is written there
	sort   tree.Sort
	mode   fs.FileMode
	target string // of a link
	size   int64  // of a file, as the archive says
	hard   string // of another name of a file: the first one, as it is written there
	open   func() (io.ReadCloser, error)
	wrong  error // why it cannot be taken, unless it is excluded
}

// unpacked is what is at a path, and where in the spool what it holds begins.
type unpacked struct {
	tree.Entry
	at int64
}

// unpacker makes a tree of what is in an archive.
type unpacker struct {
	strip   int
	exclude tree.Exclude
	at      map[string]*unpacked
	private bool // the directory itself
	tell    func() error
	spool   spool
}

// add takes one thing. What the archive has later at the same path takes its place.
func (u *unpacker) add(a archived) error {
	rel, err := u.place(a.name)
	if err == nil && a.wrong != nil && !u.leavesOut(rel, a) {
		return inArchive(a.name, a.wrong)
	}
	if err == nil && rel == "." {
		u.private = u.private || a.sort == tree.Directory && onlyOwner(a.mode)
		return nil
	}
	if err != nil || rel == "" || u.exclude.Covers(rel, a.sort == tree.Directory) {
		return inArchive(a.name, err)
	}
	return inArchive(a.name, u.put(rel, a))
}

// leavesOut reports whether something is excluded: by its path, or by its name if strip leaves nothing.
func (u *unpacker) leavesOut(rel string, a archived) bool {
	if rel == "" || rel == "." {
		rel = strings.TrimLeft(path.Clean("/"+a.name), "/")
	}
	return u.exclude.Covers(rel, a.sort == tree.Directory)
}

// inArchive is an error that says which thing of an archive it is about.
func inArchive(name string, err error) error {
	if err == nil || errors.Is(err, errWatch) {
		return err
	}
	return fmt.Errorf("%q in it: %w", name, err)
}

var (
	errLeaves    = errors.New("its path leads out of the directory, so the archive is not trusted, and nothing of it is taken. Name it in exclude if you know why")
	errLeads     = errors.New("it is a link that leads out of the directory. Name it in exclude, or make the link with the kind link")
	errLoops     = fmt.Errorf("it is a link that leads through more than %d links, or to itself. Name it in exclude", maxHops)
	errOddName   = errors.New("no file of a host can have its name")
	errBackslash = errors.New("its name has a backslash, as archives of Windows have them that are not as the format says. Pack it again, or name it in exclude")
	errDevice    = errors.New("it is a device or a pipe. Name it in exclude")
	errThrough   = errors.New("it is in something that is no directory in the archive, such as a link, and is not written through that. Name one of them in exclude")
	errTwice     = errors.New("it is there twice, once as a directory and once as something else. Name it in exclude")
	errNoFirst   = errors.New("it is another name of a file that is not in what is taken of the archive before it. Change strip or exclude")
	errNothing   = errors.New("nothing of it is left to unpack. It is empty, or strip or exclude leave nothing")
	errTooMany   = fmt.Errorf("there are more than %d things, the most that this version of mitoplan takes. Set exclude", tree.MaxEntries)
)

// place is the path of a thing in the directory; "." if it is that, and "" if it is left out
// without being excluded.
func (u *unpacker) place(name string) (string, error) {
	if strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
		if u.exclude.Covers(strings.TrimLeft(path.Clean("/"+name), "/"), false) {
			return "", nil
		}
		return "", errLeaves
	}
	parts := slices.DeleteFunc(strings.Split(name, "/"), func(part string) bool { return part == "" || part == "." })
	switch {
	case len(parts) == u.strip:
		return ".", nil
	case len(parts) < u.strip:
		return "", nil
	}
	if parts = parts[u.strip:]; slices.ContainsFunc(parts, tree.Unfinished) {
		return "", nil
	}
	rel := strings.Join(parts, "/")
	if strings.Contains(rel, "\x00") || len(rel) > maxTreePath || slices.ContainsFunc(parts, func(part string) bool { return len(part) > 255 }) {
		return "", errOddName
	}
	return rel, nil
}

func (u *unpacker) put(rel string, a archived) error {
	if a.sort == 0 {
		return errDevice
	}
	if err := u.above(rel); err != nil {
		return err
	}
	was := u.at[rel]
	switch {
	case was != nil && (was.Sort == tree.Directory) != (a.sort == tree.Directory):
		return errTwice
	case was == nil && len(u.at) == tree.MaxEntries:
		return errTooMany
	}
	e := unpacked{Entry: tree.Entry{Path: rel, Sort: a.sort}}
	e.Private = onlyOwner(a.mode)
	switch a.sort {
	case tree.Link:
		e.Private, e.Target = false, a.target
		if !within(rel, a.target) {
			return errLeads
		}
	case tree.File:
		e.Runs = a.mode.Perm()&0o100 != 0
		if err := u.fill(&e, a); err != nil {
			return err
		}
	}
	u.at[rel] = &e
	return nil
}

// above makes the directories that a path is in, unless the archive has them already.
func (u *unpacker) above(rel string) error {
	for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
		is := u.at[dir]
		switch {
		case is != nil && is.Sort != tree.Directory:
			return errThrough
		case is != nil:
			return nil // So are those above it.
		case len(u.at) == tree.MaxEntries:
			return errTooMany
		}
		u.at[dir] = &unpacked{Entry: tree.Entry{Path: dir, Sort: tree.Directory}}
	}
	return nil
}

// onlyOwner reports whether others than the owner may not read what has that mode, or look into
// it if it is a directory.
func onlyOwner(mode fs.FileMode) bool { return mode.Perm()&0o004 == 0 }

// maxHops is through how many links a path may lead, as for Linux.
const maxHops = 40

// followed is why a link of the archive is not taken, as it leads through other links of it. It goes
// step by step, as a host does: a .. behind a link is above what that leads to.
func (u *unpacker) followed(rel, target string) error {
	at, rest := path.Dir(rel), strings.Split(target, "/")
	for hops := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		if part == ".." && at == "." {
			return errLeads
		}
		at = path.Join(at, part)
		if part == ".." || part == "." || part == "" {
			continue // It is a directory that was followed already.
		}
		is := u.at[at]
		if is == nil || is.Sort != tree.Link {
			continue
		}
		if hops++; hops > maxHops {
			return errLoops
		}
		at, rest = path.Dir(at), append(strings.Split(is.Target, "/"), rest...)
	}
	return nil
}

// within reports whether a link at a path leads to something in the directory.
func within(rel, target string) bool {
	if target == "" || len(target) > maxTreePath || strings.HasPrefix(target, "/") || strings.Contains(target, "\x00") {
		return false
	}
	at := path.Join(path.Dir(rel), target)
	return at != ".." && !strings.HasPrefix(at, "../")
}

// fill has what a file holds in the spool.
func (u *unpacker) fill(e *unpacked, a archived) error {
	if a.hard != "" {
		first, err := u.place(a.hard)
		if err != nil {
			return err
		}
		is := u.at[first]
		if is == nil || is.Sort != tree.File {
			return errNoFirst
		}
		e.Size, e.Sum, e.at, e.Runs, e.Private = is.Size, is.Sum, is.at, is.Runs, is.Private
		return nil
	}
	if a.size > u.spool.most-u.spool.size {
		return errUnpacked // Nothing of it is written: it may be zeros without end.
	}
	in, err := a.open()
	if err != nil {
		return err
	}
	defer in.Close()
	e.at = u.spool.size
	sum := sha256.New()
	if e.Size, err = io.Copy(io.MultiWriter(sum, &u.spool), &bounded{Reader: in, tell: u.tell}); err != nil {
		return err
	}
	e.Sum = [sha256.Size]byte(sum.Sum(nil))
	return nil
}

// finish makes the tree: what is in each directory by name, behind the directory.
func (u *unpacker) finish() (*scanned, error) {
	if len(u.at) == 0 {
		return nil, errNothing
	}
	all := make([]*unpacked, 0, len(u.at))
	for _, e := range u.at {
		all = append(all, e)
		if e.Sort != tree.Link {
			continue
		}
		if err := u.followed(e.Path, e.Target); err != nil {
			return nil, inArchive(e.Path, err)
		}
	}
	// No name has a zero byte, so what is in a directory comes before what begins with its name.
	order := func(p string) string { return strings.ReplaceAll(p, "/", "\x00") }
	slices.SortFunc(all, func(a, b *unpacked) int { return strings.Compare(order(a.Path), order(b.Path)) })
	list := tree.Manifest{Private: u.private}
	c := spooled{from: &u.spool}
	sum := sha256.New()
	for _, e := range all {
		if list.Entries = append(list.Entries, e.Entry); e.Size == 0 {
			continue
		}
		c.files = append(c.files, spooledFile{e.at, c.size, e.Size})
		if e.Size > u.spool.most-c.size {
			return nil, errUnpacked // Names of one file are as many files here.
		}
		c.size += e.Size
	}
	in := c.open(0)
	s := &scanned{manifest: list.Encode(), unpacked: func(at int64) (io.ReadCloser, error) { return c.open(at), nil }}
	if _, err := io.Copy(sum, &bounded{Reader: in, tell: u.tell}); err != nil {
		return nil, err
	}
	s.contents = Large{[sha256.Size]byte(sum.Sum(nil)), c.size}
	if c.size <= Kept {
		s.data = make([]byte, c.size)
		if _, err := io.ReadFull(c.open(0), s.data); err != nil {
			return nil, err
		}
	}
	return s, nil
}
