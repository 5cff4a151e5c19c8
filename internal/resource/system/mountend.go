package system

import (
	"context"
	"errors"
	"path"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// End implements Resource.
func (m *Mount) End(e resource.End) (resource.Resource, error) {
	if e.Adopted && (e.Backup == "" || !m.persists()) {
		return resource.LeaveAdopted(m.Thing(), "path"), nil
	}
	out := &mountEnd{Mount: *m, end: e}
	if m.persists() {
		var err error
		if out.line, err = m.item().End(e); err != nil || e.Adopted {
			return out.line, err
		}
	}
	return out, nil
}

// mountEnd takes a line out that was added, unmounts what was mounted, and removes the
// directories that were made for that.
type mountEnd struct {
	Mount
	end resource.End
	// line is the end of the line; nil if none was kept.
	line resource.Resource
}

// mountEndPlan is the end of a mount that is being planned.
type mountEndPlan struct {
	change   resource.Change
	at       string
	unmounts bool
	dirs     []string // the innermost first
}

// Check implements Resource.
func (m *mountEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := m.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (m *mountEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := m.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err != nil || p.change.Op == resource.NoOp {
		return p.change, err
	}
	if p.unmounts {
		err = unmount(ctx, h, &m.Mount, p.at)
	}
	if err == nil && m.line != nil {
		if _, err = m.line.Apply(ctx, begun{h}); err == nil {
			err = reloadUnits(ctx, h, m.item().Path)
		}
	}
	for _, dir := range p.dirs {
		if err != nil {
			break
		}
		err = h.Remove(dir)
		if problem := (*kind.Problem)(nil); errors.As(err, &problem) && problem.Code == kind.CodeNotEmpty {
			return p.change, nil // Something was under what was mounted.
		}
	}
	return p.change, err
}

func (m *mountEnd) plan(ctx context.Context, h resource.Host) (*mountEndPlan, error) {
	p := &mountEndPlan{change: resource.Change{Op: resource.NoOp}}
	if err := resource.FirstProblem(h, filesystem.CheckPath("path", m.Path)); err != nil {
		return p, err
	}
	var err error
	if m.line != nil {
		if p.change, err = m.line.Check(ctx, h); err != nil || len(p.change.Stays) > 0 {
			return p, resource.OfArgument("fstab", err)
		}
		ofFstab(&p.change, m.Path)
	}
	if p.at, err = h.Resolve(string(m.Path), true); err != nil {
		return p, err
	}
	thing := kind.ThingOf(kind.MountOf, p.at)
	p.change.Writes = append(p.change.Writes, thing)
	if !m.runs() || !m.end.Made(thing) {
		return p, nil
	}
	shown, err := m.planUnmount(ctx, h, p, thing)
	if err != nil {
		return p, err
	}
	if err := m.planDirs(h, p); err != nil {
		return p, err
	}
	m.show(p, thing, shown)
	return p, nil
}

// planUnmount plans that what was mounted is unmounted, if it is still there.
func (m *mountEnd) planUnmount(ctx context.Context, h resource.Host, p *mountEndPlan, thing kind.Thing) (shown string, err error) {
	found, err := h.Mounts()
	if err != nil {
		return "", err
	}
	all := mounts(found)
	here, _ := all.layers(p.at)
	planned, ok := h.Planned(thing)
	switch {
	case ok:
		p.unmounts, p.change.Unsure, p.change.AsNow = planned, p.change.Unsure || planned, len(here) == 0
		return m.wanted(), nil
	case len(here) == 0 || here[len(here)-1].Type == "autofs":
		p.change.AsNow = true
		return "", nil
	}
	is := here[len(here)-1]
	from, _, err := m.from(ctx, h)
	if err != nil {
		return "", err
	}
	ours := from != ""
	if ours {
		// The type is not kept: whatever it is, it is of that source.
		same := m.Mount
		if same.Type = is.Type; is.Device != "" && same.Source != "" {
			same.Options = m.bindOf(all, is, from)
		}
		if ours, err = same.isOf(ctx, h, all, is, from); err != nil {
			return "", err
		}
	}
	if !ours {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeStays, "Something else is mounted",
			"At %s there is %s, which is not what was mounted by the block. It stays mounted.", p.at, shownMount(is)))
		return "", nil
	}
	p.unmounts = true
	plan := &mountPlan{at: p.at, change: &resource.Change{}}
	err = m.unmountable(h, plan, all, here, true)
	p.change.Warnings = append(p.change.Warnings, plan.change.Warnings...)
	return shownMount(is), err
}

// bindOf is bind if src is a directory or a file that is seen at the path.
func (m *mountEnd) bindOf(all mounts, is filesystem.Mount, from string) string {
	bind := m.Mount
	bind.Options = "bind"
	if !isPath(from) {
		return ""
	}
	if same, err := bind.isOf(context.Background(), nil, all, is, from); err == nil && same {
		return "bind"
	}
	return ""
}

// planDirs plans that the directories go that were made for it, as long as they are empty.
func (m *mountEnd) planDirs(h resource.Host, p *mountEndPlan) error {
	for dir := p.at; m.end.Made(kind.PathThing(dir)); dir = path.Dir(dir) {
		is, err := h.Lstat(dir)
		if err != nil {
			return err
		}
		if is.Type == resource.TypeAbsent {
			continue
		}
		if is.Type != resource.TypeDirectory {
			return nil
		}
		if dir != p.at || !p.unmounts {
			names, err := h.ReadDir(dir)
			if err != nil || len(names) > 1 || len(names) == 1 && (len(p.dirs) == 0 || path.Base(p.dirs[len(p.dirs)-1]) != names[0]) {
				return err
			}
		}
		p.dirs = append(p.dirs, dir)
	}
	return nil
}

// show fills in what people see of it, and what later blocks do.
func (m *mountEnd) show(p *mountEndPlan, thing kind.Thing, shown string) {
	c := &p.change
	if !p.unmounts && len(p.dirs) == 0 {
		return
	}
	if c.Op == resource.NoOp {
		c.Op, c.After = resource.Delete, nil
		c.Before = map[string]any{"path": m.Path}
		c.Found = append(c.Found, mountType(p.unmounts))
		c.Left = append(c.Left, mountType(false))
	}
	if p.unmounts {
		c.Before["mounted"] = kind.Text(shown)
		if c.After != nil {
			c.After["mounted"] = kind.Text("no")
		}
		c.Effects = append(c.Effects, resource.Effect{Thing: thing, Entry: &resource.Entry{Type: resource.TypeAbsent}})
	}
	for _, dir := range p.dirs {
		if c.Along == nil {
			c.Along = &resource.Along{}
		}
		c.Along.Add(resource.AlongDelete(dir, resource.Entry{Type: resource.TypeDirectory}))
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(dir), Entry: &resource.Entry{Type: resource.TypeAbsent}})
	}
}
