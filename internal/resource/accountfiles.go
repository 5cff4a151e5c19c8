package resource

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Where accounts are kept.
const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
	shadowFile = "/etc/shadow"
)

// table is one file of accounts, parsed.
type table[T any] struct {
	stamp  stamp
	byName map[string]*T
	byID   map[int64]*T
	all    []*T
	first  string // the name in its first line
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	dev, ino    uint64
	size        int64
	mtime, when unix.Timespec
}

func stampOf(p string) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Stat(p, &st); err != nil {
		return stamp{}, &os.PathError{Op: "stat", Path: p, Err: err}
	}
	return stampFrom(&st), nil
}

func stampFrom(st *unix.Stat_t) stamp {
	return stamp{uint64(st.Dev), st.Ino, st.Size, mtime(st), ctime(st)}
}

// load returns a table, read anew if its file has changed. The lock is not
// held while reading: two readers at once do the same work twice.
func load[T any](a *accounts, t *table[T], file string, parse func(string) (*T, string, int64)) (table[T], error) {
	now, err := stampOf(file)
	if err != nil {
		if filesystem.NotThere(err) {
			return table[T]{}, nil
		}
		return table[T]{}, err
	}
	a.mu.Lock()
	have := *t
	a.mu.Unlock()
	if have.stamp == now && have.byName != nil {
		return have, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return table[T]{}, err
	}
	next := table[T]{stamp: now, byName: map[string]*T{}, byID: map[int64]*T{}}
	for line := range strings.Lines(string(b)) {
		v, name, id := parse(strings.TrimSuffix(line, "\n"))
		if v == nil {
			continue
		}
		if next.all = append(next.all, v); len(next.all) == 1 {
			next.first = name
		}
		if next.byName[name] == nil {
			next.byName[name] = v
		}
		if next.byID[id] == nil {
			next.byID[id] = v
		}
	}
	a.mu.Lock()
	*t = next
	a.mu.Unlock()
	return next, nil
}

// parseUser reads a line of passwd; nil if it is none.
func parseUser(line string) *User {
	f := strings.Split(line, ":")
	if len(f) != 7 || f[0] == "" {
		return nil
	}
	uid, err := strconv.ParseUint(f[2], 10, 32)
	if err != nil {
		return nil
	}
	gid, err := strconv.ParseUint(f[3], 10, 32)
	if err != nil {
		return nil
	}
	return &User{
		Name: f[0], UID: int64(uid), GID: int64(gid),
		Comment: kind.Text(f[4]), Home: kind.Text(f[5]), Shell: kind.Text(f[6]),
	}
}

// parseGroup reads a line of group; nil if it is none.
func parseGroup(line string) *Group {
	f := strings.Split(line, ":")
	if len(f) != 4 || f[0] == "" {
		return nil
	}
	gid, err := strconv.ParseUint(f[2], 10, 32)
	if err != nil {
		return nil
	}
	g := &Group{Name: f[0], GID: int64(gid)}
	for _, m := range strings.Split(f[3], ",") {
		if m != "" {
			g.Members = append(g.Members, m)
		}
	}
	return g
}
