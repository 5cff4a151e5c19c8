package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// Two blocks of one path that ask for different owners or permissions would undo
// each other at every apply. The same value in two spellings is no conflict.
func TestTwoBlocksThatSayWhoMayUseAPath(t *testing.T) {
	file := func(more string) string {
		return "resource \"file\" \"x\" {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n" + more + "\n}\n"
	}
	mode := func(s string) string { return fmt.Sprintf("  mode = %q", s) }
	owner := func(s string) string { return fmt.Sprintf("  owner = %q", s) }
	for name, tt := range map[string]struct{ src, want string }{
		"other modes of whole and edit": {file(mode("0644")) + lineBlock("a", mode("0600")),
			`file.x (main.mito.hcl:4) and line.a (main.mito.hcl:9) both say the mode of path /etc/x on context.ssh.h: "0644" and "0600". Each would undo`},
		"other modes of two edits":   {lineBlock("a", mode("0644")) + lineBlock("b", mode("0600")), `both say the mode`},
		"the third differs":          {lineBlock("a", mode("0644")) + lineBlock("b", mode("0644")) + lineBlock("c", mode("0600")), "line.a (main.mito.hcl:4) and line.c"},
		"the same mode":              {file(mode("0600")) + lineBlock("a", mode("0600")) + lineBlock("b", mode("0600")), ""},
		"the same mode, in others":   {file(mode("0644")) + lineBlock("a", mode("00644")) + lineBlock("b", mode("u=rw,go=r")), ""},
		"one says nothing":           {file(mode("0644")) + lineBlock("a", ""), ""},
		"symbolic ones that agree":   {lineBlock("a", mode("g-w")) + lineBlock("b", mode("o-rwx")), ""},
		"symbolic ones that do not":  {lineBlock("a", mode("g+w")) + lineBlock("b", mode("g=r")), `"g+w" and "g=r"`},
		"symbolic against a number":  {lineBlock("a", mode("0660")) + lineBlock("b", mode("g-w")), `"0660" and "g-w"`},
		"symbolic within a number":   {lineBlock("a", mode("0640")) + lineBlock("b", mode("g-w,o=")), ""},
		"other owners":               {file(owner("app")) + lineBlock("a", owner("www")), `both say the owner of path /etc/x on context.ssh.h: "app" and "www"`},
		"the same owner":             {file(owner("app")) + lineBlock("a", owner("app")), ""},
		"a name and a number":        {file(owner("app")) + lineBlock("a", owner("1000")), ""},
		"two numbers":                {file(owner("1000")) + lineBlock("a", owner("1001")), `"1000" and "1001"`},
		"other groups":               {lineBlock("a", "  group = \"a\"") + lineBlock("b", "  group = \"b\""), "both say the group"},
		"owner and group, two edits": {lineBlock("a", owner("a")) + lineBlock("b", "  group = \"b\""), ""},
		"a file that goes":           {file("  state = \"absent\"\n"+mode("0644")) + lineBlock("b", "  state = \"absent\"\n"+mode("0600")), ""},
		"a line that goes":           {file(mode("0644")) + lineBlock("b", "  state = \"absent\"\n"+mode("0600")), `"0644" and "0600"`},
	} {
		t.Run(name, func(t *testing.T) {
			// In this world a check answers with what its block asks for. That
			// would hide the conflict, so that the machine says nothing here.
			w := &world{answers: map[string]planner.Result{}}
			for _, a := range []string{"file.x", "line.a", "line.b", "line.c"} {
				w.answers[a] = planner.Result{Change: &resource.Change{Op: resource.NoOp, Fingerprint: "f"}}
			}
			_, p := makePlan(t, oneHost+tt.src, w)
			diags := p.Diagnostics()
			if tt.want == "" {
				noErrors(t, p)
				return
			}
			if len(diags) != 1 || diags[0].Summary != "Two claims on one thing" || !strings.Contains(diags[0].Detail, tt.want) {
				t.Errorf("want one conflict with %q: %v", tt.want, diags)
			}
		})
	}
}

// A name and a number may be the same owner. Only their machine can say so.
func TestOwnersAreComparedAsTheirMachineKnowsThem(t *testing.T) {
	src := oneHost + lineBlock("a", `owner = "root"`) + lineBlock("b", `owner = "0"`)
	for real, want := range map[string]int{"root": 0, "toor": 1} {
		w := &world{answers: map[string]planner.Result{}}
		for a, owner := range map[string]string{"line.a": "root", "line.b": real} {
			w.answers[a] = planner.Result{Change: &resource.Change{Op: resource.NoOp, After: map[string]any{"owner": owner}, Fingerprint: "f"}}
		}
		_, p := makePlan(t, src, w)
		if d := p.Diagnostics(); len(d) != want {
			t.Errorf("%s: got %v, want %d problems", real, d, want)
		}
	}
}

// The message of a conflict quotes no mode that is secret.
func TestOwnersConflictNamesNoSecret(t *testing.T) {
	_, p := makePlan(t, oneHost+lineBlock("a", `mode = sensitive("0604")`)+lineBlock("b", `mode = "0600"`), &world{})
	if d := p.Diagnostics(); len(d) != 1 || strings.Contains(d[0].Detail, "0604") || !strings.Contains(d[0].Detail, "one that is sensitive") {
		t.Errorf("want one conflict that does not quote the secret mode: %v", d)
	}
}
