package mitoplan_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What Mitogen's own tests state of calls, receivers, selects, routes, lifecycle and logging is
// a test here, by name, or says why not.
func TestBehavioursOfMitogenAreTests(t *testing.T) {
	parts := map[string]int{}
	part := ""
	for _, line := range entriesOf(t, "testdata/mitogen/behaviours.txt") {
		if name, ok := strings.CutPrefix(line, "["); ok {
			part = strings.TrimSuffix(name, "]")
			continue
		}
		what, held, isHeld := strings.Cut(line, " = ")
		why, reason, isLeftOut := strings.Cut(line, " - ")
		switch {
		case isHeld && len(strings.Fields(held)) > 0 && what != "":
			for _, name := range strings.Fields(held) {
				assertTestExists(t, name)
			}
		case isLeftOut && why != "" && len(reason) > 10:
		default:
			t.Errorf("neither a test nor a reason is named: %s", line)
		}
		parts[part]++
	}
	for _, p := range []string{"calls", "receivers", "select", "routes", "lifecycle", "logging"} {
		if parts[p] < 8 {
			t.Errorf("of %s there are %d behaviours", p, parts[p])
		}
	}
}

// Each name that a user of Mitogen knows is in a row of docs/go.md, which says what is in its
// place, or why nothing is.
func TestNamesOfMitogenAreAnswered(t *testing.T) {
	page, err := os.ReadFile("docs/go.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## For who comes from Mitogen\n")
	section, _, _ = strings.Cut(section, "\n## ")
	answered := map[string]bool{}
	word := regexp.MustCompile(`[\w.]+`)
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], " ---") {
			continue
		}
		answer := strings.TrimSpace(cells[2])
		if len(answer) < 4 || answer == "none" {
			t.Errorf("the row says neither what is there nor why not: %s", line)
		}
		for _, w := range word.FindAllString(cells[1], -1) {
			w = strings.Trim(w, ".")
			answered[w] = true
			for _, part := range strings.Split(w, ".") {
				answered[part] = true
			}
		}
	}
	names := 0
	for _, line := range entriesOf(t, "testdata/mitogen/names.txt") {
		for _, name := range strings.Fields(line) {
			if names++; !answered[name] {
				t.Errorf("docs/go.md answers %s in no row", name)
			}
		}
	}
	if !found || names < 150 {
		t.Errorf("the section is there: %v, and there are %d names", found, names)
	}
}

// entriesOf are the lines of a list, without comments and blank ones.
func entriesOf(t *testing.T, path string) (all []string) {
	t.Helper()
	list, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}
