package system

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource.
func (s *Swap) Thing() kind.Thing {
	if !s.persists() {
		return kind.PathThing(edit.MountPath(string(s.Path)))
	}
	return s.item().Thing()
}

// Check implements Resource.
func (s *Swap) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource.
func (s *Swap) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	err = begin(ctx, h, *p.change, err)
	if err == nil && p.change.Op != resource.NoOp {
		err = p.carryOut(ctx, h)
	}
	return *p.change, err
}

// swapPlan is what becomes of a swap file.
type swapPlan struct {
	// s is what is done, and of what the block manages. Both are one but for an end.
	s, of  *Swap
	change *resource.Change
	// file is the line in /etc/fstab, whose change this one is; nil if it is not kept.
	file *files.ItemPlan
	// at is the resolved path, is what is there, and old its header.
	at  string
	is  resource.Entry
	old swapHeader
	// active is what /proc/swaps says of it, nil if nothing, in rows.
	rows   []swapRow
	active *swapRow
	size   int64
	// off, makes, fixes, on and removes are what is done, in this order.
	off, makes, fixes, on, removes bool
}

func (s *Swap) plan(ctx context.Context, h resource.Host) (*swapPlan, error) {
	p := &swapPlan{s: s, of: s, size: s.size(), change: &resource.Change{Op: resource.NoOp}}
	if err := resource.FirstProblem(h, s.Validate()); err != nil {
		return p, err
	}
	if s.persists() {
		var err error
		p.file, err = s.item().Plan(ctx, h)
		p.change = p.file.Change()
		ofFstab(p.change, s.Path)
		if err != nil {
			return p, resource.OfArgument("fstab", err)
		}
	}
	unknown := slices.ContainsFunc([]string{"path", "size", "priority", "state", "runtime"}, h.Unknown)
	if !h.Unknown("path") {
		known, err := p.look(ctx, h)
		if err != nil {
			return p, err
		}
		unknown = unknown || !known
	}
	switch {
	case unknown:
		p.unsure()
		return p, nil
	case s.gone():
		if err := p.goes(); err != nil {
			return p, err
		}
	default:
		if err := p.decide(); err != nil {
			return p, err
		}
	}
	if err := p.possible(ctx, h); err != nil {
		return p, err
	}
	p.show()
	return p, nil
}

// look finds what is there. known is false if an earlier action of the plan makes something of it.
func (p *swapPlan) look(ctx context.Context, h resource.Host) (known bool, err error) {
	if p.at, err = h.Resolve(string(p.s.Path), true); err != nil {
		return false, err
	}
	c, used := p.change, kind.ThingOf(kind.MountOf, p.at)
	c.Writes = append(c.Writes, kind.PathThing(p.at), used)
	if p.is, err = h.Lstat(p.at); err != nil {
		return false, err
	}
	if p.rows, err = swaps(ctx, h); err != nil {
		return false, err
	}
	p.active = rowOf(p.rows, p.at)
	planned, changed := h.Planned(used)
	if changed && !planned {
		p.active = nil
	}
	if changed && planned || p.is.Content != nil && p.is.Content.Unknown {
		return false, nil
	}
	if p.is.Type == resource.TypeFile && p.is.Size > 0 {
		p.old, err = p.header(ctx, h)
	}
	return true, err
}

// unsure has the change be one of which not all is known.
func (p *swapPlan) unsure() {
	c := p.change
	if c.Unsure = true; c.Op == resource.NoOp {
		c.Op = resource.Update
	}
	for _, side := range []*map[string]any{&c.Before, &c.After} {
		if *side == nil {
			*side = map[string]any{}
		}
		if p.s.Path != "" {
			(*side)["path"] = p.s.Path
		}
	}
	if p.at != "" {
		file := rootsEntry(resource.TypeFile, 0o600)
		file.Content = &resource.Content{Unknown: true}
		foresee(c, p.at, file)
	}
}

// isOurs reports whether the file may be made anew or removed: it is a swap file, or what is left
// of the making of one.
func (p *swapPlan) isOurs() bool {
	return p.is.Type == resource.TypeFile && (p.is.Size == 0 || p.old.swap || p.old.begun)
}

// inTheWay is the problem that something else is at the path.
func (p *swapPlan) inTheWay() error {
	if p.is.Type != resource.TypeFile {
		return kind.NewProblem("path", kind.CodeInTheWay, "Something else is there", "%s is a %s, and not a swap file. Nothing was changed. Choose another path, or move that away.", p.at, p.is.Type.Noun())
	}
	return kind.NewProblem("path", kind.CodeInTheWay, "It is no swap file", "%s is a file of %d bytes without the header of a swap file. It is not overwritten, and not removed. Choose another path, or move it away.", p.at, p.is.Size)
}

// goes plans that the file goes.
func (p *swapPlan) goes() error {
	if p.is.Type == resource.TypeAbsent {
		return nil
	}
	if p.active == nil && !p.isOurs() {
		return p.inTheWay()
	}
	p.removes, p.off = true, p.active != nil
	return nil
}

// decide plans that the file is as the block says.
func (p *swapPlan) decide() error {
	switch {
	case p.is.Type == resource.TypeAbsent:
		p.makes = true
	case p.active == nil && !p.isOurs():
		return p.inTheWay()
	case p.is.Size != p.size || !p.old.fits(p.size):
		p.makes = true
	default:
		p.fixes = p.is.Mode != 0o600 || p.is.Owner.ID != 0 || p.is.Group.ID != 0
	}
	if p.s.runs() {
		other := p.active != nil && p.s.Priority != nil && *p.s.Priority != p.active.priority
		p.on = p.active == nil || p.makes || other
		p.off = p.active != nil && p.on
	}
	if p.makes && p.is.Type == resource.TypeAbsent || p.makes && !p.old.swap {
		p.change.Keep().Along = append(p.change.Keep().Along, kind.PathThing(p.at))
	}
	if p.on && p.active == nil {
		p.change.Keep().Along = append(p.change.Keep().Along, kind.ThingOf(kind.MountOf, p.at))
	}
	return nil
}

// possible returns why what is planned cannot be done.
func (p *swapPlan) possible(ctx context.Context, h resource.Host) error {
	if !p.makes && !p.fixes && !p.on && !p.off && !p.removes {
		return nil
	}
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("path", kind.CodePermission, "Only root makes swap files", "The agent runs as user %d, and what was in memory is for root alone. Use a context that runs as root.", uid)
	}
	if p.active != nil && !p.s.runs() && (p.makes || p.removes) {
		return kind.NewProblem("runtime", kind.CodeBusy, "The machine swaps to it", "%s is in use, and with runtime = false it stays so. A file in use is neither made anew nor removed. Remove runtime, or take it out of use first.", p.at)
	}
	if p.makes {
		if err := p.hasRoom(h); err != nil {
			return err
		}
	}
	if p.makes || p.removes {
		if err := h.Refused(p.at, true); err != nil {
			return err
		}
	}
	if p.makes || p.on {
		if err := p.safe(h); err != nil {
			return err
		}
	}
	if p.off {
		if err := p.fitsInMemory(ctx, h); err != nil {
			return err
		}
	}
	return p.programs(h)
}

// programs returns the problem that a program is missing.
func (p *swapPlan) programs(h resource.Host) error {
	for _, program := range []struct {
		name   string
		needed bool
	}{{"mkswap", p.makes}, {"swapon", p.on}, {"swapoff", p.off}} {
		if !program.needed {
			continue
		}
		if err := needsProgram(h, program.name); err != nil {
			return err
		}
	}
	return nil
}

// safe returns the problem that others may put something else in the place of the file, which
// the programs are told by its path alone.
func (p *swapPlan) safe(h resource.Host) error {
	dir, is, err := exchangeable(h, p.at)
	if err != nil || dir == "" || is.Type == resource.TypeAbsent {
		return err
	}
	return kind.NewProblem("path", kind.CodeUnsafeDirectory, "Others may change where it is",
		"%s belongs to %s and has the mode %04o, so that others than root may put another file in the place of %s, which would hold what was in memory. Choose a directory that only root can change, and so all above it.", dir, is.Owner, is.Mode, p.at)
}

// fitsInMemory returns the problem that what is swapped to the file has no room elsewhere.
func (p *swapPlan) fitsInMemory(ctx context.Context, h resource.Host) error {
	c, err := h.Read(ctx, "/proc/meminfo", resource.ShownContent)
	if err != nil {
		return err
	}
	room := roomBeside(p.rows, p.at, c.Data)
	if room < 0 || p.active.used <= room {
		return nil
	}
	return kind.NewProblem("path", kind.CodeNoMemory, "Too little memory is free", "%d KiB are swapped to %s, and %d KiB of memory and of other swap are free. Taken out of use now, it would bring the machine to a stop. Stop programs first, or add other swap in a block that this one depends on.", p.active.used, p.at, room)
}

// hasRoom returns the problem that the file cannot be made where it is to be.
func (p *swapPlan) hasRoom(h resource.Host) error {
	dir := path.Dir(p.at)
	is, err := h.Lstat(dir)
	if err != nil {
		return err
	}
	if is.Type != resource.TypeDirectory {
		return kind.NewProblem("path", kind.CodeNoParent, "The directory does not exist", "%s is no directory, so that no file can be made in it. Make it with a resource before this one.", dir)
	}
	found, err := h.Mounts()
	if err != nil {
		return err
	}
	_, in := mounts(found).layers(dir)
	if why := swapFileSystems[in.Type]; why != "" || strings.HasPrefix(in.Type, "fuse") {
		if why == "" {
			why = "The kernel swaps to no file of it."
		}
		return kind.NewProblem("path", kind.CodeOtherFileSystem, "No file to swap to can be made there", "%s is on a file system of the type %s. %s", dir, in.Type, kind.Rule(why))
	}
	free, known := h.Room(dir)
	if p.is.Type == resource.TypeFile {
		free += p.is.Size
	}
	if !known || free >= p.size {
		return nil
	}
	return mayCome(h, p.change, kind.NewProblem("size", kind.CodeNoSpace, "Too little space is free", "The file is to have %d MiB, and the file system of %s has %d MiB free. Free some space, or choose another size.", p.size/mib, dir, free/mib))
}

// sizeText is a size for people.
func sizeText(n int64) string {
	if n%mib != 0 {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n/mib, 10) + "M"
}

// fileText is the size of what is at the path, for people; "" if nothing is there.
func (p *swapPlan) fileText() string {
	switch {
	case p.is.Type == resource.TypeAbsent:
		return ""
	case p.old.swap && p.old.size != p.is.Size:
		return sizeText(p.is.Size) + ", of which the header says " + sizeText(p.old.size)
	case !p.old.swap && p.is.Type == resource.TypeFile:
		return sizeText(p.is.Size) + ", no swap file yet"
	}
	return sizeText(p.is.Size)
}

// show fills in what people see of it, what the record keeps, and what later blocks see.
func (p *swapPlan) show() {
	c, is := p.change, p.is.Type != resource.TypeAbsent
	acts := p.makes || p.fixes || p.on || p.off || p.removes
	if !p.s.persists() {
		c.Op = p.op(is, acts)
		c.Made = c.Op == resource.Update && p.on && p.active == nil
	} else if acts && c.Op == resource.NoOp {
		c.Op = resource.Update
	}
	if is || p.s.persists() {
		c.Before = p.side(c.Before, p.fileText(), runningText(p.active))
	}
	after := sizeText(p.size)
	if !p.makes {
		after = p.fileText()
	}
	if p.removes {
		after = ""
	}
	if c.Op != resource.Delete && (!p.s.gone() || p.s.persists()) {
		c.After = p.side(c.After, after, p.willRun())
	}
	if p.fixes {
		c.Before["mode"], c.After["mode"] = "0"+strconv.FormatInt(p.is.Mode, 8), "0600"
		c.Before["owner"], c.After["owner"] = p.is.Owner.String()+":"+p.is.Group.String(), "root:root"
	}
	c.See("size", p.fileText())
	c.See("running", runningText(p.active))
	private := p.is.Mode == 0o600 && p.is.Owner.ID == 0 && p.is.Group.ID == 0
	c.Found = append(c.Found, p.traits(is, private, p.old.fits(p.is.Size), p.is.Size, p.active)...)
	will := p.active
	if p.on {
		will = &swapRow{}
		if p.s.Priority != nil {
			will.priority = *p.s.Priority
		}
	} else if p.off {
		will = nil
	}
	c.Left = append(c.Left, p.traits(!p.s.gone(), true, true, p.size, will)...)
	p.effects(will != nil)
}

// op is what is done, if no line is kept.
func (p *swapPlan) op(is, acts bool) resource.Op {
	switch {
	case !acts:
		return resource.NoOp
	case p.removes:
		return resource.Delete
	case !is:
		return resource.Create
	}
	return resource.Update
}

// side is what people see before or after.
func (p *swapPlan) side(out map[string]any, size, running string) map[string]any {
	if out == nil {
		out = map[string]any{}
	}
	if out["path"] = p.s.Path; p.s.runs() {
		out["running"] = running
	}
	if out["size"] = nil; size != "" {
		out["size"] = size
	}
	return out
}

// traits are those of the file, as far as the block manages it.
func (p *swapPlan) traits(is, private, good bool, size int64, running *swapRow) (out []resource.Trait) {
	add := func(attr string, part, value any) { out = append(out, resource.NewTrait(attr, part, value)) }
	if !p.of.persists() {
		typ := resource.TypeAbsent
		if is {
			typ = resource.TypeFile
		}
		add(resource.TypeTrait, nil, string(typ))
	}
	own := []byte(p.at)
	if p.of.gone() {
		add("size", own, is)
	} else {
		add("size", own, []any{is, good, size})
		add("mode", own, private)
	}
	if p.of.runs() {
		is := []any{running != nil}
		if p.of.Priority != nil && running != nil {
			is = append(is, running.priority)
		}
		add("runtime", own, is)
	}
	return out
}

// effects says what later blocks see.
func (p *swapPlan) effects(runs bool) {
	if p.makes || p.fixes || p.removes {
		file := rootsEntry(resource.TypeFile, 0o600)
		if p.removes {
			file = rootsEntry(resource.TypeAbsent, 0)
		}
		if p.makes {
			file.Content = &resource.Content{Unknown: true}
		}
		foresee(p.change, p.at, file)
	}
	if !p.on && !p.off {
		return
	}
	will := resource.Entry{Type: resource.TypeAbsent}
	if runs {
		will.Type = resource.TypeOther
	}
	p.change.Effects = append(p.change.Effects, resource.Effect{Thing: kind.ThingOf(kind.MountOf, p.at), Entry: &will})
}
