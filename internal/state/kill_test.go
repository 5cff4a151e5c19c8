package state

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Variables of a child that is killed: the directory of its state, and the step
// after which it is killed.
const (
	killedIn    = "MITOPLAN_TEST_STATE"
	killedAfter = "MITOPLAN_TEST_KILL_AFTER"
)

// TestMain runs an apply that is killed, if the environment says so.
func TestMain(m *testing.M) {
	dir := os.Getenv(killedIn)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := applyUntilKilled(dir, os.Getenv(killedAfter)); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// applyUntilKilled is an apply from taking the lock to releasing it. The kernel
// ends it after one step of writing, as kill -9 and the OOM killer do.
func applyUntilKilled(dir, after string) error {
	last, err := strconv.Atoi(after)
	if err != nil {
		return err
	}
	st := Open(filepath.Join(dir, "state.json"), "test")
	steps := 0
	st.step = func(string) {
		if steps++; steps == last {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	lock, err := st.Lock(context.Background(), Holder{Who: "killed", PID: os.Getpid()}, 0)
	if err != nil {
		return err
	}
	s, run, err := st.Recover()
	if err != nil {
		return err
	}
	s.Outputs["n"] = Output{Type: []byte(`"number"`), Value: []byte(`1`)}
	return errors.Join(
		run.Begin([]Intent{{Address: "file.motd", Op: "create", AbsentBefore: true, Owes: []string{"call.command.warm"}}, {Address: "file.other"}}),
		run.Done("file.motd", Outcome{Result: Applied, Changed: true, Instance: motd()}),
		run.Flush(),
		run.Close(),
		lock.Unlock(),
	)
}

// TestKilledAtEachWrite: after whatever step an apply is killed, the record has
// everything that was known, and the backup is whole. The next apply can begin, and
// leaves none of the temporary files.
func TestKilledAtEachWrite(t *testing.T) {
	for n := 1; ; n++ {
		if n > 100 {
			t.Fatal("an apply takes more than 100 steps of writing")
		}
		dir := t.TempDir()
		st := Open(filepath.Join(dir, "state.json"), "test")
		before := New()
		before.Instances["file.before"] = &Instance{Address: "file.before"}
		if err := st.Save(before); err != nil {
			t.Fatal(err)
		}
		// An earlier apply, which was killed, too, has left this in its journal.
		_, earlier, err := st.Recover()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(earlier.Done("file.earlier", Outcome{Result: Applied, Instance: &Instance{}}), earlier.file.Close()); err != nil {
			t.Fatal(err)
		}

		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killedIn+"="+dir, killedAfter+"="+strconv.Itoa(n))
		var said bytes.Buffer
		child.Stdout, child.Stderr = &said, &said
		err = child.Run()
		ended := err == nil
		if exit := (*exec.ExitError)(nil); !ended && (!errors.As(err, &exit) || exit.ExitCode() != -1) {
			t.Fatalf("step %d: %v %s", n, err, said.String())
		}
		afterAKill(t, n, st, ended)
		if ended {
			if n < 15 {
				t.Errorf("only %d steps of writing were found, want 15 at least", n)
			}
			return
		}
	}
}

func afterAKill(t *testing.T, n int, st *Store, ended bool) {
	t.Helper()
	known, err := st.Load()
	if err != nil {
		t.Fatalf("step %d: %v", n, err)
	}
	for _, address := range []string{"file.before", "file.earlier"} {
		if known.Instance(address) == nil {
			t.Errorf("step %d: %s is forgotten", n, address)
		}
	}
	_, begun := known.Unanswered["file.motd"]
	if applied := known.Instance("file.motd") != nil; applied && begun || ended && !applied {
		t.Errorf("step %d: file.motd counts as applied: %v, and as unanswered: %v", n, applied, begun)
	}
	if known.Revision().Serial < 2 { // the earlier apply made a change
		t.Errorf("step %d: the revision is %v, want a serial of 2 at least", n, known.Revision())
	}
	if b, _, err := st.backup(); err == nil && b.Instance("file.before") == nil || err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("step %d: the backup is %+v, %v", n, b, err)
	}
	lock, err := st.Lock(t.Context(), Holder{}, 0)
	if err != nil {
		t.Fatalf("step %d: %v", n, err)
	}
	again, run, err := st.Recover()
	if err != nil {
		t.Fatalf("step %d: %v", n, err)
	}
	same(t, again, known)
	if again.Revision() != known.Revision() {
		t.Errorf("step %d: planned at %v, applied at %v", n, known.Revision(), again.Revision())
	}
	if err := errors.Join(run.Close(), lock.Unlock()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Dir(st.Path()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name()[0] == '.' {
			t.Errorf("step %d: %s is left behind", n, f.Name())
		}
	}
}
