package planner

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/config"
)

// check looks at what the form of a file does not hold: parts that may not be
// null, words of which there is a list, and values that have to fit their type.
// What is shown, and applied, is of this list and of nothing else.
func (f *File) check() error {
	for k, c := range f.Contexts {
		if damage := c.check(); damage != nil {
			return damage.within(fmt.Sprintf("contexts[%d]", k))
		}
	}
	for k, a := range f.Actions {
		if damage := a.check(); damage != nil {
			return damage.within(fmt.Sprintf("actions[%d]", k))
		}
	}
	for k, d := range f.Drifts {
		if d == nil {
			return &DamageError{Part: fmt.Sprintf("drifts[%d]", k), Why: isNull}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Large)) {
		if l := f.Large[name]; l.Size < 0 || l.Size > maxLarge || len(l.Sum) != 0 && len(l.Sum) != sha256.Size {
			return &DamageError{Part: fmt.Sprintf("large[%q]", clip(name)), Why: "is no name of a source"}
		}
	}
	for k, o := range f.Outputs {
		if o.Value != nil && !o.Value.fits() {
			return &DamageError{Part: fmt.Sprintf("outputs[%d].value", k), Why: noValue}
		}
		if o.Before != nil && !o.Before.fits() {
			return &DamageError{Part: fmt.Sprintf("outputs[%d].before", k), Why: noValue}
		}
	}
	return checkValues("vars", f.Vars)
}

// check looks at the answers and the recorded outputs.
func (s *Sealed) check() error {
	for k, a := range s.Answers {
		part := fmt.Sprintf("entries[%d]", k)
		if !a.fits() {
			return &DamageError{Part: part, Why: fmt.Sprintf("is no answer to a step %q", clip(string(a.Type)))}
		}
		if a.Failure == nil {
			continue
		}
		if damage := oneOf("failure.kind", a.Failure.Kind, FailureOwn, FailureSkipped, FailureLost, FailureBehind, FailureStopped); damage != nil {
			return damage.within(part)
		}
	}
	for name, v := range s.PriorOutputs {
		if len(v.Type) > 0 && !v.fits() { // without a type, the output was hidden
			return &DamageError{Part: fmt.Sprintf("prior_outputs[%q]", clip(name)), Why: noValue}
		}
	}
	return nil
}

// fits says whether it has the form of an answer to its step. Whoever wrote the plan
// file, the planner accepts only answers that it would accept from a host.
func (a Answer) fits() bool {
	facts, change, reply := a.Facts != nil, a.Change != nil, a.Reply != nil
	switch {
	case a.Failure != nil:
		return !facts && !change && !reply
	case a.Type == StepContext:
		return !change && !reply
	case a.Type == StepCheck:
		return !facts && change && !reply
	case a.Type == StepRead, a.Type == StepProbe:
		return !facts && !change && reply
	}
	return false
}

const (
	isNull  = "is null"
	noValue = "is not a value of its type"
)

func (c *Context) check() *DamageError {
	if c == nil {
		return &DamageError{Why: isNull}
	}
	return oneOf("status", c.Status, ContextPending, ContextUp, ContextUnreachable, ContextFailed, ContextDeferred, ContextBehind)
}

func (a *Action) check() *DamageError {
	if a == nil {
		return &DamageError{Why: isNull}
	}
	for _, damage := range []*DamageError{
		oneOf("type", a.Type, config.ResourceBlock, config.CallBlock),
		oneOf("op", a.Op, NoOp, Create, Update, Replace, Delete, Run, Always, Read, Forget, Defer),
		oneOf("drift", a.Drift, "", OriginOutside, OriginConfig, OriginBoth, OriginUnknown),
	} {
		if damage != nil {
			return damage
		}
	}
	if why := wrongAlong(a.Along); why != "" {
		return &DamageError{Part: "along", Why: "is not what an agent says: " + why}
	}
	return nil
}

// oneOf is the damage of a part that has a word of its own.
func oneOf[W ~string](part string, word W, words ...W) *DamageError {
	if slices.Contains(words, word) {
		return nil
	}
	return &DamageError{Part: part, Why: fmt.Sprintf("is %q, which is not a word that it can have", clip(string(word)))}
}

// checkValues looks at values by name.
func checkValues(part string, values map[string]Value) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !values[name].fits() {
			return &DamageError{Part: part + fmt.Sprintf("[%q]", clip(name)), Why: noValue}
		}
	}
	return nil
}
