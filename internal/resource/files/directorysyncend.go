package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/tree"
	"github.com/mitoplan/mitoplan/transport"
)

// End implements Resource.
func (d *DirectorySync) End(e resource.End) (resource.Resource, error) {
	switch {
	case d.Manifest == nil:
		return resource.LeaveAlone(d.Thing(), kind.NewProblem("source", kind.CodeStays, "The record does not say what was made",
			"What was in the source of %s was a secret, which the record does not hold. All of it stays. Remove it by hand.", d.Path)), nil
	case e.Adopted && len(e.Along) == 0:
		return resource.LeaveAdopted(d.Thing(), "path"), nil
	}
	return &directorySyncEnd{*d, e}, nil
}

// directorySyncEnd removes what the source had, where it is as the last apply left it.
type directorySyncEnd struct {
	DirectorySync
	end resource.End
}

// syncEndPlan is a Change of such an end.
type syncEndPlan struct {
	change resource.Change
	path   string
	list   tree.Manifest
	// gone are what is removed, relative to the path, in that order; then the directories of dirs,
	// the directory itself first.
	gone    []string
	seen    []resource.Entry // what these are
	dirs    []string
	edited  []string
	all     resource.EntriesDigest
	content hash.Hash
	found   traces
	removed map[string]map[string]bool // the names of what is removed, by directory
}

// Check implements Resource.
func (d *directorySyncEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return p.change, nil
}

// Apply implements Resource.
func (d *directorySyncEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return resource.Change{}, err
	}
	if len(p.gone) > syncedSingly {
		if err := h.SyncLater(p.path); err != nil {
			return resource.Change{}, err
		}
	}
	for k, rel := range p.gone {
		if ctx.Err() != nil {
			return resource.Change{}, context.Cause(ctx)
		}
		transport.Advance(ctx)
		at := path.Join(p.path, rel)
		if p.seen[k].Names <= 1 { // One of several names changes when another is removed.
			h.Saw(at, p.seen[k])
		}
		if err := removeAbove(h, []string{at}); err != nil {
			return p.change, err
		}
	}
	if len(p.gone) > syncedSingly {
		if err := h.Sync(p.path); err != nil {
			return p.change, err
		}
	}
	return p.change, removeAbove(h, p.dirs)
}

func (d *directorySyncEnd) plan(ctx context.Context, h resource.Host) (*syncEndPlan, error) {
	if err := resource.FirstProblem(h, d.Validate()); err != nil {
		return nil, err
	}
	at, err := h.Resolve(string(d.Path), false)
	if err != nil {
		return nil, err
	}
	p := &syncEndPlan{
		path: at, change: resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}},
		content: sha256.New(), found: newTraces(), removed: map[string]map[string]bool{},
	}
	before, err := h.Lstat(at)
	if err != nil {
		return nil, err
	}
	if p.list, err = readManifest(ctx, h, *d.Manifest); err != nil {
		return nil, err
	}
	c := &p.change
	c.Left = []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(resource.TypeAbsent))}
	switch before.Type {
	case resource.TypeDirectory:
	case resource.TypeAbsent:
		c.Found = c.Left
		return p, d.planDirs(h, p, false)
	default:
		c.Found = []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(before.Type))}
		c.Stays = noneAnyMore("directory", at, before)
		return p, nil
	}
	p.found.add("", before, "", d.modeMatters(p.list.Private))
	if err := d.look(ctx, h, p); err != nil {
		return nil, err
	}
	c.Found = append([]resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(before.Type))}, p.found.traits(ownership{}, namesIn(p.list))...)
	c.See("entries", p.all.String())
	c.See("contents", hex.EncodeToString(p.content.Sum(nil)))
	return p, d.planDirs(h, p, true)
}

// look finds which entries of the source are as they were left. It goes from the last to the
// first, so that what is in a directory comes before it.
func (d *directorySyncEnd) look(ctx context.Context, h resource.Host, p *syncEndPlan) error {
	states := make([]entryState, len(p.list.Entries))
	absent := ""
	for k := range p.list.Entries {
		e := &p.list.Entries[k]
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		s := entryState{is: resource.Entry{Type: resource.TypeAbsent}}
		if absent == "" || !within(e.Path, absent) {
			var err error
			if s, err = stateOf(ctx, h, path.Join(p.path, e.Path), e); err != nil {
				return err
			}
			absent = ""
			if s.is.Type != resource.TypeDirectory {
				absent = e.Path
			}
		}
		states[k] = s
		if s.is.Type != resource.TypeAbsent {
			p.all.Add(e.Path+"\x00"+s.holds, s.is)
		}
		p.found.add(e.Path, s.is, s.holds, d.modeMatters(e.Private))
	}
	for k, e := range slices.Backward(p.list.Entries) {
		if err := d.lookAt(h, p, e, states[k]); err != nil {
			return err
		}
	}
	return nil
}

// entryState is what is at the path of an entry, and what it holds or where it points.
type entryState struct {
	is      resource.Entry
	holds   string
	unknown bool
}

func stateOf(ctx context.Context, h resource.Host, at string, e *tree.Entry) (s entryState, err error) {
	if s.is, err = h.Lstat(at); err != nil {
		return s, err
	}
	switch {
	case s.is.Type == resource.TypeLink:
		s.holds = string(s.is.Target)
	case s.is.Type == resource.TypeFile && e.Sort == tree.File:
		now, err := h.Read(ctx, at, 0)
		if err != nil {
			return s, err
		}
		s.holds, s.unknown = string(now.SHA256), now.Unknown
	}
	return s, nil
}

// asLeft reports whether an entry is as an apply left it.
func (s entryState) asLeft(e tree.Entry) bool {
	if s.is.Type != entryType(e.Sort) || s.unknown {
		return false
	}
	switch e.Sort {
	case tree.Link:
		return s.holds == e.Target
	case tree.File:
		return s.holds == string(e.Sum[:])
	}
	return true
}

// lookAt decides whether one entry goes. What is in a directory was looked at before.
func (d *directorySyncEnd) lookAt(h resource.Host, p *syncEndPlan, e tree.Entry, s entryState) error {
	at := path.Join(p.path, e.Path)
	if d.claimed(at) {
		return nil
	}
	if s.is.Type == resource.TypeAbsent || d.end.Adopted && !d.end.Made(kind.PathThing(at)) {
		return nil
	}
	if !s.asLeft(e) {
		p.edited = append(p.edited, e.Path)
		return nil
	}
	if e.Sort == tree.Directory {
		if others, err := p.others(h, e.Path); err != nil || len(others) > 0 {
			return err
		}
	}
	if err := h.Refused(at, true); err != nil {
		return err
	}
	p.gone, p.seen = append(p.gone, e.Path), append(p.seen, s.is)
	if p.removed[dirOf(e.Path)] == nil {
		p.removed[dirOf(e.Path)] = map[string]bool{}
	}
	p.removed[dirOf(e.Path)][path.Base(e.Path)] = true
	c := &p.change
	if c.Along == nil {
		c.Along = &resource.Along{}
	}
	c.Along.Add(resource.AlongDelete(e.Path, s.is))
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &resource.Entry{Type: resource.TypeAbsent}})
	return nil
}

// claimed reports whether another block is about a path now, or about a directory above it that is
// below the one that ends.
func (d *directorySyncEnd) claimed(at string) bool {
	return slices.ContainsFunc(d.end.Claimed, func(c kind.Text) bool { return at == string(c) || within(at, string(c)) })
}

// others are the names of what stays in a directory.
func (p *syncEndPlan) others(h resource.Host, rel string) ([]string, error) {
	names, err := h.ReadDir(path.Join(p.path, rel))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(n string) bool { return resource.Leftover(n) || p.removed[rel][n] }), nil
}

// planDirs decides whether the directory itself goes, and those above it, and fills in the change.
func (d *directorySyncEnd) planDirs(h resource.Host, p *syncEndPlan, there bool) error {
	c := &p.change
	if there {
		others, err := p.others(h, "")
		if err != nil {
			return err
		}
		if d.end.Adopted || len(others) > 0 {
			d.planStays(p, others)
			return nil
		}
		p.dirs = []string{p.path}
	}
	var err error
	if p.dirs, err = madeAbove(h, d.end.Kept, p.path, p.dirs); err != nil || len(p.dirs) == 0 {
		return err
	}
	c.Op, c.Before = resource.Delete, map[string]any{"path": d.Path}
	for _, dir := range p.dirs {
		c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(dir), Entry: &resource.Entry{Type: resource.TypeAbsent}})
		if dir != p.path {
			alongDelete(c, dir)
		}
	}
	return h.Refused(p.dirs[0], true)
}

// planStays is the end of a directory that stays, since others have something in it.
func (d *directorySyncEnd) planStays(p *syncEndPlan, others []string) {
	c := &p.change
	c.Before, c.After = map[string]any{"path": d.Path}, map[string]any{"path": d.Path}
	why := kind.NewProblem("path", kind.CodeStays, "The directory is not empty",
		"%s holds %s, which no apply left like that or another block manages now, so it stays. Remove it by hand if it should go.", p.path, prose.List(prose.Quoted(append(slices.Clone(others), p.editedBelow()...)), 3))
	if d.end.Adopted {
		why = kind.NewProblem("path", kind.CodeStays, "It was there before", "%s existed before mitoplan managed it. Only what an apply made in it is removed.", p.path)
	}
	if len(p.gone) > 0 {
		c.Op, c.Warnings = resource.Update, []kind.Problem{*why}
		return
	}
	c.Stays = []kind.Problem{*why}
}

// editedBelow are the files that were edited, as far as they are not directly in the directory.
func (p *syncEndPlan) editedBelow() []string {
	return slices.DeleteFunc(slices.Clone(p.edited), func(rel string) bool { return dirOf(rel) == "" })
}
