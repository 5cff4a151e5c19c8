package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// Store is a state in a local file, with its backup, its journal and its lock
// beside it. Open makes one and touches nothing. Whoever writes holds the Lock;
// reading needs none. It never talks to a host.
type Store struct {
	path string
	tool string
	now  func() time.Time
	// step is told of each step of writing, for tests that end the process there.
	step func(did string)
}

// Open names a store; it touches nothing. Tool is the program's version, which
// goes into what it writes.
func Open(path, tool string) *Store {
	return &Store{path: path, tool: tool, now: time.Now, step: func(string) {}}
}

// Path is that of the state file.
func (st *Store) Path() string { return st.path }

func (st *Store) journalPath() string { return st.beside("journal.jsonl") }

// LockPath is the file that an apply holds locked.
func (st *Store) LockPath() string { return st.beside("lock") }

// beside is the name of a file next to the state: state.json -> state.lock.
func (st *Store) beside(ext string) string {
	return strings.TrimSuffix(st.path, filepath.Ext(st.path)) + "." + ext
}

// Load reads the state as it is after everything the journal says. It writes
// nothing and needs no lock. Without a file it is an empty state that was not
// Found; a file that is missing though its backup or its journal is there is
// lost. An error is a *ProblemError that says what to do.
func (st *Store) Load() (*State, error) {
	s, err := st.load()
	if errors.Is(err, fs.ErrNotExist) {
		s, err = st.begun()
	}
	if err == nil && !s.found {
		return s, nil
	}
	if problem := (*ProblemError)(nil); errors.As(err, &problem) && problem.Hint == "" {
		return nil, st.withHint(problem)
	}
	if err != nil {
		return nil, err
	}
	if err := st.replay(s); err != nil {
		return nil, err
	}
	return s, s.advance()
}

// load reads the state file, without the journal.
func (st *Store) load() (*State, error) {
	data, _, err := st.read(st.path)
	if err != nil {
		return nil, err
	}
	return decode(st.path, data)
}

func (st *Store) replay(s *State) error {
	f, err := openRegular(st.journalPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return moveAway(err)
	}
	defer f.Close()
	unreadable, err := s.replay(f)
	newer := errNewerJournal(0)
	switch {
	case errors.As(err, &newer):
		return &ProblemError{Path: st.journalPath(), Reason: newer.Error(), Hint: useNewer, Newer: true}
	case err != nil:
		s.damage = fmt.Sprintf("the journal %s could not be read to its end: %s", st.journalPath(), cause(err))
	case unreadable > 0:
		s.damage = fmt.Sprintf("%s of the journal %s could not be read", lines(unreadable), st.journalPath())
	}
	s.settle()
	return nil
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}

// Begin opens a new journal for an apply. What the old journal said becomes a
// part of the state file first. If there was no state file, one that says
// nothing yet is written under the serial 0, since a journal is tied to a state.
// The caller has held the lock since before it loaded s, and calls Close on the
// Run. Until then the journal keeps s in step.
func (st *Store) Begin(s *State) (*Run, error) {
	st.removeLeftovers()
	if err := st.Save(s); err != nil {
		return nil, err
	}
	j, err := st.newJournal(s)
	if err != nil {
		return nil, err
	}
	return &Run{journal: j, store: st}, nil
}

// Run is one apply as the record sees it: the Journal while it goes on and, with
// Close, the save of the state at its end.
type Run struct {
	*journal
	store *Store
}

// Close saves the state with everything the journal was told. The journal that
// it leaves behind is older than the state, and so says nothing any more; where
// it changed nothing, it still says what the state holds.
func (r *Run) Close() error {
	if r.err == nil {
		_ = r.append(entry{Outputs: &r.state.Outputs}) // the save that follows holds them, too
	}
	r.state.settle()
	err := r.store.Save(r.state)
	return errors.Join(err, r.file.Close())
}

// Save writes the state, atomically and durably, where it says something that
// the file does not. The serial rises with it, and what the file said before
// becomes the backup.
func (st *Store) Save(s *State) error {
	if err := s.advance(); err != nil {
		return err
	}
	if _, err := os.Stat(st.path); err == nil && !s.unsaved {
		return nil
	}
	s.Version, s.Tool = Version, st.tool
	data, err := encode(s)
	if err != nil {
		return err
	}
	if err := st.keepBackup(); err != nil {
		return inaccessible("write", st.BackupPath(), err)
	}
	if err := st.replace(st.path, data, time.Time{}); err != nil {
		return inaccessible("write", st.path, err)
	}
	s.found, s.unsaved = true, false
	return nil
}

func (st *Store) newJournal(s *State) (*journal, error) {
	head := &journal{state: s, step: st.step}
	line, err := jsonLine(entry{Header: &header{Version: Version, Lineage: s.Lineage, Serial: s.Serial}})
	if err != nil {
		return nil, err
	}
	if err := st.replace(st.journalPath(), line, time.Time{}); err != nil {
		return nil, inaccessible("write", st.journalPath(), err)
	}
	head.file, err = os.OpenFile(st.journalPath(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, inaccessible("write", st.journalPath(), err)
	}
	return head, nil
}

// target is the file that a path stands for: a link to the record stays one.
func (st *Store) target(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return path
}

// replace replaces a file as a whole and syncs the directory that holds it. At any
// moment either the old or the new content is there. The new one may be given
// a time of change.
func (st *Store) replace(path string, data []byte, changed time.Time) error {
	path = st.target(path)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	t, err := renameio.NewPendingFile(path, renameio.WithTempDir(dir), renameio.WithPermissions(0o600), renameio.IgnoreUmask())
	if err != nil {
		return err
	}
	defer func() { _ = t.Cleanup() }() // nothing is left to clean after a success
	st.step("created " + path)
	if _, err := t.Write(data); err != nil {
		return err
	}
	if !changed.IsZero() {
		if err := os.Chtimes(t.Name(), changed, changed); err != nil {
			return err
		}
	}
	st.step("written " + path)
	if err := t.CloseAtomicallyReplace(); err != nil {
		return err
	}
	st.step("replaced " + path)
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeLeftovers removes what earlier applies were about to write when they were
// killed. The caller holds the lock, so nobody writes now.
func (st *Store) removeLeftovers() {
	for _, path := range []string{st.target(st.path), st.BackupPath(), st.journalPath()} {
		st.removeNumbered(filepath.Dir(path), "."+filepath.Base(path))
		st.removeNumbered(filepath.Dir(path), probePrefix)
	}
}

// removeNumbered removes files whose name is a prefix and a number. One that
// stays does no harm.
func (st *Store) removeNumbered(dir, prefix string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), prefix)
		if ok && number != "" && strings.Trim(number, "0123456789") == "" && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
