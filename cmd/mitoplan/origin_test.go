package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// absent stands for a file that is not there.
const absent = "(absent)"

// originCell is one file that a file block and a line block are about, one after the other or both
// at once. The block of the file says "a", that of the line adds "b".
type originCell struct {
	before string
	// steps are the blocks that the configuration has at each apply: F, L, B for a file block
	// with a backup, and - for none. The last stays until the end.
	steps string
	// want is what is there when both are gone.
	want string
}

// originTable says what is left of a file and a line in it, in whichever order their blocks came
// and went. What no apply made stays as the last one left it, or as a backup has it; everything
// else goes.
func originTable() (cells []originCell) {
	orders := []string{"F", "L", "FL", "L LF", "L LF F", "L LF L", "L F", "F FL", "F FL F", "F FL L", "F L", "FL F", "FL L", "L - F", "F - L"}
	add := func(before, want string, steps ...string) {
		for _, s := range steps {
			cells = append(cells, originCell{before, s, want})
		}
	}
	withBackup := func(steps []string) (out []string) {
		for _, s := range steps {
			if strings.Contains(s, "F") {
				out = append(out, strings.ReplaceAll(s, "F", "B"))
			}
		}
		return out
	}
	// Nothing was there: nothing stays.
	add(absent, absent, orders...)
	add(absent, absent, withBackup(orders)...)
	// A file was there: it stays as the file block left it, without the line that was added.
	add("old\n", "old\n", "L")
	add("old\n", "a\n", orders[2:]...)
	add("old\n", "a\n", "F")
	add("a\n", "a\n", orders...)
	// The backup of a file block has what was there when that block came.
	add("old\n", "old\n", "B", "BL", "B BL", "B BL B", "B BL L", "B L", "BL B", "BL L", "B - L", "L - B")
	add("old\n", "old\nb\n", "L LB", "L LB B", "L LB L", "L B")
	// A line that was there stays, unless a file block took it away before.
	add("a\nb\n", "a\nb\n", "L", "FL", "L LF", "L LF L", "FL L")
	add("a\nb\n", "a\n", "F", "L F", "L LF F", "F FL", "F FL F", "F FL L", "F L", "FL F", "L - F", "F - L")
	return cells
}

// conf is the configuration of a step of all cells.
func originConf(cells []originCell, step int) string {
	var b strings.Builder
	b.WriteString("context \"local\" \"here\" {}\n")
	for k, c := range cells {
		steps := append(strings.Fields(c.steps), "-")
		for _, block := range steps[min(step, len(steps)-1)] {
			kind, args := "file", "content = \"a\\n\""
			switch block {
			case '-':
				continue
			case 'B':
				args += "\n  backup = true"
			case 'L':
				kind, args = "line", "line = \"b\"\n  create = true"
			}
			fmt.Fprintf(&b, "resource %q \"c%d\" {\n  on = context.local.here\n  path = abspath(\"f%d\")\n  %s\n}\n", kind, k, k, args)
		}
	}
	return b.String()
}

// TestWhatIsLeftOfAFileAndItsLine holds the table, with blocks that are taken out and with destroy.
// What each cell has, the record has not by then.
func TestWhatIsLeftOfAFileAndItsLine(t *testing.T) {
	cells := originTable()
	for _, destroy := range []bool{false, true} {
		t.Run(fmt.Sprintf("destroy=%v", destroy), func(t *testing.T) {
			dir := t.TempDir()
			for k, c := range cells {
				if c.before != absent {
					writeTo(t, filepath.Join(dir, fmt.Sprintf("f%d", k)), c.before)
				}
			}
			for step, most := 0, 4; step < most; step++ {
				conf := originConf(cells, step)
				if destroy { // Each cell keeps its last blocks.
					conf = originConf(held(cells), step)
				}
				writeTo(t, filepath.Join(dir, "main.mito.hcl"), conf)
				runHere(t, dir, "apply", "-auto-approve")
			}
			if destroy {
				runHere(t, dir, "destroy", "-auto-approve")
			}
			for k, c := range cells {
				got := absent
				if is, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("f%d", k))); err == nil {
					got = string(is)
				}
				if got != c.want {
					t.Errorf("%q and %s: %q is left, want %q", c.before, c.steps, got, c.want)
				}
			}
			if out := runHere(t, dir, "show"); !strings.Contains(out, "The record is empty.") {
				t.Errorf("the record has:\n%s", out)
			}
		})
	}
}

// held are cells whose last step goes on.
func held(cells []originCell) (out []originCell) {
	for _, c := range cells {
		steps := strings.Fields(c.steps)
		for len(steps) < 4 {
			steps = append(steps, steps[len(steps)-1])
		}
		c.steps = strings.Join(steps, " ")
		out = append(out, c)
	}
	return out
}

func writeTo(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runHere runs mitoplan in a directory, and returns what it printed.
func runHere(t *testing.T, dir string, args ...string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Cmd{Path: exe, Args: append([]string{"mitoplan"}, args...), Dir: dir, Env: append(os.Environ(), "HOME="+filepath.Join(dir, ".no-home"))}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("mitoplan %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
