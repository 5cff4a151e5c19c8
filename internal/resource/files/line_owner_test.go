package files_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestLineChangesPermissionsAlone: if the line is there already and only the mode
// differs, the file itself is changed and not replaced. The plan shows the same
// lines before and after.
func TestLineChangesPermissionsAlone(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "a\nb\n", 0o644)
	was, err := os.Stat(f.At("x"))
	must(t, err)
	st := step{Address: "l", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("a"), "mode": "0600"}}
	c := mustCheck(t, newService(), "p", st)
	if c.Before["mode"] != "0644" || c.After["mode"] != "0600" || c.Before["content"] != c.After["content"] {
		t.Errorf("before %v, after %v", c.Before, c.After)
	}
	must(t, apply(t, newService(), "line", st.Args))
	is, err := os.Stat(f.At("x"))
	must(t, err)
	if !os.SameFile(was, is) || is.Mode() != 0o600 {
		t.Errorf("the file was replaced, or its mode is %v, want 0600", is.Mode())
	}
}

// TestLineSeesPlannedPermissions: an edit is planned on the permissions that
// earlier actions will have given, and later actions see those of the edit.
func TestLineSeesPlannedPermissions(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	steps := []step{
		{Address: "file", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("a\n"), "mode": "0644"}},
		{Address: "same", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("a"), "mode": "0644"}, After: []string{"file"}},
		{Address: "other", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("a"), "mode": "0600"}, After: []string{"same"}},
		{Address: "after", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("a"), "mode": "0600"}, After: []string{"other"}},
	}
	var got []resource.Op
	for _, st := range steps {
		c := mustCheck(t, s, "p", st)
		got = append(got, c.Op)
		_, err := newService().Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Kind: st.Kind, Args: resourcetest.Encode(t, st.Args), Fingerprint: c.Fingerprint, Key: planKey,
		})
		must(t, err)
	}
	want := []resource.Op{resource.Create, resource.NoOp, resource.Update, resource.NoOp}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s is planned as %s, want %s", steps[i].Address, got[i], want[i])
		}
	}
	f.Holds(t, "x", "a\n", 0o600)
}

// TestEachBlockValidatesWhatItLeaves: two edits of one file have a validate command
// each. Each command sees the file as it is after its own edit, with the owner and
// permissions that it will have, under a name of its own.
func TestEachBlockValidatesWhatItLeaves(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "first\n", 0o640)
	note := text("cat %s >>" + f.At("seen") + "; stat -c %%a %s >>" + f.At("seen"))
	note = text(strings.ReplaceAll(string(note), "%%a", "'%'a"))
	for _, line := range []string{"two", "three"} {
		must(t, apply(t, newService(), "line", args{"path": f.Arg("x"), "line": text(line), "validate": note, "mode": "0600"}))
	}
	f.Holds(t, "seen", "first\ntwo\n600\nfirst\ntwo\nthree\n600\n", 0o644)
}

// TestReplaceFalseComparesNothing: with replace false a file is only written if it
// is missing. So the Change does not have the content of an existing file, and a
// different content is no drift.
func TestReplaceFalseComparesNothing(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "theirs\n", 0o644)
	a := args{"path": f.Arg("x"), "content": text("ours\n"), "mode": "0600", "replace": false}
	c := mustCheck(t, newService(), "p", step{Address: "x", Kind: "file", Args: a})
	_, before := c.Before["content"]
	_, after := c.After["content"]
	if before || after || c.Op != resource.Update {
		t.Errorf("got %s with the content before: %v, after: %v; want an update without content", c.Op, c.Before, c.After)
	}
	// In a chain, what the actions before leave counts as existing.
	s := newService()
	must(t, os.Remove(f.At("x")))
	mustCheck(t, s, "p", step{Address: "first", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("planned\n")}})
	c = mustCheck(t, s, "p", step{Address: "x", Kind: "file", Args: a, After: []string{"first"}})
	if c.Op != resource.Update || c.After["mode"] != "0600" || c.After["content"] != nil {
		t.Errorf("got %s, after %v; want an update of the mode alone", c.Op, c.After)
	}
}

// TestCreateFalseSeesWhatIsPlanned: with create false, a file that an earlier
// action makes counts as existing.
func TestCreateFalseSeesWhatIsPlanned(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	st := step{Address: "x", Kind: "file", Args: args{"path": f.Arg("x"), "mode": "0600", "create": false}}
	_, err := check(t, s, "p", st)
	wantProblem(t, err, "path", "missing")
	mustCheck(t, s, "p", step{Address: "first", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("a"), "create": true}})
	st.After = []string{"first"}
	if c := mustCheck(t, s, "p", st); c.Op != resource.Update {
		t.Errorf("got %s, want update", c.Op)
	}
}
