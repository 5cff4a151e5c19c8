package system

import (
	"context"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource.
func (s *Sysctl) Thing() kind.Thing {
	if !s.persists() {
		return kind.PathThing(s.inProc())
	}
	return s.item().Thing()
}

// End implements Resource.
func (s *Sysctl) End(e resource.End) (resource.Resource, error) {
	stays := kind.NewProblem("name", kind.CodeStays, "The value stays",
		"The kernel keeps the value that it has until the machine starts anew, as no record holds what was there before. Set it by hand if it should be another.")
	if !s.persists() {
		return resource.LeaveAlone(s.Thing(), stays), nil
	}
	line, err := s.item().End(e)
	return &kernelKeeps{line, stays}, err
}

// Check implements Resource.
func (s *Sysctl) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource. The file comes first: what is kept is never behind what counts.
func (s *Sysctl) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	if err = begin(ctx, h, *p.change, err); err == nil {
		err = p.file.Make(ctx, h)
	}
	if err == nil && p.sets {
		err = s.set(ctx, h, p.shown)
	}
	return *p.change, err
}

// sysctlPlan is a setting that is being planned.
type sysctlPlan struct {
	change *resource.Change
	// file is the line in the file, whose change this one is; nil if it is not kept.
	file *files.ItemPlan
	// sets is set if the kernel gets the value, and shown is what it will show then.
	sets  bool
	shown resource.Content
}

func (s *Sysctl) plan(ctx context.Context, h resource.Host) (*sysctlPlan, error) {
	p := &sysctlPlan{change: &resource.Change{Op: resource.NoOp}}
	if err := resource.FirstProblem(h, s.Validate()); err != nil {
		return p, err
	}
	if s.persists() {
		var err error
		p.file, err = s.item().Plan(ctx, h)
		p.change = p.file.Change()
		if err != nil {
			return p, err
		}
	}
	if s.runs() && !h.Unknown("name") {
		if err := s.planRuntime(ctx, h, p); err != nil {
			return p, err
		}
	}
	if p.file == nil || s.State == "absent" || h.Unknown("name") || h.Unknown("value") {
		return p, nil
	}
	why, err := s.overridden(ctx, h, p.file.File())
	p.change.Warnings = append(p.change.Warnings, why...)
	return p, err
}

// planRuntime adds to a plan that the kernel gets the value.
func (s *Sysctl) planRuntime(ctx context.Context, h resource.Host, p *sysctlPlan) error {
	c, at := p.change, s.inProc()
	c.Writes = append(c.Writes, kind.PathThing(at))
	is, err := h.Lstat(at)
	if err != nil {
		return err
	}
	if is.Type != resource.TypeFile {
		return s.lacking(h, p)
	}
	now, err := h.Read(ctx, at, resource.ShownContent)
	if err != nil {
		return blamed(err, "value")
	}
	asExisting(p.change)
	c.Before["value"], c.Unsure = shownValue(now), c.Unsure || now.Unknown
	if p.file == nil {
		c.Leave(is, is)
	}
	c.Found = append(c.Found, s.trait(now))
	if h.Unknown("value") || !now.Whole {
		p.sets, p.shown = true, resource.Content{Unknown: true}
	} else {
		form := resource.KernelForm(now.Data, []byte(*s.Value))
		p.shown = resource.ContentOf(form)
		p.sets = strings.Join(strings.Fields(string(form)), " ") != strings.Join(strings.Fields(string(now.Data)), " ")
		if !p.sets {
			p.shown = now
		}
		c.After["value"] = shownValue(p.shown)
		c.Left = append(c.Left, s.trait(p.shown))
	}
	if !p.sets {
		return nil
	}
	if c.Op == resource.NoOp {
		c.Op = resource.Update
	}
	will := is
	will.Content = &p.shown
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &will})
	return blamed(h.Writable(at), "value")
}

// lacking is the problem of a setting that the kernel does not have, or a plan that waits for
// it: what comes before may load the module that brings it.
func (s *Sysctl) lacking(h resource.Host, p *sysctlPlan) error {
	missing := kind.NewProblem("name", kind.CodeUnknownSetting, "The kernel has no such setting",
		"%s does not exist on this machine. Correct the name, or load the module that brings the setting first. With runtime = false the value is only kept in the file.", s.inProc())
	if err := mayCome(h, p.change, missing); err != nil {
		return err
	}
	p.change.Unsure = true
	if p.change.Op == resource.NoOp {
		p.change.Op = resource.Update
	}
	asExisting(p.change)
	will := resource.Entry{Type: resource.TypeFile, Content: &resource.Content{Unknown: true}}
	p.change.Effects = append(p.change.Effects, resource.Effect{Thing: kind.PathThing(s.inProc()), Entry: &will})
	return nil
}

// set has the kernel take the value, and holds that it shows it then.
func (s *Sysctl) set(ctx context.Context, h resource.Host, want resource.Content) error {
	given := resource.ContentOf([]byte(*s.Value + "\n"))
	if err := h.Replace(ctx, s.inProc(), resource.NewFile{Content: &given, InPlace: true}); err != nil {
		return blamed(err, "value")
	}
	now, err := h.Read(ctx, s.inProc(), resource.ShownContent)
	if err != nil {
		return blamed(err, "value")
	}
	if is := shownValue(now); string(is) != string(shownValue(want)) {
		return kind.NewProblem("value", kind.CodeNotIdempotent, "The value would never settle",
			"The value was written to %s, but the kernel then shows %q there. It would be written again at every apply. Write it in the form that the kernel shows.", s.inProc(), string(is[:min(len(is), 200)]))
	}
	return nil
}

// trait is that of the value that the kernel has.
func (s *Sysctl) trait(is resource.Content) resource.Trait {
	return resource.NewTrait("value", []any{"kernel", edit.SettingName(s.Name)}, strings.Join(strings.Fields(string(is.Data)), " "))
}

// item is the line in the file.
func (s *Sysctl) item() *files.Item {
	r := &files.Item{
		Item: edit.Item{Table: edit.Settings, Key: edit.SettingName(s.Name)},
		Path: wanted(s.Path, keptIn), Attr: "value", Part: "this setting",
		From: []string{"name", "value", "state"}, Gone: s.State == "absent", Create: true,
	}
	if s.Value != nil && !r.Gone {
		r.Lines = []string{r.Key + " = " + strings.TrimSpace(*s.Value)}
	}
	return r
}
