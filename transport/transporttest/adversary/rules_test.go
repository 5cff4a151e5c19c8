package adversary_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

// specification returns the text of the wire specification in one line.
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

// The host speaks the version that the specification is of.
func TestTheHostSpeaksTheProtocol(t *testing.T) {
	if said := fmt.Sprintf("This is protocol %d.", adversary.Protocol); !strings.Contains(specification(t), said) {
		t.Errorf("the specification does not say %q", said)
	}
}

func inOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Every attack breaks a rule that stands word for word in the specification or in
// the threat model.
func TestAttacksBreakRulesOfThePapers(t *testing.T) {
	papers := specification(t) + " " + threatModel(t)
	names := map[string]bool{}
	for _, a := range adversary.Attacks() {
		if a.Rule == "" || !strings.Contains(papers, inOneLine(a.Rule)) {
			t.Errorf("attack %s: neither transport/doc.go nor docs/threat-model.md says %q", a.Name, a.Rule)
		}
		if a.Does == "" || names[a.Name] || adversary.Lookup(a.Name) == nil {
			t.Errorf("attack %s does not say what it does, or its name is there twice", a.Name)
		}
		names[a.Name] = true
	}
}

// fromAbove are rules that only a parent can break, so that no attack of a host
// does. Package transport plays a lying parent for them: see
// TestFramesFromAboveThatAreDropped.
var fromAbove = []string{"it came from above and its source is behind this context, or its destination is not;"}

// For each rule of the specification about what is dropped or refused there is an
// attack that breaks it.
func TestRulesAreBrokenByAttacks(t *testing.T) {
	spec := specification(t)
	_, rules, ok := strings.Cut(spec, "A frame is dropped and logged if ")
	if !ok {
		t.Fatal("the specification has no list of the frames that are dropped")
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

// waiting are attacks that take 10 s and more at a position, or with a part, where no run
// plays attacks together. They are played when asked for.
var waiting = []string{"dial-lies", "pulls-without-marks"}

// Every run of the tests plays some attacks of each kind, so that no kind can rot unseen:
// of each table one at each position, and one with each part that attacks of the table
// have; and one for each text that a report must have.
func TestEveryRunPlaysSomeOfEachKind(t *testing.T) {
	said := map[string]bool{}
	for _, a := range adversary.Attacks() {
		for _, text := range a.Blamed {
			said[text] = said[text] || a.Sample || a.Together
		}
	}
	for _, table := range adversary.Tables() {
		played := map[string]bool{}
		for _, a := range table {
			for _, trait := range traits(a) {
				played[trait] = played[trait] || a.Sample || a.Together && trait != "at "+string(adversary.Below)
			}
		}
		for _, a := range table {
			for _, trait := range traits(a) {
				if !played[trait] && !slices.Contains(waiting, a.Name) {
					t.Errorf("no run plays an attack such as %s: %s", a.Name, trait)
				}
			}
			if len(a.Blamed) > 0 && !slices.ContainsFunc(a.Blamed, func(text string) bool { return said[text] }) {
				t.Errorf("no run plays an attack of which is said what is said of %s: %q", a.Name, a.Blamed)
			}
		}
	}
}

// traits are what the kind of an attack is told by, beside its table.
func traits(a *adversary.Attack) (all []string) {
	for _, at := range a.Positions() {
		all = append(all, "at "+string(at))
	}
	for _, part := range a.Parts() {
		all = append(all, "with "+strings.TrimPrefix(part, a.Name+"/"))
	}
	return all
}

// A random attack is found by its name again, which holds its seed.
func TestRandomAttacksAreFound(t *testing.T) {
	a := adversary.Random(7)
	if got := adversary.Lookup(a.Name); got == nil || got.Name != a.Name {
		t.Errorf("%s is not found", a.Name)
	}
	if adversary.Lookup("random-x") != nil || adversary.Lookup("no such attack") != nil {
		t.Error("Lookup found an attack that does not exist")
	}
}
