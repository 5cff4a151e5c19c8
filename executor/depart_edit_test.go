package executor_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// An edit upon a file whose content a block says is taken out as long as it is what an apply left,
// whether that file was there before or not. What somebody else has put in its place stays.
func TestEditsUponAFileAreTakenOut(t *testing.T) {
	for _, c := range []struct {
		kind, args  string
		file        string // as the block of the file has it
		ours, other string // what the edit makes of it, and what somebody else makes of that
	}{
		{"ini", `section = "s"` + "\n" + `key = "k"` + "\n" + `value = "v"`, "a = 1\n", "k = v", "k = w"},
		{"ini", `key = "k"` + "\n" + `values = ["v", "u"]`, "a = 1\n", "k = v", "k = w"},
		{"block", `content = "ours\n"`, "a = 1\n", "ours", "theirs"},
		{"json_value", `pointer = "/k"` + "\n" + `value = jsonencode("v")`, `{"a": 1}` + "\n", `"v"`, `"w"`},
		{"yaml_value", `pointer = "/k"` + "\n" + `value = jsonencode("v")`, "a: 1\n", "k: v", "k: w"},
		{"toml_value", `pointer = "/k"` + "\n" + `value = jsonencode("v")`, "a = 1\n", `k = "v"`, `k = "w"`},
		{"hosts_entry", `address = "192.0.2.1"` + "\n" + `names = ["ours"]`, "127.0.0.1 localhost\n", "ours", "theirs"},
		{"limits", `domain = "app"` + "\n" + `item = "nofile"` + "\n" + `type = "soft"` + "\n" + `value = "10"`, "# limits\n", "10", "11"},
	} {
		edit := "resource \"" + c.kind + "\" \"e\" {\n on = context.local.h\n path = \"$DIR/x\"\n " + c.args + "\n}\n"
		file := "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = " + strconv.Quote(c.file) + "\n}\n"
		t.Run(c.kind+", as it was left", func(t *testing.T) {
			for _, before := range []string{c.file, "other\n", ""} {
				l := newLab(t)
				if before != "" {
					l.write("x", before)
				}
				l.applyAll(file+edit, nil)
				if !strings.Contains(l.read("x"), c.ours) {
					t.Fatalf("the file holds %q", l.read("x"))
				}
				s, p, op := l.departs(c.kind + ".e")
				if op == planner.Forget {
					t.Fatalf("%s.e is forgotten: %+v", c.kind, p.Action(c.kind+".e"))
				}
				l.mustApply(s, p)
				if before == "" {
					if l.isThere("x") {
						t.Errorf("the file is there, and holds %q", l.read("x"))
					}
				} else if l.read("x") != c.file {
					t.Errorf("with %q before, the file holds %q", before, l.read("x"))
				}
			}
		})
		t.Run(c.kind+", of somebody else", func(t *testing.T) {
			for _, before := range []string{c.file, ""} {
				l := newLab(t)
				if before != "" {
					l.write("x", before)
				}
				l.applyAll(file+edit, nil)
				theirs := strings.Replace(l.read("x"), c.ours, c.other, 1)
				l.write("x", theirs)
				s, p, op := l.departs(c.kind + ".e")
				if op != planner.Forget {
					t.Errorf("the plan would %s %s.e", op, c.kind)
				}
				if l.mustApply(s, p); !l.isThere("x") || l.read("x") != theirs {
					t.Errorf("what somebody else has set is gone: there is %v", l.isThere("x"))
				}
			}
		})
		t.Run(c.kind+", beside what somebody else has changed", func(t *testing.T) {
			l := newLab(t)
			l.write("x", c.file)
			l.applyAll(file+edit, nil)
			l.applyAll(edit, nil) // The block of the file is gone, and that stays.
			s, p, op := l.departs(c.kind + ".e")
			if op == planner.Forget {
				t.Errorf("%s.e is forgotten: %+v", c.kind, p.Action(c.kind+".e"))
			}
			if l.mustApply(s, p); l.read("x") != c.file {
				t.Errorf("the file holds %q", l.read("x"))
			}
		})
	}
}

// The record of an earlier version has no digest of the part that an edit upon a file left. The
// next apply adds that, though it changes nothing.
func TestARecordLearnsOfTheParts(t *testing.T) {
	l := newLab(t)
	edited := strings.Replace(madeFile, `one\n`, `a = 1\n`, 1) + "resource \"ini\" \"e\" {\n on = context.local.h\n path = \"$DIR/x\"\n key = \"k\"\n value = \"v\"\n}\n"
	l.applyAll(edited, nil)
	st := l.loaded()
	for _, things := range st.Things {
		for _, thing := range things {
			maps.DeleteFunc(thing.State, func(name, _ string) bool { return strings.Contains(name, " ") })
			thing.By["ini.e"] = slices.DeleteFunc(thing.By["ini.e"], func(name string) bool { return strings.Contains(name, " ") })
		}
	}
	if err := l.store.Save(st); err != nil {
		t.Fatal(err)
	}
	if _, p, op := l.departs("ini.e"); op != planner.Forget {
		t.Fatalf("without a digest of its value, the plan would %s it: %+v", op, p.Action("ini.e"))
	}
	l.applyAll(edited, nil)
	s, p, op := l.departs("ini.e")
	if op == planner.Forget {
		t.Fatalf("it is forgotten: %+v", p.Action("ini.e"))
	}
	if l.mustApply(s, p); l.isThere("x") {
		t.Errorf("the file is there, and holds %q", l.read("x"))
	}
}

// A file that replace = false leaves to others is taken away if it holds what the apply that made
// it left, or what edits have made of that since; otherwise it stays.
func TestAFileThatIsMadeOnceIsTakenAway(t *testing.T) {
	const file = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"{\\\"a\\\": true}\\n\"\n replace = false\n}\n"
	value := func(v string) string {
		return "resource \"json_value\" \"v\" {\n on = context.local.h\n path = \"$DIR/x\"\n pointer = \"/a\"\n value = \"" + v + "\"\n}\n"
	}
	for name, c := range map[string]struct {
		applies []string
		hand    string
		stays   bool
	}{
		"alone":                       {applies: []string{file}},
		"applied twice":               {applies: []string{file, file}},
		"edited along":                {applies: []string{file + value("false")}},
		"edited along, applied twice": {applies: []string{file + value("false"), file + value("false")}},
		"edited later":                {applies: []string{file, file + value("false"), file + value("1")}},
		"of somebody":                 {applies: []string{file}, hand: "{\"b\": 1}\n", stays: true},
		"edited, of somebody":         {applies: []string{file + value("false")}, hand: "{\"a\": false, \"b\": 1}\n", stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			for _, src := range c.applies {
				l.applyAll(src, nil)
			}
			if c.hand != "" {
				l.write("x", c.hand)
				if p := l.drift(c.applies[len(c.applies)-1], nil); len(p.Drifts) > 0 {
					t.Errorf("what others write is drift: %+v", p.Drifts[0])
				}
			}
			s := l.session(driftHead, nil)
			if l.mustApply(s, l.plan(s)); l.isThere("x") != c.stays {
				t.Errorf("it is there: %v, want %v", l.isThere("x"), c.stays)
			}
		})
	}
}

// An edit that is made of a secret, of which the record does not have enough to take it out, goes
// with the file if that is removed or put back. If the file stays, so does what is recorded of it.
func TestAnEditMadeOfASecretGoesWithItsFile(t *testing.T) {
	const head = driftHead + "variable \"pw\" {\n sensitive = true\n}\n"
	file := func(more string) string {
		return "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"a = 1\\n\"\n" + more + "}\n"
	}
	const line = "resource \"line\" \"l\" {\n on = context.local.h\n path = \"$DIR/x\"\n line = \"pw=${var.pw}\"\n}\n"
	vars := map[string]cty.Value{"pw": cty.StringVal("Hunter2Hunter2").Mark(config.Sensitive)}
	for name, c := range map[string]struct {
		src, before string
		later       func(l *lab)
		want        string // what the file holds in the end, "" for none
		left        int    // recorded then
	}{
		"that an apply made":   {file("") + line, "", func(*lab) {}, "", 0},
		"that is gone by then": {file("") + line, "", func(l *lab) { l.remove("x") }, "", 0},
		"that is put back":     {file(" backup = true\n") + line, "was\n", func(*lab) {}, "was\n", 0},
		"of somebody else":     {file("") + line, "", func(l *lab) { l.write("x", l.read("x")+"theirs\n") }, "a = 1\npw=Hunter2Hunter2\ntheirs\n", 1},
		"without a block":      {line, "a = 1\n", func(*lab) {}, "a = 1\npw=Hunter2Hunter2\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			if c.before != "" {
				l.write("x", c.before)
			}
			s := l.session(head+c.src, vars)
			l.mustApply(s, l.plan(s))
			c.later(l)
			s = l.session(head, vars)
			p := l.plan(s)
			if len(p.Orphans) != c.left {
				t.Errorf("the plan keeps %+v", p.Orphans)
			}
			l.mustApply(s, p)
			if got := l.loaded().Addresses(); len(got) != c.left {
				t.Errorf("recorded are %v", got)
			}
			if l.isThere("x") != (c.want != "") || c.want != "" && l.read("x") != c.want {
				t.Errorf("the file is there %v", l.isThere("x"))
			}
		})
	}
}
