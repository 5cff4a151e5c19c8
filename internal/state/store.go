package state

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// Store keeps a state in a local file, with its backup, journal and lock in the
// same directory. Open makes one. The Lock has to be held to write; it is not
// needed to read. A Store never talks to a host.
type Store struct {
	path string
	tool string
	now  func() time.Time
	// step is called after each step of writing, for tests that kill the process
	// there.
	step func(did string)
}

// Open returns the store of a state file. It reads and writes nothing. tool is the
// program's version, which Save writes into the file.
func Open(path, tool string) *Store {
	return &Store{path: path, tool: tool, now: time.Now, step: func(string) {}}
}

// Path returns the path of the state file.
func (st *Store) Path() string { return st.path }

func (st *Store) journalPath() string { return st.beside("journal.jsonl") }

// LockPath is the file that an apply holds locked.
func (st *Store) LockPath() string { return st.beside("lock") }

// Files are what the store has on the disk: what each is, by path.
func (st *Store) Files() map[string]string {
	return map[string]string{
		st.path: "the record of this configuration", st.BackupPath(): "the backup of the record",
		st.journalPath(): "the journal of the record", st.LockPath(): "the lock of the record",
	}
}

// beside is the name of a file next to the state: state.json -> state.lock.
func (st *Store) beside(ext string) string {
	return strings.TrimSuffix(st.path, filepath.Ext(st.path)) + "." + ext
}

// Load reads the state and applies the journal to it. It writes nothing and needs
// no lock. If there is no file, it returns an empty state, for which Found is
// false. If the file is missing but its backup or its journal is there, the file
// was lost, and Load returns an error. An error about a file is a *ProblemError
// that says what to do.
func (st *Store) Load() (*State, error) {
	s, err := st.load()
	if errors.Is(err, fs.ErrNotExist) {
		s, err = st.loadMissing()
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
	if !s.folded && s.content != [sha256.Size]byte{} {
		return s, nil // as in the file
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
		return hintMoveAway(err)
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

// Begin opens a new journal for an apply. It first saves s, which holds what the
// old journal said. If there is no state file, it writes one with the serial 0,
// because a journal names the state that it continues. The caller has held the
// lock since before it loaded s, and calls Close on the Writer. Until then every line
// of the journal is applied to s.
func (st *Store) Begin(s *State) (*Writer, error) {
	st.removeLeftovers()
	if err := st.Save(s); err != nil {
		return nil, err
	}
	j, err := st.newJournal(s)
	if err != nil {
		return nil, err
	}
	return &Writer{journal: j, store: st}, nil
}

// Writer is one apply, as far as the record is concerned. It is the Journal while the
// apply runs. Close saves the state at its end.
type Writer struct {
	*journal
	store *Store
}

// Close saves the state with everything that is in the journal. The journal file
// stays. If the apply changed anything, its serial is now lower than that of the
// state, so that it is ignored. If not, it says nothing that the state does not.
func (r *Writer) Close() error {
	if r.err == nil {
		_ = r.append(entry{Outputs: &r.state.Outputs}) // the save that follows holds them, too
	}
	r.state.settle()
	err := r.store.Save(r.state)
	return errors.Join(err, r.file.Close())
}

// Save writes the state to the disk, atomically, if it holds something that the
// file does not. The serial rises then, and the old file becomes the backup.
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

// target follows symbolic links, so that a link to the record stays a link when
// the record is replaced.
func (st *Store) target(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return path
}

// replace replaces a file as a whole and syncs its directory. At any moment either
// the old or the new content is there. changed becomes the modification time of the
// new file, unless it is zero.
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
	return syncDirectory(dir)
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// removeLeftovers removes the temporary files of earlier applies that were killed.
// The caller holds the lock, so nobody else is writing now.
func (st *Store) removeLeftovers() {
	for _, path := range []string{st.target(st.path), st.BackupPath(), st.journalPath()} {
		st.removeNumbered(filepath.Dir(path), "."+filepath.Base(path))
		st.removeNumbered(filepath.Dir(path), probePrefix)
	}
}

// removeNumbered removes the files whose name is a prefix and a number. A file that
// cannot be removed does no harm.
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
