// Package temporary makes directories for what lives as long as a call or a run of a process: a
// script while it runs, a file that a call of tempfile made, what the controller got for hosts.
package temporary

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Directory is one that goes with the process: at the end of a call, or of the run. The process,
// which is an agent or the controller, keeps it locked, and the kernel lets go of the lock however
// it ends, so the next process of the user finds what one has left that was killed, and removes it.
type Directory struct {
	Path string // absolute, without links
	lock *os.File
}

// OfContext is the advice for the directory for temporary things of a context.
const OfContext = "Have TMPDIR of the context name a directory"

// settleTime is how long a directory may be there without a lock: its process is about to take it.
const settleTime = time.Minute

// New makes a directory below another one, or that for temporary things. Only the
// user can enter it with mode 0700; with 0711 others reach what they know the name of. It is a
// problem of the argument attr if others could put something else in its place; advice says how
// another one is named, such as "Name a directory".
func New(attr, below, advice string, mode os.FileMode) (*Directory, error) {
	if below == "" {
		below = os.TempDir()
	}
	below, err := filesystem.Resolve(below, true, filesystem.Look)
	if err != nil {
		return nil, err
	}
	if err = safeFor(attr, below, advice); err != nil {
		return nil, err
	}
	prefix := "mitoplan-temp-" + strconv.Itoa(os.Geteuid()) + "-"
	sweep(below, prefix)
	dir, err := os.MkdirTemp(below, prefix+"*")
	if err != nil {
		return nil, err
	}
	t := &Directory{Path: dir}
	if t.lock, err = os.Open(dir); err == nil {
		err = unix.Flock(int(t.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err == nil {
		err = os.Chmod(dir, mode)
	}
	if err != nil {
		t.Remove()
		return nil, err
	}
	return t, nil
}

// safeFor returns a problem of the argument attr if other users may rename or replace what this
// user makes in a resolved directory: what is written there could be theirs, and what is removed
// later could be anything. Root may.
func safeFor(attr, dir, advice string) error {
	for at := dir; ; at = filepath.Dir(at) {
		var st unix.Stat_t
		if err := unix.Lstat(at, &st); err != nil {
			return &os.PathError{Op: "lstat", Path: at, Err: err}
		}
		theirs := st.Uid != 0 && int(st.Uid) != os.Geteuid()
		if open := st.Mode&0o022 != 0 && st.Mode&unix.S_ISVTX == 0; theirs || open {
			return kind.NewProblem(attr, kind.CodeUnsafeDirectory, "Other users may change the directory",
				"%s belongs to user %d and has the mode %04o, so that others than this user and root may put something else in the place of what is made in %s. Nothing was made. %s that only this user can change, or one with the sticky bit, such as /tmp.", at, st.Uid, st.Mode&0o7777, dir, kind.Rule(advice))
		}
		if at == "/" {
			return nil
		}
	}
}

// Remove takes the directory away, with all in it.
func (t *Directory) Remove() {
	_ = os.RemoveAll(t.Path)
	if t.lock != nil {
		t.lock.Close()
	}
}

// sweep removes what processes of this user have left that were killed.
func sweep(below, prefix string) { sweepOlder(below, prefix, settleTime) }

func sweepOlder(below, prefix string, age time.Duration) {
	f, err := os.Open(below)
	if err != nil {
		return
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(1024)
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				sweepOne(filepath.Join(below, name), age)
			}
		}
		if err != nil {
			return
		}
	}
}

func sweepOne(dir string, age time.Duration) {
	var st unix.Stat_t
	if unix.Lstat(dir, &st) != nil || filesystem.TypeOf(uint32(st.Mode)) != filesystem.Directory || int(st.Uid) != os.Geteuid() || time.Since(time.Unix(st.Ctim.Unix())) < age {
		return
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil {
		_ = os.RemoveAll(dir)
	}
}
