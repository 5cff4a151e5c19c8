package resource

import (
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// setMeta changes owner and permissions of what is at a path, if that is what
// was found there.
func (m *Machine) setMeta(p string, found *Entry, want Meta) error {
	return m.in(p, func(at anchored) error { return m.setMetaAt(at, found, want) })
}

func (m *Machine) setMetaAt(p anchored, found *Entry, want Meta) error {
	n, err := openNode(p.at)
	if err != nil {
		return err
	}
	defer n.close()
	var is unix.Stat_t
	if err := n.stat(&is); err != nil {
		return err
	}
	parent, err := p.statDirectory()
	if err != nil {
		return err
	}
	if found != nil && !found.is(&is) {
		return notWhatWasFound(p.path)
	}
	return m.change(n, p.path, &is, &parent, want)
}

// setBelow changes the owner and permissions of something below an open directory.
// A link that somebody puts in the way in the meantime leads nowhere else.
func (m *Machine) setBelow(t *tree, rel string, want Meta) error {
	n, err := openNodeIn(t.Root, rel)
	if err != nil {
		return err
	}
	defer n.close()
	var is, parent unix.Stat_t
	if err := n.stat(&is); err != nil {
		return err
	}
	above, err := openNodeIn(t.Root, path.Dir(rel))
	if err != nil {
		return err
	}
	defer above.close()
	if err := above.stat(&parent); err != nil {
		return err
	}
	return m.change(n, t.path+"/"+rel, &is, &parent, want)
}

// change gives an open file or directory its owner, then its permissions. They come
// in this order, since a change of owner clears set-user-ID and set-group-ID.
func (m *Machine) change(n target, p string, is, parent *unix.Stat_t, want Meta) error {
	typ := entryType(uint32(is.Mode))
	if typ == TypeLink {
		return &os.PathError{Op: "change", Path: p, Err: unix.ELOOP}
	}
	if !want.AllNames && typ != TypeDirectory && strangeName(int64(is.Nlink), int64(is.Uid), int64(parent.Uid), int64(parent.Mode)) {
		return severalNames(p, int64(is.Nlink))
	}
	mode := want.Mode
	if want.UID != nil || want.GID != nil {
		uid, gid := want.owner(-1, -1)
		if err := m.do("chown", p, func() error { return n.chown(uid, gid) }); err != nil {
			return err
		}
		if was := int64(is.Mode) & 0o7777; mode == nil && was&0o6000 != 0 {
			kept := was
			if typ != TypeDirectory {
				kept = WithoutLent(was, want)
			}
			mode = &kept
		}
	}
	if len(want.Attributes) > 0 {
		if err := m.do("attributes", p, func() error { return giveAttributes(n.at(), p, want.Attributes) }); err != nil {
			return err
		}
	}
	if mode == nil {
		return nil
	}
	return m.do("chmod", p, func() error { return n.chmod(uint32(*mode)) })
}

// owner returns the numbers of user and group that something gets: those that are
// given if m says nothing of them. For chown(2), -1 is to leave one as it is.
func (m Meta) owner(uid, gid int) (newUID, newGID int) {
	if m.UID != nil {
		uid = int(*m.UID)
	}
	if m.GID != nil {
		gid = int(*m.GID)
	}
	return uid, gid
}

// WithoutLent returns a mode without set-user-ID if the owner changes, and without
// set-group-ID if the group does. Whoever set such a bit meant to lend their own
// rights, not those of the next owner. See chown(2).
func WithoutLent(mode int64, m Meta) int64 {
	if m.UID != nil {
		mode &^= 0o4000
	}
	if m.GID != nil {
		mode &^= 0o2000
	}
	return mode
}

// othersWrite reports whether other users than root and this one may write in a
// directory. They can then give any name in it to a file of their choice; the
// sticky bit does not prevent new names.
func othersWrite(owner, mode int64) bool {
	return owner != 0 && owner != int64(os.Geteuid()) || mode&0o022 != 0
}

// strangeName reports whether somebody who may not change a file may have given it
// its name in a directory. Then a change would reach a file from elsewhere. That is
// so if the file has several names and other users may write in the directory,
// unless its owner is the only one who may.
func strangeName(names, owner, dirOwner, dirMode int64) bool {
	return names > 1 && othersWrite(dirOwner, dirMode) && !(owner == dirOwner && dirMode&0o022 == 0)
}

// OtherNames returns the problem of a file with several names, one of which may
// come from somebody else, or nil; see strangeName.
func OtherNames(h Host, p string, e Entry) error {
	if e.Names < 2 {
		return nil
	}
	parent, err := h.Lstat(path.Dir(p))
	if err == nil && strangeName(e.Names, e.Owner.ID, parent.Owner.ID, parent.Mode) {
		err = severalNames(p, e.Names)
	}
	return err
}

func severalNames(p string, names int64) error {
	return kind.NewProblem("path", kind.CodeSeveralNames, "The file has other names",
		"%s has %d names (hard links), and other users can write in its directory. It may be a file from elsewhere to which somebody gave this name, and its owner or mode would change there, too. Set hard_links to true if that is intended, or remove the other names.", p, names)
}

// is reports whether st describes the entry that was found. A directory stays the
// same if only what is in it changes.
func (e Entry) is(st *unix.Stat_t) bool {
	now := stampFrom(st)
	if e.Type != entryType(uint32(st.Mode)) {
		return false
	}
	if e.Type == TypeDirectory {
		return e.stamp.dev == now.dev && e.stamp.ino == now.ino
	}
	return e.stamp == now
}

func notWhatWasFound(p string) error {
	return kind.NewProblem("path", kind.CodeMoved, "Changed while it was worked on",
		"Another program changed %s a moment ago, after it was read. It was left as that program made it. Plan again to see what is there now.", p)
}

// Loose reports whether other users may change a file, or put another one in its
// place, after root has read it. A new owner or mode might then go to a file of
// their choice, so a new file with the content that was read gets them instead.
func Loose(h Host, p string, allNames bool, e Entry) bool {
	uid, _ := h.Self()
	if uid != 0 || allNames {
		return false
	}
	parent, err := h.Lstat(path.Dir(p))
	return err == nil && (othersWrite(e.Owner.ID, e.Mode) || othersWrite(parent.Owner.ID, parent.Mode))
}
