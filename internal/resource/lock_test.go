package resource

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, b := &Locker{Path: path}, &Locker{Path: path}
	defer a.Close()
	defer b.Close()
	if _, err := a.Lock(t.Context(), LockRequest{Session: "1", Holder: "ann@desk:17"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Lock(t.Context(), LockRequest{Session: "1", Holder: "ann@desk:17"}); err != nil {
		t.Errorf("the holder cannot lock again: %v", err)
	}
	_, err := b.Lock(t.Context(), LockRequest{Session: "2", Holder: "bob"})
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != "locked" || !strings.Contains(p.Detail, "ann@desk:17") {
		t.Errorf("got %v, want a problem that names the holder", err)
	}
	if _, err := b.Lock(t.Context(), LockRequest{Session: "1", Holder: "ann@desk:17"}); err != nil {
		t.Errorf("a second context of the same run cannot go on: %v", err)
	}
	b.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errMoved)
	if _, err := b.Lock(ctx, LockRequest{Session: "2", Wait: time.Hour}); !errors.Is(err, errMoved) {
		t.Errorf("a cancelled wait ended with %v, want the cause", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Lock(t.Context(), LockRequest{Session: "2", Holder: "bob"}); err != nil {
		t.Errorf("the lock was released, but cannot be taken: %v", err)
	}
}

var errMoved = errors.New("moved on")

// TestLockWaits holds that a run that waits gets the lock when it is released.
func TestLockWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, b := &Locker{Path: path}, &Locker{Path: path}
	defer b.Close()
	if _, err := a.Lock(t.Context(), LockRequest{Session: "1"}); err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() {
		_, err := b.Lock(t.Context(), LockRequest{Session: "2", Wait: time.Minute})
		got <- err
	}()
	a.Close()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// A stopped apply may still wait for the lock when the next apply of its run asks
// for it in the same context. Both get it.
func TestLockIsAskedForTwiceAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, b, other := &Locker{Path: path}, &Locker{Path: path}, &Locker{Path: path}
	defer b.Close()
	if _, err := a.Lock(t.Context(), LockRequest{Session: "1"}); err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	for range 2 {
		go func() {
			_, err := b.Lock(t.Context(), LockRequest{Session: "2", Wait: time.Minute})
			got <- err
		}()
	}
	a.Close()
	if err := errors.Join(<-got, <-got); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Lock(t.Context(), LockRequest{Session: "3"}); err == nil {
		t.Error("another run got the lock although it is held")
	}
}

// If two contexts of a run share the lock and the one that holds it ends, the lock
// is free. The other takes it when it is asked again, unless another run has it by
// then.
func TestLockOfAContextThatEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, b, other := &Locker{Path: path}, &Locker{Path: path}, &Locker{Path: path}
	defer b.Close()
	defer other.Close()
	for _, l := range []*Locker{a, b} {
		if _, err := l.Lock(t.Context(), LockRequest{Session: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	if _, err := b.Lock(t.Context(), LockRequest{Session: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Lock(t.Context(), LockRequest{Session: "2"}); err == nil {
		t.Error("another run got the lock although it is held")
	}
	b.Close()
	if _, err := other.Lock(t.Context(), LockRequest{Session: "2"}); err != nil {
		t.Fatal(err)
	}
	var p *kind.Problem
	if _, err := b.Lock(t.Context(), LockRequest{Session: "1"}); !errors.As(err, &p) || p.Code != kind.CodeLocked {
		t.Errorf("the second context must see that the lock is taken, got %v", err)
	}
}

// TestLockIsOurs holds that a file or link that another user put at the path is not
// opened.
func TestLockIsOurs(t *testing.T) {
	dir := t.TempDir()
	link, directory := filepath.Join(dir, "link"), filepath.Join(dir, "directory")
	target := filepath.Join(dir, "target")
	if err := errors.Join(os.WriteFile(target, []byte("keep"), 0o600), os.Symlink(target, link), os.Mkdir(directory, 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, directory} {
		l := &Locker{Path: path}
		_, err := l.Lock(t.Context(), LockRequest{Session: "1"})
		var p *kind.Problem
		if !errors.As(err, &p) || p.Code != "lock" {
			t.Errorf("%s: got %v, want a problem of the lock", path, err)
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(target, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		l := &Locker{Path: target}
		if _, err := l.Lock(t.Context(), LockRequest{Session: "1"}); err == nil {
			t.Error("a link to a file of somebody else was locked")
		}
	}
	if b, _ := os.ReadFile(target); string(b) != "keep" {
		t.Errorf("the target of the link now holds %q", b)
	}
}

// TestLockOfAnAction: if the lock of the account programs is held, the problem
// names the lock. An action that may wait gets the lock when it is released.
func TestLockOfAnAction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := openLock(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	a, b := open(), open()
	if err := waitLock(t.Context(), a, 0); err != nil {
		t.Fatal(err)
	}
	var p *kind.Problem
	if err := waitLock(t.Context(), b, 0); !errors.As(err, &p) || p.Code != "accounts_locked" || !strings.Contains(p.Detail, path) {
		t.Errorf("got %v, want a problem that names the lock", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errMoved)
	if err := waitLock(ctx, b, time.Hour); !errors.Is(err, errMoved) {
		t.Errorf("a cancelled wait ended with %v, want the cause", err)
	}
	a.Close()
	if err := waitLock(t.Context(), b, time.Hour); err != nil {
		t.Error(err)
	}
}

// Close releases the lock, as the end of the agent does.
func (l *Locker) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file, l.session = nil, ""
	return f.Close()
}
