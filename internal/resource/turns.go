package resource

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// turns makes the actions of this agent that change one thing run one after the
// other, so that what an action has read is still true when it writes. The zero
// value is ready; any goroutine may use it.
type turns struct {
	mu sync.Mutex
	// taken has a channel for each thing that an action works on. It is closed
	// when the action is done.
	taken map[kind.Thing]chan struct{}
}

// take waits until no other action works on a thing. The caller owns it until it
// calls done. err is the cause of ctx if that ended first. While it waits, the call counts
// as one that goes on: whoever is waited for has a bound of its own.
func (t *turns) take(ctx context.Context, thing kind.Thing) (done func(), err error) {
	for {
		t.mu.Lock()
		busy := t.taken[thing]
		if busy == nil {
			break
		}
		t.mu.Unlock()
		if err := awaitTurn(ctx, busy); err != nil {
			return nil, err
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

// awaitTurn waits for a turn.
func awaitTurn(ctx context.Context, busy <-chan struct{}) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-busy:
			return nil
		case <-tick.C:
			transport.Advance(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Accounts is the thing that every action on a user or group changes. The programs that
// change accounts lock /etc/passwd, and fail if it is locked.
const Accounts kind.Thing = "accounts"

// accountsFiles are the files that those programs put new ones in the place of. What becomes of
// one by its path waits for them: an owner or a mode that one of them did not see would be lost.
var accountsFiles = []string{passwdFile, groupFile, shadowFile, "/etc/gshadow"}

// accountsWait is how long to wait for another agent that changes accounts. The
// programs that it runs wait up to 15 s for locks themselves.
const accountsWait = 2 * time.Minute

// turn waits until no other action changes the thing of a resource. The next one
// goes on when done is called.
func (m *Machine) turn(ctx context.Context, res Resource) (done func(), err error) {
	thing := res.Thing()
	if thing == Accounts {
		return m.accountsTurn(ctx)
	}
	if written, ok := thing.Path(); ok {
		// A path that cannot be resolved is one that the resource refuses.
		if p, err := filesystem.Resolve(written, true, filesystem.Look); err == nil {
			if slices.Contains(accountsFiles, p) {
				return m.accountsTurn(ctx)
			}
			thing = kind.PathThing(p)
		}
	}
	return m.turns.take(ctx, thing)
}

// accountsTurn waits for the turn of all accounts. If the agent is root, a file lock
// keeps other agents on the machine waiting, too.
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
