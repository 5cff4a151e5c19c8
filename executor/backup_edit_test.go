package executor_test

import (
	"strings"
	"testing"
)

// A backup that any block of a file asks for is of what was there before the first write, also
// where the block that has the whole of the file has nothing to do at first: that is what a
// destroy puts back, whatever came later.
func TestTheFirstBackupOfAFileIsPutBack(t *testing.T) {
	const before = "a 1\nb 2\n"
	file := func(backup string) string {
		return "resource \"file\" \"f\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"a 1\\nb 2\\n\"" + backup + "\n}\n"
	}
	line := func(backup string) string {
		return "resource \"line\" \"l\" {\n on = context.local.h\n path = \"$DIR/x\"\n regexp = \"^a \"\n line = \"a 9\"" + backup + "\n}\n" +
			"resource \"line\" \"m\" {\n on = context.local.h\n path = \"$DIR/x\"\n line = \"new\"\n}\n"
	}
	const asked = "\n backup = true"
	for name, src := range map[string]string{
		"of the file": file(asked) + line(""), "of a line": file("") + line(asked), "of both": file(asked) + line(asked),
	} {
		t.Run(name, func(t *testing.T) {
			for _, later := range []bool{false, true} {
				l := newLab(t)
				l.write("x", before)
				l.applyAll(src, nil)
				if l.read("x") != "a 9\nb 2\nnew\n" {
					t.Fatalf("the file holds %q", l.read("x"))
				}
				if later { // This apply makes another backup, which has the edits of the first.
					l.write("x", l.read("x")+"of somebody\n")
					l.applyAll(src, nil)
				}
				s := l.session(driftHead, nil)
				p := l.plan(s)
				if l.mustApply(s, p); l.read("x") != before || len(l.loaded().Addresses()) > 0 {
					t.Errorf("with a later change %v, the file holds %q, and recorded are %v", later, l.read("x"), l.loaded().Addresses())
				}
			}
		})
	}
	t.Run("that was asked for too late", func(t *testing.T) {
		l := newLab(t)
		l.write("x", before)
		l.applyAll(file("")+line(""), nil)
		l.write("x", l.read("x")+"of somebody\n")
		l.applyAll(file(asked)+line(""), nil)
		s := l.session(driftHead, nil)
		if l.mustApply(s, l.plan(s)); strings.Contains(l.read("x"), "somebody") {
			t.Errorf("a destroy put back what was not there before: %q", l.read("x"))
		}
	})
}
