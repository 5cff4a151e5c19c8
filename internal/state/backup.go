package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// BackupPath is the path of the file that holds the record as it was before its
// last change. If the state file is lost, the backup and the journal, which holds
// that change, replace it.
func (st *Store) BackupPath() string { return st.path + ".backup" }

// keepBackup copies the state file to the backup before the state file is replaced.
// If the state file is damaged, the old backup stays, since it is the better one.
func (st *Store) keepBackup() error {
	info, err := os.Stat(st.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := os.ReadFile(st.path)
	if err != nil {
		return err
	}
	if _, err := decode(st.path, data); err != nil {
		return nil //nolint:nilerr // the old backup is better than a damaged state
	}
	return st.replace(st.BackupPath(), data, info.ModTime())
}

func (st *Store) backup() (*State, fs.FileInfo, error) {
	data, info, err := st.read(st.BackupPath())
	if err != nil {
		return nil, nil, err
	}
	s, err := decode(st.BackupPath(), data)
	return s, info, err
}

// useNewer is the hint about a file that a later version of mitoplan wrote.
const useNewer = "Use that version, which can read it."

// withHint adds a hint to a problem of the state file: the commands that put the
// backup in its place or, if there is none, begin a new record.
func (st *Store) withHint(p *ProblemError) *ProblemError {
	if p.Newer {
		p.Hint = useNewer
		return p
	}
	aside := moved(st.path, ".damaged")
	b, info, err := st.backup()
	switch {
	case errors.Is(err, fs.ErrNotExist) && st.neverKept():
		p.Hint = st.notOurs(aside)
	case err != nil:
		p.Hint = st.noBackup(err) + " " + st.startOver(aside)
	default:
		p.Hint = fmt.Sprintf("Its backup %s is the record as it was before its last change, written %s. %s Put it in place with:\n    %s && cp -p %s %s\nThen plan: hosts are read anew, so that nothing is done twice.",
			st.BackupPath(), age(info.ModTime(), st.now()), st.sinceBackup(b), aside, ShellPath(st.BackupPath()), ShellPath(st.path))
	}
	return p
}

// neverKept reports that nothing beside the state file tells that it ever was one.
func (st *Store) neverKept() bool {
	_, err := os.Lstat(st.journalPath())
	return errors.Is(err, fs.ErrNotExist)
}

// notOurs is the hint for something that most likely is no record and never was: to leave
// it where it is.
func (st *Store) notOurs(aside string) string {
	if info, err := os.Stat(st.path); err != nil || !info.Mode().IsRegular() {
		return "Keep" + elsewhere
	}
	return fmt.Sprintf("If this file is something else, leave it where it is, and keep%s If it was a record and is damaged, there is no backup of it: move it away to begin without one:\n    %s\n%s", elsewhere, aside, withoutRecord)
}

// noBackup says why the backup cannot replace the state file.
func (st *Store) noBackup(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "There is no backup of it."
	}
	return "Its backup cannot be used: " + strings.TrimSuffix(err.Error(), ".") + "."
}

// startOver says how to begin without a record on purpose. The backup and the
// journal have to be moved away too, because otherwise the record counts as lost.
func (st *Store) startOver(commands ...string) string {
	for _, path := range []string{st.BackupPath(), st.journalPath()} {
		if _, err := os.Lstat(path); err == nil {
			commands = append(commands, moved(path, ".old"))
		}
	}
	return fmt.Sprintf("To begin without a record, move away what is left of it:\n    %s\n%s", strings.Join(commands, " && "), withoutRecord)
}

// moved returns the command that renames a file by adding an extension.
func moved(path, ext string) string {
	return fmt.Sprintf("mv %s %s", ShellPath(path), ShellPath(path+ext))
}

// loadMissing is called if there is no state file. It returns an empty state for a
// new project. If there is a backup or a journal of earlier applies, the state file
// was lost, and it returns an error: the next apply would overwrite both.
func (st *Store) loadMissing() (*State, error) {
	if left, err := os.Stat(st.BackupPath()); (err != nil || !left.Mode().IsRegular()) && !st.journalLeft() {
		return New(), nil //nolint:nilerr // there is none
	}
	b, info, err := st.backup()
	if s, err := st.load(); err == nil {
		return s, nil // another apply has just written the first state
	}
	if err != nil {
		reason := "is missing, and other files of the record are there"
		return nil, &ProblemError{Path: st.path, Reason: reason, Hint: st.noBackup(err) + " If the file was moved, move it back. " + st.startOver()}
	}
	return nil, &ProblemError{Path: st.path, Reason: "is missing", Hint: fmt.Sprintf("Its backup %s is there: the record as it was before its last change, written %s. %s Put it in place with:\n    cp -p %s %s\n%s",
		st.BackupPath(), age(info.ModTime(), st.now()), st.sinceBackup(b), ShellPath(st.BackupPath()), ShellPath(st.path), st.startOver())}
}

// journalLeft reports whether there is the journal of an earlier apply. A state
// file is always written before a journal, so there was one.
func (st *Store) journalLeft() bool {
	f, err := openRegular(st.journalPath())
	if err != nil {
		return false
	}
	defer f.Close()
	first, err := readHeader(f)
	return err == nil && first != nil && first.Lineage != ""
}

// withoutRecord says what is lost without a record, and what is not.
const withoutRecord = "Plans stay right without one. What is lost: which things are no longer in the configuration, which triggered calls are owed, the outputs, and who changed what differs."

// sinceBackup says how much the backup holds, and whether the journal holds what
// was applied after it.
func (st *Store) sinceBackup(b *State) string {
	holds := fmt.Sprintf("It is at serial %d with %s.", b.Serial, things(len(b.Instances)))
	f, err := openRegular(st.journalPath())
	if err != nil {
		return holds + " What the last apply did is not in it."
	}
	defer f.Close()
	if first, err := readHeader(f); err != nil || !b.continuedBy(first) || first.Serial != b.Serial || first.Version > Version {
		return holds + " What was applied since is not in it, or not all of it."
	}
	if err := st.replay(b); err != nil || b.damage != "" {
		return holds + " The journal of the last apply is damaged: what that did may not be known."
	}
	return fmt.Sprintf("The journal beside it holds what the last apply did, so that nothing is lost: together they hold %s.", things(len(b.Instances)))
}

func things(n int) string { return counted(n, "thing") }

// counted returns a number with its noun, in the singular or the plural.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// age returns a time and how long ago it was, for people.
func age(at, now time.Time) string {
	ago := now.Sub(at)
	text := at.Format(time.RFC3339)
	switch {
	case ago < 0:
		return text
	case ago < time.Second:
		return text + ", less than a second ago"
	case ago < 2*time.Minute:
		return fmt.Sprintf("%s, %s ago", text, counted(int(ago.Seconds()), "second"))
	case ago < 2*time.Hour:
		return fmt.Sprintf("%s, %s ago", text, counted(int(ago.Minutes()), "minute"))
	case ago < 48*time.Hour:
		return fmt.Sprintf("%s, %s ago", text, counted(int(ago.Hours()), "hour"))
	}
	return fmt.Sprintf("%s, %s ago", text, counted(int(ago.Hours()/24), "day"))
}

// ShellPath returns a path as an argument for a shell command: absolute, and quoted
// if necessary. It is absolute because -chdir may have changed the directory, so
// that a relative path would be wrong in the user's shell.
func ShellPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	plain := func(r rune) bool {
		return r == '/' || r == '.' || r == '-' || r == '_' || r == '+' || r == ':' || r == '@' || r == '%' || r == ',' ||
			'0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
