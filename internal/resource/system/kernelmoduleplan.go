package system

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource.
func (k *KernelModule) Thing() kind.Thing {
	if !k.persists() {
		return kind.PathThing(k.inSys())
	}
	return k.loads().Thing()
}

// inSys is the directory that the kernel shows while it has the module.
func (k *KernelModule) inSys() string { return "/sys/module/" + edit.ModuleName(k.Name) }

// Check implements Resource.
func (k *KernelModule) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := k.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource. The parameters come first, as a module is loaded with them; what
// has it loaded at each start comes last.
func (k *KernelModule) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := k.plan(ctx, h)
	if err = begin(ctx, h, *p.change, err); err == nil {
		err = resource.OfArgument("options_path", p.options.Make(ctx, h))
	}
	if err == nil && p.runs {
		err = k.run(ctx, h)
	}
	if err == nil {
		err = p.loads.Make(ctx, h)
	}
	return *p.change, err
}

// run loads the module, or unloads it, and holds that the kernel has it then, or not.
func (k *KernelModule) run(ctx context.Context, h resource.Host) error {
	if err := h.Run(ctx, k.tool()); err != nil {
		return err
	}
	is, err := k.loaded(ctx, h)
	if err != nil || (is == notLoaded) == k.gone() {
		return err
	}
	return kind.NewProblem("name", kind.CodeNotIdempotent, "The kernel stays as it was",
		"The program modprobe ended well, but whether the kernel has %s is as before. A file of /etc/modprobe.d may have another program run in its place (install %s). It would be run again at every apply.", k.Name, k.Name)
}

// tool loads the module, or unloads it.
func (k *KernelModule) tool() resource.Tool {
	argv, what := append([]string{"modprobe", k.Name}, strings.Fields(k.params())...), "loaded"
	if k.gone() {
		argv, what = []string{"modprobe", "-r", k.Name}, "unloaded"
	}
	return resource.Tool{Argv: argv, Explain: func(code int) *kind.Problem {
		return kind.NewProblem("name", kind.CodeToolFailed, "The module could not be "+what, "modprobe ended with status %d. The kernel may say more: dmesg.", code)
	}}
}

// kernelModulePlan is a module that is being planned.
type kernelModulePlan struct {
	change *resource.Change
	// loads, whose change this one is, and options are the lines in the two files, nil if they are not kept.
	loads, options *files.ItemPlan
	// runs is set if the module is loaded, or unloaded.
	runs bool
}

func (k *KernelModule) plan(ctx context.Context, h resource.Host) (*kernelModulePlan, error) {
	p := &kernelModulePlan{change: &resource.Change{Op: resource.NoOp}}
	err := resource.FirstProblem(h, k.Validate())
	if err != nil {
		return p, err
	}
	if k.persists() {
		p.loads, err = k.loads().Plan(ctx, h)
		if p.change = p.loads.Change(); err != nil {
			return p, err
		}
		if err := k.planOptions(ctx, h, p); err != nil {
			return p, err
		}
	}
	if !k.runs() || h.Unknown("name") {
		return p, nil
	}
	return p, k.planKernel(ctx, h, p)
}

// planOptions adds to a plan the line with the parameters.
func (k *KernelModule) planOptions(ctx context.Context, h resource.Host, p *kernelModulePlan) (err error) {
	unknown := h.Unknown("params")
	item := k.options(unknown)
	if item == nil {
		return nil
	}
	if p.options, err = item.Plan(ctx, h); err != nil {
		return resource.OfArgument("options_path", err)
	}
	its, c := p.options.Change(), p.change
	if its.Before == nil { // The file is not there.
		c.Found = append(c.Found, item.Traits(nil)...)
	}
	if its.Op == resource.NoOp && its.Before == nil {
		c.Writes, c.Left = append(c.Writes, its.Writes...), append(c.Left, item.Traits(nil)...)
		return nil
	}
	asExisting(c)
	c.Before["options"] = saidOf(item, its.Before)
	c.After["options"] = saidOf(item, its.After)
	if unknown && !k.gone() {
		delete(c.After, "options")
	}
	c.Warnings = append(c.Warnings, ofOptions(its.Warnings)...)
	c.Writes, c.Effects, c.Unsure = append(c.Writes, its.Writes...), append(c.Effects, its.Effects...), c.Unsure || its.Unsure
	if before, ok := its.Before["content"].(resource.Content); ok {
		c.See("options_content", before.SHA256)
	}
	for _, t := range its.Found {
		if t.Attr == "params" {
			c.Found = append(c.Found, t)
		}
	}
	for _, t := range its.Left {
		if t.Attr == "params" {
			c.Left = append(c.Left, t)
		}
	}
	if its.Kept != nil {
		c.Keep().Along = append(c.Keep().Along, its.Kept.Along...)
	}
	added := its.Made || its.Op == resource.Create
	// If one of the lines was there before, an end must not take it out. So both stay.
	if k.params() != "" || unknown {
		c.Made = c.Made && added
	}
	if its.Op != resource.NoOp {
		c.Op = resource.Update
	}
	return nil
}

// ofOptions has what is said of the file with the parameters be said of its argument.
func ofOptions(all []kind.Problem) []kind.Problem {
	out := slices.Clone(all)
	for k := range out {
		if out[k].Attr == "path" {
			out[k].Attr = "options_path"
		}
	}
	return out
}

// saidOf is what the line says on one side of a change.
func saidOf(item *files.Item, side map[string]any) kind.Text {
	c, _ := side["content"].(resource.Content)
	if said := item.Said(c.Data); len(said) > 0 {
		return kind.Text(strings.Join(said, "\n"))
	}
	return "none"
}

// planKernel adds to a plan that the module is loaded, or unloaded.
func (k *KernelModule) planKernel(ctx context.Context, h resource.Host, p *kernelModulePlan) error {
	c, at := p.change, k.inSys()
	used, err := k.loaded(ctx, h)
	if err != nil {
		return err
	}
	// By whom it is used, and how often, changes by itself, and decides nothing of the change.
	is := used
	switch {
	case used == notLoaded || used == builtIn || used == isLoaded:
	case k.gone():
		is = inUse
	default:
		is = isLoaded
	}
	if !k.persists() && is == notLoaded {
		c.Before = nil
	} else {
		asExisting(c)
		c.Before["loaded"] = kind.Text(is)
	}
	if c.After == nil {
		c.After = map[string]any{"name": k.Name}
	}
	if c.Before != nil && !k.persists() {
		c.Before["name"], c.After["name"] = k.Name, k.Name
	}
	c.Writes = append(c.Writes, kind.PathThing(at))
	c.See("loaded", is)
	if !k.persists() {
		c.Found = append(c.Found, resource.NewTrait(resource.TypeTrait, nil, "module"))
		c.Left = append(c.Left, resource.NewTrait(resource.TypeTrait, nil, "module"))
	}
	c.Found = append(c.Found, k.loadedTrait(is != notLoaded))
	if h.Unknown("state") {
		c.Unsure = true
		return nil
	}
	c.Left = append(c.Left, k.loadedTrait(!k.gone()))
	if p.runs = (is == notLoaded) != k.gone(); !p.runs {
		c.After["loaded"] = kind.Text(is)
		return nil
	}
	if c.Op == resource.NoOp {
		c.Op = resource.Update
	}
	will := rootsEntry(resource.TypeDirectory, 0o755)
	if c.After["loaded"] = kind.Text(isLoaded); k.gone() {
		c.After["loaded"], will.Type = kind.Text(notLoaded), resource.TypeAbsent
	} else if !k.persists() {
		c.Op, c.Before = resource.Create, nil
	}
	if !k.persists() && k.gone() {
		c.Op, c.After = resource.Delete, nil
	}
	foresee(c, at, will)
	return k.permitted(ctx, h, p, used)
}

// permitted returns why the module cannot be loaded or unloaded.
func (k *KernelModule) permitted(ctx context.Context, h resource.Host, p *kernelModulePlan, is string) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("name", kind.CodePermission, "Only root changes the kernel", "The agent runs as user %d, and only root loads and unloads modules. Use a context that runs as root, or set runtime to false.", uid)
	}
	if err := needsProgram(h, "modprobe"); err != nil {
		return err
	}
	switch {
	case k.gone() && is == builtIn:
		return kind.NewProblem("name", kind.CodeModuleBusy, "It is a part of the kernel", "%s is built into this kernel, so that it cannot be unloaded. Set runtime to false to take its lines out alone.", k.Name)
	case k.gone() && is != isLoaded:
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("name", kind.CodeModuleBusy, "The module is in use", "%s is %s, and is not unloaded while it is. Stop what uses it first, in a block that this one depends on.", k.Name, kind.Rule(is)))
		return nil
	case k.gone() || h.Behind() && !h.HasProgram("modprobe"):
		return nil
	}
	_, err := h.Ask(ctx, resource.Tool{Argv: []string{"modprobe", "-D", k.Name}})
	var why *kind.Problem
	if !errors.As(err, &why) || why.Code != kind.CodeToolFailed {
		return err
	}
	missing := kind.NewProblem("name", kind.CodeNoModule, "The kernel has no such module", "There is no module %s for the kernel that runs, says modprobe. Correct the name, install the package that brings it, or start the machine anew if its kernel was replaced.", k.Name)
	missing.Said = why.Said
	return mayCome(h, p.change, missing)
}

// How the kernel has a module, besides by whom it is used.
const (
	notLoaded = "no"
	isLoaded  = "yes"
	builtIn   = "built in"
	inUse     = "in use"
)

// loaded is how the kernel has the module: also what earlier blocks of the plan make of it.
func (k *KernelModule) loaded(ctx context.Context, h resource.Host) (string, error) {
	if there, ok := h.Planned(kind.PathThing(k.inSys())); ok {
		if there {
			return isLoaded, nil
		}
		return notLoaded, nil
	}
	dir := k.inSys()
	here, err := h.Lstat(dir)
	if err != nil {
		return "", err
	}
	if here.Type == resource.TypeDirectory {
		if absent(h, path.Join(dir, "initstate")) {
			return builtIn, nil // It shows parameters, and nothing that could be unloaded.
		}
		return k.usedBy(ctx, h, dir)
	}
	release, err := h.Read(ctx, "/proc/sys/kernel/osrelease", resource.ShownContent)
	if err != nil {
		return "", resource.OfArgument("name", err)
	}
	built, err := h.Resolve(path.Join("/lib/modules", strings.TrimSpace(string(release.Data)), "modules.builtin"), true)
	if err != nil || absent(h, built) {
		return notLoaded, err
	}
	list, err := h.Read(ctx, built, resource.Editable)
	for _, row := range edit.RowsOf(list.Data) {
		if edit.ModuleName(strings.TrimSuffix(path.Base(string(row.Text)), ".ko")) == edit.ModuleName(k.Name) {
			return builtIn, nil
		}
	}
	return notLoaded, err
}

// usedBy is how the kernel has a module that is loaded: by which others it is used.
func (k *KernelModule) usedBy(ctx context.Context, h resource.Host, dir string) (string, error) {
	if others, err := h.ReadDir(path.Join(dir, "holders")); err == nil && len(others) > 0 {
		return "used by " + prose.List(others, 5), nil
	}
	count := path.Join(dir, "refcnt")
	if absent(h, count) {
		return isLoaded, nil
	}
	c, err := h.Read(ctx, count, resource.ShownContent)
	if n := strings.TrimSpace(string(c.Data)); n != "0" && n != "" {
		return "used " + n + " times", err
	}
	return isLoaded, err
}

// loadedTrait is that of the module in the kernel.
func (k *KernelModule) loadedTrait(is bool) resource.Trait {
	return resource.NewTrait("name", []any{"loaded", edit.ModuleName(k.Name)}, is)
}
