package resource

import (
	"context"
	"io"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
)

// Host is what a Resource sees of its machine, and the only way to change it. The
// Service makes a new one for each request; it belongs to one action and to one
// goroutine.
//
// There are two. While planning, a planHost shows the machine as it will be after
// the actions that come before, and refuses every write. While applying, an
// applyHost shows what is there now, and refuses to write until Begin has found
// the thing as the plan saw it.
//
// Paths are absolute. Reads follow symbolic links above the last part of a path;
// writes take a resolved path and follow none.
type Host interface {
	Reader
	Writer

	// Unknown reports whether the block sets an argument whose value is known
	// only after the apply. The field of the Resource is then empty.
	Unknown(attr string) bool
	// Login returns how the connection logged in that leads to this machine; nil if none did,
	// or if the kind did not ask with kind.Kind.AsksLogin.
	Login() *Login
	// Marked are the parts of the thing that other blocks keep between two marks.
	Marked() []Marked
	// Self returns the number of the user that the agent runs as, and those of
	// its groups, the effective group first.
	Self() (uid int64, gids []int64)
	// Hides reports whether no message may show an argument of a Brought, nor what is made of it.
	Hides(attr string) bool
	// Saw says what was found at a path. The next write there fails if something else is there by
	// then. It is for those that look at many paths.
	Saw(path string, e Entry)
}

// Reader is the reading half of a Host.
type Reader interface {
	// Resolve follows every symbolic link in a path and returns where it leads.
	// A link in the last part is followed only if follow is set. Parts that do
	// not exist stay as they are written.
	Resolve(path string, follow bool) (string, error)
	// Lstat returns what is at a path, without reading content. If nothing is
	// there, the Entry has the type Absent and err is nil. Links above the path
	// are followed; a link at the path itself is what is returned.
	Lstat(path string) (Entry, error)
	// PlanParts reports whether two resolved paths are names of one file now, of which actions
	// that come before this one make two. It is false while applying: see AsPlanned.
	PlanParts(a, b string) bool
	// AsPlanned reports whether a change has the fingerprint of the plan. It is false while
	// planning.
	AsPlanned(c Change) bool
	// Read returns the size and the digest of a file, and its bytes if there are
	// at most limit of them. While planning, Content.Unknown is set if an action
	// before writes something that is not known yet.
	Read(ctx context.Context, path string, limit int64) (Content, error)
	// SHA512 returns the SHA-512 of a file. While planning it is nil if an action before
	// writes something that is not known yet.
	SHA512(ctx context.Context, path string) ([]byte, error)
	// Open opens a content of the arguments, or one that Read returned with its bytes.
	// What is not here is pulled from the controller. The reader gives io.EOF only
	// after all bytes of the content, and has to be closed.
	Open(ctx context.Context, c Content) (io.ReadCloser, error)
	// OpenAt is Open from an offset on. What comes then is not compared with the digest of
	// the content: whoever reads it knows what it has to be.
	OpenAt(ctx context.Context, c Content, offset int64) (io.ReadCloser, error)
	// Remembered returns a content of the arguments with its bytes, if there are at most limit
	// of them. It is for what each agent needs again. What is long and no secret is pulled once,
	// and kept for the agents after this one.
	Remembered(ctx context.Context, c Content, limit int64) (Content, error)
	// ReadDir returns the names of what is in a directory, sorted.
	ReadDir(path string) ([]string, error)
	// Refused returns why a change at a resolved path would fail, as a
	// kind.Problem, or nil. A file that is immutable is always one. With inDirectory,
	// which is for a thing that is made, replaced or removed, so are a directory
	// that this user may not write in, a read-only file system, a mount point and
	// a file of the kernel.
	Refused(path string, inDirectory bool) error
	// Writable returns why this user cannot write into an existing file, or nil.
	Writable(path string) error
	// Attribute returns an extended attribute of what is at a path, as it is now; nil if it
	// has none. Neither a link is followed, nor are there plans for attributes.
	Attribute(path, name string) ([]byte, error)
	// KernelFile reports whether a file is on a file system of the kernel, such
	// as /proc or /sys.
	KernelFile(path string) bool
	// Mounted returns the problem that something is mounted below a directory, so
	// that it cannot be removed with what is in it, or nil. What is mounted at the directory
	// itself is none. It sees what is mounted now, also while planning.
	Mounted(path string) error
	// Mounts returns what is mounted now, also while planning.
	Mounts() ([]filesystem.Mount, error)
	// Room returns how many bytes are free on the file system of a directory now, also while
	// planning. known is false if that cannot be told.
	Room(dir string) (free int64, known bool)

	// LookupUser finds an account by name, in /etc/passwd and then with getent(1).
	// It returns nil, nil if there is none. So do the next three.
	LookupUser(name string) (*User, error)
	LookupUID(uid int64) (*User, error)
	LookupGroup(name string) (*Group, error)
	LookupGID(gid int64) (*Group, error)
	// GroupsOf returns the sorted names of the groups in /etc/group that list a
	// user as a member. The primary group is among them only if it does.
	GroupsOf(user string) ([]string, error)
	// PrimaryOf returns the sorted names of the accounts in /etc/passwd that have a group
	// as their primary one.
	PrimaryOf(gid int64) ([]string, error)
	// HomesIn returns the sorted names of the accounts in /etc/passwd whose home directory is
	// a directory or lies in it. Links in the paths of the homes are followed.
	HomesIn(dir string) ([]string, error)
	// ProcessesOf returns the programs that run under an account, in the order of their
	// numbers: those of now, also while planning.
	ProcessesOf(uid int64) ([]Process, error)
	// HoldersOf returns the programs that use something at or below a resolved path: that work
	// there, were started from there, or have a file open there. It sees those of now, also
	// while planning, and none that this user may not look at. One that sees other mounts counts only
	// if what is mounted at the path is unmounted there, too.
	HoldersOf(path string) []Process
	// LookupAccount is LookupUser, with the name of the primary group and, if this user
	// may read it, the part of /etc/shadow. It reads that file each time.
	LookupAccount(name string) (*User, error)

	// HasProgram reports whether a program is there that Run would find.
	HasProgram(name string) bool
	// Ask runs a program that only reads, and returns what it printed. It runs while planning,
	// too, and sees the machine as it is now.
	Ask(ctx context.Context, t Tool) ([]byte, error)
	// Query runs a script that only reads, and returns what it printed. It runs while planning,
	// too, and sees the machine as it is now. That it changes nothing is a promise of the
	// block: nobody can keep it from that.
	Query(ctx context.Context, s Script) ([]byte, error)
	// Behind reports whether actions that come before this one change anything, so that a
	// Query may be answered otherwise after them. It is false while applying.
	Behind() bool
	// ScriptsBefore reports whether actions that come before this one change things which only
	// their scripts know, so that more may be gone after them than is planned. It is false
	// while applying.
	ScriptsBefore() bool
	// Planned returns whether a thing that only its kind can read will be there after the
	// actions that come before. ok is false if none of them changes that.
	Planned(thing kind.Thing) (there, ok bool)
}

// Writer is the writing half of a Host. Every write fails before Begin has
// succeeded. Each change is durable when its method returns, but for SyncLater.
type Writer interface {
	// Begin is called once, with the Change that Apply has just worked out, and
	// allows writes. If the thing is not what the plan saw, it returns a
	// kind.Problem with the code "moved" and writes stay refused.
	Begin(c Change) error
	// SyncLater is for many new things below a directory: that they are there is on disk when
	// Sync of the same directory returns, and not before. What takes the place of a file is on
	// disk before that, as always.
	SyncLater(dir string) error
	Sync(dir string) error
	// Replace puts a file in place in one step: a temporary file in the same
	// directory gets content, owner, permissions and extended attributes, and is
	// renamed when it is complete and on disk.
	Replace(ctx context.Context, path string, f NewFile) error
	// Mkdir makes a directory with its owner and mode in one step. It is an
	// error with the code "moved" if something is at the path by now.
	Mkdir(path string, m Meta) error
	// Link puts a symbolic link to a target in place in one step, with its owner and
	// group. It takes the place of a file, of another link or of an empty directory, and
	// follows none.
	Link(path, target string, m Meta) error
	// HardLink gives a file, which is at the resolved path to and was found there, another
	// name in one step. The name takes the place of what Link does.
	HardLink(path, to string, file Entry) error
	// CopyDir makes a directory with copies of what is in another, all of one
	// owner and group, in one step.
	CopyDir(ctx context.Context, from, to string, m Meta) error
	// EnsureDir makes a directory as Mkdir does, unless there is one by now.
	EnsureDir(path string) error
	// SetMeta changes the owner and permissions of a file or directory, never
	// through a link. A file that may be one from elsewhere under another name
	// is refused unless Meta.AllNames is set; see strangeName.
	SetMeta(path string, m Meta) error
	// SetBelow does the same for something below a directory, at the path rel
	// relative to it. It follows no link out of the directory.
	SetBelow(dir, rel string, m Meta) error
	// Remove removes a file, a link or an empty directory. Absence is no error.
	Remove(path string) error
	// SetAside renames what is at a path, within its directory, to a name that
	// nothing has. It is how something is removed and kept as a backup.
	SetAside(path, name string) error
	// PutBack renames a backup, in the directory of a path, over the file that is there.
	PutBack(path, backup string) error
	// Move renames a directory to another path of the same file system in one step. Nothing
	// may be there.
	Move(from, to string) error
	// RemoveTree removes a directory and everything in it, without following
	// links. It refuses a tree in which something is mounted.
	RemoveTree(ctx context.Context, path string) error
	// Bring has the controller get the content of a Brought, and returns it once this context
	// may pull it.
	Bring(ctx context.Context) (Content, error)
	// Run runs a program of the machine to its end. It returns a kind.Problem if
	// the program is missing or fails.
	Run(ctx context.Context, t Tool) error
	// Make runs a program of the machine in a directory that only this user can enter, and
	// that is there for this run. It returns what the files hold that the program made there.
	Make(ctx context.Context, t Tool, files ...string) ([][]byte, error)
	// RunScript runs a script that changes something to its end. It returns a kind.Problem if
	// that fails.
	RunScript(ctx context.Context, s Script) error
}

// Meta is the owner and permissions to give to a thing. A field that is nil stays
// as it is; a new thing gets the default.
type Meta struct {
	UID, GID *int64
	Mode     *int64
	// Attributes are extended attributes by their names. One that is nil is taken away; all
	// others stay.
	Attributes map[string][]byte
	// AllNames allows the change of a file that has several names, even if other
	// users may have given it this one. It is the argument hard_links.
	AllNames bool
}

// NewFile is what Replace puts in place.
type NewFile struct {
	// Content is pulled if it is not here. If it is nil, the new file has the content
	// of the file that is there now.
	Content *Content
	// CopyFrom is a resolved path of the machine, which holds Content if its bytes are not
	// here; empty is none.
	CopyFrom string
	// Fill writes the content, if that is neither here nor on the machine yet. Content is nil
	// then.
	Fill func(ctx context.Context, to download.File) error
	// From has the bytes of Content, and may have others behind them; nil if it is not read
	// from there. What comes is compared with the digest before it is put in place.
	From io.Reader
	// Found is what was found at the path, if it has to be that still; nil leaves it to the
	// Host, which knows that of the path that the action is about.
	Found *Entry
	Meta
	// Validate runs before the file is put in place, on the path of the
	// complete temporary file.
	Validate func(ctx context.Context, path string) error
	// Check is the command that Validate runs, which need not run twice on one file; empty if
	// Validate does something else.
	Check string
	// Backup is the path under which the old file is kept; empty is nowhere.
	Backup string
	// New refuses to take the place of anything.
	New bool
	// InPlace writes into the file that is there instead of replacing it, which
	// is not atomic; see overwriteAt. Content must not be nil then.
	InPlace bool

	from pull.Puller // where Content is pulled from; the Host sets it
}

// Tool is a program to run. Input reaches it over its standard input, so that
// secrets are never arguments.
type Tool struct {
	Argv  []string
	Input []byte
	// Dir is where it runs, "" for the directory of the agent.
	Dir string
	// Explain returns the problem that an exit code stands for. If it is nil, or
	// returns nil, the problem says that the program failed.
	Explain func(code int) *kind.Problem
	// Shown is given the last lines that a failed program wrote and returns what
	// people are shown of them; nil changes nothing.
	Shown func(said string) string
}
