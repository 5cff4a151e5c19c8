package system

import (
	"context"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// runningName is the file in which the kernel shows and takes the name.
const runningName = "/proc/sys/kernel/hostname"

// Thing implements Resource.
func (n *Hostname) Thing() kind.Thing { return n.item().Thing() }

// End implements Resource.
func (n *Hostname) End(e resource.End) (resource.Resource, error) {
	line, err := n.item().End(e)
	return &kernelKeeps{line, kind.NewProblem("name", kind.CodeStays, "The name stays",
		"The name that the machine has now stays until it starts anew, as no record holds what it was before. Set it by hand if it should be another.")}, err
}

// Check implements Resource.
func (n *Hostname) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := n.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource. The file comes first: what is kept is never behind what counts.
func (n *Hostname) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := n.plan(ctx, h)
	if err = begin(ctx, h, *p.change, err); err == nil {
		err = p.file.Make(ctx, h)
	}
	if err == nil && p.sets {
		given := resource.ContentOf([]byte(n.Name + "\n"))
		err = blamed(h.Replace(ctx, runningName, resource.NewFile{Content: &given, InPlace: true}), "name")
	}
	return *p.change, err
}

// hostnamePlan is a name that is being planned.
type hostnamePlan struct {
	change *resource.Change
	// file is the line in the file, whose change this one is.
	file *files.ItemPlan
	// sets is set if the kernel gets the name.
	sets bool
}

func (n *Hostname) plan(ctx context.Context, h resource.Host) (*hostnamePlan, error) {
	p := &hostnamePlan{change: &resource.Change{Op: resource.NoOp}}
	err := resource.FirstProblem(h, n.Validate())
	if err != nil {
		return p, err
	}
	p.file, err = n.item().Plan(ctx, h)
	p.change = p.file.Change()
	if err != nil {
		return p, err
	}
	if n.Runtime == nil || *n.Runtime {
		if err := n.planRunning(ctx, h, p); err != nil {
			return p, err
		}
	}
	if p.change.Op == resource.NoOp || h.Unknown("name") {
		return p, nil
	}
	found, err := n.found(ctx, h)
	if err == nil && !found {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("name", kind.CodeUnresolved, "The machine does not find its own address",
			"Neither /etc/hosts has the name %s, nor does nsswitch.conf have myhostname, so that sudo and other programs wait for DNS to know it. Add a resource \"hosts_entry\" of 127.0.1.1, before this one.", n.Name))
	}
	return p, err
}

// planRunning adds to a plan that the kernel gets the name.
func (n *Hostname) planRunning(ctx context.Context, h resource.Host, p *hostnamePlan) error {
	c := p.change
	now, err := h.Read(ctx, runningName, resource.ShownContent)
	if err != nil {
		return blamed(err, "name")
	}
	is, err := h.Lstat(runningName)
	if err != nil {
		return err
	}
	asExisting(c)
	c.Writes = append(c.Writes, kind.PathThing(runningName))
	name := shownValue(now)
	c.Before["running"], c.Unsure = name, c.Unsure || now.Unknown
	c.Found = append(c.Found, runningTrait(string(name)))
	will := resource.ContentOf([]byte(n.Name + "\n"))
	if h.Unknown("name") {
		p.sets, will = true, resource.Content{Unknown: true}
	} else {
		p.sets = string(name) != n.Name
		c.After["running"] = kind.Text(n.Name)
		c.Left = append(c.Left, runningTrait(n.Name))
	}
	if !p.sets {
		return nil
	}
	if c.Op == resource.NoOp {
		c.Op = resource.Update
	}
	is.Content = &will
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(runningName), Entry: &is})
	return blamed(h.Writable(runningName), "name")
}

// runningTrait is that of the name that the kernel has.
func runningTrait(name string) resource.Trait {
	return resource.NewTrait("name", "running", name)
}

// found reports whether the machine finds an address of its name without asking another one.
func (n *Hostname) found(ctx context.Context, h resource.Host) (bool, error) {
	sources, err := fieldsOf(ctx, h, "/etc/nsswitch.conf", func(f []string) bool { return f[0] == "hosts:" && slices.Contains(f, "myhostname") })
	if err != nil || sources {
		return true, err
	}
	return fieldsOf(ctx, h, "/etc/hosts", func(f []string) bool {
		return slices.ContainsFunc(f[1:], func(name string) bool { return strings.EqualFold(name, n.Name) })
	})
}

// fieldsOf reports whether a file has a line whose fields are what is looked for. What this user
// may not read has all.
func fieldsOf(ctx context.Context, h resource.Host, at string, is func(fields []string) bool) (bool, error) {
	there, err := h.Lstat(at)
	if err != nil || there.Type == resource.TypeAbsent {
		return false, err
	}
	if at, err = h.Resolve(at, true); err != nil {
		return true, nil //nolint:nilerr // Where another user's link leads nobody looks.
	}
	c, err := h.Read(ctx, at, resource.ShownContent)
	if err != nil || c.Unknown {
		return true, nil //nolint:nilerr // What this user may not read tells nothing.
	}
	for _, row := range edit.RowsOf(c.Data) {
		line, _, _ := strings.Cut(string(row.Text), "#")
		if f := strings.Fields(line); len(f) > 0 && is(f) {
			return true, nil
		}
	}
	return false, nil
}
