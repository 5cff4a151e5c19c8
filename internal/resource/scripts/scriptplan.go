package scripts

import (
	"context"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Thing implements Resource.
func (s *Script) Thing() kind.Thing { return kind.ThingOf(kind.ScriptOf, s.Name) }

// End implements Resource.
func (s *Script) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(s.Thing(), "name"), nil
	}
	if s.Destroy == nil || s.Read == "" {
		return resource.LeaveAlone(s.Thing(), kind.NewProblem("name", kind.CodeStays, "Nothing says how it is taken away",
			"The block had no destroy, or one that the record does not hold because it is a secret. %s stays. Remove it by hand if it should go.", s.Thing().Label())), nil
	}
	ends := *s
	ends.State = "absent"
	return &ends, nil
}

// Check implements Resource.
func (s *Script) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, _, err := s.plan(ctx, h)
	return c, err
}

// Apply implements Resource. What read says after it is what was done.
func (s *Script) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, will, err := s.plan(ctx, h)
	if err == nil {
		err = h.Begin(c)
	}
	if err != nil || c.Op == resource.NoOp {
		return c, err
	}
	action, body := "apply", s.Make
	if c.Op == resource.Delete {
		action, body = "destroy", *s.Destroy
	}
	if err := h.RunScript(ctx, s.script(action, body)); err != nil {
		return c, err
	}
	is, err := s.read(ctx, h)
	if err != nil {
		return c, err
	}
	if bad := s.unsettled(action, will, is); bad != nil {
		return c, bad
	}
	c.Left = s.traits(is)
	c.Results = results(is)
	return c, nil
}

// found is what read says. nil is that the thing is not there.
type found map[string]string

// plan is the change, and what read should say after it: of the names in inputs or, with exact,
// of all.
func (s *Script) plan(ctx context.Context, h resource.Host) (resource.Change, found, error) {
	c := resource.Change{Op: resource.NoOp, Writes: []kind.Thing{s.Thing()}}
	if err := resource.FirstProblem(h, s.Validate()); err != nil {
		return c, nil, err
	}
	if slices.ContainsFunc([]string{"read", "interpreter", "env", "files"}, h.Unknown) {
		// It cannot be read yet what is there.
		c.Op, c.Unsure, c.Effects = resource.Create, true, s.effects(true)
		c.After = map[string]any{"name": s.Name}
		return c, nil, nil
	}
	now, err := s.read(ctx, h)
	if err != nil {
		return c, nil, err
	}
	is := s.planned(h, now)
	will := s.will(is)
	c.AsNow = will == nil && now == nil || will != nil && now != nil && s.isAsWanted(now) && !h.Unknown("inputs")
	c.Found, c.Left, c.Results, c.Effects = s.traits(is), s.traits(will), results(is), s.effects(will != nil)
	s.showBefore(&c, is)
	switch {
	case will == nil && is == nil, will != nil && is != nil && s.isAsWanted(is) && !h.Unknown("inputs"):
		return c, will, nil
	case will == nil:
		c.Op, c.Results = resource.Delete, results(nil)
	case is == nil:
		c.Op = resource.Create
	default:
		c.Op = resource.Update
	}
	c.Unsure = h.Behind()
	s.showAfter(h, &c, will)
	return c, will, nil
}

// planned is what read will say before this action: what it says now, unless an earlier action
// makes the thing, which leaves nothing known of it, or takes it away.
func (s *Script) planned(h resource.Host, now found) found {
	switch there, ok := h.Planned(s.Thing()); {
	case !ok:
		return now
	case there:
		return found{}
	}
	return nil
}

// effects are what others see of it: whether it is there.
func (s *Script) effects(there bool) []resource.Effect {
	e := resource.Entry{Type: resource.TypeAbsent}
	if there {
		e.Type = resource.TypeOther
	}
	return []resource.Effect{{Thing: s.Thing(), Entry: &e}}
}

// showBefore fills in what is there, also if that is as it should be: a thing that came since
// it was planned is told by that.
func (s *Script) showBefore(c *resource.Change, is found) {
	if is == nil {
		return
	}
	c.Before = s.attrs(is)
	if s.Exact {
		c.Seen = map[string]any{"values": map[string]string(is)}
	}
}

// showAfter fills in what will be there.
func (s *Script) showAfter(h resource.Host, c *resource.Change, will found) {
	if will != nil {
		c.After, c.Results = s.attrs(will), nil
		if s.Exact {
			c.Results = results(will)
		}
	}
	if h.Unknown("inputs") {
		c.Left, c.Results = nil, nil
		delete(c.After, "inputs")
	}
}

// isAsWanted reports whether read says what inputs says.
func (s *Script) isAsWanted(is found) bool { return len(s.differing(s.wanted(), is)) == 0 }

// wanted are the inputs.
func (s *Script) wanted() found {
	w := found{}
	for name, v := range s.Inputs {
		w[name] = string(v)
	}
	return w
}

// will is what read should say after the change: nil if the thing is to be gone. What is not in
// inputs stays as it is.
func (s *Script) will(is found) found {
	if s.State == "absent" {
		return nil
	}
	w := found{}
	maps.Copy(w, is)
	maps.Copy(w, s.wanted())
	return w
}

// differing are the names of which read says something else than it should.
func (s *Script) differing(should, is found) (names []string) {
	for _, name := range sorted(should) {
		if v, ok := is[name]; !ok || v != should[name] {
			names = append(names, name)
		}
	}
	return names
}

// unsettled is the problem that after a script which ended well read does not say what it
// should.
func (s *Script) unsettled(action string, should, is found) *kind.Problem {
	tell := func(detail string, args ...any) *kind.Problem {
		return kind.NewProblem(action, kind.CodeScriptUnsettled, "The scripts do not agree", "The script %s ended well, but "+detail, append([]any{kind.Rule(action)}, args...)...)
	}
	switch {
	case should == nil && is != nil:
		return tell("read still says that the thing is there. Correct destroy, or let read print null when it is gone.")
	case should == nil:
		return nil
	case is == nil:
		return tell("read says that nothing is there. Correct apply, or let read print what is there.")
	}
	names := s.differing(s.wanted(), is)
	if s.Exact {
		names = append(names, s.differing(without(should, s.wanted()), is)...)
		names = append(names, sorted(without(is, should))...)
	}
	if len(names) == 0 {
		return nil
	}
	return tell("read does not say what was planned of %s. Correct apply; or let read print the values in the form in which inputs has them.", prose.List(names, prose.All))
}

// without is what of the one the other has no names of.
func without(of, names found) found {
	out := maps.Clone(of)
	maps.DeleteFunc(out, func(name, _ string) bool { _, ok := names[name]; return ok })
	return out
}

// read runs the script that says what is there.
func (s *Script) read(ctx context.Context, h resource.Host) (found, error) {
	out, err := h.Query(ctx, s.script("read", s.Read))
	if err != nil {
		return nil, err
	}
	values, ok, bad := parseFlat(out)
	if bad != "" {
		return nil, kind.NewProblem("read", kind.CodeScriptOutput, "A script printed no state", "What read printed is no flat JSON object: %s. Let it print an object such as {\"size\": \"5\"}, or null if the thing is not there, and write what is for people to standard error.", kind.Rule(bad))
	}
	if !ok {
		return nil, nil
	}
	return values, nil
}

// script is one of the scripts, ready to run.
func (s *Script) script(action string, body kind.Text) resource.Script {
	p := resource.Script{Name: action, Interpreter: s.Interpreter, Files: map[string]kind.Text{action: body}}
	if p.Interpreter == nil {
		p.Interpreter = []string{"/bin/sh"}
	}
	maps.Copy(p.Files, s.Files)
	for _, name := range sorted(s.Env) {
		p.Env = append(p.Env, name+"="+string(s.Env[name]))
	}
	for _, name := range sorted(s.Inputs) {
		p.Env = append(p.Env, "INPUT_"+name+"="+string(s.Inputs[name]))
	}
	return p
}

// attrs are what the block manages of what is there, or will be.
func (s *Script) attrs(is found) map[string]any {
	out := map[string]any{"name": s.Name}
	if s.Inputs != nil {
		out["inputs"] = s.managed(is)
	}
	return out
}

// managed are the values of the names in inputs.
func (s *Script) managed(is found) map[string]any {
	out := map[string]any{}
	for name := range s.Inputs {
		if v, ok := is[name]; ok {
			out[name] = kind.Text(v)
		}
	}
	return out
}

// traits are those of what is there. The names in inputs choose what of it the block manages.
func (s *Script) traits(is found) []resource.Trait {
	if is == nil {
		return []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(resource.TypeAbsent))}
	}
	out := []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, kind.ScriptOf)}
	if len(s.Inputs) > 0 {
		out = append(out, resource.NewTrait("inputs", sorted(s.Inputs), s.managed(is)))
	}
	return out
}

// results are what others see of it.
func results(is found) map[string]any {
	values := map[string]any{}
	for name, v := range is {
		values[name] = kind.Text(v)
	}
	return map[string]any{"values": values}
}
