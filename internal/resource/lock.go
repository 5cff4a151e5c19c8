package resource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// How often a lock that another holds is tried again: that of the machine, which
// is held for an apply, and one that is held for an action.
const (
	lockPoll  = 100 * time.Millisecond
	shortPoll = 20 * time.Millisecond
)

// Locker holds the lock of a machine for as long as the process lives, so that
// two applies do not interleave. Any goroutine may use it.
type Locker struct {
	// Path is the file that is locked; empty is LockPath().
	Path string

	mu      sync.Mutex
	file    *os.File
	session string
}

// Lock takes the lock, waits for it as long as the request allows, and keeps
// it until the process ends. A second context of the same session on the same
// machine shares it. If the one that holds it has ended since, the next request of
// the session takes it again.
func (l *Locker) Lock(ctx context.Context, req LockRequest) (LockReply, error) {
	if f := l.ofSession(req.Session); f != nil {
		return LockReply{}, await(ctx, f, req)
	}
	path := l.Path
	if path == "" {
		path = LockPath()
	}
	f, err := openLock(path)
	if err != nil {
		return LockReply{}, err
	}
	if err := await(ctx, f, req); err != nil {
		f.Close()
		return LockReply{}, err
	}
	if kept := l.keep(f, req.Session); kept != f {
		f.Close()
		return LockReply{}, await(ctx, kept, req)
	}
	return LockReply{}, nil
}

// ofSession is the file through which a session has the lock, nil if it has none.
func (l *Locker) ofSession(session string) *os.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != session {
		return nil
	}
	return l.file
}

// keep keeps the file through which a session has the lock, and returns it. If another
// request of the session was faster, that is the file of that one.
func (l *Locker) keep(f *os.File, session string) *os.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil && l.session == session {
		return l.file
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.session = f, session
	return f
}

// openLock opens the file of a lock, or makes it. The file must belong to this user:
// another could hold the lock for ever, or have put a link there.
func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, inTheWay(path, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		f.Close()
		return nil, lockProblem(path, err.Error())
	}
	if int(st.Uid) != os.Geteuid() || entryType(uint32(st.Mode)) != TypeFile {
		f.Close()
		return nil, inTheWay(path, unix.EBUSY)
	}
	return f, nil
}

// inTheWay is the problem of a lock file that cannot be used: it belongs to another
// user, or it is a link or a directory.
func inTheWay(path string, err error) error {
	var st unix.Stat_t
	if lstat(path, &st) != nil {
		return lockProblem(path, err.Error())
	}
	if int(st.Uid) != os.Geteuid() {
		return lockProblem(path, fmt.Sprintf("user %d made it, and can block the applies of other users with it. Ask root to look at it and remove it", st.Uid))
	}
	if entryType(uint32(st.Mode)) != TypeFile {
		return lockProblem(path, "it is not a regular file. Remove it")
	}
	return lockProblem(path, err.Error())
}

func lockProblem(path, why string) error {
	return kind.NewProblem("", kind.CodeLock, "The lock of the machine cannot be taken",
		"%s: %s. The lock keeps two applies from changing one machine at once.", path, why)
}

// await takes the lock of an open file and writes its holder into it. The session
// that already holds it shares it.
func await(ctx context.Context, f *os.File, req LockRequest) error {
	var holder string
	shared := func() bool {
		var session string
		session, holder = signature(f)
		return session == req.Session && session != ""
	}
	taken, err := poll(ctx, f, lockPoll, req.Wait, shared, func() error {
		return kind.NewProblem("", kind.CodeLocked, "Another apply has locked the machine",
			"%s holds the lock %s. Wait until it has ended, or wait longer with -lock-timeout.", holder, f.Name())
	})
	if err != nil || !taken {
		return err
	}
	return sign(f, req)
}

// waitLock takes the lock of an open file that other agents hold for one action at
// a time.
func waitLock(ctx context.Context, f *os.File, wait time.Duration) error {
	_, err := poll(ctx, f, shortPoll, wait, func() bool { return false }, func() error {
		return kind.NewProblem("name", kind.CodeAccountsLocked, "The accounts cannot be changed now",
			"Another agent on this machine has been changing accounts for %s, and holds %s. Look at the useradd, usermod, userdel or chpasswd that it runs.", wait, f.Name())
	})
	return err
}

// poll tries flock(2) on an open file again and again until it has the lock, and
// reports whether it has. It ends without the lock, and without an error, if whoever
// holds it shares it, and with the error late after the time to wait.
func poll(ctx context.Context, f *os.File, every, wait time.Duration, shared func() bool, late func() error) (taken bool, err error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return false, lockProblem(f.Name(), err.Error())
		}
		if shared() {
			return false, nil
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return false, late()
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// sign writes into the lock file who holds the lock. It is one write, so that no
// reader sees half of it.
func sign(f *os.File, req LockRequest) error {
	text := oneLine(req.Session) + "\n" + oneLine(req.Holder) + "\n"
	if err := f.Truncate(0); err != nil {
		return lockProblem(f.Name(), err.Error())
	}
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		return lockProblem(f.Name(), err.Error())
	}
	return nil
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// signature reads who holds the lock.
func signature(f *os.File) (session, holder string) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	session, rest, _ := strings.Cut(string(b), "\n")
	holder, _, _ = strings.Cut(rest, "\n")
	if err != nil || holder == "" {
		holder = "someone unknown"
	}
	return session, oneLine(holder)
}
