package executor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// driftCase is a thing that blocks manage. It has the configuration that was
// applied, a newer one, and what somebody does to the thing by hand.
type driftCase struct {
	old, newer string
	hand       func(l *lab)
	// args are the arguments of the first configuration. A record of format 1 had
	// one digest of them.
	args map[string]map[string]any
	// sharers are the blocks that share the thing. changed is the attribute that is
	// changed by hand.
	sharers []string
	changed string
}

const driftHead = "context \"local\" \"h\" {}\n"

func driftCases(dir string) map[string]driftCase {
	x, d := kind.Text(filepath.Join(dir, "x")), kind.Text(filepath.Join(dir, "d"))
	line := func(text string) string {
		return fmt.Sprintf("resource \"line\" \"y\" {\n on = context.local.h\n path = \"$DIR/x\"\n regexp = \"^y\"\n line = %q\n}\nresource \"line\" \"z\" {\n on = context.local.h\n path = \"$DIR/x\"\n line = \"z\"\n}\n", text)
	}
	file := func(content string) string {
		return fmt.Sprintf("resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = %q\n}\n", content)
	}
	directory := func(mode string, recurse bool) string {
		return fmt.Sprintf("resource \"directory\" \"d\" {\n on = context.local.h\n path = \"$DIR/d\"\n mode = %q\n recurse = %v\n}\n", mode, recurse)
	}
	lineArgs := map[string]map[string]any{
		"line.y": {"path": x, "regexp": "^y", "line": kind.Text("y 1")}, "line.z": {"path": x, "line": kind.Text("z")},
	}
	chainArgs := map[string]map[string]any{"file.x": {"path": x, "content": kind.Text("one\n")}, "line.y": lineArgs["line.y"], "line.z": lineArgs["line.z"]}
	return map[string]driftCase{
		"one block": {
			old: file("one\n"), newer: file("two\n"), hand: func(l *lab) { l.write("x", "by hand\n") },
			args: map[string]map[string]any{"file.x": chainArgs["file.x"]}, sharers: []string{"file.x"}, changed: "content",
		},
		"a file and its lines": {
			old: line("y 1") + file("one\n"), newer: line("y 2") + file("one\n"), hand: func(l *lab) { l.write("x", "one\ny 1\nz\nby hand\n") },
			args: chainArgs, sharers: []string{"file.x", "line.y", "line.z"}, changed: "content",
		},
		"lines alone": {
			old: line("y 1"), newer: line("y 2"), hand: func(l *lab) { l.write("x", "left alone\ny by hand\nz\n") },
			args: lineArgs, sharers: []string{"line.y", "line.z"}, changed: "line",
		},
		"a file that goes": {
			old: file("one\n"), newer: file("two\n"), hand: func(l *lab) { os.Remove(filepath.Join(l.Dir, "x")) },
			args: map[string]map[string]any{"file.x": chainArgs["file.x"]}, sharers: []string{"file.x"}, changed: "type",
		},
		"a directory": {
			old: directory("0750", false), newer: directory("0700", false), hand: func(l *lab) { os.Chmod(filepath.Join(l.Dir, "d"), 0o755) },
			args: map[string]map[string]any{"directory.d": {"path": d, "mode": "0750", "recurse": false}}, sharers: []string{"directory.d"}, changed: "mode",
		},
		"what is below a directory": {
			old: directory("0750", true), newer: directory("0700", true), hand: func(l *lab) { os.Chmod(filepath.Join(l.Dir, "d/below"), 0o604) },
			args: map[string]map[string]any{"directory.d": {"path": d, "mode": "0750", "recurse": true}}, sharers: []string{"directory.d"}, changed: "recurse",
		},
	}
}

func (l *lab) drift(src string, vars map[string]cty.Value) *planner.Plan {
	l.t.Helper()
	o := l.options(driftHead+src, vars)
	o.ReadOnlyMode = true
	return l.plan(l.open(o))
}

func (l *lab) applyAll(src string, vars map[string]cty.Value) {
	l.t.Helper()
	s := l.session(driftHead+src, vars)
	if sum, diags := l.apply(l.t.Context(), s, l.plan(s)); diags.HasErrors() || sum.Failed+sum.Skipped+sum.Refused > 0 {
		l.t.Fatal(sum, diags)
	}
}

// The record tells a change by hand from a newer configuration, and the plan names
// both. A thing counts once, however many blocks share it. If the record knows
// nothing, the plan claims nothing.
func TestWhereDriftComesFrom(t *testing.T) {
	for _, record := range []string{"has it", "of an earlier format", "none"} {
		for _, hand := range []bool{false, true} {
			for _, newer := range []bool{false, true} {
				for name := range driftCases("") {
					t.Run(fmt.Sprintf("%s/record %s/hand %v/newer %v", name, record, hand, newer), func(t *testing.T) {
						testDrift(t, name, record, hand, newer)
					})
				}
			}
		}
	}
}

func testDrift(t *testing.T, name, record string, hand, newer bool) {
	l := newLab(t)
	c := driftCases(l.Dir)[name]
	l.write("x", "left alone\n")
	if err := os.MkdirAll(filepath.Join(l.Dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.write("d/below", "")
	l.applyAll(c.old, nil)
	l.withRecord(record, c.args)
	src := c.old
	if hand {
		c.hand(l)
	}
	if newer {
		src = c.newer
	}
	p := l.drift(src, nil)
	if !hand && !newer {
		if len(p.Drifts) > 0 || !p.Complete {
			t.Errorf("nothing has drifted, but the plan has %+v, complete %v", p.Drifts, p.Complete)
		}
		return
	}
	if len(p.Drifts) != 1 {
		t.Fatalf("%d things drifted, want 1: %+v", len(p.Drifts), p.Drifts)
	}
	d := p.Drifts[0]
	want, known := planner.OriginUnknown, false
	switch {
	case record == "has it" && hand && newer:
		want, known = planner.OriginBoth, true
	case record == "has it" && hand:
		want, known = planner.OriginOutside, true
	case record == "has it":
		want, known = planner.OriginConfig, true
	case record != "none" && newer:
		want = planner.OriginConfig
	case record != "none":
		want, known = planner.OriginOutside, true
	}
	if d.Origin() != want || d.OutsideKnown != known {
		t.Errorf("the drift comes from %q, known %v; want %q, %v", d.Origin(), d.OutsideKnown, want, known)
	}
	if record == "has it" && hand && !slices.Equal(d.Changed, []string{c.changed}) {
		t.Errorf("changed outside of mitoplan are %q, want %q", d.Changed, c.changed)
	}
	all := append(slices.Clone(d.Addresses), d.Beside...)
	if slices.Sort(all); !slices.Equal(all, c.sharers) {
		t.Errorf("the blocks of the thing are %q, want %q", all, c.sharers)
	}
	for _, address := range d.Addresses {
		if got := p.Action(address).Drift; got != want {
			t.Errorf("the drift of %s comes from %q, want %q", address, got, want)
		}
	}
}

// withRecord replaces the record by one of an earlier version, or removes it.
func (l *lab) withRecord(record string, args map[string]map[string]any) {
	l.t.Helper()
	switch record {
	case "none":
		if err := os.RemoveAll(filepath.Dir(l.store.Path())); err != nil {
			l.t.Fatal(err)
		}
	case "of an earlier format":
		st := l.loaded()
		st.Things = nil
		for address, a := range args {
			st.Instance(address).Args, st.Instance(address).Digest = nil, plainArgs(l.t, a)
		}
		if err := l.store.Save(st); err != nil {
			l.t.Fatal(err)
		}
	}
}

func only(t *testing.T, p *planner.Plan) *planner.Drift {
	t.Helper()
	if len(p.Drifts) != 1 {
		t.Fatalf("%d things drifted, want 1: %+v", len(p.Drifts), p.Drifts)
	}
	return p.Drifts[0]
}

const driftFile = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"one\\n\"\n}\n"

// With a record, a block that was never applied counts as not yet applied. A block
// that only got another name counts as applied, and a change by hand is still seen.
func TestDriftOfBlocksThatWereNeverApplied(t *testing.T) {
	l := newLab(t)
	l.applyAll(driftFile, nil)
	d := only(t, l.drift(driftFile+"resource \"file\" \"new\" {\n on = context.local.h\n path = \"$DIR/new\"\n}\n", nil))
	if d.Origin() != planner.OriginConfig || !slices.Equal(d.NeverApplied, []string{"file.new"}) {
		t.Errorf("a new block must count as never applied: %+v", d)
	}
	renamed := strings.Replace(driftFile, `"x"`, `"other"`, 1)
	if p := l.drift(renamed, nil); len(p.Drifts) > 0 {
		t.Errorf("another name alone is no drift: %+v", p.Drifts[0])
	}
	l.write("x", "by hand\n")
	if d := only(t, l.drift(renamed, nil)); d.Origin() != planner.OriginBoth || !slices.Equal(d.Changed, []string{"content"}) {
		t.Errorf("another name and a change by hand: got %+v, want both origins", d)
	}
}

// An apply that finds everything right records it, once. So a later change by hand
// is known to come from outside.
func TestWhatIsFoundRightIsRecorded(t *testing.T) {
	l := newLab(t)
	l.write("x", "one\n")
	for n, want := range []bool{true, false} {
		s := l.session(driftHead+driftFile, nil)
		p := l.plan(s)
		if !p.Empty() || s.Unrecorded(p) != want {
			t.Fatalf("apply %d: empty is %v, and that there is something to record is %v", n, p.Empty(), s.Unrecorded(p))
		}
		if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
			t.Fatal(diags)
		}
	}
	if r := l.loaded().Instance("file.x"); r == nil || r.Origin != state.Adopted {
		t.Fatalf("the record is %+v, want adopted", r)
	}
	l.write("x", "by hand\n")
	if d := only(t, l.drift(driftFile, nil)); d.Origin() != planner.OriginOutside {
		t.Errorf("want a change from outside, got %+v", d)
	}
}

// A thing that should be absent and was made by hand has drifted, too.
func TestDriftOfWhatIsAbsent(t *testing.T) {
	l := newLab(t)
	l.write("x", "")
	src := "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n state = \"absent\"\n}\n"
	l.applyAll(src, nil)
	if p := l.drift("", nil); len(p.Orphans) > 0 {
		t.Errorf("a thing that is absent counts as an orphan: %q", p.Orphans)
	}
	l.write("x", "")
	if d := only(t, l.drift(src, nil)); d.Origin() != planner.OriginOutside || !slices.Equal(d.Changed, []string{"type"}) {
		t.Errorf("want a change of the type from outside, got %+v", d)
	}
}

// The record has a slow digest of a secret, and never the secret itself. So a
// secret that was rotated counts as not yet applied, and one that somebody changed
// on the host counts as drifted.
func TestDriftOfSecrets(t *testing.T) {
	l := newLab(t)
	src := "variable \"s\" { sensitive = true }\nresource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = var.s\n}\n"
	secret := func(s string) map[string]cty.Value {
		return map[string]cty.Value{"s": cty.StringVal(s).Mark(config.Sensitive)}
	}
	l.applyAll(src, secret("the first secret"))
	st := l.loaded()
	thing := st.Thing("local", st.Instance("file.x").Thing)
	for name, digest := range map[string]string{"argument": st.Instance("file.x").Args["content"], "attribute": thing.State["content"]} {
		if !strings.HasPrefix(digest, "s1:") {
			t.Errorf("the digest of the %s is %q, want a slow one", name, digest)
		}
	}
	if d := only(t, l.drift(src, secret("another secret"))); d.Origin() != planner.OriginConfig || !slices.Equal(d.Arguments, []string{"content"}) {
		t.Errorf("a rotated secret: got %+v, want a newer argument", d)
	}
	l.write("x", "by hand")
	if d := only(t, l.drift(src, secret("the first secret"))); d.Origin() != planner.OriginOutside {
		t.Errorf("a secret changed on the host: got %+v, want a change from outside", d)
	}
	if d := only(t, l.drift(src, secret("another secret"))); d.Origin() != planner.OriginBoth {
		t.Errorf("rotated and changed on the host: got %+v, want both origins", d)
	}
	l.withRecord("of an earlier format", map[string]map[string]any{"file.x": {"path": kind.Text(filepath.Join(l.Dir, "x")), "content": nil}})
	if d := only(t, l.drift(src, secret("another secret"))); d.Origin() != planner.OriginUnknown {
		t.Errorf("with a record without digests of secrets: got %+v, want an unknown origin", d)
	}
}

// What a failed apply did not get to is not yet applied. What it may have done is
// not taken for a change from outside.
func TestDriftAfterAnApplyThatFailed(t *testing.T) {
	l := newLab(t)
	fails := strings.Replace(driftFile, "}\n", " validate = \"false %s\"\n}\n", 1)
	l.applyAll(driftFile, nil)
	l.write("x", "by hand\n")
	o := l.options(driftHead+fails, nil)
	s := l.open(o)
	if sum, _ := l.apply(t.Context(), s, l.plan(s)); sum.Failed != 1 {
		t.Fatalf("want one failed action, got %+v", sum)
	}
	if d := only(t, l.drift(driftFile, nil)); d.Origin() != planner.OriginOutside {
		t.Errorf("what the failed apply left alone: got %+v, want a change from outside", d)
	}
	l.write("x", "half of it\n")
	if d := only(t, l.drift(driftFile, nil)); d.Origin() != planner.OriginUnknown || d.OutsideKnown {
		t.Errorf("what the failed apply may have changed: got %+v, want an unknown origin", d)
	}
}

// What is switched off or gone and is still on the host is not yet applied. That somebody
// changed it there is told, too.
func TestDriftOfWhatLeftTheConfiguration(t *testing.T) {
	l := newLab(t)
	src := "variable \"yes\" { default = true }\n" + strings.Replace(driftFile, "{\n", "{\n enabled = var.yes\n", 1)
	yes := map[string]cty.Value{"yes": cty.True}
	l.applyAll(src, yes)
	p := l.drift(src, map[string]cty.Value{"yes": cty.False})
	if d := only(t, p); d.Origin() != planner.OriginConfig || p.Action("file.x").Reason != "enabled is false" {
		t.Errorf("it was switched off: got %+v, %+v", d, p.Action("file.x"))
	}
	if d := only(t, l.drift("", nil)); d.Origin() != planner.OriginConfig || d.Thing != kind.PathThing(filepath.Join(l.Dir, "x")) {
		t.Errorf("it is gone: got %+v", d)
	}
	l.write("x", "by hand\n")
	if p := l.drift("", nil); len(p.Drifts) > 0 || p.Action("file.x").Op != planner.Forget {
		t.Errorf("it is somebody else's, and is only forgotten: got %+v", p.Drifts)
	}
}

// A saved plan shows what was changed from outside, as the plan did when it was
// made.
func TestSavedPlanKeepsWhereDriftComesFrom(t *testing.T) {
	l := newLab(t)
	l.applyAll(driftFile, nil)
	l.write("x", "by hand\n")
	o := l.options(driftHead+driftFile, nil)
	s := l.open(o)
	p := l.plan(s)
	f := l.savedOf(s, p)
	_, again := l.reopen(f, o)
	if d := only(t, again); d.Origin() != planner.OriginOutside || again.Action("file.x").Drift != planner.OriginOutside {
		t.Errorf("want a change from outside, got %+v", d)
	}
}

// TestNamesThatASourceGainsAreNoDrift holds that nobody has changed a host outside because the source
// of a directory has other names than at the last apply, and that a hand edit is told as one.
func TestNamesThatASourceGainsAreNoDrift(t *testing.T) {
	l := newLab(t)
	l.site(false, "one\n")
	l.write("site/b", "b\n")
	src := copies("/made", "site", "delete = true\n")
	for _, c := range []struct {
		name   string
		change func()
		want   string
	}{
		{"the source loses a file", func() { l.remove("site/b") }, planner.OriginConfig},
		{"the source gains a file", func() { l.write("site/c", "c\n") }, planner.OriginConfig},
		{"the source has another content", func() { l.write("site/key", "two\n") }, planner.OriginConfig},
		{"somebody edits the host", func() { l.write("made/key", "mine\n") }, planner.OriginOutside},
		{"somebody adds a file", func() { l.write("made/mine", "mine\n") }, planner.OriginOutside},
	} {
		s := l.open(l.fromDisk(driftHead+src, nil))
		l.mustApply(s, l.plan(s))
		c.change()
		o := l.fromDisk(driftHead+src, nil)
		o.ReadOnlyMode = true
		if d := only(t, l.plan(l.open(o))); d.Origin() != c.want {
			t.Errorf("%s: the drift comes from %q, want %q", c.name, d.Origin(), c.want)
		}
	}
}
