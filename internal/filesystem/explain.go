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

// causes are the errors of the system for which one fixed sentence says all that a
// person needs.
var causes = []struct {
	err             error
	code            kind.Code
	summary, detail string
}{
	{syscall.EROFS, kind.CodeReadOnly, "Read-only file system", "Mount the file system for writing, or name a path elsewhere. In a container /proc/sys and /sys are often read-only: such a setting is made on its host."},
	{syscall.ENOSPC, kind.CodeNoSpace, "No space left", "Free some space on the file system, or some inodes: see df and df -i."},
	{syscall.EDQUOT, kind.CodeNoSpace, "Quota exceeded", "Raise the quota of the owner, or free some space."},
	{syscall.EMFILE, kind.CodeSystem, "Too many open files", "A process of this user may not have more: see ulimit -n there, and raise it."},
	{syscall.EBUSY, kind.CodeBusy, "The path is in use as a mount point", "A file that is mounted by itself, as containers do with /etc/hosts, cannot be replaced or removed. Unmount it first."},
	{syscall.ETXTBSY, kind.CodeBusy, "The file is being executed", "Stop the program that runs from it first."},
	{syscall.EISDIR, kind.CodeInTheWay, "A directory is in the way", "Remove it, or name another path."},
	{syscall.ENOTEMPTY, kind.CodeNotEmpty, "The directory is not empty", "Remove what is in it, or set recurse to remove it with everything inside."},
}

// Explain turns an error of the system into a Problem that says what to do. attr is the
// argument that names the path. what is the operation that failed, such as "read".
// Explain looks at the path again to find out which part of it is to blame.
//
// It returns nil in two cases: if a person can do nothing about the error, and if
// nothing exists at the path. Call Unexplained and Missing for these.
func Explain(attr, what, name string, err error) *kind.Problem {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return refused(attr, what, name, err)
	case errors.Is(err, syscall.ENOTDIR):
		part, typ := firstNoDirectory(name)
		if part == path.Clean(name) {
			return kind.NewProblem(attr, kind.CodeNotADirectory, "Not a directory", "%s is a %s and no directory. Look at what is there, or name another path.", part, typ.Noun())
		}
		return kind.NewProblem(attr, kind.CodeNotADirectory, "A part of the path is not a directory", "%s is a %s, so there can be no %s in it. Look at what is there, or name another path.", part, typ.Noun(), name)
	case errors.Is(err, syscall.ELOOP):
		return kind.NewProblem(attr, kind.CodeLinkLoop, "Symbolic links form a loop", "The symbolic links in %s lead to each other, or there are more than 40 of them. Look at them with namei -l.", name)
	case errors.Is(err, syscall.ENAMETOOLONG):
		return kind.NewProblem(attr, kind.CodeNameTooLong, "The path is too long", "%s has %d bytes. Systems allow 4096 for a path, and 255 for each name in it.", shorten(name), len(name))
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			told := func(detail string) *kind.Problem {
				return kind.NewProblem(attr, c.code, c.summary, "Cannot %s %s as user %d: %v. %s", kind.Rule(what), name, os.Geteuid(), err, kind.Rule(detail))
			}
			p := told(c.detail)
			if c.err == syscall.EBUSY {
				p.With("in_place", told(c.detail+" Or set in_place to true to write into it."))
			}
			return p
		}
	}
	return nil
}

// Unexplained makes a Problem from an error for which Explain has no advice.
func Unexplained(attr, what, name string, err error) *kind.Problem {
	var number syscall.Errno
	if errors.As(err, &number) {
		return kind.NewProblem(attr, kind.CodeSystem, "The system gave an error", "Cannot %s %s: %v. The error comes from the file system or the device below it. The log of the kernel, which dmesg prints, may say more.", kind.Rule(what), name, number)
	}
	return kind.NewProblem(attr, kind.CodeSystem, "The system gave an error", "Cannot %s %s: %v.", kind.Rule(what), name, err)
}

// Missing returns the problem that nothing exists at a path. It names the first part of
// the path that is missing, or where a broken link points. advice is appended
// unchanged.
func Missing(attr, name, advice string) *kind.Problem {
	const summary = "The file does not exist"
	if target, err := os.Readlink(name); err == nil {
		return kind.NewProblem(attr, kind.CodeMissing, summary, "%s is a link to %s, which does not exist.%s", name, target, kind.Rule(advice))
	}
	part := path.Clean(name)
	for above := path.Dir(part); above != part && !there(above); above = path.Dir(above) {
		part = above
	}
	if part == path.Clean(name) {
		return kind.NewProblem(attr, kind.CodeMissing, summary, "%s does not exist.%s", name, kind.Rule(advice))
	}
	return kind.NewProblem(attr, kind.CodeMissing, summary, "%s does not exist: there is no %s.%s", name, part, kind.Rule(advice))
}

func there(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// firstNoDirectory returns the first part of a path that exists and is not a directory.
func firstNoDirectory(name string) (part string, typ Type) {
	for _, word := range strings.Split(path.Clean(name), "/") {
		part = path.Join("/", part, word)
		var st unix.Stat_t
		if unix.Stat(part, &st) == nil && TypeOf(uint32(st.Mode)) != Directory {
			return part, TypeOf(uint32(st.Mode))
		}
	}
	return name, Plain
}

// shorten cuts a text off after its beginning, for a message.
func shorten(s string) string {
	const most = 200
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
