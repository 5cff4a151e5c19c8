package resource

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// turns has actions that change one thing come one after the other, whichever
// contexts they come from: what an action has read is still so when it writes.
// The zero value is ready; any goroutine may use it.
type turns struct {
	mu sync.Mutex
	// taken has a channel for each thing that someone works on, closed when
	// they are done.
	taken map[kind.Thing]chan struct{}
}

// take waits until nobody works on a thing, and returns what gives it back.
func (t *turns) take(ctx context.Context, thing kind.Thing) (done func(), err error) {
	for {
		t.mu.Lock()
		busy := t.taken[thing]
		if busy == nil {
			break
		}
		t.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	defer t.mu.Unlock()
	if t.taken == nil {
		t.taken = map[kind.Thing]chan struct{}{}
	}
	mine := make(chan struct{})
	t.taken[thing] = mine
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.taken, thing)
		close(mine)
	}, nil
}

// Accounts is the thing that every action on a user or group changes: the
// programs that do it lock /etc/passwd, and give up where it is locked.
const Accounts kind.Thing = "accounts"

// accountsWait is how long another agent may change accounts. Its programs wait
// 15 s for locks themselves.
const accountsWait = 2 * time.Minute

// turn waits until no other action changes the thing of a resource, and
// returns what lets the next one go on.
func (m *Machine) turn(ctx context.Context, res Resource) (done func(), err error) {
	thing := res.Thing()
	if thing == Accounts {
		return m.accountsTurn(ctx)
	}
	// A path that cannot be resolved is one that the resource refuses.
	written, _ := thing.Path()
	if p, err := resolve(written, true, m.look); err == nil {
		thing = kind.PathThing(p)
	}
	return m.turns.take(ctx, thing)
}

// accountsTurn is that of all accounts, also against the other agents of this
// user on the machine.
func (m *Machine) accountsTurn(ctx context.Context) (done func(), err error) {
	here, err := m.turns.take(ctx, Accounts)
	if err != nil || os.Geteuid() != 0 {
		return here, err
	}
	f, err := openLock(filepath.Join(filepath.Dir(LockPath()), "mitoplan-accounts.lock"))
	if err == nil {
		if err = waitLock(ctx, f, accountsWait); err == nil {
			return func() { f.Close(); here() }, nil
		}
		f.Close()
	}
	here()
	return nil, err
}
