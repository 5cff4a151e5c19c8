package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/planner"
)

// edit is an action that edits /f.
func edit(name string, before, after any) *Action {
	return &Action{
		Address: "line." + name, Block: "line." + name, Type: "resource", Kind: "line", Name: name, Context: "local.here", Op: "update", op: planner.Update,
		Before: map[string]any{"path": "/f", "content": before}, After: map[string]any{"path": "/f", "content": after},
		attrs: []string{"path", "content"}, diffed: map[string]bool{"content": true}, named: map[string]bool{"path": true}, edits: "path",
	}
}

// part of a text, with lines above and below that are the same.
func excerpt(above int, s string, below int) Bytes {
	return Bytes{Size: int64(len(s)), text: text{s: s, encoding: charset.UTF8, above: above, below: below}}
}

// latin1 and wide are texts in other encodings.
func latin1(s string) Bytes {
	return Bytes{Size: int64(len(s)), text: text{s: s, encoding: charset.EightBit}}
}
func wide(s string) Bytes {
	return Bytes{Size: int64(2 * len(s)), text: text{s: s, encoding: charset.UTF16LE}}
}

// Edits of one file are one difference, in which each change stands below the edit that makes it.
func TestEditsOfOneFile(t *testing.T) {
	numbers := func(from, to int) (s string) {
		for i := from; i <= to; i++ {
			s += fmt.Sprintf("%d\n", i)
		}
		return s
	}
	for name, c := range map[string]struct {
		edits []*Action
		want  string // "" if each is shown by itself
	}{
		"beside each other": {[]*Action{edit("a", "1\n2\n", "x\n2\n"), edit("b", "x\n2\n", "x\ny\n")}, "# line.a\n- 1\n+ x\n# line.b\n- 2\n+ y\n"},
		"in another order":  {[]*Action{edit("a", "1\n2\n", "1\ny\n"), edit("b", "1\ny\n", "x\ny\n")}, "# line.b\n- 1\n+ x\n# line.a\n- 2\n+ y\n"},
		"far from each other": {[]*Action{edit("a", numbers(1, 20), "x\n"+numbers(1, 20)), edit("b", "x\n"+numbers(1, 20), "x\n"+numbers(1, 20)+"y\n")},
			"# line.a\n+ x\n  1\n  2\n  3\n# (14 unchanged lines hidden)\n  18\n  19\n  20\n# line.b\n+ y\n"},
		"of the same line":         {[]*Action{edit("a", "1\n", "x\n"), edit("b", "x\n", "y\n")}, "# line.a\n- 1\n# line.b\n+ y\n"},
		"a line comes and goes":    {[]*Action{edit("a", "1\n", "1\nx\n"), edit("b", "1\nx\n", "1\n"), edit("c", "1\n", "1\nz\n")}, "  1\n# line.c\n+ z\n"},
		"of a file without an end": {[]*Action{edit("a", "1\n2", "1\n2\nx\n"), edit("b", "1\n2\nx\n", "0\n1\n2\nx\n")}, "# line.b\n+ 0\n  1\n# line.a\n- 2\n# (no newline at the end)\n+ 2\n+ x\n"},
		"of parts": {[]*Action{edit("a", excerpt(100, "1\n2\n3\n4\n", 50), excerpt(100, "1\n2\nx\n3\n4\n", 50)), edit("b", excerpt(90, "5\n6\n", 63), excerpt(90, "5\nz\n", 63))},
			"# (90 unchanged lines hidden)\n  5\n# line.b\n- 6\n+ z\n# (8 unchanged lines hidden)\n  1\n  2\n# line.a\n+ x\n  3\n  4\n# (50 unchanged lines hidden)\n"},
		"of parts in each other": {[]*Action{edit("a", excerpt(10, "1\n2\n3\n", 9), excerpt(10, "1\nx\n2\n3\n", 9)), edit("b", excerpt(12, "2\n3\n4\n", 8), excerpt(12, "2\ny\n3\n4\n", 8))},
			"# (10 unchanged lines hidden)\n  1\n# line.a\n+ x\n  2\n# line.b\n+ y\n  3\n  4\n# (8 unchanged lines hidden)\n"},
		"of what others left":        {[]*Action{edit("a", "1\n", "2\n"), edit("b", "3\n", "4\n")}, ""},
		"of another number of lines": {[]*Action{edit("a", "1\n", "2\n"), edit("b", excerpt(0, "2\n", 7), excerpt(0, "4\n", 7))}, ""},
		"of a file with CR LF":       {[]*Action{edit("a", "1\r\n0\r\n", "0\r\n"), edit("b", "0\r\n", "1\r\n0\r\n2\r\n")}, "# (every line ends with CR LF)\n  1\n  0\n# line.b\n+ 2\n"},
		"of some lines with CR LF":   {[]*Action{edit("a", "1\r\n0\n", "0\n"), edit("b", "0\n", "1\r\n0\n2\n")}, "  1«CR»\n  0\n# line.b\n+ 2\n"},
		"of a file that gets CR LF":  {[]*Action{edit("a", "1\n", "1\r\n"), edit("b", "1\r\n", "1\r\n2\r\n")}, "# line.a\n- 1\n+ 1«CR»\n# line.b\n+ 2«CR»\n"},
		"of a file in Latin-1":       {[]*Action{edit("a", latin1("\xe4\n1\n"), latin1("1\n")), edit("b", latin1("1\n"), latin1("\xe4\n1\n\xf6\n"))}, "  «0xE4»\n  1\n# line.b\n+ «0xF6»\n"},
		"of a file in UTF-16":        {[]*Action{edit("a", wide("1\n2\n"), wide("2\n")), edit("b", wide("2\n"), wide("1\n2\n3\n"))}, "# (text in UTF-16, little-endian)\n  1\n  2\n# line.b\n+ 3\n"},
		"of a file of two encodings": {[]*Action{edit("a", wide("1\n"), wide("2\n")), edit("b", "2\n", "3\n")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := &Human{}
			groups := h.group(c.edits)
			if c.want == "" {
				if len(groups) != len(c.edits) {
					t.Errorf("%d differences are shown, want %d", len(groups), len(c.edits))
				}
				return
			}
			if len(groups) != 1 {
				t.Fatalf("%d differences are shown, want one", len(groups))
			}
			head := fmt.Sprintf("  ~ %d edits of one file {\n        path    = \"/f\"\n      ~ content = <<-EOT\n", len(c.edits))
			var want strings.Builder
			for line := range strings.Lines(c.want) {
				want.WriteString("          " + line)
			}
			if diff := cmp.Diff(head+want.String()+"        EOT\n    }\n", groups[0].body); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is shown together is what can be said in lines alone.
func TestEditsThatStandAlone(t *testing.T) {
	for name, change := range map[string]func(a *Action){
		"another context":    func(a *Action) { a.Context = "local.there" },
		"another file":       func(a *Action) { a.After["path"] = "/g" },
		"no edit":            func(a *Action) { a.edits = "" },
		"created":            func(a *Action) { a.op = planner.Create },
		"made along":         func(a *Action) { a.Along = &Along{} },
		"compared with what": func(a *Action) { a.BeforeUnknown = true },
		"sensitive":          func(a *Action) { a.AfterSensitive = map[string]bool{"content": true} },
		"not known":          func(a *Action) { a.AfterUnknown = map[string]bool{"content": true} },
		"a mode to be known": func(a *Action) { a.attrs, a.AfterUnknown = append(a.attrs, "mode"), map[string]bool{"mode": true} },
		"a value":            func(a *Action) { a.attrs, a.Before["value"], a.After["value"] = append(a.attrs, "value"), "0", "1" },
		"no text":            func(a *Action) { a.After["content"] = Bytes{Size: 3} },
	} {
		b := edit("b", "2\n", "3\n")
		change(b)
		if got := units([]*Action{edit("a", "1\n", "2\n"), b}); len(got) != 2 {
			t.Errorf("%s: it is shown together with another edit", name)
		}
	}
}

// wholeFile is a block that has all of /f.
func wholeFile(op planner.Op, before, after any) *Action {
	a := edit("f", before, after)
	a.Address, a.Block, a.Kind, a.Op, a.op, a.edits, a.claims = "file.f", "file.f", "file", string(op), op, "", "path"
	a.attrs, a.After["mode"] = []string{"path", "mode", "content"}, "0600"
	if op == planner.Create {
		a.Before = nil
	}
	return a
}

// The block that has the whole of a file stands with the edits of that, and a line that it takes
// away and an edit brings back is none that changes. What decides how an edit is made stands
// there, too.
func TestAFileWithItsEdits(t *testing.T) {
	b := edit("b", "1\nx\n3\n", "1\nx\n3\n4\n")
	b.attrs, b.Before["group"], b.After["group"] = append(b.attrs, "group", "validate", "backup"), "root", "app"
	b.access = map[string]bool{"group": true}
	b.Uses = map[string]any{"validate": "check %s", "backup": true}
	b.Warnings, b.notes = []string{"It is late."}, []string{"It is early."}
	for _, c := range []struct {
		whole *Action
		want  string
	}{
		{wholeFile(planner.Create, nil, "1\n2\n3\n"), `
  # file.f will be created           on local.here
  # line.a will be updated in place  on local.here
  # line.b will be updated in place  on local.here
  + resource "file" "f" and 2 edits of it {
      + path     = "/f"
      + mode     = "0600"
      ~ group    = "root" -> "app"  # line.b
        validate = "check %s"  # line.b
        backup   = true  # line.b
      + content  = <<-EOT
          # file.f
          + 1
          # line.a
          + x
          # file.f
          + 3
          # line.b
          + 4
        EOT
    }
    # Warning: line.b: It is late.
    # line.b: It is early.
`},
		{wholeFile(planner.Update, "1\nx\nthree\n4\n", "1\n2\n3\n"), `
  # file.f will be updated in place  on local.here
  # line.a will be updated in place  on local.here
  # line.b will be updated in place  on local.here
  ~ resource "file" "f" and 2 edits of it {
        path     = "/f"
      ~ mode     = null -> "0600"
      ~ group    = "root" -> "app"  # line.b
        validate = "check %s"  # line.b
        backup   = true  # line.b
      ~ content  = <<-EOT
            1
            x
          # file.f
          - three
          + 3
            4
        EOT
    }
    # Warning: line.b: It is late.
    # line.b: It is early.
`},
	} {
		got := (&Human{}).bodies((&Human{}).group([]*Action{c.whole, edit("a", "1\n2\n3\n", "1\nx\n3\n"), b}), becomes)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Where a file and its edits only change who may use it, no content is shown as changed.
func TestAFileWhoseModeChanges(t *testing.T) {
	h := &Human{}
	w := wholeFile(planner.Update, "1\nx\n", "1\n")
	w.Before["mode"] = "0777"
	got := h.bodies(h.group([]*Action{w, edit("a", "1\n", "1\nx\n")}), becomes)
	want := `
  # file.f will be updated in place  on local.here
  # line.a will be updated in place  on local.here
  ~ resource "file" "f" and 1 edit of it {
        path = "/f"
      ~ mode = "0777" -> "0600"
        # (1 unchanged attribute hidden)
    }
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Edits that are alike on several hosts are shown once, each block with its heading, and where
// they are made once.
func TestEditsOfOneFileOnManyHosts(t *testing.T) {
	var all []*Action
	for _, host := range []string{"h1", "h2"} {
		for _, a := range []*Action{edit("a", "1\n", "2\n"), edit("b", "2\n", "2\n3\n")} {
			a.Keys = []string{host}
			a.Address += `["` + host + `"]`
			a.Context = `context.ssh.web["` + host + `"]`
			all = append(all, a)
		}
	}
	h := &Human{}
	got := h.bodies(h.group(all), becomes)
	want := `
  # line.a will be updated in place, 2 instances alike
  # line.b will be updated in place, 2 instances alike
  #     on ssh.web: ["h1"], ["h2"]
  ~ 2 edits of one file {
        path    = "/f"
      ~ content = <<-EOT
          # line.a
          - 1
          + 2
          # line.b
          + 3
        EOT
    }
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever edits do to a file, what is left of the lines at the beginning and at the end is what
// the first one found and the last one leaves.
func TestCompositionsAreTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		lines := make([]string, r.IntN(12))
		for i := range lines {
			lines[i] = fmt.Sprintf("%d\n", r.IntN(5))
		}
		first, last := strings.Join(lines, ""), ""
		var u []*Action
		for i := range 1 + r.IntN(6) {
			before := strings.Join(lines, "")
			for range 1 + r.IntN(3) {
				at := r.IntN(len(lines) + 1)
				if r.IntN(2) == 0 && at < len(lines) {
					lines = slices.Delete(lines, at, at+1)
				} else {
					lines = slices.Insert(lines, at, fmt.Sprintf("%d\n", r.IntN(5)))
				}
			}
			last = strings.Join(lines, "")
			above, below := 0, 0
			for above < lineCount(before) && above < lineCount(last) && above < 2 && r.IntN(2) == 0 && line(before, above) == line(last, above) {
				above++
			}
			u = append(u, edit(fmt.Sprint(i), excerpt(above, rest(before, above), below), excerpt(above, rest(last, above), below)))
		}
		c := composed(u)
		if c == nil {
			t.Fatal("an edit does not begin with what the one before it has left")
		}
		var was, is strings.Builder
		n := 0
		for _, p := range c.parts {
			if p.unseen > 0 { // at the beginning, where nothing was changed
				n += p.unseen
				continue
			}
			if p.added == 0 {
				was.WriteString(p.text)
			}
			if p.removed == 0 {
				is.WriteString(p.text)
			}
		}
		if was.String() != rest(first, n) || is.String() != rest(last, n) {
			t.Fatalf("from %q to %q: the parts are %+v", first, last, c.parts)
		}
	}
}

func line(s string, i int) string { return strings.SplitAfter(s, "\n")[i] }

// rest is a text without its first n lines.
func rest(s string, n int) string { return strings.Join(strings.SplitAfter(s, "\n")[n:], "") }

// What is first in the order of addresses need not be the first edit: a plan says what comes
// after what.
func TestEditsInTheOrderOfThePlan(t *testing.T) {
	first, second, third := edit("c", "1\n", "2\n"), edit("a", "2\n", "3\n"), edit("b", "3\n", "4\n")
	idle := edit("d", "3\n", "3\n")
	idle.op = planner.NoOp
	second.DependsOn, idle.DependsOn, third.DependsOn = []string{first.Address}, []string{second.Address, "line.gone"}, []string{idle.Address}
	all := []*Action{second, third, first, idle}
	setDepths(all)
	if got := (&Human{}).group(all); len(got) != 1 || got[0].units[0].actions[0] != first || got[0].units[0].actions[2] != third {
		t.Errorf("%d differences are shown, want one, in the order of the edits", len(got))
	}
	first.DependsOn = []string{third.Address} // a plan file that was forged
	setDepths(all)
}

// What is said of several blocks of one file alike is said once.
func TestWarningsOfAUnitAreSaidOnce(t *testing.T) {
	u := unit{}
	for name, warnings := range map[string][]string{"line.a": {"it stays", "it stays"}, "line.b": {"it stays", "another"}, "line.c": {"it stays"}} {
		u.actions = append(u.actions, &Action{Address: name, Block: name, Warnings: warnings})
	}
	slices.SortFunc(u.actions, func(a, b *Action) int { return strings.Compare(a.Address, b.Address) })
	got := (&Human{}).unitWarnings(u)
	if strings.Count(got, "it stays") != 1 || !strings.Contains(got, "line.a and 2 more: it stays") || !strings.Contains(got, "line.b: another") {
		t.Errorf("it says %q", got)
	}
}
