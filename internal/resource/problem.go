package resource

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// problem is a kind.Problem on an argument.
func problem(attr string, code kind.Code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, code, summary, detail, args...)
}

// causes are the errors of the system that a person can act on.
var causes = []struct {
	err             error
	code            kind.Code
	summary, detail string
}{
	{syscall.EACCES, kind.CodePermission, "Permission denied", "The user that the agent runs as may not do this. Use a context that runs as the owner or as root."},
	{syscall.EPERM, kind.CodePermission, "Operation not permitted", "The system allows this to root only, or not at all for this file. Use a context that runs as root, and look at lsattr."},
	{syscall.EROFS, kind.CodeReadOnly, "Read-only file system", "Mount the file system for writing, or name a path elsewhere. In a container /proc/sys and /sys are often read-only: such a setting is made on its host."},
	{syscall.ENOSPC, kind.CodeNoSpace, "No space left", "Free some space on the file system, or some inodes: see df and df -i."},
	{syscall.EDQUOT, kind.CodeNoSpace, "Quota exceeded", "Raise the quota of the owner, or free some space."},
	{syscall.EBUSY, kind.CodeBusy, "The path is in use as a mount point", "What is mounted by itself, as containers do with /etc/hosts, cannot be replaced or removed. Set in_place to true to write into a file, or unmount it first."},
	{syscall.ETXTBSY, kind.CodeBusy, "The file is being executed", "Stop the program that runs from it first."},
	{syscall.ENAMETOOLONG, kind.CodeNameTooLong, "The path is too long", "Name a shorter one."},
	{syscall.ELOOP, kind.CodeLinkLoop, "Links go round in a circle", "Look at the symbolic links in the path."},
	{syscall.ENOTDIR, kind.CodeNotADirectory, "A part of the path is no directory", "Look at what is there, or name another path."},
	{syscall.EISDIR, kind.CodeInTheWay, "A directory is in the way", "Remove it, or name another path."},
	{syscall.ENOTEMPTY, kind.CodeNotEmpty, "The directory is not empty", "Remove what is in it, or set recurse to remove it with everything inside."},
}

// deniedToRoot is said instead of a hint to use root.
const deniedToRoot = "The agent runs as root already: the file system does not allow this at all, or a security module (AppArmor, SELinux) or the limits of a container do not. Look at lsattr, at how it is mounted, and at the log of the kernel."

// explain makes an error of the system a problem on path, where a person can
// act on it.
func explain(what, p string, err error) error {
	var known *kind.Problem
	if err == nil || errors.As(err, &known) {
		return err
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			detail := c.detail
			if c.code == kind.CodePermission && os.Geteuid() == 0 {
				detail = deniedToRoot
			}
			return problem("path", c.code, c.summary, "Cannot %s %s as user %d: %v. %s", what, p, os.Geteuid(), err, detail)
		}
	}
	return fmt.Errorf("%s %s: %w", what, p, err)
}

// failure makes an error of the system that nobody explained a problem, on the
// path where the kind has one.
func failure(def kind.Kind, err error) error {
	var known *kind.Problem
	var number syscall.Errno
	if errors.As(err, &known) || !errors.As(err, &number) {
		return err
	}
	attr := ""
	if _, ok := def.Args.Attr("path"); ok {
		attr = "path"
	}
	if absent(err) {
		return problem(attr, kind.CodeGone, "Something is gone", "What was there a moment ago is not there any more: %v. Another program removed it. Plan again to see what is there now.", err)
	}
	return problem(attr, kind.CodeSystem, "The system gave an error", "%v. That comes from the file system or the device below it; the log of the kernel, such as that of dmesg, may say more.", err)
}

func immutableProblem(p string) error {
	return problem("path", kind.CodeImmutable, "The file is immutable",
		"%s has the immutable or append-only attribute. Take it off with chattr -i or -a, or leave the file alone.", p)
}

// checkPath finds what is wrong with a path before any machine is asked.
func checkPath(p kind.Text) []kind.Problem {
	s := string(p)
	switch {
	case s == "":
		return []kind.Problem{*problem("path", kind.CodePath, "The path is empty", "Name the path on the target, beginning with a slash.")}
	case s == "~" || strings.HasPrefix(s, "~/"):
		return []kind.Problem{*problem("path", kind.CodePath, "The path is relative", "A tilde means something to a shell only. The home directory of the context's user is on.home: write %q.", "${on.home}"+s[1:])}
	case !strings.HasPrefix(s, "/"):
		return []kind.Problem{*problem("path", kind.CodePath, "The path is relative", "A context has no folder that %q could be relative to. Begin the path with a slash.", s)}
	case strings.ContainsRune(s, 0):
		return []kind.Problem{*problem("path", kind.CodePath, "The path holds a zero byte", "No file can have such a name.")}
	}
	return nil
}

// excluding is a problem of two arguments that leave each other no meaning.
// detail names both and repeats no value.
func excluding(attr, detail string) []kind.Problem {
	return []kind.Problem{*problem(attr, kind.CodeExcluded, "Arguments that exclude each other", "%s", kind.Rule(detail))}
}

// first is the first of problems that is not about an argument whose value is
// yet to be known.
func first(h Host, problems []kind.Problem) error {
	for i := range problems {
		if !h.Unknown(problems[i].Attr) {
			return &problems[i]
		}
	}
	return nil
}

// checkState finds a state that is neither of the two.
func checkState(state string) []kind.Problem {
	if state == "" || state == "present" || state == "absent" {
		return nil
	}
	return []kind.Problem{*problem("state", kind.CodeState, "Unknown state", "state is %q; it can be present or absent.", state)}
}

func textOf(s string) kind.Text { return kind.Text(s) }
