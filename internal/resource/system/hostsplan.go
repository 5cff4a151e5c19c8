package system

import (
	"context"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource.
func (e *HostsEntry) Thing() kind.Thing { return e.item().Thing() }

// End implements Resource.
func (e *HostsEntry) End(end resource.End) (resource.Resource, error) { return e.item().End(end) }

// Check implements Resource.
func (e *HostsEntry) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := e.plan(ctx, h)
	return *p.Change(), err
}

// Apply implements Resource.
func (e *HostsEntry) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := e.plan(ctx, h)
	return p.CarryOut(ctx, h, err)
}

func (e *HostsEntry) plan(ctx context.Context, h resource.Host) (*files.ItemPlan, error) {
	if err := resource.FirstProblem(h, e.Validate()); err != nil {
		return &files.ItemPlan{}, err
	}
	p, err := e.item().Plan(ctx, h)
	if content, ok := after(p); err == nil && ok && e.State != "absent" {
		if names, other := e.shared(content); len(names) > 0 {
			p.Change().Warnings = append(p.Change().Warnings, *kind.NewProblem("names", kind.CodeSharedName, "A name has two addresses",
				"%s is a name of %s, too, in %s. Programs may take either address. Take it out there, with a block for that address.", prose.List(names, 5), other, p.File()))
		}
	}
	return p, err
}

// item is the line of the address.
func (e *HostsEntry) item() *files.Item {
	r := &files.Item{
		Item: edit.Item{Table: edit.Hosts, Key: plainAddress(e.Address)},
		Path: wanted(e.Path, "/etc/hosts"), Attr: "names", Part: "this entry",
		From: []string{"address", "names", "state"}, Gone: e.State == "absent", Create: true, Backup: e.Backup, InPlace: e.InPlace,
	}
	if !r.Gone {
		r.Lines = []string{e.Address + "\t" + strings.Join(e.Names, " ")}
	}
	return r
}
