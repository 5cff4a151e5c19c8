package resource_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestLineChangesPermissionsAlone changes what is there, and puts no new file in
// its place, where the line is there already; the plan shows the same lines
// before and after.
func TestLineChangesPermissionsAlone(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	f.write(t, "x", "a\nb\n", 0o644)
	was, err := os.Stat(f.at("x"))
	must(t, err)
	st := step{address: "l", kind: "line", args: args{"path": f.arg("x"), "line": text("a"), "mode": "0600"}}
	c := mustCheck(t, newService(), "p", st)
	if c.Before["mode"] != "0644" || c.After["mode"] != "0600" || c.Before["content"] != c.After["content"] {
		t.Errorf("before %v, after %v", c.Before, c.After)
	}
	must(t, apply(t, newService(), "line", st.args))
	is, err := os.Stat(f.at("x"))
	must(t, err)
	if !os.SameFile(was, is) || is.Mode() != 0o600 {
		t.Errorf("another file is there, or its mode is %v", is.Mode())
	}
}

// TestLineSeesPlannedPermissions plans an edit on the permissions that actions
// before it will have given, and those after it see its own.
func TestLineSeesPlannedPermissions(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	s := newService()
	steps := []step{
		{address: "file", kind: "file", args: args{"path": f.arg("x"), "content": text("a\n"), "mode": "0644"}},
		{address: "same", kind: "line", args: args{"path": f.arg("x"), "line": text("a"), "mode": "0644"}, after: []string{"file"}},
		{address: "other", kind: "line", args: args{"path": f.arg("x"), "line": text("a"), "mode": "0600"}, after: []string{"same"}},
		{address: "after", kind: "line", args: args{"path": f.arg("x"), "line": text("a"), "mode": "0600"}, after: []string{"other"}},
	}
	var got []resource.Op
	for _, st := range steps {
		c := mustCheck(t, s, "p", st)
		got = append(got, c.Op)
		_, err := newService().Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Kind: st.kind, Args: resourcetest.Encode(t, st.args), Fingerprint: c.Fingerprint, Key: planKey,
		})
		must(t, err)
	}
	want := []resource.Op{resource.Create, resource.NoOp, resource.Update, resource.NoOp}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: %s, want %s", steps[i].address, got[i], want[i])
		}
	}
	f.holds(t, "x", "a\n", 0o600)
}

// TestEachBlockValidatesWhatItLeaves has two edits of one file, each with a
// command: each sees the file as it is after that edit, under a name that nobody
// else uses, and the owner and permissions that it will have.
func TestEachBlockValidatesWhatItLeaves(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	f.write(t, "x", "first\n", 0o640)
	note := text("cat %s >>" + f.at("seen") + "; stat -c %%a %s >>" + f.at("seen"))
	note = text(strings.ReplaceAll(string(note), "%%a", "'%'a"))
	for _, line := range []string{"two", "three"} {
		must(t, apply(t, newService(), "line", args{"path": f.arg("x"), "line": text(line), "validate": note, "mode": "0600"}))
	}
	f.holds(t, "seen", "first\ntwo\n600\nfirst\ntwo\nthree\n600\n", 0o644)
}

// TestReplaceFalseComparesNothing holds that content that differs is not in the
// Change of a file that is written only where it is missing, so that it is no
// drift.
func TestReplaceFalseComparesNothing(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	f.write(t, "x", "theirs\n", 0o644)
	a := args{"path": f.arg("x"), "content": text("ours\n"), "mode": "0600", "replace": false}
	c := mustCheck(t, newService(), "p", step{address: "x", kind: "file", args: a})
	_, before := c.Before["content"]
	_, after := c.After["content"]
	if before || after || c.Op != resource.Update {
		t.Errorf("%s, before %v, after %v", c.Op, c.Before, c.After)
	}
	// In a chain it is what will be there that counts.
	s := newService()
	must(t, os.Remove(f.at("x")))
	mustCheck(t, s, "p", step{address: "first", kind: "file", args: args{"path": f.arg("x"), "content": text("planned\n")}})
	c = mustCheck(t, s, "p", step{address: "x", kind: "file", args: a, after: []string{"first"}})
	if c.Op != resource.Update || c.After["mode"] != "0600" || c.After["content"] != nil {
		t.Errorf("%s, after %v", c.Op, c.After)
	}
}

// TestCreateFalseSeesWhatIsPlanned holds that a file that an action before makes
// is there.
func TestCreateFalseSeesWhatIsPlanned(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	s := newService()
	st := step{address: "x", kind: "file", args: args{"path": f.arg("x"), "mode": "0600", "create": false}}
	_, err := check(t, s, "p", st)
	wantProblem(t, err, "path", "missing")
	mustCheck(t, s, "p", step{address: "first", kind: "line", args: args{"path": f.arg("x"), "line": text("a"), "create": true}})
	st.after = []string{"first"}
	if c := mustCheck(t, s, "p", st); c.Op != resource.Update {
		t.Errorf("%s", c.Op)
	}
}
