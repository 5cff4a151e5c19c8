package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// Store is a state in a local file, with its journal and its lock beside it.
type Store struct {
	path string
	tool string
}

// Open names a store; it touches nothing. Tool is the program's version, which
// goes into what it writes.
func Open(path, tool string) *Store { return &Store{path: path, tool: tool} }

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
// nothing and needs no lock. Without a file it is an empty state that was not Found.
func (st *Store) Load() (*State, error) {
	data, err := os.ReadFile(st.path)
	if errors.Is(err, fs.ErrNotExist) {
		return New(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	s, err := decode(st.path, data)
	if err != nil {
		return nil, err
	}
	if err := st.replay(s); err != nil {
		return nil, err
	}
	return s, nil
}

func (st *Store) replay(s *State) error {
	f, err := os.Open(st.journalPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	s.replay(f)
	s.settle()
	return nil
}

// Recover reads the state like Load and begins a run on it.
func (st *Store) Recover() (*State, *Run, error) {
	s, err := st.Load()
	if err != nil {
		return nil, nil, err
	}
	run, err := st.Begin(s)
	return s, run, err
}

// Begin makes what the journal said a part of the file, and opens a new
// journal. The caller holds the lock since before it loaded s, and ends with
// Close on what it got. The journal keeps s in step from then on.
func (st *Store) Begin(s *State) (*Run, error) {
	if err := st.Save(s); err != nil {
		return nil, err
	}
	j, err := st.newJournal(s)
	if err != nil {
		return nil, err
	}
	return &Run{journal: j, store: st}, nil
}

// Run is the journal of one apply and, at its end, the save of the state.
type Run struct {
	*journal
	store *Store
}

// Close saves the state with everything the journal was told. The journal that
// it leaves behind is older than the state, and so says nothing any more.
func (r *Run) Close() error {
	r.state.settle()
	err := r.store.Save(r.state)
	return errors.Join(err, r.file.Close())
}

// Save writes the state, atomically and durably, under a new serial.
func (st *Store) Save(s *State) error {
	s.Serial++
	s.Version, s.Tool = Version, st.tool
	data, err := encode(s)
	if err != nil {
		return err
	}
	if err := st.write(st.path, data); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	s.found = true
	return nil
}

func (st *Store) newJournal(s *State) (*journal, error) {
	head := &journal{state: s}
	line, err := jsonLine(entry{Header: &header{Version: Version, Lineage: s.Lineage, Serial: s.Serial}})
	if err != nil {
		return nil, err
	}
	if err := st.write(st.journalPath(), line); err != nil {
		return nil, fmt.Errorf("write journal: %w", err)
	}
	head.file, err = os.OpenFile(st.journalPath(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return head, nil
}

// write replaces a file as a whole and syncs the folder that holds it.
func (st *Store) write(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	err := renameio.WriteFile(path, data, 0o600, renameio.WithTempDir(dir), renameio.IgnoreUmask())
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
