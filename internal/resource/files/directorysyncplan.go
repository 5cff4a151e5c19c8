package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/tree"
	"github.com/mitoplan/mitoplan/transport"
)

// syncPlan is a Change of a synchronized directory, and how it is made.
type syncPlan struct {
	change  resource.Change
	path    string
	list    tree.Manifest
	exclude tree.Exclude
	own     ownership // of owner and group; mode is that of files
	dirMode *resource.Permissions
	// above are missing directories to make first, the topmost first. root is the directory
	// itself after the apply, and meta what it gets.
	above []string
	was   resource.Entry // the directory itself before the apply
	root  resource.Entry
	meta  resource.Meta
	// dirs are the directories of the source as they will be, by path; "" is the directory.
	dirs map[string]resource.Entry
	// names has of each directory of the source that is on the host what the source has in it.
	names map[string]map[string]bool
	// fresh is the directory that is made last, with a slash behind it: nothing is in it yet.
	fresh   string
	steps   []syncStep
	inWay   []purged // what is in the way, and goes first
	extra   []purged // what is not in the source, and goes last
	deleted int      // how many things are in these
	needed  []neededPath
	stay    []string // absolute paths that delete leaves alone
	found   traces
	left    traces
	all     resource.EntriesDigest
	content hash.Hash // of what all files on the host hold
	born    map[string]resource.Entry
}

// syncStep is one thing of the source that the host gets, or whose owner or permissions change.
type syncStep struct {
	rel           string
	before, after resource.Entry
	meta          resource.Meta
	// write is set if it is made anew: a file with its content, of which at is where it begins in
	// the contents of the source; a directory; a link.
	write bool
	size  int64
	sum   [sha256.Size]byte
	at    int64
}

// traces are digests of what entries are, for traits.
type traces struct{ source, owner, group, mode, dirMode hash.Hash }

func newTraces() traces {
	return traces{sha256.New(), sha256.New(), sha256.New(), sha256.New(), sha256.New()}
}

// modeMatters are the permissions of a directory that the block says something about.
func (d *DirectorySync) modeMatters(private bool) int64 {
	switch {
	case d.DirectoryMode != nil:
		return 0o7777
	case private:
		return 0o077
	}
	return 0
}

// add notes one entry. holds says what a file holds or where a link points. Of the permissions of a
// directory only those of dirMode count.
func (t traces) add(rel string, e resource.Entry, holds string, dirMode int64) {
	fmt.Fprintf(t.source, "%q %s %q\n", rel, e.Type, holds)
	if e.Type == resource.TypeAbsent {
		return
	}
	fmt.Fprintf(t.owner, "%q %d\n", rel, e.Owner.ID)
	fmt.Fprintf(t.group, "%q %d\n", rel, e.Group.ID)
	switch e.Type {
	case resource.TypeDirectory:
		fmt.Fprintf(t.dirMode, "%q %o\n", rel, e.Mode&dirMode)
	case resource.TypeFile:
		fmt.Fprintf(t.mode, "%q %o\n", rel, e.Mode)
	}
}

// traits are those of the whole, of a source that has those names: what was left of a source that
// had others says nothing of them.
func (t traces) traits(own ownership, names []byte) []resource.Trait {
	out := []resource.Trait{
		resource.NewTrait("source", names, t.source.Sum(nil)),
		resource.NewTrait("mode", names, t.mode.Sum(nil)),
		resource.NewTrait("directory_mode", names, t.dirMode.Sum(nil)),
	}
	if own.owner != nil {
		out = append(out, resource.NewTrait("owner", names, t.owner.Sum(nil)))
	}
	if own.group != nil {
		out = append(out, resource.NewTrait("group", names, t.group.Sum(nil)))
	}
	return out
}

// namesIn is a digest of the names of what is in a source, and of what they are.
func namesIn(list tree.Manifest) []byte {
	all := sha256.New()
	for _, e := range list.Entries {
		fmt.Fprintf(all, "%q %v\n", e.Path, e.Sort)
	}
	return all.Sum(nil)
}

// Thing implements Resource.
func (d *DirectorySync) Thing() kind.Thing { return kind.PathThing(string(d.Path)) }

// Check implements Resource.
func (d *DirectorySync) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return p.change, nil
}

// Apply implements Resource.
func (d *DirectorySync) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return resource.Change{}, err
	}
	return p.change, d.make(ctx, h, p)
}

func (d *DirectorySync) plan(ctx context.Context, h resource.Host) (*syncPlan, error) {
	if err := resource.FirstProblem(h, d.Validate()); err != nil {
		return nil, err
	}
	at, err := h.Resolve(string(d.Path), true)
	if err != nil {
		return nil, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return nil, err
	}
	if before.Type != resource.TypeAbsent && before.Type != resource.TypeDirectory {
		return nil, kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path", "%s is a %s and not a directory. Remove it first, or name another path.", at, before.Type.Noun())
	}
	p := &syncPlan{
		path: at, dirs: map[string]resource.Entry{}, names: map[string]map[string]bool{}, born: map[string]resource.Entry{},
		found: newTraces(), left: newTraces(), content: sha256.New(),
		change: resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}},
	}
	if p.own, err = ownershipOf(h, d.Owner, d.Group, d.Mode); err != nil {
		return nil, err
	}
	if d.DirectoryMode != nil {
		mode, err := resource.ParseMode(*d.DirectoryMode)
		if err != nil {
			return nil, err
		}
		p.dirMode = &mode
	}
	if h.Unknown("source") || h.Unknown("exclude") || h.Unknown("strip") || h.Unknown("source_manifest") || h.Unknown("source_contents") {
		return p, d.planUnknown(h, p, before)
	}
	if err := d.list(ctx, h, p); err != nil {
		return nil, err
	}
	return p, d.planAll(ctx, h, p, before)
}

// list reads what is in the source.
func (d *DirectorySync) list(ctx context.Context, h resource.Host, p *syncPlan) error {
	if d.Manifest == nil || d.Contents == nil {
		return kind.NewProblem("source", kind.CodeSource, "The content is missing", "The list of what is in %s did not arrive with the request. Nothing was done instead. Apply again; if it happens again, report it.", d.Source)
	}
	var err error
	if p.list, err = readManifest(ctx, h, *d.Manifest); err != nil {
		return err
	}
	p.exclude, err = d.excluded()
	return err
}

// readManifest is the list of a source, which is pulled if it is long.
func readManifest(ctx context.Context, h resource.Host, sent kind.Content) (tree.Manifest, error) {
	c, err := resource.ArgContent("source_manifest", sent)
	if err == nil {
		c, err = h.Remembered(ctx, c, tree.MaxBytes)
	}
	if err != nil {
		return tree.Manifest{}, err
	}
	list, err := tree.Decode(c.Data)
	if err != nil {
		return list, kind.NewProblem("source", kind.CodeSource, "The list of the source is damaged", "%v. Nothing was done. Apply again; if it happens again, report it.", err)
	}
	return list, nil
}

// planUnknown is the plan while nobody knows what will be in the source.
func (d *DirectorySync) planUnknown(h resource.Host, p *syncPlan, before resource.Entry) error {
	if err := d.planRoot(h, p, before); err != nil {
		return err
	}
	if p.change.Op == resource.NoOp {
		p.change.Op = resource.Update
	}
	p.change.Unsure = true
	return nil
}

func (d *DirectorySync) planAll(ctx context.Context, h resource.Host, p *syncPlan, before resource.Entry) error {
	if d.Delete {
		if err := p.findNeeded(h, d.Own); err != nil {
			return err
		}
	}
	if err := d.planRoot(h, p, before); err != nil {
		return err
	}
	at := int64(0)
	for k := range p.list.Entries {
		e := &p.list.Entries[k]
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		transport.Advance(ctx)
		if err := d.planEntry(ctx, h, p, e, at); err != nil {
			return err
		}
		at += e.Size
	}
	if err := d.planExtra(ctx, h, p); err != nil {
		return err
	}
	d.settle(p, before)
	return p.mayChangeRoot(h, before)
}

// settle fills in the change when all was looked at.
func (d *DirectorySync) settle(p *syncPlan, before resource.Entry) {
	c := &p.change
	typ, names := resource.TypeDirectory, namesIn(p.list)
	c.Found = append([]resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(before.Type))}, p.found.traits(p.own, names)...)
	if before.Type == resource.TypeAbsent {
		c.Found = c.Found[:1]
	}
	c.Left = append([]resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(typ))}, p.left.traits(p.own, names)...)
	if d.Delete {
		clean := len(p.extra) == 0
		if before.Type != resource.TypeAbsent {
			c.Found = append(c.Found, resource.NewTrait("delete", names, clean))
		}
		c.Left = append(c.Left, resource.NewTrait("delete", names, true))
	}
	if c.Op == resource.NoOp && (len(p.steps)+len(p.inWay)+len(p.extra) > 0 || !p.meta.Empty() || len(p.own.unknown) > 0) {
		c.Op = resource.Update
	}
	if c.Op == resource.NoOp {
		return
	}
	// Other contexts of the machine are told of directories first: what they are about can be in
	// those, and not be one of the files.
	// What is in the way goes first, so that of each thing the last effect counts.
	c.Effects = lastEffects(c.Effects)
	slices.SortStableFunc(c.Effects, func(a, b resource.Effect) int { return rank(a) - rank(b) })
	c.FewEffects = sentOfTree
	c.See("entries", p.all.String())
	c.See("contents", hex.EncodeToString(p.content.Sum(nil)))
	if len(p.inWay)+len(p.extra) > 0 {
		c.Uses = append(c.Uses, "delete")
	}
	if c.Op == resource.Update {
		d.keepMade(p)
	}
}

// lastEffects are the effects, but for those after which another one is about the same thing.
func lastEffects(all []resource.Effect) []resource.Effect {
	last := make(map[kind.Thing]int, len(all))
	for k, e := range all {
		last[e.Thing] = k
	}
	if len(last) == len(all) {
		return all
	}
	out := make([]resource.Effect, 0, len(last))
	for k, e := range all {
		if last[e.Thing] == k {
			out = append(out, e)
		}
	}
	return out
}

// sentOfTree is how many effects of one directory other contexts of the machine are told of: the
// answer is not to grow with the files.
const sentOfTree = 200

// rank puts directories before all else.
func rank(e resource.Effect) int {
	if e.Entry.Type == resource.TypeDirectory {
		return 0
	}
	return 1
}

// keptEntries is how many paths of what was made in a directory that was there before are
// recorded. With those of the directories above it is below what one change may keep.
const keptEntries = 900

// keepMade notes what is made in a directory that was there before: that alone is ours.
func (*DirectorySync) keepMade(p *syncPlan) {
	for _, s := range p.steps {
		if s.before.Type == resource.TypeAbsent && len(p.change.Keep().Along) < keptEntries {
			p.change.Kept.Along = append(p.change.Kept.Along, kind.PathThing(path.Join(p.path, s.rel)))
		}
	}
}

// planRoot plans the directory itself, and those above it.
func (d *DirectorySync) planRoot(h resource.Host, p *syncPlan, before resource.Entry) error {
	c, base := &p.change, before
	c.Before, c.After = map[string]any{"path": d.Path}, map[string]any{"path": d.Path}
	if before.Type == resource.TypeAbsent {
		dp := directoryPlan{path: p.path}
		above, err := (&Directory{}).planAbove(h, &dp)
		if err != nil {
			return err
		}
		c.Op, c.Before, p.fresh = resource.Create, nil, "/"
		c.Kept, c.Effects, p.above, base = dp.change.Kept, dp.change.Effects, dp.above, above
	} else {
		p.names[""] = map[string]bool{}
	}
	p.was = before
	p.root, p.meta = p.becomes(base, tree.Entry{Sort: tree.Directory, Private: p.list.Private}, before.Type == resource.TypeDirectory)
	p.dirs[""] = p.root
	if before.Type == resource.TypeDirectory {
		p.own.show(c.Before, before, true)
		c.Before["directory_mode"] = resource.FormatMode(before.Mode)
		p.all.Add("", before)
	}
	p.own.show(c.After, p.root, false)
	c.After["directory_mode"] = resource.FormatMode(p.root.Mode)
	if delete(c.After, "mode"); d.Mode != nil {
		c.After["mode"] = *d.Mode
	}
	if c.Before != nil {
		if delete(c.Before, "mode"); d.Mode != nil {
			c.Before["mode"] = *d.Mode
		}
	}
	p.found.add("", before, "", d.modeMatters(p.list.Private))
	p.left.add("", p.root, "", d.modeMatters(p.list.Private))
	root := p.root
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(p.path), Entry: &root})
	return nil
}

// mayChangeRoot returns why this user may not change the directory itself, or nil.
func (p *syncPlan) mayChangeRoot(h resource.Host, before resource.Entry) error {
	if p.change.Op == resource.NoOp {
		return nil
	}
	at := p.path
	if len(p.above) > 0 {
		at = p.above[0]
	}
	if p.change.Op == resource.Create {
		if err := h.Refused(at, true); err != nil {
			return err
		}
	}
	return allowed(h, p.meta, before)
}

// becomes is what an entry becomes that the source has, and what has to be given to it for that. A
// directory that is there gets no permissions that nobody asked for.
func (p *syncPlan) becomes(base resource.Entry, e tree.Entry, isThere bool) (resource.Entry, resource.Meta) {
	own := p.own
	mode, asked := int64(0o644), own.mode
	if e.Sort == tree.Directory || e.Runs {
		mode = 0o755
	}
	if e.Private {
		mode &= 0o700
	}
	if e.Sort == tree.Directory {
		asked = p.dirMode
		switch {
		case asked == nil && isThere && e.Private:
			mode = base.Mode &^ 0o077
		case asked == nil && isThere:
			mode = base.Mode
		case asked == nil:
			mode |= base.Mode & 0o7000
		}
	}
	if asked != nil {
		mode = asked.Apply(mode, e.Sort == tree.Directory)
	}
	own.mode = &resource.Permissions{Octal: mode}
	if e.Sort == tree.Link {
		own.mode = nil
	}
	return own.on(base, e.Sort == tree.Directory)
}

// newborn is what a new entry in a directory is made with.
func (p *syncPlan) newborn(h resource.Host, typ resource.EntryType, dir string) (resource.Entry, error) {
	key := string(typ) + " " + dir
	if e, known := p.born[key]; known {
		return e, nil
	}
	e, err := resource.Newborn(h, typ, p.dirs[dir])
	if err == nil {
		clear(p.born) // only what is in the last directories is asked for again
		p.born[key] = e
	}
	return e, err
}

// planEntry plans one thing of the source; its content begins at that offset of all contents.
func (d *DirectorySync) planEntry(ctx context.Context, h resource.Host, p *syncPlan, e *tree.Entry, offset int64) error {
	at, dir, typ := path.Join(p.path, e.Path), dirOf(e.Path), entryType(e.Sort)
	if names := p.names[dir]; names != nil {
		names[path.Base(e.Path)] = true
	}
	before := resource.Entry{Type: resource.TypeAbsent}
	inFresh := p.fresh == "/" || p.fresh != "" && within(e.Path, p.fresh)
	if !inFresh {
		p.fresh = ""
		var err error
		if before, err = h.Lstat(at); err != nil {
			return err
		}
	}
	s := syncStep{rel: e.Path, before: before, size: e.Size, sum: e.Sum, at: offset}
	base, was := before, before
	switch {
	case before.Type == typ:
	case before.Type != resource.TypeAbsent:
		if err := d.planInTheWay(ctx, h, p, e, before); err != nil {
			return err
		}
		was = resource.Entry{Type: resource.TypeAbsent}
		fallthrough
	default:
		var err error
		if base, err = p.newborn(h, typ, dir); err != nil {
			return err
		}
		s.before, s.write = was, true
	}
	s.after, s.meta = p.becomes(base, *e, before.Type == typ)
	held, wants := "", ""
	switch e.Sort {
	case tree.Directory:
		p.dirs[e.Path] = s.after
		if s.write {
			p.fresh = orFresh(p.fresh, e.Path)
		} else {
			p.names[e.Path] = map[string]bool{}
		}
	case tree.Link:
		held, wants = string(before.Target), e.Target
		s.after.Target = kind.Text(e.Target)
		s.write = s.write || held != wants || !s.meta.Empty()
	case tree.File:
		wants = string(e.Sum[:])
		if before.Type == resource.TypeFile {
			now, err := h.Read(ctx, at, 0)
			if err != nil {
				return err
			}
			held = string(now.SHA256)
			p.change.Unsure = p.change.Unsure || now.Unknown
			s.before.Size = now.Size
			s.write = held != wants || !s.meta.Empty() && resource.Loose(h, at, false, before)
			p.content.Write(now.SHA256)
		}
	}
	if before.Type != resource.TypeAbsent {
		p.all.Add(e.Path+"\x00"+held, before)
	}
	p.found.add(e.Path, before, held, d.modeMatters(e.Private))
	p.left.add(e.Path, s.after, wants, d.modeMatters(e.Private))
	if !s.write && s.meta.Empty() {
		return nil
	}
	return p.step(h, s, held != wants, inFresh)
}

// orFresh is the outermost of two directories that are new.
func orFresh(fresh, dir string) string {
	if fresh == "" {
		return dir
	}
	return fresh
}

// step notes that something changes. other is set if a file holds something else, or a link points
// elsewhere, new if nothing of it can be on the host.
func (p *syncPlan) step(h resource.Host, s syncStep, other, isNew bool) error {
	c, at := &p.change, path.Join(p.path, s.rel)
	if err := p.permitted(h, at, s, isNew); err != nil {
		return err
	}
	p.steps = append(p.steps, s)
	after := s.after
	if after.Type == resource.TypeFile && s.write {
		after.Content, after.Names, after.SameAs, after.Size = &resource.Content{SHA256: s.sum[:], Size: s.size}, 0, "", 0
	}
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &after})
	if s.before.Type == resource.TypeAbsent {
		c.AlongMade(s.rel, s.after)
		return nil
	}
	e := resource.AlongUpdate(s.rel, s.before, s.after)
	switch {
	case other && s.after.Type == resource.TypeLink:
		// The owner of a directory may make a link that leads to what is no text.
		e.Before["target"], e.After["target"] = shown(s.before.Target), shown(s.after.Target)
	case other:
		e.Before["content"], e.After["content"] = prose.Bytes(s.before.Size), prose.Bytes(s.size)
		if s.before.Size == s.size {
			e.After["content"] += ", with other bytes"
		}
	}
	if c.Along == nil {
		c.Along = &resource.Along{}
	}
	c.Along.Add(e)
	return nil
}

// shown is where a link points, as people are told.
func shown(target kind.Text) string { return strings.ToValidUTF8(string(target), "\uFFFD") }

// permitted returns why this user may not make a step, or nil.
func (p *syncPlan) permitted(h resource.Host, at string, s syncStep, isNew bool) error {
	base := s.before
	if base.Type == resource.TypeAbsent {
		base = s.after
		uid, _ := h.Self()
		base.Owner = resource.Identity{ID: uid}
	} else if uid, _ := h.Self(); s.write && uid != 0 && base.Owner.ID != uid {
		return kind.NewProblem("path", kind.CodePermission, "Only root can replace the file of another",
			"%s belongs to %s and the agent runs as user %d, so a new file could not keep its owner. Use a context that runs as the owner or as root.", at, base.Owner, uid)
	}
	if !isNew {
		if err := h.Refused(at, s.write); err != nil {
			return err
		}
	}
	if s.before.Type == resource.TypeFile && !s.write {
		if err := resource.OtherNames(h, at, s.before); err != nil {
			return err
		}
	}
	return allowed(h, s.meta, base)
}
