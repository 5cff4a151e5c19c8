package files

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// writePlan is a Change of a file, and how it is made. The kinds file and line
// make one both in Check, which shows it, and in Apply, which then calls make.
type writePlan struct {
	// private is set if not everybody may read what is copied.
	private bool
	change  resource.Change
	// path is the resolved path of the file; name is what the block says.
	path    string
	name    kind.Text
	after   resource.Entry
	meta    resource.Meta
	content *resource.Content // nil: not changed
	// anew is set if content is what the file holds already: others can change the file, so that a
	// new one gets the owner and permissions; see resource.Loose.
	anew bool
	// extended are attributes beside owner and permissions, as people are shown them.
	extended []shownAttribute
	// copyFrom is the resolved path of the file that holds content, if that is not here.
	copyFrom string
	// fill writes the content, if it comes from elsewhere; nil else.
	fill func(context.Context, download.File) error
	// inPlace is set if content is written into the file that is there.
	inPlace bool
	// given is the content as the block has it, if path is a file of the kernel.
	// content is then what the kernel gives back.
	given []byte
	// check runs on the complete new file, as the command of validate does; nil is that.
	check func(context.Context, string) error
}

// replaces reports whether a new file is put in place. Otherwise only the owner
// and permissions of the file that is there change.
func (p *writePlan) replaces() bool { return p.content != nil || p.change.Op != resource.Update }

// make carries out the Change.
func (p *writePlan) make(ctx context.Context, h resource.Host, a writeArgs) error {
	switch {
	case p.change.Op == resource.NoOp:
		return nil
	case p.change.Op == resource.Delete && a.Backup:
		return h.SetAside(p.path, backupOf(p.path))
	case p.change.Op == resource.Delete:
		return h.Remove(p.path)
	case !p.replaces():
		return h.SetMeta(p.path, p.meta)
	}
	n := resource.NewFile{Meta: p.meta, Validate: p.check, InPlace: p.inPlace, CopyFrom: p.copyFrom}
	if p.check == nil && !p.anew {
		n.Validate = a.validator(h, p.name)
		if a.Command != nil {
			n.Check = string(*a.Command)
		}
	}
	switch {
	case p.fill != nil:
		n.Fill = p.fill
	case p.given != nil:
		given := resource.ContentOf(p.given)
		n.Content = &given
	case p.content != nil:
		n.Content = p.content
	}
	if a.Backup && p.change.Op != resource.Create && !p.anew {
		n.Backup = backupOf(p.path)
		p.change.Keep().Backup = kind.Text(n.Backup)
	}
	if err := h.Replace(ctx, p.path, n); err != nil || !p.inPlace || !h.KernelFile(p.path) {
		return err
	}
	now, err := h.Read(ctx, p.path, resource.ShownContent)
	if err != nil {
		return err
	}
	return settled(p.path, *p.content, now)
}

// settled returns a problem if the kernel gives back something else than what was
// written: the same content would be written again at every apply.
func settled(p string, want, now resource.Content) error {
	if want.Equal(now) {
		return nil
	}
	got := "something else"
	if now.Whole && len(now.Data) <= 200 {
		got = string(bytes.TrimSuffix(now.Data, []byte("\n")))
	}
	return kind.NewProblem("content", kind.CodeNotIdempotent, "The value would never settle",
		"The value was written to %s, but the kernel then shows %q there. The same content would be written again at every apply. Write content in the form that the kernel shows.", p, got)
}

// backupForm is what the name of a backup has before its last part.
const backupForm = ".20060102T150405.000000000Z"

// backupOf is the path under which the file at p is kept, with the time of now.
func backupOf(p string) string {
	return p + time.Now().UTC().Format(backupForm) + ".bak"
}

// validator returns a function that runs the command of the argument validate on a
// new file. In what the command prints, the name of that temporary file becomes
// the path of the block.
func (a *writeArgs) validator(h resource.Host, name kind.Text) func(context.Context, string) error {
	if a.Command == nil {
		return nil
	}
	return func(ctx context.Context, tmp string) error {
		line := strings.ReplaceAll(string(*a.Command), "%s", resource.ShellQuote(tmp))
		return h.Run(ctx, resource.Tool{
			Argv: []string{"/bin/sh", "-c", line},
			Explain: func(code int) *kind.Problem {
				return kind.NewProblem("validate", kind.CodeInvalid, "The new content is not valid",
					"The command of validate ended with status %d. The file was not changed.", code)
			},
			Shown: func(said string) string { return strings.ReplaceAll(said, tmp, string(name)) },
		})
	}
}

// show fills in the Change, once after, meta and content are worked out. before
// is what is there, of whatever type.
func (p *writePlan) show(a writeArgs, own ownership, before resource.Entry) {
	c := &p.change
	p.inPlace = a.InPlace && before.Type == resource.TypeFile && p.content != nil
	if c.Before != nil && before.Type == resource.TypeFile {
		own.show(c.Before, before, true)
	}
	own.show(c.After, p.after, false)
	if c.Op == "" {
		c.Op = resource.NoOp
		if p.content != nil || !p.meta.Empty() || len(own.unknown) > 0 {
			c.Op = resource.Update
		}
	}
	c.Leave(before, p.after)
	after := p.after
	if after.Content = p.content; p.content != nil && !p.inPlace {
		after.Names, after.SameAs = 0, ""
	}
	c.Effects = []resource.Effect{{Thing: kind.PathThing(p.path), Entry: &after}}
	p.uses(a)
}

// uses adds to Change.Uses the arguments that decide how the file is written.
func (p *writePlan) uses(a writeArgs) {
	c := &p.change
	written := c.Op != resource.Delete && p.replaces() && !p.anew
	for _, arg := range []struct {
		name string
		part bool
	}{
		{"validate", a.Command != nil && written},
		{"backup", a.Backup && c.Op != resource.Create && (written || c.Op == resource.Delete)},
		{"in_place", p.inPlace},
	} {
		if arg.part && c.Op != resource.NoOp {
			c.Uses = append(c.Uses, arg.name)
		}
	}
}

// permitted returns the problem that an apply would meet, so that the plan already
// fails with it. base is the file as it is before; of a new file, the owner and
// permissions that it is made with.
func (p *writePlan) permitted(h resource.Host, a writeArgs, base resource.Entry) error {
	if p.change.Op == resource.NoOp {
		return nil
	}
	if !p.replaces() || p.inPlace {
		if err := p.names(h, base); err != nil {
			return err
		}
	}
	if p.inPlace {
		if err := p.mayOverwrite(h, a); err != nil {
			return err
		}
		return allowed(h, p.meta, base)
	}
	err := h.Refused(p.path, p.replaces())
	if uid, _ := h.Self(); err == nil && p.replaces() && uid != 0 && base.Owner.ID != uid {
		err = kind.NewProblem("path", kind.CodePermission, "Only root can replace the file of another",
			"%s belongs to %s and the agent runs as user %d, so a new file could not keep its owner. Use a context that runs as the owner or as root.", p.path, base.Owner, uid)
	}
	if err != nil {
		return p.orInPlace(h, err)
	}
	return allowed(h, p.meta, base)
}

// names returns the problem of a file that has several names, one of which may
// come from somebody else. If hard_links allows it, it adds that to Change.Uses
// instead.
func (p *writePlan) names(h resource.Host, e resource.Entry) error {
	if p.meta.Empty() && !p.inPlace {
		return nil
	}
	err := resource.OtherNames(h, p.path, e)
	if err != nil && p.meta.AllNames {
		p.change.Uses = append(p.change.Uses, "hard_links")
		return nil
	}
	return err
}

// orInPlace replaces the reason why a file cannot be replaced by one that names
// in_place, if this user may write into the file.
func (p *writePlan) orInPlace(h resource.Host, err error) error {
	var why *kind.Problem
	if !errors.As(err, &why) || why.Code != kind.CodePermission || p.change.Op != resource.Update || h.Writable(p.path) != nil {
		return err
	}
	uid, _ := h.Self()
	of := *why
	return of.With("in_place", kind.NewProblem("path", kind.CodePermission, "The file can only be written in place",
		"No new file can take the place of %s: it belongs to another user, or user %d, as whom the agent runs, may not make files in its directory. The agent may write into the file that is there. Set in_place to true for that, which keeps the owner. Or use a context that runs as the owner or as root.", p.path, uid))
}

// mayOverwrite returns why content cannot be written into the file that is there,
// or nil.
func (p *writePlan) mayOverwrite(h resource.Host, a writeArgs) error {
	if err := h.Writable(p.path); err != nil {
		return err
	}
	for _, arg := range []struct {
		name, does string
		set        bool
	}{{"validate", "tries the new content out in", a.Command != nil}, {"backup", "keeps what was there in", a.Backup}} {
		if !arg.set {
			continue
		}
		if err := h.Refused(path.Join(path.Dir(p.path), resource.TempName(arg.name)), true); err != nil {
			return kind.NewProblem(arg.name, kind.CodeBeside, "No file can be made beside it",
				"%s %s another file beside %s, but the agent cannot make files in that directory. Remove %s, or use a context that may write there.", arg.name, kind.Rule(arg.does), p.path, arg.name)
		}
	}
	return nil
}

// parentOf returns the directory that a new file is made in.
func parentOf(h resource.Host, p string) (resource.Entry, error) {
	dir := path.Dir(p)
	parent, err := h.Lstat(dir)
	if err != nil {
		return resource.Entry{}, err
	}
	switch parent.Type {
	case resource.TypeDirectory:
		return parent, nil
	case resource.TypeAbsent:
		return resource.Entry{}, kind.NewProblem("path", kind.CodeNoParent, "The directory does not exist", "%s does not exist, and no resource before this one makes it on this machine. Add a resource of the kind directory.", dir)
	}
	return resource.Entry{}, kind.NewProblem("path", kind.CodeNoParent, "A part of the path is not a directory", "%s is a %s, so nothing can be in it. Look at what is there, or name another path.", dir, parent.Type.Noun())
}

// noneAnyMore is why an end leaves what it finds: it is something else than what was there.
func noneAnyMore(was, at string, is resource.Entry) []kind.Problem {
	return []kind.Problem{*kind.NewProblem("path", kind.CodeStays, "It is no "+was+" any more",
		"A %s was made at %s, and now a %s is there, which stays. Remove it by hand if it should go.", was, at, is.Type.Noun())}
}

// hasProgram reports whether a program is in one of the directories for programs, as far as the plan
// goes.
func hasProgram(h resource.Host, name string) (bool, error) {
	for _, dir := range []string{"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/", "/bin/", "/sbin/"} {
		at, err := h.Resolve(dir+name, true)
		if err != nil {
			return false, err
		}
		if is, err := h.Lstat(at); err != nil || is.Type == resource.TypeFile {
			return err == nil, err
		}
	}
	return false, nil
}
