package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Holder is who holds the lock, as written in the lock file.
type Holder struct {
	Who   string    `json:"who"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// LockedError is a lock that another process holds.
type LockedError struct {
	Path   string
	Holder Holder
	Waited time.Duration
}

func (e *LockedError) Error() string {
	who := "another process"
	if e.Holder.PID != 0 {
		who = fmt.Sprintf("%s, process %d on %s, since %s", e.Holder.Who, e.Holder.PID, e.Holder.Host, e.Holder.Since.Format(time.RFC3339))
	}
	waited := ""
	if e.Waited > 0 {
		waited = fmt.Sprintf(" after waiting %s", e.Waited)
	}
	return fmt.Sprintf("the state is locked%s: %s holds %s. Wait for it to end, or use -lock-timeout to wait here", waited, who, e.Path)
}

// Lock is the hold of one process on a state. The system releases it when the
// process dies, so that there is nothing to break by hand.
type Lock struct{ flock *flock.Flock }

// retryLock is how often a held lock is tried again: often enough for a person,
// seldom enough to cost nothing.
const retryLock = 100 * time.Millisecond

// Lock takes the state for an apply, waiting up to timeout for who has it.
func (st *Store) Lock(ctx context.Context, h Holder, timeout time.Duration) (*Lock, error) {
	path := st.LockPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, inaccessible("write", path, err)
	}
	if err := regular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, moveAway(err)
	}
	f := flock.New(path, flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err == nil && !ok && timeout > 0 {
		ok, err = waitLock(ctx, f, timeout)
	}
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	if err != nil {
		return nil, inaccessible("write", path, err)
	}
	if !ok {
		return nil, &LockedError{Path: path, Holder: readHolder(path), Waited: timeout}
	}
	l := &Lock{flock: f}
	return l, l.sign(h)
}

func waitLock(ctx context.Context, f *flock.Flock, timeout time.Duration) (bool, error) {
	wait, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ok, err := f.TryLockContext(wait, retryLock)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return false, nil
	}
	return ok, err
}

// sign writes who holds the lock into it, in place: the file is never replaced,
// because the lock is on the file and not on its name.
func (l *Lock) sign(h Holder) error {
	line, err := jsonLine(h)
	if err == nil {
		err = os.WriteFile(l.flock.Path(), line, 0o600)
	}
	if err != nil {
		return errors.Join(inaccessible("write", l.flock.Path(), err), l.flock.Unlock())
	}
	return nil
}

// Unlock releases the lock, so that another process can take it.
func (l *Lock) Unlock() error {
	return errors.Join(os.Truncate(l.flock.Path(), 0), l.flock.Unlock())
}

func readHolder(path string) (h Holder) {
	data, err := os.ReadFile(path)
	if err == nil {
		_ = json.Unmarshal(data, &h) // a half-written one is no holder
	}
	return h
}

func jsonLine(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return append(b, '\n'), nil
}
