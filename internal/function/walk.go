package function

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// maxEntries is how many things may be found if max_entries is not set, and mostEntries what
// it may be set to.
const (
	maxEntries  = 10_000
	mostEntries = 100_000
)

// validEntries returns what is wrong with max_entries.
func validEntries(n *int64) []kind.Problem {
	if n == nil || *n >= 1 && *n <= mostEntries {
		return nil
	}
	return bad("max_entries", "Bad number", "max_entries is %d; it is a number from 1 to %d.", *n, mostEntries)
}

// bad is one wrong argument.
func bad(attr, summary, format string, words ...any) []kind.Problem {
	return []kind.Problem{*kind.NewProblem(attr, kind.CodeArgument, summary, format, words...)}
}

// EntryOut is one thing that was found.
type EntryOut struct {
	Path     kind.Text `cbor:"path" mito:"computed"`
	Name     kind.Text `cbor:"name" mito:"computed"`
	Type     string    `cbor:"type" mito:"computed"`
	Size     int64     `cbor:"size" mito:"computed"`
	Mode     string    `cbor:"mode" mito:"computed"`
	Owner    string    `cbor:"owner" mito:"computed"`
	Group    string    `cbor:"group" mito:"computed"`
	Modified string    `cbor:"modified" mito:"computed"`
}

// Manual says the texts of these results.
func (EntryOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"path":     {Doc: "Where it is, absolute."},
			"name":     {Doc: "The last part of the path."},
			"type":     {Doc: "file, directory, link, fifo (a named pipe), socket, block or char (devices), or other. A link is not followed."},
			"size":     {Doc: "Size in bytes."},
			"mode":     {Doc: "Permissions as four octal digits.", OtherNames: "permissions perms"},
			"owner":    {Doc: "Name of the owner, or its number if it has none."},
			"group":    {Doc: "Name of the group, or its number if it has none."},
			"modified": {Doc: "When its content was last changed (mtime): UTC, as in RFC 3339, to the nanosecond."},
		},
	}
}

// walker looks into directories for one call. Whatever goes away meanwhile was not there.
type walker struct {
	ctx  context.Context
	attr string // the argument that says where
	most int64  // how many things may be found
	room int    // bytes left in the answer
	// users and groups are the names of the numbers that were looked up.
	users, groups map[uint32]string
}

func newWalker(ctx context.Context, attr string, most *int64) *walker {
	w := &walker{ctx: ctx, attr: attr, most: maxEntries, room: MaxAnswer, users: map[uint32]string{}, groups: map[uint32]string{}}
	if most != nil {
		w.most = *most
	}
	return w
}

// names returns what an open directory holds, in the order of bytes.
func (w *walker) names(dir *os.File) ([]string, error) {
	var all []string
	for {
		if err := w.goOn(); err != nil {
			return nil, err
		}
		some, err := dir.Readdirnames(1024)
		all = append(all, some...)
		if err == io.EOF || filesystem.NotThere(err) {
			slices.Sort(all)
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// goOn tells the watchdog of the call that the call moves, and ends it if nobody wants it
// any more.
func (w *walker) goOn() error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	transport.Advance(w.ctx)
	return nil
}

// failed explains why a path cannot be looked at.
func (w *walker) failed(path string, err error) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	return explain(w.attr, "look into", kind.Text(path), err)
}

// take counts one thing that was found, with so many bytes of text. A path that is no text
// fails the call: as text it would be that of another file, and whoever may write there would
// choose which.
func (w *walker) take(path string, bytes int) error {
	if !utf8.ValidString(path) {
		return kind.NewProblem(w.attr, kind.CodePath, "A name is no text", "%q was found, which is no UTF-8, so no result can name it. Leave it out with what is looked for, or rename it on the host; a call of command with find -print0 sees such names.", path)
	}
	w.most--
	w.room -= bytes + 16
	if w.most < 0 {
		return kind.NewProblem("max_entries", kind.CodeTooLong, "Too much was found", "More is there than max_entries allows. Raise max_entries, to at most %d, or say more exactly what is meant: a directory below, or fewer names.", mostEntries)
	}
	if w.room < 0 {
		return kind.NewProblem(w.attr, kind.CodeTooLong, "Too much was found", "What was found takes more than 12 MiB, which is what one answer of a host can hold, whatever max_entries is. Say more exactly what is meant, with several calls if all of it is.")
	}
	return w.goOn()
}

// entry is what EntryOut says of a thing.
func (w *walker) entry(path string, st *unix.Stat_t) EntryOut {
	return EntryOut{
		Path: kind.Text(path), Name: kind.Text(path[strings.LastIndexByte(path, '/')+1:]),
		Type: string(filesystem.TypeOf(uint32(st.Mode))), Size: st.Size, Mode: modeText(uint32(st.Mode)),
		Owner: w.named(w.users, "passwd", st.Uid), Group: w.named(w.groups, "group", st.Gid),
		Modified: moment(st.Mtim),
	}
}

func (w *walker) named(known map[uint32]string, database string, id uint32) string {
	name, ok := known[id]
	if !ok {
		name = nameOf(w.ctx, database, int64(id))
		known[id] = name
	}
	return name
}

// below is the path of a name in a directory.
func below(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}
