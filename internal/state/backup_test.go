package state

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// twoApplies makes a record as two applies leave it, with a backup and a journal
// that continues it. It returns the state.
func twoApplies(t *testing.T, st *Store) *State {
	t.Helper()
	s := New()
	s.Instances["file.before"] = &Instance{Address: "file.before"}
	if err := st.Save(s); err != nil {
		t.Fatal(err)
	}
	s, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	script(t, run)
	s.Outputs["kernel"] = Output{Type: []byte(`"string"`), Value: []byte(`"6.1"`)}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// commandsIn returns the indented lines of a message, which are the commands to
// run.
func commandsIn(err error) (out []string) {
	if err == nil {
		return nil
	}
	for line := range strings.Lines(err.Error()) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			out = append(out, strings.TrimSpace(command))
		}
	}
	return out
}

// damages are what may stand in place of a state file.
var damages = map[string]struct {
	do   func(path string) error
	want string
}{
	"truncated":        {func(p string) error { return os.Truncate(p, 100) }, "is not whole: it ends in the middle"},
	"empty":            {func(p string) error { return os.Truncate(p, 0) }, "is empty"},
	"half of the JSON": {func(p string) error { return os.WriteFile(p, []byte("{\n  \"version\": 2,\n  \"serial\""), 0o600) }, "is not whole"},
	"zero bytes":       {func(p string) error { return os.WriteFile(p, make([]byte, 4096), 0o600) }, "nothing but zero bytes"},
	"a merge conflict": {func(p string) error {
		return os.WriteFile(p, []byte("{\n<<<<<<< HEAD\n  \"version\": 2\n=======\n}\n"), 0o600)
	}, "line 2 is no JSON"},
	"a list":          {func(p string) error { return os.WriteFile(p, []byte(`[]`), 0o600) }, "is not a record: it is a JSON array."},
	"no version":      {func(p string) error { return os.WriteFile(p, []byte(`{}`), 0o600) }, "it has no version"},
	"wrong version":   {func(p string) error { return os.WriteFile(p, []byte(`{"version":0}`), 0o600) }, "there is no format version 0"},
	"another program": {func(p string) error { return os.WriteFile(p, []byte(`{"version":6,"terraform_version":"1.9"}`), 0o600) }, "format version 6"},
	"a directory":     {inPlaceOf(func(p string) error { return os.Mkdir(p, 0o700) }), "is a directory, and should be a file"},
	"a pipe":          {inPlaceOf(func(p string) error { return syscall.Mkfifo(p, 0o600) }), "is a named pipe, and should be a file"},
	"a link into the void": {inPlaceOf(func(p string) error {
		return os.Symlink("/nonexistent/state.json", p)
	}), "is a link to /nonexistent/state.json, which does not exist"},
}

func inPlaceOf(f func(string) error) func(string) error {
	return func(p string) error { return errors.Join(os.Remove(p), f(p)) }
}

// TestACorruptRecordNamesItsBackup: the commands in the message restore the whole
// record, with what the last apply did.
func TestACorruptRecordNamesItsBackup(t *testing.T) {
	for name, c := range damages {
		t.Run(name, func(t *testing.T) {
			st := Open(filepath.Join(t.TempDir(), "with space's", "state.json"), "v0.1.0-test")
			want := twoApplies(t, st)
			written := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			if err := os.Chtimes(st.BackupPath(), written, written); err != nil {
				t.Fatal(err)
			}
			st.now = func() time.Time { return written.Add(90 * time.Minute) }
			if err := c.do(st.Path()); err != nil {
				t.Fatal(err)
			}
			_, err := st.Load()
			var p *ProblemError
			if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), st.Path()) {
				t.Fatalf("got %v, want a problem with the file and %q", err, c.want)
			}
			if p.Newer {
				if commandsIn(err) != nil || !strings.Contains(p.Hint, "Use that version") {
					t.Errorf("the hint about a newer version is %s", p.Hint)
				}
				return
			}
			for _, words := range []string{st.BackupPath(), "2026-01-02T", "90 minutes ago", "nothing is lost: together they hold 3 things."} {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("the message lacks %q: %v", words, err)
				}
			}
			run := commandsIn(err)
			if len(run) != 1 {
				t.Fatalf("the message has the commands %q, want one: %v", run, err)
			}
			sh := exec.Command("sh", "-ec", run[0])
			sh.Dir = "/" // an absolute path is right anywhere
			if out, err := sh.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v %s", run[0], err, out)
			}
			back, err := st.Load()
			if err != nil {
				t.Fatal(err)
			}
			same(t, back, want)
			if back.Revision() != want.Revision() {
				t.Errorf("the restored record has the revision %v, want %v", back.Revision(), want.Revision())
			}
			if _, err := os.Lstat(st.Path() + ".damaged"); err != nil {
				t.Errorf("the damaged file is not kept: %v", err)
			}
		})
	}
}

// TestACorruptRecordWithoutAGoodBackup: after the commands in the message, the next
// apply can begin.
func TestACorruptRecordWithoutAGoodBackup(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(st *Store) error
		want string
	}{
		"none":         {func(st *Store) error { return os.Remove(st.BackupPath()) }, "There is no backup of it."},
		"damaged, too": {func(st *Store) error { return os.Truncate(st.BackupPath(), 9) }, "Its backup cannot be used: the file"},
		"a directory": {func(st *Store) error {
			return inPlaceOf(func(p string) error { return os.Mkdir(p, 0o700) })(st.BackupPath())
		}, "is a directory"},
		"without its journal": {func(st *Store) error { return os.Remove(st.journalPath()) }, "What the last apply did is not in it."},
		"an older journal": {func(st *Store) error {
			return os.WriteFile(st.journalPath(), []byte(`{"header":{"version":2,"lineage":"other","serial":9}}`+"\n"), 0o600)
		}, "What was applied since is not in it, or not all of it."},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore(t)
			twoApplies(t, st)
			if err := os.WriteFile(st.Path(), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.do(st); err != nil {
				t.Fatal(err)
			}
			_, err := st.Load()
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "nothing is lost") {
				t.Fatalf("got %v, want %q without a claim that nothing is lost", err, c.want)
			}
			for _, command := range commandsIn(err) {
				if out, err := exec.Command("sh", "-ec", command).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v %s", command, err, out)
				}
			}
			if _, run, err := st.Recover(); err != nil {
				t.Errorf("after the commands: %v", err)
			} else if err := run.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTheBackupIsWhatWasThereBefore follows a record through three changes.
func TestTheBackupIsWhatWasThereBefore(t *testing.T) {
	st := newStore(t)
	s := New()
	for n := range 3 {
		if err := st.Save(s); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(st.Path())
		if err != nil {
			t.Fatal(err)
		}
		s.Outputs["n"] = Output{Type: []byte(`"number"`), Value: []byte{byte('0' + n)}}
		if err := st.Save(s); err != nil {
			t.Fatal(err)
		}
		if err := st.Save(s); err != nil { // says nothing new
			t.Fatal(err)
		}
		backup, err := os.ReadFile(st.BackupPath())
		if err != nil || string(backup) != string(before) {
			t.Errorf("the backup is %s, %v, want %s", backup, err, before)
		}
	}
	info, err := os.Stat(st.BackupPath())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has the mode %v, %v; want 0600", info.Mode(), err)
	}
}

// TestALinkToTheRecordStaysOne: people keep the record in another place that way.
func TestALinkToTheRecordStaysOne(t *testing.T) {
	st := newStore(t)
	real := filepath.Join(t.TempDir(), "real.json")
	if err := errors.Join(st.Save(New()), os.Rename(st.Path(), real), os.Symlink(real, st.Path())); err != nil {
		t.Fatal(err)
	}
	s, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	s.Instances["file.motd"] = motd()
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(st.Path()); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the record is %v, %v; want a link", info.Mode(), err)
	}
	if data, err := os.ReadFile(real); err != nil || !strings.Contains(string(data), "file.motd") {
		t.Errorf("the file that the link leads to holds %s, %v", data, err)
	}
}

func TestAge(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		-time.Second: "2026-01-02T03:04:05Z", 0: ", less than a second ago", 999 * time.Millisecond: ", less than a second ago",
		1999 * time.Millisecond: ", 1 second ago", 5 * time.Second: ", 5 seconds ago", 119 * time.Second: ", 119 seconds ago", 2 * time.Minute: ", 2 minutes ago", 90 * time.Minute: ", 90 minutes ago",
		5 * time.Hour: ", 5 hours ago", 50 * time.Hour: ", 2 days ago",
	} {
		if got := age(at, at.Add(after)); !strings.HasSuffix(got, want) {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
}

// A state file that is lost must not be taken for a first apply: the next apply
// would overwrite the backup.
func TestLostStateIsTold(t *testing.T) {
	st := Open(filepath.Join(t.TempDir(), "state.json"), "1.0.0")
	before := twoApplies(t, st)
	if err := os.Remove(st.Path()); err != nil {
		t.Fatal(err)
	}
	_, err := st.Load()
	commands := commandsIn(err)
	if len(commands) != 2 || !strings.Contains(err.Error(), "state.json is missing") {
		t.Fatalf("a lost state gave %v, want that it is missing and two commands", err)
	}
	if out, err := exec.Command("sh", "-c", commands[0]).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", commands[0], err, out)
	}
	s, err := st.Load()
	if err != nil || s.Lineage != before.Lineage || len(s.Instances) != len(before.Instances) {
		t.Fatalf("got %v after %s: %v", s, commands[0], err)
	}
	if err := os.Remove(st.Path()); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-c", commands[1]).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", commands[1], err, out)
	}
	if s, err := st.Load(); err != nil || s.Found() {
		t.Errorf("that a record is found is %v after %s: %v", s.Found(), commands[1], err)
	}
}

// If a record is lost, whatever is left of it leads to an error. The command that
// begins a new record removes all of it. The same holds if the record is damaged.
func TestWhatIsLeftOfALostRecordTellsOfIt(t *testing.T) {
	damage := func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) }
	owes := func(t *testing.T, st *Store) {
		_, run, err := st.Recover()
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(run.Begin([]Intent{{Address: "file.x", Owes: []string{"call.command.x"}}}), run.Done("file.x", Outcome{Result: Failed}), run.Close())
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		apply func(t *testing.T, st *Store)
		do    func(st *Store) error
		want  []string
	}{
		"backup and journal": {owes, func(*Store) error { return nil }, []string{"is missing.", "The journal beside it holds what the last apply did", "cp -p "}},
		"backup alone":       {owes, func(st *Store) error { return os.Remove(st.journalPath()) }, []string{"is missing.", "What the last apply did is not in it.", "cp -p "}},
		"journal alone":      {owes, func(st *Store) error { return os.Remove(st.BackupPath()) }, []string{"is missing, and other files", "There is no backup of it. If the file was moved, move it back."}},
		"a damaged backup":   {owes, func(st *Store) error { return damage(st.BackupPath()) }, []string{"is missing, and other files", "Its backup cannot be used: "}},
		"a damaged backup alone": {owes, func(st *Store) error {
			return errors.Join(damage(st.BackupPath()), os.Remove(st.journalPath()))
		}, []string{"is missing, and other files", "Its backup cannot be used: "}},
		"an apply that changed nothing came after": {func(t *testing.T, st *Store) {
			owes(t, st)
			if _, run, err := st.Recover(); err != nil || run.Close() != nil {
				t.Fatal(err)
			}
		}, func(*Store) error { return nil }, []string{"is missing.", "What was applied since is not in it", "cp -p "}},
		"damaged, with a journal": {owes, func(st *Store) error {
			return errors.Join(damage(st.Path()), os.Remove(st.BackupPath()))
		}, []string{"line 1 is no JSON", "There is no backup of it."}},
		"damaged, with a damaged backup": {owes, func(st *Store) error {
			return errors.Join(damage(st.Path()), damage(st.BackupPath()))
		}, []string{"line 1 is no JSON", "Its backup cannot be used: "}},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore(t)
			c.apply(t, st)
			if err := c.do(st); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(name, "damaged") {
				if err := os.Remove(st.Path()); err != nil {
					t.Fatal(err)
				}
			}
			_, err := st.Load()
			commands := commandsIn(err)
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message lacks %q: %v", want, err)
				}
			}
			anew := commands[len(commands)-1]
			if out, err := exec.Command("sh", "-c", anew).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v %s", anew, err, out)
			}
			if s, err := st.Load(); err != nil || s.Found() {
				t.Errorf("a record is still found after %s: %v", anew, err)
			}
		})
	}
}

// Recover reads the state like Load and begins an apply on it.
func (st *Store) Recover() (*State, *Writer, error) {
	s, err := st.Load()
	if err != nil {
		return nil, nil, err
	}
	run, err := st.Begin(s)
	return s, run, err
}
