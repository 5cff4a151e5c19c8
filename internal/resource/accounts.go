package resource

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// accounts finds users and groups: in the files, read anew when they changed,
// then by getent, which knows other sources. The zero value is ready; any
// goroutine may use it.
type accounts struct {
	mu     sync.Mutex
	users  table[User]
	groups table[Group]
	nss    nss
}

func (a *accounts) user(name string) (*User, error) {
	t, err := a.userTable()
	if err != nil {
		return nil, err
	}
	if u := t.byName[name]; u != nil {
		return u, nil
	}
	return parseUser(a.nss.get("passwd", name, t.first)), nil
}

func (a *accounts) uid(id int64) (*User, error) {
	t, err := a.userTable()
	if err != nil {
		return nil, err
	}
	if u := t.byID[id]; u != nil {
		return u, nil
	}
	return parseUser(a.nss.get("passwd", strconv.FormatInt(id, 10), t.first)), nil
}

func (a *accounts) group(name string) (*Group, error) {
	t, err := a.groupTable()
	if err != nil {
		return nil, err
	}
	if g := t.byName[name]; g != nil {
		return g, nil
	}
	return elsewhere(parseGroup(a.nss.get("group", name, t.first))), nil
}

func (a *accounts) gid(id int64) (*Group, error) {
	t, err := a.groupTable()
	if err != nil {
		return nil, err
	}
	if g := t.byID[id]; g != nil {
		return g, nil
	}
	return elsewhere(parseGroup(a.nss.get("group", strconv.FormatInt(id, 10), t.first))), nil
}

// elsewhere is a group that is not in the file.
func elsewhere(g *Group) *Group {
	if g != nil {
		g.Elsewhere = true
	}
	return g
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

// groupsOf returns the sorted names of the groups that list a user.
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

// account finds an account, with the name of its primary group and, if this user may read
// it, its part of /etc/shadow.
func (a *accounts) account(name string) (*User, error) {
	u, err := a.user(name)
	if err != nil || u == nil {
		return nil, err
	}
	full := *u
	if g, err := a.gid(u.GID); err == nil && g != nil {
		full.GroupName = g.Name
	}
	full.Shadow, err = a.shadow(name)
	return &full, err
}

// primaryOf returns the sorted names of the accounts whose primary group has a number.
func (a *accounts) primaryOf(gid int64) ([]string, error) {
	t, err := a.userTable()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, u := range t.all {
		if u.GID == gid {
			names = append(names, u.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// all are the accounts in /etc/passwd.
func (a *accounts) all() ([]User, error) {
	t, err := a.userTable()
	if err != nil {
		return nil, err
	}
	out := make([]User, 0, len(t.all))
	for _, u := range t.all {
		out = append(out, *u)
	}
	return out, nil
}

// homesIn are the sorted names of those accounts whose home is a directory or lies in it. A
// home that cannot be resolved counts as what it is called.
func homesIn(users []User, dir string, resolve func(string, bool) (string, error)) []string {
	var names []string
	for _, u := range users {
		home := path.Clean("/" + string(u.Home))
		if at, err := resolve(home, true); err == nil {
			home = at
		}
		if home == dir || strings.HasPrefix(home, strings.TrimSuffix(dir, "/")+"/") {
			names = append(names, u.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
