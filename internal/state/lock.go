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

// Holder says who holds the lock. It is the content of the lock file.
type Holder struct {
	Who   string    `json:"who"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// LockedError is returned if another process holds the lock.
type LockedError struct {
	Path   string
	Holder Holder
	Waited time.Duration
}

func (e *LockedError) Error() string {
	waited := ""
	if e.Waited > 0 {
		waited = fmt.Sprintf(" after waiting %s", e.Waited)
	}
	return fmt.Sprintf("the record is locked%s: %s. Wait for it to end, or use -lock-timeout to wait here", waited, e.Held())
}

// Held says who holds the lock, as far as that is known.
func (e *LockedError) Held() string {
	who := "another process"
	if e.Holder.PID != 0 {
		who = fmt.Sprintf("%s, process %d on %s, since %s", e.Holder.Who, e.Holder.PID, e.Holder.Host, e.Holder.Since.Format(time.RFC3339))
	}
	return who + " holds " + e.Path
}

// Lock is a lock on a state that this process holds. The system releases it when
// the process dies, so nobody ever has to remove it by hand.
type Lock struct{ flock *flock.Flock }

// retryLock is the interval at which a held lock is tried again. It is short enough
// for a person who waits, and long enough to cost nothing.
const retryLock = 100 * time.Millisecond

// Lock locks the state for an apply. It waits up to timeout for another process
// that holds the lock, and then returns a *LockedError.
func (st *Store) Lock(ctx context.Context, h Holder, timeout time.Duration) (*Lock, error) {
	path := st.LockPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, inaccessible("write", path, err)
	}
	if err := checkRegular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, hintMoveAway(err)
	}
	f := flock.New(path, flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err == nil && !ok && timeout > 0 {
		ok, err = waitLock(ctx, f, timeout)
	}
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("lock the record: %w", err)
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

// sign writes into the lock file who holds the lock. It writes in place, because
// the lock is on the file itself: one that replaced it would not be locked.
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

// readHolder is who signed a lock file. One that cannot be read counts as nobody's.
func readHolder(path string) Holder {
	data, _ := os.ReadFile(path)
	return decodeHolder(data)
}

// decodeHolder is who signed; nobody if the text is half written, or of something else.
func decodeHolder(data []byte) (h Holder) {
	if json.Unmarshal(data, &h) != nil {
		return Holder{}
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
