package resource

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// errNotBegun is returned by every write before Begin. It means a mistake in the
// code of a kind.
var errNotBegun = errors.New("a write before Begin")

// applyHost is the Host of an apply: it reads and changes the machine as it is.
// It is closed when the action is done.
type applyHost struct {
	baseHost
	m *Machine
	// want is the fingerprint of the plan, empty if there is none.
	want string
	key  []byte
	pipe io.ReadWriter // to the controller; see Bring
	// hidden are the arguments that no message may show; see Hides.
	hidden []string

	begun bool
	// batch is the ordered batch that the action is one of, nil for none; agreed is then what
	// Begin agreed to. Its writes are kept there, and begun stays false.
	batch  *ordered
	agreed *Change
	// found is what was at foundPath, the first path that the action looked at.
	// That is the one it is about: writes there fail if something else is there.
	found     *Entry
	foundPath string
	below     *tree  // the directory of the last SetBelow
	later     string // the directory of SyncLater, "" for none
}

var _ Host = (*applyHost)(nil)

// close closes what the host holds open.
func (h *applyHost) close() {
	if h.below != nil {
		h.below.Close()
	}
	if h.later != "" {
		h.m.syncLater(h.later, false)
	}
}

// SyncLater implements Writer.
func (h *applyHost) SyncLater(dir string) error {
	switch {
	case !h.begun:
		return errNotBegun
	case h.later == "":
		h.later = dir
		h.m.syncLater(dir, true)
	}
	return nil
}

// Sync implements Writer.
func (h *applyHost) Sync(dir string) error {
	return h.write("sync", dir, h.m.syncAll)
}

// Resolve implements Reader.
func (h *applyHost) Resolve(p string, follow bool) (string, error) {
	got, err := filesystem.Resolve(p, follow, filesystem.Look)
	return got, explain("resolve", p, err)
}

// Lstat implements Reader.
func (h *applyHost) Lstat(p string) (Entry, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return Entry{}, err
	}
	if h.batch.wrote(p) {
		return h.batch.entry, nil
	}
	e, err := h.m.lstat(p)
	if err == nil && h.found == nil {
		h.found, h.foundPath = &e, p
	}
	return e, explain("look at", p, err)
}

// PlanParts implements Reader.
func (*applyHost) PlanParts(string, string) bool { return false }

// AsPlanned implements Reader.
func (h *applyHost) AsPlanned(c Change) bool {
	return h.want != "" && compare(h.want, fingerprint(h.key, c), c) == nil
}

// Read implements Reader.
func (h *applyHost) Read(ctx context.Context, p string, limit int64) (Content, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return Content{}, err
	}
	if h.batch.wrote(p) {
		c := *h.batch.file.Content
		if c.Size > limit {
			c.Data, c.Whole = nil, false
		}
		return c, nil
	}
	c, err := h.m.read(ctx, p, limit, !h.paranoid)
	return c, explain("read", p, err)
}

// SHA512 implements Reader.
func (h *applyHost) SHA512(ctx context.Context, p string) ([]byte, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return nil, err
	}
	sum, err := sha512Of(ctx, p)
	return sum, explain("read", p, err)
}

// ReadDir implements Reader.
func (h *applyHost) ReadDir(p string) ([]string, error) {
	p, err := h.Resolve(p, true)
	if err != nil {
		return nil, err
	}
	names, err := h.m.readDir(p)
	slices.Sort(names)
	return names, explain("list", p, err)
}

// Refused implements Reader.
func (h *applyHost) Refused(p string, inDirectory bool) error { return h.m.refused(p, inDirectory) }

// Writable implements Reader.
func (h *applyHost) Writable(p string) error { return h.m.writable(p) }

// Attribute implements Reader.
func (h *applyHost) Attribute(p, name string) ([]byte, error) {
	p, err := h.Resolve(p, false)
	if err != nil {
		return nil, err
	}
	return attributeAt(p, name)
}

// KernelFile implements Reader.
func (h *applyHost) KernelFile(p string) bool { return kernelFS(p) != "" }

// Mounted implements Reader.
func (h *applyHost) Mounted(p string) error { return h.m.unmounted(p) }

// Mounts implements Reader.
func (h *applyHost) Mounts() ([]filesystem.Mount, error) { return h.m.mounts() }

// LookupUser implements Reader.
func (h *applyHost) LookupUser(name string) (*User, error) {
	return h.m.accounts.user(name)
}

// LookupAccount implements Reader.
func (h *applyHost) LookupAccount(name string) (*User, error) { return h.m.accounts.account(name) }

// LookupUID implements Reader.
func (h *applyHost) LookupUID(id int64) (*User, error) { return h.m.accounts.uid(id) }

// LookupGroup implements Reader.
func (h *applyHost) LookupGroup(name string) (*Group, error) {
	return h.m.accounts.group(name)
}

// LookupGID implements Reader.
func (h *applyHost) LookupGID(id int64) (*Group, error) { return h.m.accounts.gid(id) }

// HomesIn implements Reader.
func (h *applyHost) HomesIn(dir string) ([]string, error) {
	users, err := h.m.accounts.all()
	return homesIn(users, dir, h.Resolve), err
}

// GroupsOf implements Reader.
func (h *applyHost) GroupsOf(user string) ([]string, error) { return h.m.accounts.groupsOf(user) }

// PrimaryOf implements Reader.
func (h *applyHost) PrimaryOf(gid int64) ([]string, error) { return h.m.accounts.primaryOf(gid) }

// Begin implements Writer.
func (h *applyHost) Begin(c Change) error {
	err := h.agrees(c)
	switch {
	case err != nil:
	case h.batch != nil:
		h.agreed = &c
	default:
		h.begun = true
	}
	return err
}

// agrees returns a problem if the thing is not as the plan saw it.
func (h *applyHost) agrees(c Change) error {
	if h.want == "" {
		return nil
	}
	return compare(h.want, fingerprint(h.key, c), c)
}

// write runs one change at a resolved path, if Begin has allowed writes. Links
// that turned up since the path was resolved are not followed.
func (h *applyHost) write(what, p string, change func(p string) error) error {
	if !h.begun {
		return errNotBegun
	}
	return explain(what, p, change(p))
}

// Replace implements Writer.
func (h *applyHost) Replace(ctx context.Context, p string, f NewFile) error {
	found := h.foundAt(p)
	if f.Found != nil {
		found = f.Found
	}
	if h.agreed != nil {
		f.Found = found
		return h.batch.replace(ctx, h, p, f)
	}
	f.from = h.from
	return h.write("write", p, func(p string) error { return h.m.replace(ctx, p, found, f) })
}

// foundAt returns what the action found at a path, or nil if it did not look.
func (h *applyHost) foundAt(p string) *Entry {
	if p == h.foundPath {
		return h.found
	}
	return nil
}

// Saw implements Host.
func (h *applyHost) Saw(p string, e Entry) { h.found, h.foundPath = &e, p }

// Mkdir implements Writer.
func (h *applyHost) Mkdir(p string, meta Meta) error {
	return h.write("make directory", p, func(p string) error { return turnedUp(p, h.m.mkdir(p, meta)) })
}

// EnsureDir implements Writer.
func (h *applyHost) EnsureDir(p string) error {
	return h.write("make directory", p, func(p string) error { return h.m.ensureDir(p) })
}

// Link implements Writer.
func (h *applyHost) Link(p, target string, meta Meta) error {
	return h.write("link", p, func(p string) error { return h.m.link(p, h.foundAt(p), target, meta) })
}

// HardLink implements Writer.
func (h *applyHost) HardLink(p, to string, file Entry) error {
	return h.write("link", p, func(p string) error { return h.m.hardLink(p, h.foundAt(p), to, file) })
}

// CopyDir implements Writer.
func (h *applyHost) CopyDir(ctx context.Context, from, to string, meta Meta) error {
	return h.write("make directory", to, func(to string) error { return h.m.copyDir(ctx, from, to, meta) })
}

// SetMeta implements Writer.
func (h *applyHost) SetMeta(p string, meta Meta) error {
	if h.agreed != nil {
		return h.batch.setMeta(h, p, meta)
	}
	return h.write("change", p, func(p string) error { return h.m.setMeta(p, h.foundAt(p), meta) })
}

// SetBelow implements Writer.
func (h *applyHost) SetBelow(dir, rel string, meta Meta) error {
	return h.write("change", dir+"/"+rel, func(string) error {
		if h.below == nil || h.below.path != dir {
			if h.below != nil {
				h.below.Close()
			}
			var err error
			if h.below, err = openTree(dir); err != nil {
				return err
			}
		}
		return h.below.named(h.m.setBelow(h.below, rel, meta))
	})
}

// Remove implements Writer.
func (h *applyHost) Remove(p string) error {
	return h.write("remove", p, func(p string) error { return h.m.remove(p, h.foundAt(p)) })
}

// SetAside implements Writer.
func (h *applyHost) SetAside(p, name string) error {
	return h.write("rename", p, func(p string) error { return h.m.setAside(p, h.foundAt(p), name) })
}

// PutBack implements Writer.
func (h *applyHost) PutBack(p, backup string) error {
	return h.write("put back", p, func(p string) error { return h.m.putBack(p, h.foundAt(p), backup) })
}

// Move implements Writer.
func (h *applyHost) Move(from, to string) error {
	return h.write("move", from, func(from string) error { return h.m.move(from, to, h.foundAt(from)) })
}

// RemoveTree implements Writer.
func (h *applyHost) RemoveTree(ctx context.Context, p string) error {
	return h.write("remove", p, func(p string) error { return h.m.removeTree(ctx, p) })
}

// Run implements Writer.
func (h *applyHost) Run(ctx context.Context, t Tool) error {
	if !h.begun {
		return errNotBegun
	}
	defer h.m.accounts.nss.forget()
	return h.m.do("run", t.Argv[0], func() error { return run(ctx, t) })
}

// Make implements Writer.
func (h *applyHost) Make(ctx context.Context, t Tool, files ...string) (out [][]byte, err error) {
	if !h.begun {
		return nil, errNotBegun
	}
	err = h.m.do("run", t.Argv[0], func() error {
		out, err = madeBy(ctx, t, files)
		return err
	})
	return out, err
}
