package resource

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ownerArgs are what the kinds that write a file say about who may use it.
type ownerArgs struct {
	Owner *string `cbor:"owner,omitempty" mito:"needs=user,access"`
	Group *string `cbor:"group,omitempty" mito:"needs=group,access"`
	Mode  *string `cbor:"mode,omitempty" mito:"form=mode,access"`
}

// Manual says the texts of these arguments.
func (ownerArgs) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"owner": {Doc: "Name or number of the owner. Left alone when not set.", Words: "user"},
			"group": {Doc: "Name or number of the group. Left alone when not set."},
			"mode":  {Doc: "Permissions as four octal digits (0644) or symbolic as of chmod, naming whom in each clause (u+rwX,go-w; a+x, not +x). Left alone when not set; a new file gets 0644.", Words: "perms permissions file_permission"},
		},
	}
}

// putArgs are how these kinds put a file in place.
type putArgs struct {
	Command *kind.Text `cbor:"validate,omitempty"`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false"`
	Links   bool       `cbor:"hard_links,omitempty" mito:"default=false"`
	InPlace bool       `cbor:"in_place,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (putArgs) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"validate":   {Doc: "Command that must succeed before new content is put in place; %s in it is the path of the new file, which is complete: of several blocks that write one path, the command of each sees what that block leaves. It does not run where only owner, group or mode change."},
			"backup":     {Doc: "Keep what was there, beside the file, with the time in its name, before it is replaced or removed. Of several blocks that write one path, what was there before the first of them is kept, once."},
			"hard_links": {Doc: "Change owner, group and mode of a file that has several names also where others may write in its folder: all of its names are meant. Without it that is an error, as the file may be one from elsewhere. Where content changes too the file is replaced, and its other names keep what they have; with in_place all of them get the new content."},
			"in_place":   {Doc: "Write new content into the file that is there, instead of putting a complete new file in its place. It is for files that no other can take the place of: one that is mounted by itself, as /etc/hosts in a container; those of the kernel, in /proc/sys and /sys; one of another owner that this user may write. Owner, permissions, access lists and all names stay. It is not done in one step; see docs/in-place.md. A missing file is made as always."},
		},
	}
}

func (o *ownerArgs) ownership(h Host) (ownership, error) {
	return ownershipOf(h, o.Owner, o.Group, o.Mode)
}

// checkPut finds what is wrong with these arguments before any machine is
// asked.
func checkPut(o ownerArgs, a putArgs) []kind.Problem {
	out := checkMode(o.Mode)
	if a.Command != nil && !strings.Contains(string(*a.Command), "%s") {
		out = append(out, *kind.NewProblem("validate", kind.CodeValidate, "The command does not name the file", "validate needs %%s where the path of the new file belongs."))
	}
	return out
}

// filePlan is a Change of a file and how it is made.
type filePlan struct {
	change Change
	// path is where the file is; name is how the block calls it.
	path    string
	name    kind.Text
	after   Entry
	meta    Meta
	content *Content // nil: not changed
	// inPlace is set where content is written into the file that is there.
	inPlace bool
	// given is content as the block has it, where path is a file of the kernel,
	// which gives it back in another form.
	given []byte
}

// replaces reports whether a new file is put in place, and not only what is
// there changed.
func (p *filePlan) replaces() bool { return p.content != nil || p.change.Op != Update }

// make does what the Change says.
func (p *filePlan) make(ctx context.Context, h Host, a putArgs) error {
	switch {
	case p.change.Op == NoOp:
		return nil
	case p.change.Op == Delete && a.Backup:
		return h.SetAside(p.path, backupOf(p.path))
	case p.change.Op == Delete:
		return h.Remove(p.path)
	case !p.replaces():
		return h.SetMeta(p.path, p.meta)
	}
	n := NewFile{Meta: p.meta, Validate: a.validator(h, p.name), InPlace: p.inPlace}
	if p.content != nil {
		n.Content = bytes.NewReader(p.content.Data)
	}
	if p.given != nil {
		n.Content = bytes.NewReader(p.given)
	}
	if a.Backup && p.change.Op != Create {
		n.Backup = backupOf(p.path)
	}
	if err := h.Replace(ctx, p.path, n); err != nil || !p.inPlace || !h.KernelFile(p.path) {
		return err
	}
	now, err := h.Read(ctx, p.path, shownContent)
	if err != nil {
		return err
	}
	return settled(p.path, *p.content, now)
}

// backupOf is where what is at a path now is kept.
func backupOf(p string) string {
	return p + "." + time.Now().UTC().Format("20060102T150405.000000000Z") + ".bak"
}

// validator runs the command of validate on a new file. What the command says
// of that file is said of the path of the block.
func (a *putArgs) validator(h Host, name kind.Text) func(context.Context, string) error {
	if a.Command == nil {
		return nil
	}
	return func(ctx context.Context, tmp string) error {
		line := strings.ReplaceAll(string(*a.Command), "%s", shellQuote(tmp))
		return h.Run(ctx, Tool{
			Argv: []string{"/bin/sh", "-c", line},
			Explain: func(code int) *kind.Problem {
				return kind.NewProblem("validate", kind.CodeInvalid, "The new content is not valid",
					"The command of validate ended with %d and the file was left as it is.", code)
			},
			Shown: func(said string) string { return strings.ReplaceAll(said, tmp, string(name)) },
		})
	}
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// show fills in what the Change says once it is known what is done. before is
// what is there, of whatever type.
func (p *filePlan) show(a putArgs, own ownership, before Entry) {
	c := &p.change
	p.inPlace = a.InPlace && before.Type == Plain && p.content != nil
	if c.Before != nil && before.Type == Plain {
		own.show(c.Before, before, true)
	}
	own.show(c.After, p.after, false)
	if c.Op == "" {
		c.Op = NoOp
		if p.content != nil || !p.meta.empty() || len(own.unknown) > 0 {
			c.Op = Update
		}
	}
	c.leave(before, p.after)
	after := p.after
	if after.Content = p.content; p.content != nil && !p.inPlace {
		after.Names = 0
	}
	c.Effects = []Effect{{Thing: kind.PathThing(p.path), Entry: &after}}
	p.uses(a)
}

// uses names the arguments that take part in how it is done.
func (p *filePlan) uses(a putArgs) {
	c := &p.change
	written := c.Op != Delete && p.replaces()
	for _, arg := range []struct {
		name string
		part bool
	}{
		{"validate", a.Command != nil && written},
		{"backup", a.Backup && c.Op != Create && (written || c.Op == Delete)},
		{"in_place", p.inPlace},
	} {
		if arg.part && c.Op != NoOp {
			c.Uses = append(c.Uses, arg.name)
		}
	}
}

// permitted says while planning what apply would be refused. base is what the
// file is before; a new one is what it is by itself.
func (p *filePlan) permitted(h Host, a putArgs, base Entry) error {
	if p.change.Op == NoOp {
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
		return p.meta.allowed(h, base)
	}
	err := h.Refused(p.path, p.replaces())
	if uid, _ := h.Self(); err == nil && p.replaces() && uid != 0 && base.Owner.ID != uid {
		err = kind.NewProblem("path", kind.CodePermission, "Only root can replace the file of another",
			"%s belongs to %s and the agent runs as user %d, so that a new file could not keep its owner. Use a context that runs as the owner or as root.", p.path, base.Owner, uid)
	}
	if err != nil {
		return p.orInPlace(h, err)
	}
	return p.meta.allowed(h, base)
}

// names says why a file cannot be changed that has other names, too, and notes
// that it is where hard_links says so.
func (p *filePlan) names(h Host, e Entry) error {
	if p.meta.empty() && !p.inPlace {
		return nil
	}
	err := otherNames(h, p.path, e)
	if err != nil && p.meta.AllNames {
		p.change.Uses = append(p.change.Uses, "hard_links")
		return nil
	}
	return err
}

// orInPlace adds to the reason why a file cannot be replaced that this user may
// write into it.
func (p *filePlan) orInPlace(h Host, err error) error {
	var why *kind.Problem
	if !errors.As(err, &why) || why.Code != kind.CodePermission || p.change.Op != Update || h.Writable(p.path) != nil {
		return err
	}
	uid, _ := h.Self()
	return kind.NewProblem("path", kind.CodePermission, "The file cannot be replaced, but written into",
		"No new file can take the place of %s: it belongs to another user, or user %d, who the agent runs as, may make no file in its folder. That user may write into it: set in_place to true to do so and keep its owner. Or use a context that runs as the owner or as root.", p.path, uid)
}

// mayOverwrite says why content cannot be written into the file that is there.
func (p *filePlan) mayOverwrite(h Host, a putArgs) error {
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
		if err := h.Refused(path.Join(path.Dir(p.path), tempPrefix+arg.name+tempSuffix), true); err != nil {
			return kind.NewProblem(arg.name, kind.CodeBeside, "No file can be made beside it",
				"%s %s another file beside %s, and in that folder the agent can make none. Take %s away, or use a context that may write there.", arg.name, kind.Rule(arg.does), p.path, arg.name)
		}
	}
	return nil
}
