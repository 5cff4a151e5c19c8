package function

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

// explain makes an error of the system a problem on the argument that names a
// path. It looks at the path again, to say which part of it is to blame.
func explain(attr, what string, p kind.Text, err error) *kind.Problem {
	name := string(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(attr, name)
	case errors.Is(err, syscall.ENOTDIR):
		part, typ := firstNoFolder(name)
		return problem(attr, kind.CodeNotADirectory, "A part of the path is no directory", "%s is a %s, so that there is no %s in it. Look at what is there, or name another path.", part, noun(typ), name)
	case errors.Is(err, fs.ErrPermission):
		return denied(attr, what, name)
	case errors.Is(err, syscall.ELOOP):
		return problem(attr, kind.CodeLinkLoop, "Links go round in a circle", "The symbolic links in %s lead to each other, or there are more than 40 of them. Look at them with namei -l.", name)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return problem(attr, kind.CodeNameTooLong, "The path is too long", "%s has %d bytes. Systems take paths of at most 4096, and names in them of at most 255.", shorten(name), len(name))
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return problem(attr, kind.CodeSystem, "The system gave an error", "Cannot %s %s: %v. That comes from the file system or the device below it; its log, such as that of dmesg, may say more.", what, name, number)
	}
	return problem(attr, kind.CodeSystem, "The system gave an error", "Cannot %s %s: %v.", what, name, err)
}

const askStat = " Where it may be missing, ask a call of stat first, and set enabled."

// missing says which part of a path is not there.
func missing(attr, name string) *kind.Problem {
	const summary = "The file does not exist"
	if target, err := os.Readlink(name); err == nil {
		return problem(attr, kind.CodeMissing, summary, "%s is a link to %s, which does not exist."+askStat, name, target)
	}
	part := path.Clean(name)
	for above := path.Dir(part); above != part && !there(above); above = path.Dir(above) {
		part = above
	}
	if part == path.Clean(name) {
		return problem(attr, kind.CodeMissing, summary, "%s does not exist."+askStat, name)
	}
	return problem(attr, kind.CodeMissing, summary, "%s does not exist: there is no %s."+askStat, name, part)
}

func there(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// denied says who may do what this user may not.
func denied(attr, what, name string) *kind.Problem {
	const summary = "Permission denied"
	uid := os.Geteuid()
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return problem(attr, kind.CodePermission, summary, "User %d may not %s %s: a directory above it may not be entered. Use a context that runs as the owner or as root.", uid, what, name)
	}
	if uid == 0 {
		return problem(attr, kind.CodePermission, summary, "Not even root may %s %s: a security module of the host or the file system itself forbids it.", what, name)
	}
	return problem(attr, kind.CodePermission, summary, "User %d may not %s %s: it belongs to user %d and group %d, and its mode is %04o. Use a context that runs as the owner or as root.", uid, what, name, st.Uid, st.Gid, st.Mode&0o7777)
}

// firstNoFolder is the first part of a path that is there and no directory.
func firstNoFolder(name string) (part, typ string) {
	for _, word := range strings.Split(path.Clean(name), "/") {
		part = path.Join("/", part, word)
		var st unix.Stat_t
		if unix.Stat(part, &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
			return part, typeOf(uint32(st.Mode))
		}
	}
	return name, "file"
}

// noun is what people call a type, after "a".
func noun(typ string) string {
	switch typ {
	case "fifo":
		return "pipe"
	case "block":
		return "block device"
	case "char":
		return "character device"
	case "other":
		return "special file"
	}
	return typ
}

// shorten keeps the beginning of a text for a message.
func shorten(s string) string {
	const most = 200
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
