package resource_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// batchOf checks each step behind the one before it, and returns the request that makes all of
// them in one ordered batch.
func batchOf(t testing.TB, s *resource.Service, steps []step) resource.ApplyRequest {
	t.Helper()
	var all []resource.ApplyRequest
	for k, st := range steps {
		st.Address = fmt.Sprint(k)
		if k > 0 {
			st.After = []string{fmt.Sprint(k - 1)}
		}
		c := mustCheck(t, s, "p", st)
		all = append(all, resource.ApplyRequest{Session: "r", Address: st.Address, Kind: st.Kind, Args: resourcetest.Encode(t, st.Args), Fingerprint: c.Fingerprint, Key: planKey})
	}
	all[0].Then, all[0].Whole = all[1:], steps[0].Kind == "file"
	return all[0]
}

// TestOrderedBatch holds that edits of one file are one write, in which each sees those before it,
// that the new file is validated once by each command, and that a batch of which an action fails
// leaves what those before that one do.
func TestOrderedBatch(t *testing.T) {
	line := func(f resourcetest.Dir, says string, more args) step {
		a := args{"path": f.Arg("x"), "line": text(says)}
		for name, v := range more {
			if name == "validate" {
				v = text(v.(string))
			}
			a[name] = v
		}
		return step{Kind: "line", Args: a}
	}
	whole := func(f resourcetest.Dir) step {
		return step{Kind: "file", Args: args{"path": f.Arg("x"), "content": text("a\n")}}
	}
	said := func(f resourcetest.Dir, status string) string { return "echo %s >>" + f.At("said") + "; " + status }
	for _, c := range []struct {
		name   string
		before string // of the file; "" is none
		steps  func(f resourcetest.Dir) []step
		// between is called after the plan.
		between func(f resourcetest.Dir)
		after   string
		mode    os.FileMode
		writes  int // renames of the file
		checks  int // runs of the commands
		ok      int // how many of the actions succeed
		code    kind.Code
		refused int // because of which nothing was done
		backup  string
	}{
		{name: "edits", before: "a\n", after: "a\nb\nc\n", mode: 0o644, writes: 1, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", nil), line(f, "c", args{"insert_after": "^b$"})}
		}},
		{name: "a file and its edits", after: "a\nb\n", mode: 0o600, writes: 1, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{{Kind: "file", Args: args{"path": f.Arg("x"), "content": text("a\n"), "mode": "0600"}}, line(f, "b", nil)}
		}},
		{name: "the first makes the file", after: "a\nb\n", mode: 0o640, writes: 1, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "a", args{"create": true, "mode": "0640"}), line(f, "b", nil)}
		}},
		{name: "a later one changes the mode", before: "a\n", after: "a\nb\nc\n", mode: 0o600, writes: 1, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", nil), line(f, "c", args{"mode": "0600"})}
		}},
		{name: "behind the file one only changes the mode", before: "z\n", after: "a\nb\n", mode: 0o600, writes: 1, ok: 3, steps: func(f resourcetest.Dir) []step {
			return []step{whole(f), line(f, "b", nil), line(f, "b", args{"mode": "0600"})}
		}},
		{name: "behind the file and a mode one is not valid", before: "z\nb\nc\n", after: "z\nb\nc\n", mode: 0o644, code: kind.CodeInvalid, refused: 3, steps: func(f resourcetest.Dir) []step {
			return []step{whole(f), line(f, "b", nil), line(f, "b", args{"mode": "0600"}), line(f, "c", args{"validate": "false %s"})}
		}},
		{name: "the first keeps a backup", before: "z\n", after: "a\nb\n", mode: 0o644, writes: 1, ok: 2, backup: "z\n", steps: func(f resourcetest.Dir) []step {
			first := whole(f)
			first.Args["backup"] = true
			return []step{first, line(f, "b", nil)}
		}},
		{name: "a later one is not valid", before: "a\n", after: "a\nb\nc\n", mode: 0o644, writes: 1, ok: 2, checks: 3, code: kind.CodeInvalid, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", args{"validate": said(f, "grep -q c %s")}), line(f, "c", nil), line(f, "d", args{"validate": said(f, "! grep -q d %s")})}
		}},
		{name: "a later one makes an earlier one invalid", before: "a\n", after: "a\n", mode: 0o644, ok: 0, code: kind.CodeInvalid, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", args{"validate": "! grep -q c %s"}), line(f, "c", nil)}
		}},
		{name: "the command of two fails on the second", before: "a\n", after: "a\nb\n", mode: 0o644, writes: 1, ok: 1, code: kind.CodeInvalid, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", args{"validate": "! grep -q c %s"}), line(f, "c", args{"validate": "! grep -q c %s"}), line(f, "d", nil)}
		}},
		{name: "one only changes the mode", before: "a\n", after: "a\nb\n", mode: 0o600, writes: 1, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", nil), line(f, "b", args{"mode": "0600"})}
		}},
		{name: "one keeps a backup", before: "a\n", after: "a\nb\nc\n", mode: 0o644, writes: 2, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", nil), line(f, "c", args{"backup": true})}
		}},
		{name: "one command", before: "a\n", after: "a\nb\nc\nd\n", mode: 0o644, writes: 1, checks: 2, ok: 3, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", args{"validate": said(f, "true")}), line(f, "c", args{"validate": said(f, "true")}), line(f, "d", args{"validate": said(f, "grep -q d %s")})}
		}},
		{name: "valid only as a whole", before: "a\n", after: "a\nb\nc\n", mode: 0o644, writes: 1, checks: 1, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", args{"validate": said(f, "grep -q c %s")}), line(f, "c", nil)}
		}},
		{name: "the second is not valid", before: "a\n", after: "a\nb\n", mode: 0o644, writes: 1, ok: 1, code: kind.CodeInvalid, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", nil), line(f, "c", args{"validate": "! grep -q c %s"}), line(f, "d", nil)}
		}},
		{name: "the first is not valid", before: "a\n", after: "a\n", mode: 0o644, ok: 0, code: kind.CodeInvalid, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", args{"validate": "! grep -q b %s"}), line(f, "c", nil)}
		}},
		{name: "behind the file the second is not valid", before: "a\nb\n", after: "a\nb\n", mode: 0o644, code: kind.CodeInvalid, refused: 2, steps: func(f resourcetest.Dir) []step {
			return []step{whole(f), line(f, "b", args{"validate": "! grep -q c %s"}), line(f, "c", args{"validate": "! grep -q c %s"}), line(f, "d", nil)}
		}},
		{name: "behind the file the last is not valid", after: "", code: kind.CodeInvalid, refused: 2, steps: func(f resourcetest.Dir) []step {
			return []step{whole(f), line(f, "b", nil), line(f, "c", args{"validate": "false %s"})}
		}},
		{name: "each is valid, and the whole is not", before: "z\n", after: "z\n", mode: 0o644, code: kind.CodeInvalid, refused: 1, steps: func(f resourcetest.Dir) []step {
			return []step{whole(f), line(f, "b", args{"validate": "! grep -q c %s"}), line(f, "c", nil)}
		}},
		{name: "behind the file one keeps a backup", before: "z\n", after: "a\nb\n", mode: 0o644, writes: 2, ok: 2, steps: func(f resourcetest.Dir) []step {
			return []step{whole(f), line(f, "b", args{"backup": true})}
		}},
		{name: "somebody else was faster", before: "a\n", after: "z\n", mode: 0o644, ok: 0, code: kind.CodeMoved, between: func(f resourcetest.Dir) {
			if err := os.WriteFile(f.At("x"), []byte("z\n"), 0o644); err != nil {
				panic(err)
			}
		}, steps: func(f resourcetest.Dir) []step {
			return []step{line(f, "b", nil), line(f, "c", nil)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			if c.before != "" {
				f.Write(t, "x", c.before, 0o644)
			}
			writes := 0
			s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, p string) error {
				if op == "rename" && p == f.At("x") {
					writes++
				}
				return nil
			}}), kinds.Lookup)
			req := batchOf(t, s, c.steps(f))
			if c.between != nil {
				c.between(f)
			}
			reply, err := s.Apply(t.Context(), req)
			ok, why := 0, problemOf(err)
			if reply.Refused != c.refused {
				t.Errorf("nothing was done because of %d, want %d", reply.Refused, c.refused)
			}
			switch {
			case reply.Refused > 0:
				why = problemOf(reply.Why)
			case err == nil:
				ok = 1
				for _, r := range reply.Then {
					if r.Why == nil {
						ok++
					} else {
						why = problemOf(r.Why)
					}
				}
			}
			if ok != c.ok || (why != nil) != (c.code != "") || why != nil && why.Code != c.code {
				t.Errorf("%d succeeded, then %v; want %d, then %q", ok, why, c.ok, c.code)
			}
			if c.after == "" {
				f.Gone(t, "x")
			} else {
				f.Holds(t, "x", c.after, c.mode)
			}
			if writes != c.writes {
				t.Errorf("the file was written %d times, want %d", writes, c.writes)
			}
			kept, _ := filepath.Glob(f.At("x.*.bak"))
			if len(kept) != min(1, len(c.backup)) && c.name != "one keeps a backup" && c.name != "behind the file one keeps a backup" {
				t.Errorf("the backups are %q", kept)
			} else if c.backup != "" {
				f.Holds(t, filepath.Base(kept[0]), c.backup, 0o644)
			}
			ran, _ := os.ReadFile(f.At("said"))
			if n := strings.Count(string(ran), "\n"); n != c.checks {
				t.Errorf("the commands ran %d times, want %d: %s", n, c.checks, ran)
			}
		})
	}
}

func problemOf(err error) *kind.Problem {
	var p *kind.Problem
	errors.As(err, &p)
	return p
}

// TestOrderedBatchOnAFullDisk holds that a batch with the file that it edits tells of the file system
// as an action by itself does, and leaves the file as it was.
func TestOrderedBatchOnAFullDisk(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "z\n", 0o644)
	s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
		if op == "sync" {
			return unix.ENOSPC
		}
		return nil
	}}), kinds.Lookup)
	req := batchOf(t, s, []step{
		{Kind: "file", Args: args{"path": f.Arg("x"), "content": text("a\n")}},
		{Kind: "line", Args: args{"path": f.Arg("x"), "line": text("b")}},
	})
	_, together := s.Apply(t.Context(), req)
	req.Then = nil
	_, alone := s.Apply(t.Context(), req)
	if a, b := problemOf(together), problemOf(alone); a == nil || b == nil || a.Code != b.Code || a.Summary != b.Summary {
		t.Errorf("together it says %v, alone %v", together, alone)
	}
	f.Holds(t, "x", "z\n", 0o644)
}

// TestOrderedBatchSaysWhatEachDid holds that a batch answers for each of its actions what the
// actions answer one by one.
func TestOrderedBatchSaysWhatEachDid(t *testing.T) {
	answers := func(t *testing.T, split bool) (out []string) {
		f := newTestDir(t)
		f.Empty(t)
		s := newService()
		req := batchOf(t, s, []step{
			{Kind: "file", Args: args{"path": f.Arg("x"), "content": text("[a]\n"), "mode": "0640"}},
			{Kind: "ini", Args: args{"path": f.Arg("x"), "section": "a", "key": "k", "value": text("v")}},
			{Kind: "line", Args: args{"path": f.Arg("x"), "line": text("# end")}},
			{Kind: "block", Args: args{"path": f.Arg("x"), "content": text("in\n")}},
			{Kind: "replace", Args: args{"path": f.Arg("x"), "regexp": "v$", "replace": text("w")}},
		})
		all := []resource.ApplyRequest{req}
		if split {
			all = append(all, req.Then...)
			all[0].Then = nil
		}
		for _, r := range all {
			reply, err := s.Apply(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range append([]resource.ApplyReply{reply}, reply.Then...) {
				c := one.Change
				out = append(out, strings.ReplaceAll(fmt.Sprint(c.Op, c.Results, c.Traits, c.Made, c.Writes, c.Kept), f.At(""), ""))
			}
		}
		return out
	}
	together, each := answers(t, false), answers(t, true)
	if !slices.Equal(together, each) {
		t.Errorf("the batch says\n%s\nand one by one they say\n%s", strings.Join(together, "\n"), strings.Join(each, "\n"))
	}
}

// TestOrderedBatchThatMayBeThere holds that a write which fails when the new file is in place is told
// as that, and nobody says that nothing was done.
func TestOrderedBatchThatMayBeThere(t *testing.T) {
	for _, first := range []step{{Kind: "line", Args: args{"line": text("b")}}, {Kind: "file", Args: args{"content": text("a\n")}}} {
		f := newTestDir(t)
		f.Empty(t)
		f.Write(t, "x", "z\n", 0o644)
		s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
			if op == "sync directory" {
				return unix.EIO
			}
			return nil
		}}), kinds.Lookup)
		first.Args["path"] = f.Arg("x")
		reply, err := s.Apply(t.Context(), batchOf(t, s, []step{first, {Kind: "line", Args: args{"path": f.Arg("x"), "line": text("c")}}}))
		if why := problemOf(reply.Why); err != nil || !reply.Unsure || why == nil || why.Code != kind.CodeSystem || len(reply.Then) > 0 {
			t.Errorf("behind a %s the answer is %+v, %v", first.Kind, reply, err)
		}
	}
}

// TestOrderedBatchIsInterrupted holds that a batch that is killed at any step of its write leaves
// the file as it was, or as the last action leaves it.
func TestOrderedBatchIsInterrupted(t *testing.T) {
	for at := 0; ; at++ {
		f := newTestDir(t)
		f.Empty(t)
		f.Write(t, "x", "a\n", 0o644)
		steps, killed := 0, errors.New("killed")
		s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(string, string) error {
			if steps++; steps > at {
				return killed
			}
			return nil
		}}), kinds.Lookup)
		_, err := s.Apply(t.Context(), batchOf(t, s, []step{
			{Kind: "line", Args: args{"path": f.Arg("x"), "line": text("b")}},
			{Kind: "line", Args: args{"path": f.Arg("x"), "line": text("c")}},
		}))
		now, _ := os.ReadFile(f.At("x"))
		if got := string(now); got != "a\n" && got != "a\nb\nc\n" {
			t.Fatalf("killed at step %d, the file holds %q", at, got)
		}
		if err == nil {
			if at == 0 || string(now) != "a\nb\nc\n" {
				t.Errorf("nothing was in the way, and it holds %q", now)
			}
			return
		}
	}
}
