package resource

import (
	"context"
	"io"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Host is what a resource sees of its machine, and the only way it touches it.
//
// While planning, reads show the machine as it will be after the actions that
// come before, and writes are refused. While applying, reads show what is
// there, and writes are refused until Begin found the thing as it was planned.
// A Host belongs to one action and to one goroutine.
type Host interface {
	Reader
	Writer

	// Unknown reports whether an argument was given but will be known after
	// apply only. Its field is then empty.
	Unknown(attr string) bool
	// Self is the user that the agent runs as, and its groups, the effective
	// one first.
	Self() (uid int64, gids []int64)
}

// Reader is the reading half of a Host. Paths are absolute. What is read is
// recorded, under its resolved name.
type Reader interface {
	// Resolve follows every link in path but one in its last part, and that
	// one too where follow is set. What does not exist is kept as it is.
	Resolve(path string, follow bool) (string, error)
	// Lstat says what is at a path; a missing thing is an Entry of type
	// Absent and no error. Content is not read. Links above are followed, one
	// at the path is not.
	Lstat(path string) (Entry, error)
	// Read returns the content of a file: always its digest, its bytes where
	// there are at most limit of them. Content may be unknown while planning.
	Read(ctx context.Context, path string, limit int64) (Content, error)
	// ReadDir names what is in a directory, sorted.
	ReadDir(path string) ([]string, error)
	// Refused says why a change at a resolved path would be refused, or nil:
	// immutable, read-only file system, a folder that this user may not
	// write in, a mount point, a file of the kernel. All but the first count
	// where the thing itself comes or goes.
	Refused(path string, inFolder bool) error
	// Writable says why nothing can be written into the file that is there.
	Writable(path string) error
	// KernelFile reports whether a file is what the kernel shows of itself.
	KernelFile(path string) bool
	// Mounted says why a directory cannot be removed with all that is in it:
	// something is mounted there.
	Mounted(path string) error

	// LookupUser and the others find accounts, those of getent included;
	// nil means that there is none.
	LookupUser(name string) (*User, error)
	LookupUID(uid int64) (*User, error)
	LookupGroup(name string) (*Group, error)
	LookupGID(gid int64) (*Group, error)
	// GroupsOf names the groups that have the user as a member, sorted. The
	// primary group counts only where it names the user too.
	GroupsOf(user string) ([]string, error)
}

// Writer is the writing half of a Host.
type Writer interface {
	// Begin compares the thing as it was read right now with what was
	// planned, and allows writes. It returns a kind.Problem with the code
	// "moved" where they differ.
	Begin(c Change) error
	// Replace puts a file in place in one step: a temporary file in the same
	// folder gets content, owner, permissions and extended attributes, and is
	// renamed when it is complete and on disk.
	Replace(ctx context.Context, path string, f NewFile) error
	// Mkdir makes a directory with its owner and mode in one step. It is an
	// error with the code "moved" where something is at the path by now.
	Mkdir(path string, m Meta) error
	// CopyDir makes a directory with copies of what is in another, all of one
	// owner and group, in one step.
	CopyDir(ctx context.Context, from, to string, m Meta) error
	// EnsureDir makes a directory as Mkdir does, and is content with one that
	// is there by now.
	EnsureDir(path string) error
	// SetMeta changes owner and permissions of a file or directory, never
	// through a link, and only where all names of a file are meant; see
	// strangeName.
	SetMeta(path string, m Meta) error
	// SetBelow changes owner and permissions of what is below a directory; rel
	// is relative to it. No link leads out of the directory.
	SetBelow(dir, rel string, m Meta) error
	// Remove removes a file, a link or an empty directory. Absence is no error.
	Remove(path string) error
	// SetAside gives what is at a path another name in its folder, where nothing
	// has that name, instead of removing it.
	SetAside(path, name string) error
	// RemoveTree removes a directory and what is in it, where nothing is
	// mounted in it, and without following links.
	RemoveTree(ctx context.Context, path string) error
	// Run runs a program of the machine.
	Run(ctx context.Context, t Tool) error
}

// Meta is owner and permissions; nil fields stay as they are, and where
// something is new they are the default.
type Meta struct {
	UID, GID *int64
	Mode     *int64
	// AllNames changes a file that has several names also where others may
	// have given it the one that is meant.
	AllNames bool
}

// NewFile is what Replace puts in place.
type NewFile struct {
	// Content is read once. nil means the content of what is there now.
	Content io.Reader
	Meta
	// Validate runs before the file is put in place, on the path of the
	// complete temporary file.
	Validate func(ctx context.Context, path string) error
	// Backup names where what was there is kept; empty is nowhere.
	Backup string
	// InPlace writes into the file that is there, which is not done in one
	// step; see overwriteAt. Content is not nil then.
	InPlace bool
}

// Tool is a program to run. Input reaches it over its standard input, so that
// secrets are never arguments.
type Tool struct {
	Argv  []string
	Input []byte
	// Explain gives the problem for an exit code; nil is for none in particular.
	Explain func(code int) *kind.Problem
	// Shown makes what the program wrote last fit to be shown; nil leaves it.
	Shown func(said string) string
}
