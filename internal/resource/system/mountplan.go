package system

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource.
func (m *Mount) Thing() kind.Thing {
	if !m.persists() {
		return kind.ThingOf(kind.MountOf, edit.MountPath(string(m.Path)))
	}
	return m.item().Thing()
}

// Check implements Resource.
func (m *Mount) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := m.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource.
func (m *Mount) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := m.plan(ctx, h)
	if err = begin(ctx, h, *p.change, err); err == nil && p.change.Op != resource.NoOp {
		err = m.carryOut(ctx, h, p)
	}
	return *p.change, err
}

// mountStep is what becomes of what is mounted.
type mountStep int

const (
	stayMounted mountStep = iota
	mountIt
	remountIt
	unmountIt
	mountAnother // unmounts what is there first
)

// mountPlan is a mount that is being planned.
type mountPlan struct {
	change *resource.Change
	// file is the line in /etc/fstab, whose change this one is; nil if it is not kept.
	file *files.ItemPlan
	// at is the resolved path, and from what src leads to.
	at, from string
	step     mountStep
	// dirs are the directories that are made, the outermost first.
	dirs []string
}

func (m *Mount) plan(ctx context.Context, h resource.Host) (*mountPlan, error) {
	p := &mountPlan{change: &resource.Change{Op: resource.NoOp}}
	if err := resource.FirstProblem(h, m.Validate()); err != nil {
		return p, err
	}
	if m.persists() {
		var err error
		p.file, err = m.item().Plan(ctx, h)
		p.change = p.file.Change()
		ofFstab(p.change, m.Path)
		if err != nil {
			return p, resource.OfArgument("fstab", err)
		}
	}
	if !m.runs() || h.Unknown("path") {
		return p, nil
	}
	return p, m.planKernel(ctx, h, p)
}

// planKernel adds to a plan what becomes of what is mounted.
func (m *Mount) planKernel(ctx context.Context, h resource.Host, p *mountPlan) (err error) {
	c := p.change
	if p.at, err = h.Resolve(string(m.Path), true); err != nil {
		return err
	}
	thing := kind.ThingOf(kind.MountOf, p.at)
	c.Writes = append(c.Writes, thing)
	found, err := h.Mounts()
	if err != nil {
		return err
	}
	all := mounts(found)
	here, _ := all.layers(p.at)
	automount := len(here) > 0 && here[len(here)-1].Type == "autofs"
	here = slices.DeleteFunc(here, func(m filesystem.Mount) bool { return m.Type == "autofs" })
	var is *filesystem.Mount
	if len(here) > 0 {
		is = &here[len(here)-1]
	}
	planned, ok := h.Planned(thing)
	if ok && !planned {
		is = nil
	}
	unknown := slices.ContainsFunc([]string{"src", "fstype", "opts", "state"}, h.Unknown)
	state, err := m.look(ctx, h, p, all, is, ok && planned, unknown)
	if err != nil {
		return err
	}
	if c.AsNow, err = m.asNow(ctx, h, p, all, here); err != nil {
		return err
	}
	if automount && is == nil && slices.Contains(m.options(), "x-systemd.automount") && !m.gone() {
		p.step, state.shown = stayMounted, "by systemd, once it is used"
	}
	if p.step == mountAnother || p.step == unmountIt {
		if err := m.unmountable(h, p, all, here, is != nil); err != nil {
			return err
		}
	}
	return m.show(h, p, thing, is, state, unknown)
}

// asNow reports whether what is mounted now, before all of the plan, is what is wanted.
func (m *Mount) asNow(ctx context.Context, h resource.Host, p *mountPlan, all mounts, here []filesystem.Mount) (bool, error) {
	if len(here) == 0 || m.gone() || p.from == "" {
		return len(here) == 0 && m.gone(), nil
	}
	is := here[len(here)-1]
	ours, err := m.isOf(ctx, h, all, is, p.from)
	if err != nil || !ours {
		return false, err
	}
	differs, err := m.differs(h, is)
	return len(differs) == 0, err
}

// mountState is what was found of a mount.
type mountState struct {
	mounted, ours bool
	// differs are options that it has otherwise.
	differs []string
	shown   string // for people
}

// look compares what is mounted with what is wanted, and decides what becomes of it.
func (m *Mount) look(ctx context.Context, h resource.Host, p *mountPlan, all mounts, is *filesystem.Mount, planned, unknown bool) (s mountState, err error) {
	if s.shown = "no"; is != nil {
		s.shown, s.mounted = shownMount(*is), true
	}
	if m.gone() {
		if p.step = stayMounted; s.mounted || planned {
			p.step = unmountIt
		}
		return s, nil
	}
	if unknown {
		p.step, p.change.Unsure = mountIt, true
		return s, nil
	}
	var why *kind.Problem
	if p.from, why, err = m.from(ctx, h); err != nil {
		return s, err
	}
	if planned {
		// An earlier block of the plan mounts it. What it has then nobody can know yet.
		s.mounted, s.ours, p.change.Unsure = true, true, true
		return s, nil
	}
	if is != nil {
		if s.ours, err = m.isOf(ctx, h, all, *is, p.from); err != nil {
			return s, err
		}
	}
	switch {
	case !s.mounted:
		p.step = mountIt
	case !s.ours:
		p.step = mountAnother
	default:
		if s.differs, err = m.differs(h, *is); err != nil {
			return s, err
		}
		if len(s.differs) > 0 || m.newOptions(p) {
			p.step = remountIt
		}
		return s, nil
	}
	return s, m.missing(h, p, why)
}

// missing decides what becomes of a mount whose source is not there, if why says so.
func (m *Mount) missing(h resource.Host, p *mountPlan, why *kind.Problem) error {
	switch {
	case why == nil:
		return nil
	case slices.Contains(m.options(), "nofail") && m.persists():
		p.step = stayMounted
	case h.Behind():
		p.change.Unsure = true
	default:
		return why
	}
	p.change.Warnings = append(p.change.Warnings, *why)
	return nil
}

// newOptions reports whether the plan changes the options in /etc/fstab of what is mounted. Of
// many the kernel does not show whether it has them.
func (m *Mount) newOptions(p *mountPlan) bool {
	if !p.file.Changes() {
		return false
	}
	was, ok := p.file.Change().Before["content"].(resource.Content)
	said := m.item().Said(was.Data)
	if !ok || len(said) == 0 {
		return false
	}
	line, there := edit.ParseMountLine(said[0])
	return there && line.Options != m.line().Options
}

// shownMount is what is mounted, for people.
func shownMount(is filesystem.Mount) string {
	source := is.Source
	if is.Root != "/" {
		source += "[" + is.Root + "]"
	}
	options := strings.Split(is.Options, ",")
	for _, o := range strings.Split(is.Shared, ",") {
		if !slices.Contains(options, o) && o != "rw" {
			options = append(options, o)
		}
	}
	return source + " (" + is.Type + ", " + strings.Join(options, ",") + ")"
}

// unmountable returns why what is mounted cannot be unmounted.
func (m *Mount) unmountable(h resource.Host, p *mountPlan, all mounts, here []filesystem.Mount, now bool) error {
	if len(here) > 1 && now {
		return kind.NewProblem("path", kind.CodeStacked, "Several are mounted over each other",
			"%d file systems are mounted over each other at %s, and only the uppermost is seen. None of them is unmounted. Unmount by hand what should not be there: umount %s.", len(here), p.at, resource.ShellQuote(p.at))
	}
	for _, at := range all.below(p.at) {
		if there, ok := h.Planned(kind.ThingOf(kind.MountOf, at)); !ok || there {
			return kind.NewProblem("path", kind.CodeBusy, "Something is mounted below it",
				"%s is mounted below %s, which can be unmounted only after that. Unmount it first, in a block that this one depends on, or by hand.", at, p.at)
		}
	}
	if used := m.usedBy(h, p.at); used != "" && now {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeMountBusy, "It is in use",
			"%s is in use by %s, and is not unmounted while it is. Stop that first, in a block that this one depends on.", p.at, kind.Rule(used)))
	}
	return nil
}

// show fills in what people see of it, and what later blocks do.
func (m *Mount) show(h resource.Host, p *mountPlan, thing kind.Thing, is *filesystem.Mount, s mountState, unknown bool) error {
	c := p.change
	if c.Before == nil && (s.mounted || m.persists()) {
		c.Before = map[string]any{"path": m.Path}
	}
	if c.Before != nil {
		c.Before["mounted"] = kind.Text(s.shown)
	}
	c.See("mounted", s.shown)
	if !m.persists() {
		c.Found = append(c.Found, mountType(s.mounted))
		c.Left = append(c.Left, mountType(!m.gone()))
	}
	c.Found = append(c.Found, m.trait(s.mounted, s.ours, s.differs))
	if !unknown {
		c.Left = append(c.Left, m.trait(!m.gone(), !m.gone(), nil))
	}
	if p.step == stayMounted {
		m.showAfter(c, kind.Text(s.shown))
		return nil
	}
	will := resource.Entry{Type: resource.TypeOther}
	switch {
	case p.step == unmountIt:
		will.Type = resource.TypeAbsent
		m.showAfter(c, "no")
		m.opIs(c, resource.Delete)
	case is == nil:
		m.showAfter(c, kind.Text(m.wanted()))
		m.opIs(c, resource.Create)
	default:
		m.showAfter(c, kind.Text(m.wanted()))
		m.opIs(c, resource.Update)
	}
	if unknown {
		delete(c.After, "mounted")
	}
	if err := m.planMaking(h, p, thing); err != nil {
		return err
	}
	c.Effects = append(c.Effects, resource.Effect{Thing: thing, Entry: &will})
	if err := m.permitted(h, p); err != nil {
		return err
	}
	return warnExchanged(h, p)
}

// opIs says what is done to what is mounted, if it is all that is done.
func (m *Mount) opIs(c *resource.Change, op resource.Op) {
	if m.persists() {
		if c.Op == resource.NoOp {
			c.Op = resource.Update
		}
		return
	}
	if c.Op = op; op == resource.Delete {
		c.After = nil
	}
}

// showAfter says what will be mounted.
func (m *Mount) showAfter(c *resource.Change, text kind.Text) {
	if c.After == nil {
		c.After = map[string]any{"path": m.Path}
	}
	c.After["mounted"] = text
}

// wanted is what is to be mounted, for people.
func (m *Mount) wanted() string {
	l := m.line()
	return l.Source + " (" + l.Type + ", " + l.Options + ")"
}

// planMaking plans that something is mounted which was not, and the directories for it.
func (m *Mount) planMaking(h resource.Host, p *mountPlan, thing kind.Thing) error {
	if p.step != mountIt && p.step != mountAnother {
		return nil
	}
	kept := p.change.Keep()
	kept.Along = append(kept.Along, thing)
	above, dir := resource.Entry{}, p.at
	for {
		is, err := h.Lstat(dir)
		if err != nil {
			return err
		}
		if is.Type != resource.TypeAbsent {
			if above = is; is.Type != resource.TypeDirectory && !(dir == p.at && m.binds() && is.Type == resource.TypeFile) {
				return kind.NewProblem("path", kind.CodeNotADirectory, "No directory to mount at", "%s is a %s. Something is mounted at a directory; a file is bound to a file alone.", dir, is.Type.Noun())
			}
			break
		}
		p.dirs = append(p.dirs, dir)
		dir = path.Dir(dir)
	}
	if len(p.dirs) == 0 {
		return m.covers(h, p, above)
	}
	slices.Reverse(p.dirs)
	if from, err := h.Lstat(p.from); m.binds() && err == nil && from.Type == resource.TypeFile {
		return kind.NewProblem("path", kind.CodeMissing, "No file to bind to", "%s does not exist, and %s is a file, which is bound to a file alone. Make an empty file there first.", p.at, p.from)
	}
	if _, freed := h.Planned(thing); !freed {
		if err := h.Refused(p.dirs[0], true); err != nil {
			return err
		}
	}
	for _, dir := range p.dirs {
		born, err := resource.Newborn(h, resource.TypeDirectory, above)
		if err != nil {
			return err
		}
		above = born
		p.change.Effects = append(p.change.Effects, resource.Effect{Thing: kind.PathThing(dir), Entry: &born})
		p.change.AlongMade(dir, born)
		kept.Along = append(kept.Along, kind.PathThing(dir))
	}
	return nil
}

// covers warns of what cannot be seen any more once something is mounted over it.
func (m *Mount) covers(h resource.Host, p *mountPlan, is resource.Entry) error {
	if is.Type != resource.TypeDirectory || p.step != mountIt {
		return nil
	}
	names, err := h.ReadDir(p.at)
	if err == nil && len(names) > 0 {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeCovered, "Files are covered",
			"%s is not empty: %s. It cannot be seen while something is mounted over it, and takes room all the same. Move it away first.", p.at, prose.List(names, 3)))
	}
	return err
}

// permitted returns why this user cannot do it here.
func (m *Mount) permitted(h resource.Host, p *mountPlan) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("path", kind.CodePermission, "Only root can mount", "The agent runs as user %d, and only root changes what is mounted. Use a context that runs as root, or set runtime to false.", uid)
	}
	program := "mount"
	if p.step == unmountIt {
		program = "umount"
	}
	return needsProgram(h, program)
}

// warnExchanged warns of a path that another user may have lead elsewhere while mount(8) or
// umount(8) works: they are told where by name alone.
func warnExchanged(h resource.Host, p *mountPlan) error {
	dir, is, err := exchangeable(h, p.at)
	if dir != "" {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeUnsafeDirectory, "Others may change where it is mounted",
			"%s belongs to %s and has the mode %04o, so that others than root may put a link in the place of %s. Who does that in the right moment, or before the machine starts, has something mounted elsewhere. Mount it in a directory that only root can change, and so all above it.", dir, is.Owner, is.Mode, childOf(dir, p.at)))
	}
	return err
}

// trait is that of what is mounted, as far as this block says what that is.
func (m *Mount) trait(mounted, ours bool, differs []string) resource.Trait {
	l := m.line()
	return resource.NewTrait("runtime", []any{l.Path, l.Source, l.Type, l.Options, m.gone()}, []any{mounted, ours, differs})
}

// mountType is the trait that says whether something is mounted.
func mountType(there bool) resource.Trait {
	is := string(resource.TypeAbsent)
	if there {
		is = kind.MountOf
	}
	return resource.NewTrait(resource.TypeTrait, nil, is)
}
