package resource

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// fileArgs are what a block of the kind file may set.
type fileArgs struct {
	Path          kind.Text  `cbor:"path" mito:"required,claims=path" doc:"Where the file is, absolute."`
	Content       *kind.Text `cbor:"content,omitempty" mito:"diff,conflicts=content_base64|source" doc:"What the file holds. Without any content given, what it holds is left alone, and a missing file is made empty."`
	ContentBase64 []byte     `cbor:"content_base64,omitempty" mito:"conflicts=content|source,shows=content" doc:"What the file holds, byte for byte, as base64."`
	Source        *kind.Text `cbor:"source,omitempty" mito:"conflicts=content|content_base64,shows=content" doc:"A file on the controller to copy, byte for byte."`
	Owner         *string    `cbor:"owner,omitempty" mito:"needs=user" doc:"Name or number of the owner. Left alone when not set."`
	Group         *string    `cbor:"group,omitempty" mito:"needs=group" doc:"Name or number of the group. Left alone when not set."`
	Mode          *string    `cbor:"mode,omitempty" doc:"Permissions as four octal digits (0644) or symbolic as of chmod, naming whom in each clause (u+rwX,go-w; a+x, not +x). Left alone when not set; a new file gets 0644."`
	State         string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present" doc:"Whether the file should be there."`
	Command       *kind.Text `cbor:"validate,omitempty" doc:"Command that must succeed before new content is put in place; %s in it is the path of the new file."`
	Backup        bool       `cbor:"backup,omitempty" mito:"default=false" doc:"Keep what was there, beside the file, with the time in its name."`
	Force         bool       `cbor:"force,omitempty" mito:"default=false" doc:"Replace what is in the way though it is no file: a link, a pipe, an empty directory."`
	Links         bool       `cbor:"hard_links,omitempty" mito:"default=false" doc:"Change owner, group and mode of a file that has several names also where others may write in its folder: all of its names are meant. Without it that is an error, as the file may be one from elsewhere. With content given the file is replaced there, and its other names keep what they have."`
	Follow        bool       `cbor:"follow,omitempty" mito:"default=false" doc:"Where path is a symbolic link, manage the file that it points to."`
}

type fileResults struct{}

func fileKind() Definition {
	return define("file", "A file: its content, owner and permissions.", fileArgs{}, fileResults{},
		func() Resource { return &File{} },
		map[string]string{
			"dest": "path", "name": "path", "target": "path", "src": "source", "ensure": "state",
			"user": "owner", "perms": "mode", "permissions": "mode", "contents": "content",
			"present": "state", "unsafe_writes": "force", "template": "content",
		})
}

// File is the desired state of a file.
type File struct {
	fileArgs
	// Sent is what the file on the controller holds that source names.
	Sent []byte `cbor:"source_content,omitempty"`
}

// Validate implements Validator.
func (f *File) Validate() []kind.Problem {
	out := append(checkPath(f.Path), checkState(f.State)...)
	out = append(out, checkMode(f.Mode)...)
	if f.contents() > 1 {
		out = append(out, *problem("content", "conflict", "More than one content", "Only one of content, content_base64 and source can say what the file holds."))
	}
	if strings.HasSuffix(string(f.Path), "/") {
		out = append(out, *problem("path", "path", "The path ends in a slash", "That names a directory. Name the file itself, or use the kind directory."))
	}
	if f.Command != nil && !strings.Contains(string(*f.Command), "%s") {
		out = append(out, *problem("validate", "validate", "The command does not name the file", "validate needs %%s where the path of the new file belongs."))
	}
	return out
}

func (f *File) contents() (n int) {
	for _, set := range []bool{f.Content != nil, f.ContentBase64 != nil, f.Source != nil} {
		if set {
			n++
		}
	}
	return n
}

// wanted is what the file should hold; nil is what it holds.
func (f *File) wanted(h Host) *Content {
	var c Content
	switch {
	case h.Unknown("content") || h.Unknown("content_base64") || h.Unknown("source") || h.Unknown(SourceContent):
		c = Content{Unknown: true}
	case f.Content != nil:
		c = contentOf([]byte(*f.Content))
	case f.ContentBase64 != nil:
		c = contentOf(f.ContentBase64)
	case f.Source != nil || f.Sent != nil:
		c = contentOf(f.Sent)
	default:
		return nil
	}
	return &c
}

// filePlan is a Change of a file and how it is made.
type filePlan struct {
	change  Change
	path    string
	after   Entry
	meta    Meta
	content *Content // nil: not changed
}

// Thing implements Resource.
func (f *File) Thing() string { return string(f.Path) }

// Check implements Resource.
func (f *File) Check(ctx context.Context, h Host) (Change, error) {
	p, err := f.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (f *File) Apply(ctx context.Context, h Host) (Change, error) {
	p, err := f.plan(ctx, h)
	if err != nil {
		return Change{}, err
	}
	if err := h.Begin(p.change); err != nil {
		return Change{}, err
	}
	return p.change, f.make(ctx, h, p)
}

func (f *File) make(ctx context.Context, h Host, p filePlan) error {
	switch {
	case p.change.Action == None:
		return nil
	case p.change.Action == Delete:
		return h.Remove(p.path)
	case p.content == nil && p.change.Action == Update:
		return h.SetMeta(p.path, p.meta)
	}
	n := NewFile{Meta: p.meta, Validate: f.validator(h)}
	if p.content != nil {
		n.Content = bytes.NewReader(p.content.Data)
	}
	if f.Backup && p.change.Action != Create {
		n.Backup = p.path + "." + time.Now().UTC().Format("20060102T150405.000000000Z") + ".bak"
	}
	return h.Replace(ctx, p.path, n)
}

// validator runs the command of validate on a new file.
func (f *File) validator(h Host) func(context.Context, string) error {
	if f.Command == nil {
		return nil
	}
	return func(ctx context.Context, tmp string) error {
		line := strings.ReplaceAll(string(*f.Command), "%s", shellQuote(tmp))
		return h.Run(ctx, Tool{
			Argv: []string{"/bin/sh", "-c", line},
			Explain: func(code int) *kind.Problem {
				return problem("validate", "invalid", "The new content is not valid",
					"The command of validate ended with %d and the file was left as it is.", code)
			},
			Shown: func(said string) string { return strings.ReplaceAll(said, tmp, string(f.Path)) },
		})
	}
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (f *File) plan(ctx context.Context, h Host) (filePlan, error) {
	if err := first(h, f.Validate()); err != nil {
		return filePlan{}, err
	}
	if f.Source != nil && f.Sent == nil && !h.Unknown("source") && !h.Unknown(SourceContent) {
		return filePlan{}, problem("source", "source", "The content is missing", "What %s holds did not come with the request, and an empty file is not what is meant.", *f.Source)
	}
	at, err := h.Resolve(string(f.Path), f.Follow)
	if err != nil {
		return filePlan{}, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return filePlan{}, err
	}
	p := filePlan{path: at, change: Change{Writes: []string{pathThing(at)}}}
	if f.State == "absent" {
		return p, f.planAbsent(ctx, h, &p, before)
	}
	return p, f.planPresent(ctx, h, &p, before)
}

func (f *File) planAbsent(ctx context.Context, h Host, p *filePlan, before Entry) error {
	c := &p.change
	switch before.Type {
	case Absent:
		c.Action = None
		return nil
	case Folder:
		return problem("path", "in_the_way", "A directory is at the path", "%s is a directory. To remove it use the kind directory.", p.path)
	case Plain:
		now, err := h.Read(ctx, p.path, shownContent)
		if err != nil {
			return err
		}
		c.Before = map[string]any{"path": f.Path, "content": now}
		c.unsure = now.Unknown
	default:
		c.Before = map[string]any{"path": f.Path}
		c.seen = map[string]any{"type": string(before.Type), "target": before.Target}
	}
	c.Action = Delete
	c.Effects = []Effect{{Thing: pathThing(p.path), Entry: &Entry{Type: Absent}}}
	return h.Refused(p.path, true)
}

func (f *File) planPresent(ctx context.Context, h Host, p *filePlan, before Entry) error {
	own, err := ownershipOf(h, f.Owner, f.Group, f.Mode)
	if err != nil {
		return err
	}
	base := before
	if before.Type != Plain {
		if base, err = f.planNew(h, p, before); err != nil {
			return err
		}
	}
	p.after, p.meta = own.on(base, false)
	p.meta.AllNames = f.Links
	p.change.Warnings = append(p.change.Warnings, own.lost(p.path, before, p.after)...)
	if err := f.planContent(ctx, h, p, before); err != nil {
		return err
	}
	f.show(p, own, before)
	return f.permitted(h, p, base)
}

// planNew looks at what has to be there, or out of the way, for a new file.
func (f *File) planNew(h Host, p *filePlan, before Entry) (Entry, error) {
	parent, err := parentOf(h, p.path)
	if err != nil {
		return Entry{}, err
	}
	p.change.Action = Create
	if before.Type != Absent {
		if err := f.inTheWay(h, p, before); err != nil {
			return Entry{}, err
		}
		p.change.Action = Replace
	}
	return newborn(h, Plain, parent)
}

// parentOf returns the folder of a new thing.
func parentOf(h Host, p string) (Entry, error) {
	dir := path.Dir(p)
	parent, err := h.Lstat(dir)
	if err != nil {
		return Entry{}, err
	}
	switch parent.Type {
	case Folder:
		return parent, nil
	case Absent:
		return Entry{}, problem("path", "no_parent", "The folder does not exist", "%s does not exist, and no resource before this one makes it. Add a resource of the kind directory.", dir)
	}
	return Entry{}, problem("path", "no_parent", "The folder is no directory", "%s is a %s, so that nothing can be in it.", dir, parent.Type.noun())
}

func (f *File) inTheWay(h Host, p *filePlan, before Entry) error {
	what := before.Type.noun()
	if before.Type == Link {
		what = fmt.Sprintf("link to %s", before.Target)
	}
	if before.Type == Folder {
		names, err := h.ReadDir(p.path)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			return problem("path", "in_the_way", "A directory is in the way", "%s is a directory with %d entries, which no file replaces. Remove it first, or name another path.", p.path, len(names))
		}
	}
	if !f.Force {
		return problem("path", "in_the_way", "Something else is at the path",
			"%s is a %s and no file. Set force to replace it, or follow to manage the file that a link points to.", p.path, what)
	}
	p.change.seen = map[string]any{"type": string(before.Type), "target": before.Target}
	p.change.Warnings = append(p.change.Warnings, *problem("path", "replaced", "Something else is replaced", "%s is a %s and becomes a file.", p.path, what))
	return nil
}

func (f *File) planContent(ctx context.Context, h Host, p *filePlan, before Entry) error {
	want, c := f.wanted(h), &p.change
	c.Before, c.After = map[string]any{"path": f.Path}, map[string]any{"path": f.Path}
	if before.Type != Plain {
		if before.Type == Absent {
			c.Before = nil
		}
		if want == nil {
			empty := contentOf(nil)
			want = &empty
		}
		p.content, c.After["content"] = want, *want
		return nil
	}
	if want == nil {
		return nil
	}
	now, err := h.Read(ctx, p.path, shownContent)
	if err != nil {
		return err
	}
	c.Before["content"], c.After["content"] = now, *want
	c.unsure = now.Unknown
	if !want.Equal(now) || !want.Unknown && !p.meta.empty() && loose(h, p.path, f.Links, before) {
		p.content = want
	}
	return nil
}

// loose reports whether others may change a file, or put another in its place,
// after it was read: a new owner or mode would then go to what they choose. As
// its content is known, a new file gets them.
func loose(h Host, p string, allNames bool, e Entry) bool {
	uid, _ := h.Self()
	if uid != 0 || allNames {
		return false
	}
	folder, err := h.Lstat(path.Dir(p))
	return err == nil && (othersWrite(e.Owner.ID, e.Mode) || othersWrite(folder.Owner.ID, folder.Mode))
}

// show fills in what the Change says once it is known what is done.
func (f *File) show(p *filePlan, own ownership, before Entry) {
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

// permitted says while planning what apply would be refused.
func (f *File) permitted(h Host, p *filePlan, base Entry) error {
	if p.change.Action == None {
		return nil
	}
	replaced := p.content != nil || p.change.Action != Update
	if !replaced {
		if err := p.meta.names(h, p.path, base); err != nil {
			return err
		}
	}
	if err := h.Refused(p.path, replaced); err != nil {
		return err
	}
	if uid, _ := h.Self(); replaced && uid != 0 && base.Owner.ID != uid {
		return problem("path", "permission", "Only root can replace the file of another",
			"%s belongs to %s and the agent runs as user %d, so that a new file could not keep its owner. Use a context that runs as the owner or as root.", p.path, base.Owner, uid)
	}
	return p.meta.allowed(h, base)
}
