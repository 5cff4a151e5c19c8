package resource

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// ordered is an ordered batch: actions on one path that follow each other in one context. Each
// sees what those before it make of the file, and is refused for itself. The file is written
// once, as the last of them leaves it, and validated so.
type ordered struct {
	actions []orderedAction
	path    string // resolved; "" before the first of them writes
	// found is what the first of them found there; entry and file are what they leave so far.
	found *Entry
	entry Entry
	file  NewFile
}

// orderedAction is an action of a batch. file is what it leaves; Validate and Check are its own.
type orderedAction struct {
	def   kind.Kind
	host  *applyHost
	reply ApplyReply
	file  NewFile
}

// replace keeps what an action writes, for the others. Whatever is no plain write of the one file is
// refused, as all other writes of the action are: its begun stays false. f.Found is what the first
// of them found there. Only the first may keep a backup, as nothing in between is ever on disk.
func (o *ordered) replace(ctx context.Context, h *applyHost, p string, f NewFile) error {
	first := o.path == ""
	if f.Content == nil || f.Fill != nil || f.From != nil || f.CopyFrom != "" || f.InPlace || !first && (o.path != p || f.Backup != "") || first && f.Found == nil {
		return errNotBegun
	}
	content, err := Whole(ctx, h, *f.Content, Editable)
	if err != nil {
		return err
	}
	if !content.Whole || !o.leaves(h, p) {
		return errNotBegun
	}
	if first {
		o.path, o.found, o.file.New, o.file.Backup = p, f.Found, f.New, f.Backup
	}
	o.file.Content, o.file.Validate, o.file.Check = &content, f.Validate, f.Check
	o.file.over(f.Meta)
	return nil
}

// setMeta does the same for an action that only changes who may use the file, behind one that
// writes it.
func (o *ordered) setMeta(h *applyHost, p string, m Meta) error {
	if o.path != p || !o.leaves(h, p) {
		return errNotBegun
	}
	o.file.over(m)
	return nil
}

// leaves notes how an action leaves the file at a path; it reports false if it does not say.
func (o *ordered) leaves(h *applyHost, p string) bool {
	k := slices.IndexFunc(h.agreed.Effects, func(e Effect) bool { return e.Thing == kind.PathThing(p) })
	if k < 0 {
		return false
	}
	o.entry = *h.agreed.Effects[k].Entry
	o.entry.Content = nil
	return true
}

// wrote reports whether a resolved path is that of the file, and the file is to be another.
func (o *ordered) wrote(p string) bool { return o != nil && o.path != "" && o.path == p }

// unchanged reports whether the file is still what the first of them found.
func (o *ordered) unchanged(m *Machine) bool {
	now, err := m.lstat(o.path)
	return err == nil && now.Type == o.found.Type && now.stamp == o.found.stamp
}

// write puts in place what the first n actions leave, on which each command of them runs once. If it
// fails, at is the number of the action whose command did, or 0.
func (o *ordered) write(ctx context.Context, m *Machine, n int) (at int, err error) {
	file := o.actions[n-1].file
	if file.Content == nil {
		return 0, nil // None of them writes.
	}
	failed, ran := -1, []string{}
	file.Validate = func(ctx context.Context, tmp string) error {
		for k, a := range o.actions[:n] {
			if a.file.Validate == nil || a.file.Check != "" && slices.Contains(ran, a.file.Check) {
				continue
			}
			ran = append(ran, a.file.Check)
			if err := a.validate(ctx, tmp); err != nil {
				failed = k
				return err
			}
		}
		return nil
	}
	if err = m.replace(ctx, o.path, o.found, file); err == nil {
		return 0, nil
	}
	if failed >= 0 {
		at, err = o.blamed(ctx, m, failed, n, err)
	}
	return at, failure(o.actions[at].def, explain("write", o.path, err))
}

// validate runs the command of an action.
func (a *orderedAction) validate(ctx context.Context, tmp string) error {
	a.host.begun = true // Nothing is written by it any more.
	err := a.file.Validate(ctx, tmp)
	transport.Advance(ctx)
	return err
}

// errStaged ends a write of which only the command was to run.
var errStaged = errors.New("valid")

// blamed is the number of the action which a command is about that failed on what all leave, and
// why: the first of those with that command on whose file it fails, or else the last of them.
func (o *ordered) blamed(ctx context.Context, m *Machine, failed, n int, why error) (at int, err error) {
	var same []int
	for k := failed; k < n; k++ {
		if check := o.actions[k].file.Check; k == failed || check != "" && check == o.actions[failed].file.Check {
			same = append(same, k)
		}
	}
	last := len(same) - 1
	for _, k := range same[:last] {
		a := o.actions[k]
		file := a.file
		file.Validate = func(ctx context.Context, tmp string) error {
			if err := a.validate(ctx, tmp); err != nil {
				return err
			}
			return errStaged
		}
		if err := m.replace(ctx, o.path, o.found, file); !errors.Is(err, errStaged) {
			return k, err
		}
	}
	return same[last], why
}

// over has what a later Meta says take the place of what this one does.
func (m *Meta) over(later Meta) {
	if later.UID != nil {
		m.UID = later.UID
	}
	if later.GID != nil {
		m.GID = later.GID
	}
	if later.Mode != nil {
		m.Mode = later.Mode
	}
	if len(later.Attributes) > 0 {
		all := maps.Clone(m.Attributes) // An action before may hold it.
		if all == nil {
			all = map[string][]byte{}
		}
		maps.Copy(all, later.Attributes)
		m.Attributes = all
	}
	m.AllNames = m.AllNames || later.AllNames
}
