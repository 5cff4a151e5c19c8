package files

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// homeFile is a file of an account, such as its authorized keys, and where it is on a host.
type homeFile struct {
	user *resource.User
	// home is the home directory behind all links, path the file. dir is its directory if that
	// may be made with it: it is below the home.
	home, path, dir string
}

// homeOf finds an account. attr is the argument that names it.
func homeOf(h resource.Host, attr, name string) (homeFile, error) {
	u, err := h.LookupUser(name)
	switch {
	case err != nil:
		return homeFile{}, err
	case u == nil || u.Gone:
		return homeFile{}, kind.NewProblem(attr, kind.CodeNoUser, "No such user", "There is no user %q on this machine, and no resource before this one makes it. Correct the name, or make it first with the kind user.", name)
	}
	f := homeFile{user: u}
	if strings.HasPrefix(string(u.Home), "/") {
		f.home, err = h.Resolve(string(u.Home), true)
	}
	return f, err
}

// at fills in where the file is: at a path, which begins in the home if it is relative. Below the
// home root follows no link: whoever owns the home could have it write anywhere. A path with
// nothing looked at is what the first look of an action is kept for.
func (f *homeFile) at(h resource.Host, attr, name string) error {
	if !path.IsAbs(name) {
		if f.home == "" {
			return kind.NewProblem(attr, kind.CodeMissing, "The account has no home directory", "%s has no home directory that %s could be in. Set path, or give the account one.", f.user.Name, name)
		}
		name = path.Join(f.home, name)
	}
	rel, below := f.below(path.Clean(name))
	if !below {
		f.path = name
		return nil
	}
	uid, _ := h.Self()
	cur := f.home
	for _, part := range strings.Split(rel, "/") {
		next := path.Join(cur, part)
		to, err := h.Resolve(next, true)
		if err != nil {
			return err
		}
		if to != next && uid == 0 {
			return kind.NewProblem("path", kind.CodeUnsafeLink, "A link is in the way",
				"%s is a link to %s. Below a home directory root follows none: its owner could have root write anywhere. Use a context that runs as %s, name what the link leads to in path, or put a directory or file in its place.", next, to, f.user.Name)
		}
		cur = to
	}
	f.path = cur
	if dir := path.Dir(cur); dir != f.home && path.Dir(dir) != "/" {
		f.dir = dir
	}
	return nil
}

// below is a path relative to the home, if it is below it.
func (f *homeFile) below(name string) (rel string, ok bool) {
	for _, home := range []string{f.home, path.Clean(string(f.user.Home))} {
		if rel, ok = strings.CutPrefix(name, strings.TrimSuffix(home, "/")+"/"); ok && f.home != "" {
			return rel, true
		}
	}
	return "", false
}

// lives returns the problem of an account whose home is not there.
func (f *homeFile) lives(h resource.Host, attr string) error {
	if _, below := f.below(f.path); !below {
		return nil
	}
	home, err := h.Lstat(f.home)
	if err == nil && home.Type != resource.TypeDirectory {
		err = kind.NewProblem(attr, kind.CodeMissing, "The home directory is not there",
			"The home directory of %s, %s, does not exist, or is none. Have a resource user make it with create_home, or mount it first.", f.user.Name, f.home)
	}
	return err
}

// born is who may use a file that is made below the home: its owner alone.
func (f *homeFile) born(mode string) *ownerArgs {
	owner := f.user.Name
	return &ownerArgs{Owner: &owner, Group: groupOf(f.user), Mode: &mode}
}

func groupOf(u *resource.User) *string {
	id := resource.Identity{ID: u.GID}
	if u.GID < 0 {
		id.Name = u.GroupName
	}
	group := id.String()
	return &group
}

// permitted returns why this user may not write files of the account, or nil.
func (f *homeFile) permitted(h resource.Host, attr string) error {
	if uid, _ := h.Self(); uid != 0 && uid != f.user.UID {
		or := ""
		if f.user.UID != 0 {
			or = " or as " + f.user.Name
		}
		return kind.NewProblem(attr, kind.CodePermission, "Only root can write files of others",
			"The agent runs as user %d, and the file is of %s. Use a context that runs as root%s, such as sudo.", uid, f.user.Name, kind.Rule(or))
	}
	return nil
}

// theirs returns why what is at the path is no file of the account, or nil. Its content would be
// read as root and given to the account.
func (f *homeFile) theirs(h resource.Host, attr string) error {
	is, err := h.Lstat(f.path)
	switch {
	case err != nil || is.Type != resource.TypeFile || is.Owner.ID == f.user.UID:
		return err
	case is.Owner.ID != 0:
		return kind.NewProblem(attr, kind.CodePermission, "The file belongs to somebody else",
			"%s belongs to %s and not to %s, so ssh does not use it. Give it to %[3]s with a resource file, or remove it.", f.path, is.Owner, f.user.Name)
	case is.Names > 1:
		return kind.NewProblem(attr, kind.CodeSeveralNames, "The file has other names",
			"%s belongs to root and has %d names (hard links), so that it may be a file from elsewhere to which somebody gave this name. Remove it, or its other names.", f.path, is.Names)
	}
	return nil
}

// strict returns the first of the file, its directory and those above up to the home that sshd
// would not trust, or nil.
func (f *homeFile) strict(h resource.Host, at string) (*kind.Problem, error) {
	for p := at; ; p = path.Dir(p) {
		is, err := h.Lstat(p)
		if err != nil {
			return nil, err
		}
		why := ""
		switch {
		case is.Type == resource.TypeAbsent:
		case is.Owner.ID != 0 && is.Owner.ID != f.user.UID:
			why = "belongs to " + is.Owner.String()
		case is.Mode&0o022 != 0:
			why = "may be written by others, as its mode is " + resource.FormatMode(is.Mode)
		}
		if why != "" {
			return kind.NewProblem("user", kind.CodeStrictModes, "The file is not used by sshd",
				"%s %s. With StrictModes, which is on unless sshd_config turns it off, sshd then ignores %s. Correct it with a resource directory or file.", p, kind.Rule(why), f.path), nil
		}
		if p == f.home || p == "/" {
			return nil, nil
		}
	}
}
