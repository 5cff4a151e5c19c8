package resource

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/process"
)

// Where accounts are kept.
const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
	shadowFile = "/etc/shadow"
)

// nssFor is how long an answer of getent counts; nssWait how long it may take.
const (
	nssFor  = 5 * time.Second
	nssWait = 10 * time.Second
)

// accounts finds users and groups: in the files, read anew when they changed,
// then by getent, which knows other sources. The zero value is ready; any
// goroutine may use it.
type accounts struct {
	mu     sync.Mutex
	users  table[User]
	groups table[Group]
	nss    map[string]nssAnswer
}

// table is one file of accounts, parsed.
type table[T any] struct {
	stamp  stamp
	byName map[string]*T
	byID   map[int64]*T
	all    []*T
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	dev, ino    uint64
	size        int64
	mtime, when unix.Timespec
}

type nssAnswer struct {
	line  string
	until time.Time
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

func (a *accounts) user(name string) (*User, error) {
	t, err := a.userTable()
	if err != nil {
		return nil, err
	}
	if u := t.byName[name]; u != nil {
		return u, nil
	}
	return parseUser(a.getent("passwd", name)), nil
}

func (a *accounts) uid(id int64) (*User, error) {
	t, err := a.userTable()
	if err != nil {
		return nil, err
	}
	if u := t.byID[id]; u != nil {
		return u, nil
	}
	return parseUser(a.getent("passwd", strconv.FormatInt(id, 10))), nil
}

func (a *accounts) group(name string) (*Group, error) {
	t, err := a.groupTable()
	if err != nil {
		return nil, err
	}
	if g := t.byName[name]; g != nil {
		return g, nil
	}
	return parseGroup(a.getent("group", name)), nil
}

func (a *accounts) gid(id int64) (*Group, error) {
	t, err := a.groupTable()
	if err != nil {
		return nil, err
	}
	if g := t.byID[id]; g != nil {
		return g, nil
	}
	return parseGroup(a.getent("group", strconv.FormatInt(id, 10))), nil
}

func (a *accounts) userTable() (table[User], error) {
	return load(a, &a.users, passwdFile, func(line string) (*User, string, int64) {
		if u := parseUser(line); u != nil {
			return u, u.Name, u.UID
		}
		return nil, "", 0
	})
}

func (a *accounts) groupTable() (table[Group], error) {
	return load(a, &a.groups, groupFile, func(line string) (*Group, string, int64) {
		if g := parseGroup(line); g != nil {
			return g, g.Name, g.GID
		}
		return nil, "", 0
	})
}

// load returns a table, read anew where its file has changed. The lock is not
// held while reading: two readers at once do the same work twice.
func load[T any](a *accounts, t *table[T], file string, parse func(string) (*T, string, int64)) (table[T], error) {
	now, err := stampOf(file)
	if err != nil {
		if absent(err) {
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
		next.all = append(next.all, v)
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

// getent asks every source of the machine; the answers count for a while.
func (a *accounts) getent(database, key string) string {
	ask := database + " " + key
	a.mu.Lock()
	have, ok := a.nss[ask]
	a.mu.Unlock()
	if ok && time.Now().Before(have.until) {
		return have.line
	}
	ctx, cancel := context.WithTimeout(context.Background(), nssWait)
	defer cancel()
	var line string
	if _, err := exec.LookPath("getent"); err == nil {
		out := process.Capture{Limit: 64 << 10}
		if e, err := process.Run(ctx, process.Spec{Argv: []string{"getent", database, key}, Stdout: &out}); err == nil && e.Code == 0 {
			line = string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.nss == nil {
		a.nss = map[string]nssAnswer{}
	}
	a.nss[ask] = nssAnswer{line, time.Now().Add(nssFor)}
	return line
}

// forget drops the answers of getent: an account was changed.
func (a *accounts) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nss = nil
}

// parseUser reads a line of passwd; nil where it is none.
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

// parseGroup reads a line of group; nil where it is none.
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

// groupsOf names the groups that list a user, sorted.
func (a *accounts) groupsOf(user string) ([]string, error) {
	t, err := a.groupTable()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range t.all {
		if slices.Contains(g.Members, user) {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// lookupUser finds an account, with the name of its primary group and, if this
// user may read it, its part of /etc/shadow.
func (m *Machine) lookupUser(name string) (*User, error) {
	u, err := m.accounts.user(name)
	if err != nil || u == nil {
		return nil, err
	}
	full := *u
	if g, err := m.accounts.gid(u.GID); err == nil && g != nil {
		full.GroupName = g.Name
	}
	full.Shadow, err = m.accounts.shadow(name)
	return &full, err
}
