package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// WriteIn is the operation, in an fs.PathError, of changing which files a directory
// holds. The path of that error is the directory.
const WriteIn = "write in"

const (
	deniedSummary = "Permission denied"
	otherContext  = "Use a context that runs as the owner or as root."
)

// refused is the problem that the system did not permit something. It says whose
// permission was missing: that of the directory, if something in it could not be
// made, renamed or removed, and that of the file in all other cases.
func refused(attr, what, name string, err error) *kind.Problem {
	if os.Geteuid() != 0 {
		if dir := refusedIn(name, err); dir != "" {
			return deniedIn(attr, what, name, dir)
		}
		if p := deniedSticky(attr, what, name, err); p != nil {
			return p
		}
	}
	return Denied(attr, what, name)
}

// Denied returns the problem that this user may not do something at a path. It names
// the owner and the mode that forbid it.
func Denied(attr, what, name string) *kind.Problem {
	uid := os.Geteuid()
	if uid == 0 {
		return kind.NewProblem(attr, kind.CodePermission, deniedSummary, "Not even root may %s %s: the file system does not allow this at all, or a security module (AppArmor, SELinux) or the limits of a container do not. Look at lsattr, at how it is mounted, and at the log of the kernel.", kind.Rule(what), name)
	}
	var st unix.Stat_t
	err := unix.Stat(name, &st)
	if err == nil {
		return kind.NewProblem(attr, kind.CodePermission, deniedSummary, "User %d may not %s %s: it belongs to user %d and group %d, and its mode is %04o. %s", uid, kind.Rule(what), name, st.Uid, st.Gid, st.Mode&0o7777, kind.Rule(otherContext))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return deniedIn(attr, what, name, path.Dir(name))
	}
	return deniedAbove(attr, what, name)
}

// deniedIn is like Denied, for an operation that a directory forbids.
func deniedIn(attr, what, name, dir string) *kind.Problem {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return deniedAbove(attr, what, name)
	}
	return kind.NewProblem(attr, kind.CodePermission, deniedSummary, "User %d may not %s %s: the directory %s belongs to user %d and group %d, and its mode is %04o. %s", os.Geteuid(), kind.Rule(what), name, dir, st.Uid, st.Gid, st.Mode&0o7777, kind.Rule(otherContext))
}

// deniedAbove is like Denied, for a path that cannot even be looked at. It names the first
// directory on the way that this user may not enter.
func deniedAbove(attr, what, name string) *kind.Problem {
	dir := "/"
	for _, word := range strings.Split(path.Clean(name), "/") {
		dir = path.Join(dir, word)
		var st unix.Stat_t
		if unix.Stat(dir, &st) != nil {
			break
		}
		if unix.Access(dir, unix.X_OK) != nil && TypeOf(uint32(st.Mode)) == Directory {
			return kind.NewProblem(attr, kind.CodePermission, deniedSummary, "User %d may not %s %s: the directory %s above it may not be entered. It belongs to user %d and group %d, and its mode is %04o. %s", os.Geteuid(), kind.Rule(what), name, dir, st.Uid, st.Gid, st.Mode&0o7777, kind.Rule(otherContext))
		}
	}
	return kind.NewProblem(attr, kind.CodePermission, deniedSummary, "User %d may not %s %s: a directory above it may not be entered. %s", os.Geteuid(), kind.Rule(what), name, kind.Rule(otherContext))
}

// deniedSticky is like Denied, for a file that cannot be renamed or removed because of the sticky
// bit of its directory. It returns nil if that is not the reason. See unlink(2).
func deniedSticky(attr, what, name string, err error) *kind.Problem {
	if !errors.Is(err, syscall.EPERM) || !changesDirectory(err) {
		return nil
	}
	st, parent, keeps := sticky(name)
	if !keeps {
		return nil
	}
	return kind.NewProblem(attr, kind.CodePermission, deniedSummary, "User %d may not %s %s: it belongs to user %d, and the directory %s, which belongs to user %d and has the mode %04o, lets only owners replace and remove files. %s", os.Geteuid(), kind.Rule(what), name, st.Uid, path.Dir(name), parent.Uid, parent.Mode&0o7777, kind.Rule(otherContext))
}

// KeptByOwner reports whether what is at a path can be neither replaced nor removed
// by this user, since the directory has the sticky bit and neither of the two
// belongs to them; see unlink(2). A link at the path is what counts, not its target.
func KeptByOwner(name string) bool {
	_, _, keeps := sticky(name)
	return keeps && os.Geteuid() != 0
}

// sticky is what is at a path and its directory, and whether the sticky bit of the
// directory keeps an ordinary user from replacing and removing it.
func sticky(name string) (st, parent unix.Stat_t, keeps bool) {
	if unix.Lstat(name, &st) != nil || unix.Stat(path.Dir(name), &parent) != nil {
		return st, parent, false
	}
	uid := uint32(os.Geteuid())
	return st, parent, parent.Mode&unix.S_ISVTX != 0 && parent.Uid != uid && st.Uid != uid
}

// refusedIn returns the directory that forbade an operation, or "" if the error is not
// about a directory. An error is about one if it says that something in the directory
// cannot be made, renamed or removed. The owner and mode of the file at the path then
// have no part in it. EPERM is never about directories, but for their sticky bit: it
// comes from chown(2), and from link(2) for another user's file.
func refusedIn(name string, err error) string {
	if !errors.Is(err, syscall.EACCES) {
		return ""
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return path.Dir(link.New)
	}
	var at *os.PathError
	if !errors.As(err, &at) || !path.IsAbs(at.Path) {
		return ""
	}
	switch dir := path.Dir(name); {
	case at.Op == WriteIn:
		return at.Path
	case changesDirectory(err):
		return path.Dir(at.Path)
	case at.Path != name && (at.Path == dir || path.Dir(at.Path) == dir):
		return dir // a temporary file beside it
	}
	return ""
}

// changesDirectory reports whether an error is of an operation that changes which
// files a directory holds.
func changesDirectory(err error) bool {
	var link *os.LinkError
	var at *os.PathError
	switch {
	case errors.As(err, &link):
		return true
	case !errors.As(err, &at):
		return false
	}
	switch at.Op {
	case WriteIn, "mkdir", "mkdirat", "remove", "rmdir", "unlink", "unlinkat", "RemoveAll", "symlink", "symlinkat":
		return true
	}
	return false
}
