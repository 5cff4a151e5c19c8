package resource

import (
	"context"
	"crypto/sha512"
	"errors"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// errPlanning is what every write gets while planning.
var errPlanning = errors.New("nothing is written while planning")

// planHost is the Host of a check. Reads look into the overlay first, for the
// effects of the actions that come before, and then at the machine. Writes fail
// with errPlanning.
type planHost struct {
	baseHost
	m *Machine
	v *view
	// at is what Resolve returned last. A kind asks for that path several times,
	// and a resolved path resolves to itself.
	at string
	// below is a directory for which planned found that no action makes it, or one above it,
	// something else than a directory. A path is resolved from its first part to its last, so
	// that each part has to look at one directory only.
	below string
}

var _ Host = (*planHost)(nil)

// Resolve implements Reader.
func (h *planHost) Resolve(p string, follow bool) (string, error) {
	if p == h.at && !follow {
		return p, nil
	}
	got, err := filesystem.Resolve(p, follow, h.look)
	if err == nil {
		h.at = got
	}
	return got, explain("resolve", p, err)
}

func (h *planHost) look(p string) (filesystem.Seen, error) {
	e, ok := h.planned(p)
	switch {
	case !ok:
		return filesystem.Look(p)
	case e.Type == TypeLink && e.Target == "":
		return filesystem.Seen{}, kind.NewProblem("path", kind.CodeUnknownTarget, "A link leads nowhere yet",
			"%s is a link whose target is known only after the apply, so nothing can be planned behind it. Name a path that does not go through it, or plan again when it is there.", p)
	}
	return filesystem.Seen{Absent: e.Type == TypeAbsent, Link: e.Type == TypeLink, Target: string(e.Target), Owner: e.Owner.ID}, nil
}

// planned returns what an earlier action makes of a resolved path. ok is false if
// none changes it. What is below something that will be no directory is Absent.
func (h *planHost) planned(p string) (Entry, bool) {
	if e, ok := h.v.latest(kind.PathThing(p)); ok {
		return *e.Entry, true
	}
	for dir := path.Dir(p); dir != "/" && dir != h.below; dir = path.Dir(dir) {
		if e, ok := h.v.latest(kind.PathThing(dir)); ok && e.Entry.Type != TypeDirectory {
			return Entry{Type: TypeAbsent}, true
		}
	}
	h.below = path.Dir(p)
	return Entry{}, false
}

// Lstat implements Reader.
func (h *planHost) Lstat(p string) (Entry, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return Entry{}, err
	}
	e, ok := h.planned(p)
	if !ok {
		if e, err = h.m.lstat(p); err != nil {
			return Entry{}, explain("look at", p, err)
		}
	}
	if ok {
		e.stamp = h.plannedStamp(p, e)
	}
	e.Content = nil
	return h.renamed(e)
}

// plannedStamp is that of a planned entry which is a file that is there already, since it has
// several names: a new one has one. It is empty for all others.
func (h *planHost) plannedStamp(p string, e Entry) stamp {
	if e.SameAs != "" {
		first := h.firstName(p)
		other, err := h.Lstat(first)
		if first == "" || err != nil {
			return stamp{}
		}
		return other.stamp
	}
	if e.Type != TypeFile || e.Names < 2 {
		return stamp{}
	}
	now, err := h.m.lstat(p)
	if err != nil {
		return stamp{}
	}
	return now.stamp
}

// mostNamed bounds how many names are followed, each planned as another name of the next: no
// plan of this program has them in a circle, but the effects of other contexts may.
const mostNamed = 40

// firstName follows the names that earlier actions give to a file to the one that is no such name.
func (h *planHost) firstName(p string) string {
	for range mostNamed {
		e, ok := h.v.latest(kind.PathThing(p))
		if !ok || e.Entry.SameAs == "" {
			return p
		}
		p = string(e.Entry.SameAs)
	}
	return ""
}

// PlanParts implements Reader.
func (h *planHost) PlanParts(a, b string) bool {
	now, err := h.m.lstat(a)
	other, failed := h.m.lstat(b)
	return err == nil && failed == nil && now.SameFile(other) && (h.changed(a) || h.changed(b)) && !isOne(h.m.lstat, a, b)
}

// AsPlanned implements Reader.
func (*planHost) AsPlanned(Change) bool { return false }

// Read implements Reader.
func (h *planHost) Read(ctx context.Context, p string, limit int64) (Content, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return Content{}, err
	}
	history, sameAs := h.history(p)
	for range mostNamed {
		if len(history) > 0 || sameAs == "" {
			break
		}
		p = sameAs
		history, sameAs = h.history(p)
	}
	if len(history) > 0 {
		c, err := h.plannedContent(ctx, p, history, limit)
		return c, explain("read", p, err)
	}
	c, err := h.m.read(ctx, p, limit, !h.paranoid)
	return c, explain("read", p, err)
}

// SHA512 implements Reader. It is not known of what an earlier action writes, unless that is here.
func (h *planHost) SHA512(ctx context.Context, p string) ([]byte, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return nil, err
	}
	if history, sameAs := h.history(p); len(history) > 0 || sameAs != "" {
		c, err := h.Read(ctx, p, ComparedContent)
		if err != nil || !c.Whole {
			return nil, err
		}
		sum := sha512.Sum512(c.Data)
		return sum[:], nil
	}
	sum, err := sha512Of(ctx, p)
	return sum, explain("read", p, err)
}

// ReadDir implements Reader.
func (h *planHost) ReadDir(p string) ([]string, error) {
	p, err := h.Resolve(p, true)
	if err != nil {
		return nil, err
	}
	names, err := h.m.readDir(p)
	if err != nil && !filesystem.NotThere(err) {
		return nil, explain("list", p, err)
	}
	for thing, e := range h.v.last(kind.ThingsIn(p)) {
		at, _ := thing.Path()
		dir, name := path.Split(at)
		if path.Clean(dir) != p {
			continue
		}
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
		if e.Entry.Type != TypeAbsent {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// HomesIn implements Reader.
func (h *planHost) HomesIn(dir string) ([]string, error) {
	users, err := h.m.accounts.all()
	if err != nil {
		return nil, err
	}
	for _, e := range h.v.last(kind.ThingsOf(kind.UserOf)) {
		users = slices.DeleteFunc(users, func(u User) bool { return u.Name == e.User.Name })
		if !e.User.Gone {
			users = append(users, *e.User)
		}
	}
	return homesIn(users, dir, h.Resolve), nil
}

// Refused implements Reader. If an earlier action changes the path, or something
// above it, the permissions of now do not count: they may be others by then.
func (h *planHost) Refused(p string, inDirectory bool) error {
	if !h.changed(p) {
		return h.m.refused(p, inDirectory)
	}
	if inDirectory {
		return h.m.replaceable(p) // Whoever changes it unmounts nothing.
	}
	return nil
}

// changed reports whether an earlier action changes a path or something above it.
func (h *planHost) changed(p string) bool {
	for dir := p; dir != "/"; dir = path.Dir(dir) {
		if _, ok := h.v.latest(kind.PathThing(dir)); ok {
			return true
		}
	}
	return false
}

// Writable implements Reader.
func (h *planHost) Writable(p string) error {
	if h.changed(p) {
		return nil
	}
	return h.m.writable(p)
}

// Attribute implements Reader.
func (h *planHost) Attribute(p, name string) ([]byte, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return nil, err
	}
	if e, ok := h.planned(p); ok && e.Type != TypeFile && e.Type != TypeDirectory {
		return nil, nil
	}
	return attributeAt(p, name)
}

// KernelFile implements Reader.
func (h *planHost) KernelFile(p string) bool { return kernelFS(p) != "" }

// Mounted implements Reader.
func (h *planHost) Mounted(p string) error { return h.m.unmounted(p) }

// Mounts implements Reader.
func (h *planHost) Mounts() ([]filesystem.Mount, error) { return h.m.mounts() }

// The writes, all refused.

func (*planHost) Begin(Change) error { return errPlanning }

func (*planHost) SyncLater(string) error { return errPlanning }

func (*planHost) Sync(string) error { return errPlanning }

func (*planHost) Replace(context.Context, string, NewFile) error { return errPlanning }

func (*planHost) Saw(string, Entry) {}

func (*planHost) Mkdir(string, Meta) error { return errPlanning }

func (*planHost) EnsureDir(string) error { return errPlanning }

func (*planHost) Link(string, string, Meta) error { return errPlanning }

func (*planHost) HardLink(string, string, Entry) error { return errPlanning }

func (*planHost) Make(context.Context, Tool, ...string) ([][]byte, error) { return nil, errPlanning }

func (*planHost) Move(string, string) error { return errPlanning }

func (*planHost) CopyDir(context.Context, string, string, Meta) error { return errPlanning }

func (*planHost) SetMeta(string, Meta) error { return errPlanning }

func (*planHost) SetBelow(string, string, Meta) error { return errPlanning }

func (*planHost) Remove(string) error { return errPlanning }

func (*planHost) SetAside(string, string) error { return errPlanning }

func (*planHost) PutBack(string, string) error { return errPlanning }

func (*planHost) RemoveTree(context.Context, string) error { return errPlanning }

func (*planHost) Run(context.Context, Tool) error { return errPlanning }

// Hides implements Host.
func (*planHost) Hides(string) bool { return true }

// Bring implements Writer.
func (*planHost) Bring(context.Context) (Content, error) { return Content{}, errPlanning }
