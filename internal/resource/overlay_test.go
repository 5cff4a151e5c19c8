package resource_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// chain makes a file, a line in it and its permissions, on one path in a new
// directory.
func chain(f testDir) []step {
	return []step{
		{Address: "dir", Kind: "directory", Args: args{"path": f.Arg("d"), "mode": "0750"}},
		{Address: "file", Kind: "file", Args: args{"path": f.Arg("d/x"), "content": text("a\nb\n"), "mode": "0600"}, After: []string{"dir"}},
		{Address: "line", Kind: "line", Args: args{"path": f.Arg("d/x"), "line": text("c")}, After: []string{"file"}},
		{Address: "last", Kind: "line", Args: args{"path": f.Arg("d/x"), "regexp": "^b", "line": text("B")}, After: []string{"line"}},
	}
}

// TestChain plans four actions on things that are yet to be made, and applies them.
// No fingerprint differs, and the last check has said what is there in the end.
func TestChain(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	var planned []resource.Change
	for _, st := range chain(f) {
		planned = append(planned, mustCheck(t, s, "p", st))
	}
	if got := planned[3].After["content"]; fmt.Sprint(got) != fmt.Sprint(text("a\nB\nc\n")) {
		t.Fatalf("the last check says %q", got)
	}
	for i, st := range chain(f) {
		_, err := s.Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Address: st.Address, Kind: st.Kind, Args: resourcetest.Encode(t, st.Args),
			Fingerprint: planned[i].Fingerprint, Key: planKey,
		})
		if err != nil {
			t.Fatalf("apply %s: %v", st.Address, err)
		}
	}
	f.Holds(t, "d/x", "a\nB\nc\n", 0o600)
}

// TestRestores: on a machine where the chain was applied, the checks find that
// together it changes nothing. The file would take the lines away, and the lines
// come back.
func TestRestores(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	for _, st := range chain(f) {
		if _, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: st.Kind, Args: resourcetest.Encode(t, st.Args)}); err != nil {
			t.Fatal(err)
		}
	}
	var last resource.Change
	for i, st := range chain(f) {
		last = mustCheck(t, s, "again", st)
		if i < 3 && len(last.Restores) > 0 {
			t.Errorf("%s restores %q too early", st.Address, last.Restores)
		}
		if want := []resource.Op{resource.NoOp, resource.Update, resource.Update, resource.Update}[i]; last.Op != want {
			t.Errorf("%s says %s, want %s", st.Address, last.Op, want)
		}
	}
	if want := []kind.Thing{kind.PathThing(f.At("d/x"))}; !slices.Equal(last.Restores, want) {
		t.Errorf("the chain restores %q, want %q", last.Restores, want)
	}
}

// TestOnlyAncestorsAreSeen holds that a check does not see the effects of an action
// that it does not come after.
func TestOnlyAncestorsAreSeen(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	s := newService()
	mustCheck(t, s, "p", step{Address: "file", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("a\n")}})
	line := step{Address: "line", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("b")}}
	_, err := check(t, s, "p", line)
	wantProblem(t, err, "path", "missing")
	line.After = []string{"file"}
	_, err = check(t, s, "other plan", line)
	wantProblem(t, err, "path", "missing")
	mustCheck(t, s, "p", line)
}

// TestDeltas: the effects that one agent sends, given to another agent in any
// order, make the same check there.
func TestDeltas(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	a, b := newService(), newService()
	var deltas []resource.Delta
	for _, st := range chain(f)[:3] {
		c := mustCheck(t, a, "p", st)
		deltas = append(deltas, resource.Delta{Address: st.Address, After: st.After, Effects: c.Effects})
	}
	slices.Reverse(deltas)
	last := chain(f)[3]
	last.Deltas = deltas
	got, want := mustCheck(t, b, "p", last), mustCheck(t, a, "p", chain(f)[3])
	if fmt.Sprint(got.After) != fmt.Sprint(want.After) || got.Fingerprint != want.Fingerprint {
		t.Errorf("with deltas of another agent the check says %v, want %v", got.After, want.After)
	}
}

// TestUnknown: an argument that is known after apply is not guessed, and does not
// prevent the check.
func TestUnknown(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old\n", 0o644)
	s := newService()
	file := mustCheck(t, s, "p", step{Address: "file", Kind: "file", Args: args{"path": f.Arg("x"), "mode": "0600"}, Unknown: []string{"content"}})
	if _, known := file.After["content"]; known || file.Op != resource.Update || file.After["mode"] != "0600" {
		t.Errorf("the check says %s %v, want an update of the mode without content", file.Op, file.After)
	}
	line := mustCheck(t, s, "p", step{Address: "line", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("b")}, After: []string{"file"}})
	if _, known := line.After["content"]; known || line.Op != resource.Update || line.Fingerprint != "" {
		t.Errorf("the check says %s %v with the fingerprint %q, want an update without content or fingerprint", line.Op, line.After, line.Fingerprint)
	}
	nameless := mustCheck(t, s, "p", step{Address: "n", Kind: "file", Args: args{}, Unknown: []string{"path"}})
	if nameless.Op != resource.Create || nameless.Fingerprint != "" {
		t.Errorf("the check of a file without a path says %v", nameless)
	}
}

// TestMovedNamesWhat holds that a refusal says what differs from the plan.
func TestMovedNamesWhat(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old", 0o644)
	s := newService()
	st := step{Address: "file", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("new"), "mode": "0600"}}
	c := mustCheck(t, s, "p", st)
	apply := func() error {
		_, err := s.Apply(t.Context(), resource.ApplyRequest{
			Kind: "file", Args: resourcetest.Encode(t, st.Args), Fingerprint: c.Fingerprint, Key: planKey,
		})
		return err
	}
	f.Write(t, "x", "old", 0o640)
	wantMoved(t, apply(), "its mode.")
	f.Write(t, "x", "other", 0o644)
	wantMoved(t, apply(), "its content.")
	f.Holds(t, "x", "other", 0o644)
	f.Empty(t)
	wantMoved(t, apply(), "it is no longer there.")
	c = mustCheck(t, s, "again", st)
	f.Write(t, "x", "old", 0o644)
	wantMoved(t, apply(), "it was not there, and now it is.")
	f.Holds(t, "x", "old", 0o644)
}

// TestRemovedDirectory holds that what is in a directory counts as gone once the
// directory is planned to be removed.
func TestRemovedDirectory(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, mkdir(f.At("d")))
	f.Write(t, "d/x", "x", 0o644)
	s := newService()
	mustCheck(t, s, "p", step{Address: "d", Kind: "directory", Args: args{"path": f.Arg("d"), "state": "absent", "recurse": true}})
	c := mustCheck(t, s, "p", step{Address: "x", Kind: "file", Args: args{"path": f.Arg("d/x"), "state": "absent"}, After: []string{"d"}})
	if c.Op != resource.NoOp {
		t.Errorf("the check says %s, want no-op", c.Op)
	}
}
