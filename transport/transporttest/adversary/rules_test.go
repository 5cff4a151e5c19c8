package adversary_test

import (
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

// specification is the text of the wire specification, in one line.
func specification(t *testing.T) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return inOneLine(f.Doc.Text())
}

func threatModel(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	return inOneLine(string(b))
}

func inOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Every attack breaks a rule that the papers have, word for word.
func TestAttacksBreakRulesOfThePapers(t *testing.T) {
	papers := specification(t) + " " + threatModel(t)
	names := map[string]bool{}
	for _, a := range adversary.Attacks() {
		if a.Rule == "" || !strings.Contains(papers, inOneLine(a.Rule)) {
			t.Errorf("%s: neither transport/doc.go nor docs/threat-model.md says %q", a.Name, a.Rule)
		}
		if a.Does == "" || names[a.Name] || adversary.Lookup(a.Name) == nil {
			t.Errorf("%s: has no text, or is there twice", a.Name)
		}
		names[a.Name] = true
	}
}

// fromAbove are rules that only somebody above can break. Package transport
// holds them with a lying parent: TestFramesFromAboveThatAreDropped.
var fromAbove = []string{"it came from above and its source is behind this context, or its destination is not;"}

// Every rule of the specification about what is dropped or refused is broken
// by an attack.
func TestRulesAreBrokenByAttacks(t *testing.T) {
	spec := specification(t)
	_, rules, ok := strings.Cut(spec, "A frame is dropped and logged if ")
	if !ok {
		t.Fatal("the specification does not say any more when frames are dropped")
	}
	rules, _, _ = strings.Cut(rules, "At most")
	for _, rule := range regexp.MustCompile(` ?- `).Split(rules, -1) {
		if rule = strings.TrimSpace(rule); rule != "" && !slices.Contains(fromAbove, rule) && !broken(rule) {
			t.Errorf("no attack breaks the rule %q", rule)
		}
	}
}

func broken(rule string) bool {
	for _, a := range adversary.Attacks() {
		if said := inOneLine(a.Rule); strings.Contains(rule, said) || strings.Contains(said, rule) {
			return true
		}
	}
	return false
}

// What a random attack does follows from its seed.
func TestRandomAttacksAreFound(t *testing.T) {
	a := adversary.Random(7)
	if got := adversary.Lookup(a.Name); got == nil || got.Name != a.Name {
		t.Errorf("%s is not found", a.Name)
	}
	if adversary.Lookup("random-x") != nil || adversary.Lookup("no such attack") != nil {
		t.Error("something is found that does not exist")
	}
}
