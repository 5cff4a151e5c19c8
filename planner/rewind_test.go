package planner

import (
	"reflect"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// keptFlags are the flags of an instance and of a block that outlive a rewind, each
// with the reason. All others are in findings, which a rewind drops as a whole.
var keptFlags = map[string]string{
	"instance.selection.wanted":           "what was asked for once is asked for throughout the plan",
	"instance.selection.targeted":         "so is everything on a context that -target names",
	"instance.arguments.preconditionOpen": "each evaluation sets it anew, with the arguments",
	"instance.arguments.timeoutOpen":      "each evaluation sets it anew, with the arguments",

	"instance.missed": "an apply sets it, when no plan is made any more",

	"node.onMap":    "the expansion sets it, once",
	"node.perEach":  "the expansion sets it, once",
	"node.counted":  "the expansion sets it, once",
	"node.sought":   "what was asked for once is asked for throughout the plan",
	"node.excluded": "it follows from -exclude alone",
	"node.woken":    "who looks at all of a block once does so throughout the plan",
	"node.outputs":  "it follows from the configuration alone",
	"node.valued":   "it follows from the configuration alone",
}

// A flag of an instance or a block is either part of what a rewind drops, or a fact
// that holds throughout the plan. Whatever goes to and fro is one typed state: a
// bool that a new line of code has to reset is forgotten by the line after it.
func TestNoFlagIsRewoundByHand(t *testing.T) {
	found := map[string]bool{}
	for name, typ := range map[string]reflect.Type{"instance": reflect.TypeFor[instance](), "node": reflect.TypeFor[node]()} {
		for _, flag := range flagsIn(name, typ) {
			found[flag] = true
			if keptFlags[flag] == "" {
				t.Errorf("%s is a bool that no rewind drops: put it into findings, make it a typed state with named transitions, or say in keptFlags why it holds throughout a plan", flag)
			}
		}
	}
	for flag := range keptFlags {
		if !found[flag] {
			t.Errorf("keptFlags names %s, which does not exist", flag)
		}
	}
}

// flagsIn are the bools of a struct and of what it embeds, but for findings.
func flagsIn(prefix string, typ reflect.Type) (out []string) {
	for k := range typ.NumField() {
		f := typ.Field(k)
		switch {
		case f.Type == reflect.TypeFor[findings]():
		case f.Anonymous:
			out = append(out, flagsIn(prefix+"."+f.Name, f.Type)...)
		case f.Type.Kind() == reflect.Bool:
			out = append(out, prefix+"."+f.Name)
		}
	}
	return out
}

// Whatever looks at an instance again drops all that came of it before.
func TestARewindDropsTheOutcome(t *testing.T) {
	for _, c := range []struct {
		promise    string
		verdict    verdict
		transition transition
	}{
		{"a host is asked again", done, askAgain},
		{"a host is asked again about what failed", failed, askAgain},
		{"what was skipped is looked at again", skipped, askAgain},
		{"what was deferred is looked at again", deferred, undefer},
	} {
		i := &instance{node: &node{}, findings: findings{
			ending:  ending{refused: true, cause: "c", held: true},
			answer:  answer{facts: map[string]any{"os": "linux"}, change: &resource.Change{}, reply: &function.CallReply{}},
			decided: &decision{op: Run, cancelsOut: true, comparison: comparison{openness: partOpen}},
		}}
		i.phase = sent
		i.finish(c.verdict, "r")
		i.reopen(c.transition)
		if !reflect.DeepEqual(i.findings, findings{}) || i.verdict != pending {
			t.Errorf("%s: %+v is left, verdict %d", c.promise, i.findings, i.verdict)
		}
	}
}
