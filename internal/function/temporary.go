package function

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// temporary is a directory that goes with the agent: at the end of a call, or of the run. The
// agent keeps it locked, and the kernel lets go of the lock however the agent ends, so the next
// agent of the user finds what one has left that was killed, and removes it.
type temporary struct {
	path string
	lock *os.File
}

// settleTime is how long a directory may be there without a lock: its agent is about to take it.
const settleTime = time.Minute

// newTemporary makes a directory below another one, or that for temporary things. Only the
// user can enter it with mode 0700; with 0711 others reach what they know the name of. It is a
// problem of the argument attr if others could put something else in its place.
func newTemporary(attr, below string, mode os.FileMode) (*temporary, error) {
	if below == "" {
		below = os.TempDir()
	}
	below, err := filesystem.Resolve(below, true, filesystem.Look)
	if err != nil {
		return nil, err
	}
	if err = safeFor(attr, below); err != nil {
		return nil, err
	}
	prefix := "mitoplan-temp-" + strconv.Itoa(os.Geteuid()) + "-"
	sweep(below, prefix)
	dir, err := os.MkdirTemp(below, prefix+"*")
	if err != nil {
		return nil, err
	}
	t := &temporary{path: dir}
	if t.lock, err = os.Open(dir); err == nil {
		err = unix.Flock(int(t.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err == nil {
		err = os.Chmod(dir, mode)
	}
	if err != nil {
		t.remove()
		return nil, err
	}
	return t, nil
}

// safeFor returns a problem of the argument attr if other users may rename or replace what this
// user makes in a resolved directory: what is written there could be theirs, and what is removed
// later could be anything. Root may.
func safeFor(attr, dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		var st unix.Stat_t
		if err := unix.Lstat(at, &st); err != nil {
			return &os.PathError{Op: "lstat", Path: at, Err: err}
		}
		theirs := st.Uid != 0 && int(st.Uid) != os.Geteuid()
		if open := st.Mode&0o022 != 0 && st.Mode&unix.S_ISVTX == 0; theirs || open {
			return kind.NewProblem(attr, kind.CodeUnsafeDirectory, "Other users may change the directory",
				"%s belongs to user %d and has the mode %04o, so that others than this user and root may put something else in the place of what is made in %s. Nothing was made. Name a directory that only this user can change, or one with the sticky bit, such as /tmp.", at, st.Uid, st.Mode&0o7777, dir)
		}
		if at == "/" {
			return nil
		}
	}
}

// remove takes the directory away, with all in it.
func (t *temporary) remove() {
	_ = os.RemoveAll(t.path)
	if t.lock != nil {
		t.lock.Close()
	}
}

// sweep removes what agents of this user have left that were killed.
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

// kept are the directories that stay until the run ends.
var kept struct {
	mu  sync.Mutex
	all []*temporary
}

// keep leaves a directory until the run ends.
func (t *temporary) keep() {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	kept.all = append(kept.all, t)
}

// RemoveTemporary removes what calls have made for the time of the run. An agent calls it when
// it ends.
func RemoveTemporary() {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	for _, t := range kept.all {
		t.remove()
	}
	kept.all = nil
}
