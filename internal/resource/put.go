package resource

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ownerArgs are what the kinds that write a file say about who may use it.
type ownerArgs struct {
	Owner *string `cbor:"owner,omitempty" mito:"needs=user" doc:"Name or number of the owner. Left alone when not set."`
	Group *string `cbor:"group,omitempty" mito:"needs=group" doc:"Name or number of the group. Left alone when not set."`
	Mode  *string `cbor:"mode,omitempty" doc:"Permissions as four octal digits (0644) or symbolic as of chmod, naming whom in each clause (u+rwX,go-w; a+x, not +x). Left alone when not set; a new file gets 0644."`
}

// putArgs are how these kinds put a file in place.
type putArgs struct {
	Command *kind.Text `cbor:"validate,omitempty" doc:"Command that must succeed before new content is put in place; %s in it is the path of the new file, which is complete: of several blocks that write one path, the command of each sees what that block leaves. It does not run where only owner, group or mode change."`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false" doc:"Keep what was there, beside the file, with the time in its name, before it is replaced or removed. Of several blocks that write one path, what was there before the first of them is kept, once."`
	Links   bool       `cbor:"hard_links,omitempty" mito:"default=false" doc:"Change owner, group and mode of a file that has several names also where others may write in its folder: all of its names are meant. Without it that is an error, as the file may be one from elsewhere. Where content changes too the file is replaced, and its other names keep what they have."`
}

func (o *ownerArgs) ownership(h Host) (ownership, error) {
	return ownershipOf(h, o.Owner, o.Group, o.Mode)
}

// checkPut finds what is wrong with these arguments before any machine is
// asked.
func checkPut(o ownerArgs, a putArgs) []kind.Problem {
	out := checkMode(o.Mode)
	if a.Command != nil && !strings.Contains(string(*a.Command), "%s") {
		out = append(out, *problem("validate", "validate", "The command does not name the file", "validate needs %%s where the path of the new file belongs."))
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
}

// replaces reports whether a new file is put in place, and not only what is
// there changed.
func (p *filePlan) replaces() bool { return p.content != nil || p.change.Action != Update }

// make does what the Change says.
func (p *filePlan) make(ctx context.Context, h Host, a putArgs) error {
	switch {
	case p.change.Action == None:
		return nil
	case p.change.Action == Delete && a.Backup:
		return h.SetAside(p.path, backupOf(p.path))
	case p.change.Action == Delete:
		return h.Remove(p.path)
	case !p.replaces():
		return h.SetMeta(p.path, p.meta)
	}
	n := NewFile{Meta: p.meta, Validate: a.validator(h, p.name)}
	if p.content != nil {
		n.Content = bytes.NewReader(p.content.Data)
	}
	if a.Backup && p.change.Action != Create {
		n.Backup = backupOf(p.path)
	}
	return h.Replace(ctx, p.path, n)
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
				return problem("validate", "invalid", "The new content is not valid",
					"The command of validate ended with %d and the file was left as it is.", code)
			},
			Shown: func(said string) string { return strings.ReplaceAll(said, tmp, string(name)) },
		})
	}
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// show fills in what the Change says once it is known what is done. before is
// what is there, of whatever type.
func (p *filePlan) show(own ownership, before Entry) {
	c := &p.change
	if c.Before != nil && before.Type == Plain {
		own.show(c.Before, before, true)
	}
	own.show(c.After, p.after, false)
	if c.Action == "" {
		c.Action = None
		if p.content != nil || !p.meta.empty() || len(own.unknown) > 0 {
			c.Action = Update
		}
	}
	after := p.after
	if after.Content = p.content; p.content != nil {
		after.Names = 0
	}
	c.Effects = []Effect{{Thing: pathThing(p.path), Entry: &after}}
}

// permitted says while planning what apply would be refused. base is what the
// file is before; a new one is what it is by itself.
func (p *filePlan) permitted(h Host, base Entry) error {
	if p.change.Action == None {
		return nil
	}
	if !p.replaces() {
		if err := p.meta.names(h, p.path, base); err != nil {
			return err
		}
	}
	if err := h.Refused(p.path, p.replaces()); err != nil {
		return err
	}
	if uid, _ := h.Self(); p.replaces() && uid != 0 && base.Owner.ID != uid {
		return problem("path", "permission", "Only root can replace the file of another",
			"%s belongs to %s and the agent runs as user %d, so that a new file could not keep its owner. Use a context that runs as the owner or as root.", p.path, base.Owner, uid)
	}
	return p.meta.allowed(h, base)
}
