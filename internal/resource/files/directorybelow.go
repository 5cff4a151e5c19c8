package files

import (
	"context"
	"path"
	"sort"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// planBelow finds what below the directory has another owner, group or mode than
// recurse asks for.
func (d *Directory) planBelow(ctx context.Context, h resource.Host, p *directoryPlan, own ownership) error {
	all := resource.EntriesDigest{}
	err := resource.Walk(ctx, h, p.path, "", func(rel string, e resource.Entry) error {
		if e.Type == resource.TypeLink || p.goes(rel) {
			return nil
		}
		n := len(p.below)
		err := d.lookAt(h, p, own, rel, e)
		if len(p.below) > n {
			all.Add(rel, e)
		}
		return err
	})
	p.change.See("entries", all.String())
	p.change.Found = append(p.change.Found, p.occurs.traits(0, own, d.Mode)...)
	if len(p.below) > 0 {
		p.change.Uses = append(p.change.Uses, "recurse")
	}
	if p.strange {
		p.change.Uses = append(p.change.Uses, "hard_links")
	}
	return err
}

func (d *Directory) lookAt(h resource.Host, p *directoryPlan, own ownership, rel string, e resource.Entry) error {
	if own.mode != nil {
		whole := *own.mode
		fixed := resource.Permissions{Octal: whole.Below(e.Mode, e.Type == resource.TypeDirectory)}
		own.mode = &fixed
	}
	after, meta := own.on(e, e.Type == resource.TypeDirectory)
	p.occurs.add([2]resource.Entry{e, after})
	if meta.Empty() {
		return nil
	}
	if err := allowed(h, meta, e); err != nil {
		return err
	}
	strange := otherNamesOf(h, meta, path.Join(p.path, rel), e)
	if strange != nil && !d.Links {
		return strange
	}
	p.strange = p.strange || strange != nil
	meta.AllNames = d.Links
	if p.change.Along == nil {
		p.change.Along = &resource.Along{}
	}
	p.change.Along.Add(resource.AlongUpdate(rel, e, after))
	p.below = append(p.below, entryBelow{rel, meta})
	p.change.Effects = append(p.change.Effects, resource.Effect{Thing: kind.PathThing(path.Join(p.path, rel)), Entry: &after})
	return nil
}

// goes reports whether what is below a directory is purged.
func (p *directoryPlan) goes(rel string) bool {
	for _, e := range p.purged {
		if rel == e.rel || strings.HasPrefix(rel, e.rel+"/") {
			return true
		}
	}
	return false
}

// entryBelow is what has to change inside a directory.
type entryBelow struct {
	rel  string
	meta resource.Meta
}

// below gathers the owners, groups and permissions that occur below a directory and
// differ from its own, before (index 0) and after (index 1) a change. If everything
// has what the directory has, there are none. So a file that a program adds later,
// with the same owner, is no drift.
type below struct {
	mode                   *resource.Permissions // that is asked for
	top                    [2]resource.Entry
	owners, groups, others [2]map[int64]bool
}

func (b *below) add(entries [2]resource.Entry) {
	for k, e := range entries {
		note := func(set *map[int64]bool, v int64, own bool) {
			if own {
				return
			}
			if *set == nil {
				*set = map[int64]bool{}
			}
			(*set)[v] = true
		}
		dir := e.Type == resource.TypeDirectory
		note(&b.owners[k], e.Owner.ID, e.Owner.Same(b.top[k].Owner))
		note(&b.groups[k], e.Group.ID, e.Group.Same(b.top[k].Group))
		if b.mode != nil {
			whole := *b.mode
			if whole.Clauses == nil {
				whole.Octal = b.top[k].Mode
			}
			note(&b.others[k], e.Mode, whole.Below(e.Mode, dir) == e.Mode)
		}
	}
}

// traits are those of what is below, before or after. Symbolic permissions mean
// something else for each entry: those of one text are compared alone.
func (b *below) traits(k int, own ownership, mode *string) []resource.Trait {
	var out []resource.Trait
	add := func(part []any, managed bool, set map[int64]bool) {
		if managed && !set[-1] {
			var all numbers
			for n := range set {
				all = append(all, n)
			}
			sort.Sort(all)
			out = append(out, resource.NewTrait(resource.RecurseTrait, part, []int64(all)))
		}
	}
	add([]any{"owner"}, own.owner != nil, b.owners[k])
	add([]any{"group"}, own.group != nil, b.groups[k])
	if own.mode != nil && own.mode.Clauses != nil {
		add([]any{"mode", *mode}, true, b.others[k])
	} else {
		add([]any{"mode"}, own.mode != nil, b.others[k])
	}
	return out
}

// numbers are sorted by sort.Sort, of which an agent has one for all types: slices.Sort takes 7 KB
// more for this one.
type numbers []int64

func (n numbers) Len() int           { return len(n) }
func (n numbers) Less(i, j int) bool { return n[i] < n[j] }
func (n numbers) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }
