package files

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource.
func (l *Limits) Thing() kind.Thing { return kind.PathThing(string(l.file())) }

// Check implements Resource.
func (l *Limits) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := planEdit(ctx, h, l)
	if err == nil {
		err = l.foresee(ctx, h, p)
	}
	return p.change, err
}

// Apply implements Resource.
func (l *Limits) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := planEdit(ctx, h, l)
	if err == nil {
		err = l.foresee(ctx, h, p)
	}
	return p.carryOut(ctx, h, err)
}

// End implements Resource.
func (l *Limits) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(l.Thing(), "path"), nil
	}
	gone := *l
	gone.State = "absent"
	return &editEnd{&gone, e}, nil
}

// foresee warns of a later line that sets the limit otherwise: in the file, or in one that
// pam_limits reads after it.
func (l *Limits) foresee(ctx context.Context, h resource.Host, p *editPlan) error {
	if l.State == "absent" || slices.ContainsFunc([]string{"domain", "type", "item", "value"}, h.Unknown) {
		return nil
	}
	want := l.shape().Wanted()
	after, _ := p.change.After["content"].(resource.Content)
	limits := edit.Limits(after.Data)
	own := slices.IndexFunc(limits, want.Sets)
	if own >= 0 && overrides(limits[own+1:], want) {
		l.warn(p, string(l.file()))
		return nil
	}
	later, err := l.later(h)
	if err != nil {
		return err
	}
	for k := len(later) - 1; k >= 0; k-- {
		data, err := readPlain(ctx, h, later[k])
		if err != nil {
			return err
		}
		if overrides(edit.Limits(data), want) {
			l.warn(p, later[k])
			break
		}
	}
	return nil
}

func (l *Limits) warn(p *editPlan, file string) {
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("value", kind.CodeOverridden, "A later line counts",
		"pam_limits reads %s later, and that sets %s of %s otherwise, which counts then. Take that line out, or put this limit into a file whose name comes after it.", file, l.Item, l.Domain))
}

// overrides reports whether some limits set one otherwise: the last of them counts.
func overrides(limits []edit.Limit, want edit.Limit) bool {
	for k := len(limits) - 1; k >= 0; k-- {
		is := limits[k]
		both := is.Type == "-" || want.Type == "-" || strings.EqualFold(is.Type, want.Type)
		if is.Domain == want.Domain && strings.EqualFold(is.Item, want.Item) && both {
			return edit.NormalLimit(is.Value) != edit.NormalLimit(want.Value)
		}
	}
	return false
}

// later are the files that pam_limits reads after that of the block, in their order.
func (l *Limits) later(h resource.Host) ([]string, error) {
	own := path.Clean(string(l.file()))
	if own != limitsFile && path.Dir(own) != limitsDirectory {
		return nil, nil
	}
	names, err := h.ReadDir(limitsDirectory)
	var out []string
	for _, name := range names {
		if path.Ext(name) == ".conf" && (own == limitsFile || name > path.Base(own)) {
			out = append(out, path.Join(limitsDirectory, name))
		}
	}
	return out, forgiven(err)
}

func (l *Limits) target() *target {
	return &target{
		path: l.file(), absent: l.State == "absent", create: true, owners: &ownerArgs{},
		shapes: []string{"domain", "type", "item", "value", "comment", "state"}, part: "this limit", quiet: true,
	}
}

func (l *Limits) edit() edit.Any { return edit.Any{Limit: l.shape()} }

// gone implements partEnd.
func (l *Limits) gone() edit.Any {
	return edit.Any{Limit: &edit.LimitArgs{Domain: l.Domain, Type: l.Type, Item: l.Item, State: "absent"}}
}

// without implements partEnd.
func (l *Limits) without(_ context.Context, _ resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	return withoutEntries(l, e, content)
}

// is is the limit in a content, the last line of it.
func (l *Limits) is(content []byte) (is edit.Limit, there bool) {
	for _, is := range slices.Backward(edit.Limits(content)) {
		if is.Sets(l.shape().Wanted()) {
			return is, true
		}
	}
	return is, false
}

func (l *Limits) adds(was, is []byte) bool {
	_, before := l.is(was)
	_, after := l.is(is)
	return after && !before
}

// traits are the value of the limit and its comment.
func (l *Limits) traits(content []byte) []resource.Trait {
	is, there := l.is(content)
	part := []string{l.Domain, l.Type, l.Item}
	out := []resource.Trait{resource.NewTrait("value", part, []any{there, edit.NormalLimit(is.Value)})}
	if l.Comment != nil {
		out = append(out, resource.NewTrait("comment", part, is.Comment))
	}
	return out
}

func (l *Limits) restless() *kind.Problem {
	return kind.NewProblem("value", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. Write comment without number signs.")
}
