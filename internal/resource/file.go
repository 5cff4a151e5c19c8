package resource

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// fileArgs are what a block of the kind file may set.
type fileArgs struct {
	Path          kind.Text  `cbor:"path" mito:"required,claims=path"`
	Content       *kind.Text `cbor:"content,omitempty" mito:"diff,parts,conflicts=content_base64|source"`
	ContentBase64 []byte     `cbor:"content_base64,omitempty" mito:"conflicts=content|source,shows=content"`
	Source        *kind.Text `cbor:"source,omitempty" mito:"conflicts=content|content_base64,shows=content,sends=source_content"`
	ownerArgs
	State   string `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Create  *bool  `cbor:"create,omitempty" mito:"default=true"`
	Replace *bool  `cbor:"replace,omitempty" mito:"default=true"`
	putArgs
	Force  bool `cbor:"force,omitempty" mito:"default=false"`
	Follow bool `cbor:"follow,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (fileArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc:   "A file: its content, owner and permissions.",
		Words: "copy template",
		Attrs: map[string]kind.Entry{
			"path":           {Doc: "Where the file is, absolute.", Words: "dest name target destination filename file target_path"},
			"content":        {Doc: "What the file holds, at most 63 MiB. Without any content given, what it holds is left alone, and a missing file is made empty. Beyond 1 MiB a plan shows its size and no difference.", Words: "contents template text data body"},
			"content_base64": {Doc: "What the file holds, byte for byte, as base64 of at most 63 MiB."},
			"source":         {Doc: "A file on the controller to copy, byte for byte, of at most 63 MiB.", Words: "src source_path"},
			"state":          {Doc: "Whether the file should be there. With absent it is removed whatever it holds, and what other arguments say of it does not count; backup, force and follow do.", Words: "ensure present", Values: presence(), Instead: elsewhere()},
			"create":         {Doc: "Make the file where it is missing. With false only a file that exists is managed, and a missing one is an error: use enabled with a call of stat where it may be missing."},
			"replace":        {Doc: "Replace what the file holds where that differs. With false content is written only where the file is missing: what an existing one holds is neither compared nor changed, while owner, group and mode are. Not with state absent."},
			"force":          {Doc: "Replace what is in the way though it is no file: a link, a pipe, an empty directory. With state absent an empty directory is removed, too.", Words: "unsafe_writes"},
			"follow":         {Doc: "Where path is a symbolic link, manage the file that it points to."},
		},
	}
}

type fileResults struct{}

func fileKind() kind.Kind {
	return define("file", func() Resource { return &File{} }, fileResults{})
}

// File is the desired state of a file.
type File struct {
	fileArgs
	// Sent is what the file on the controller holds that source names.
	Sent []byte `cbor:"source_content,omitempty" mito:"sent"`
}

// Validate implements Validator.
func (f *File) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", f.Path), checkState(f.State)...)
	out = append(out, checkPut(f.ownerArgs, f.putArgs)...)
	if f.contents() > 1 {
		out = append(out, *kind.NewProblem("content", kind.CodeConflict, "More than one content", "Only one of content, content_base64 and source can say what the file holds."))
	}
	if strings.HasSuffix(string(f.Path), "/") {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The path ends in a slash", "That names a directory. Name the file itself, or use the kind directory."))
	}
	return append(out, f.checkWhen()...)
}

// Part implements Parted. A block that says only who owns a file leaves what it
// holds to others.
func (*File) Part(_ *Parts, args map[string]any, unknown []string) Part {
	state, _ := wireText(args["state"])
	absent := state == "absent"
	return Part{Absent: absent, Whole: absent || args["replace"] != false && hasContent(args, unknown)}
}

// hasContent reports whether a block says what its file holds.
func hasContent(args map[string]any, unknown []string) bool {
	return slices.ContainsFunc([]string{"content", "content_base64", "source"}, func(name string) bool {
		return args[name] != nil || slices.Contains(unknown, name)
	})
}

// creates and replaces are whether a missing file is made and whether content
// that differs is replaced.
func (f *File) creates() bool  { return f.Create == nil || *f.Create }
func (f *File) replaces() bool { return f.Replace == nil || *f.Replace }

// checkWhen finds arguments that say when something is written and leave nothing
// to write.
func (f *File) checkWhen() []kind.Problem {
	switch {
	case !f.replaces() && f.State == "absent":
		return excluding("replace", "state is absent, which removes what the file holds, and replace is false, which keeps it. Remove one of them.")
	case !f.replaces() && f.Force:
		return excluding("replace", "force puts a file in place of something else, and replace is false, which keeps what is there. Remove one of them.")
	case !f.creates() && f.Force:
		return excluding("create", "force makes a file in place of something else, and create is false, so that no file is made. Remove one of them.")
	case !f.creates() && !f.replaces() && f.contents() > 0:
		return excluding("replace", "create is false, so that no file is made, and replace is false, so that none is changed: content would never be written. Remove one of them, or the content.")
	}
	return nil
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
	case h.Unknown("content") || h.Unknown("content_base64") || h.Unknown("source") || h.Unknown("source_content"):
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

// Thing implements Resource.
func (f *File) Thing() kind.Thing { return kind.PathThing(string(f.Path)) }

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
	return p.change, p.make(ctx, h, f.putArgs)
}

func (f *File) plan(ctx context.Context, h Host) (filePlan, error) {
	if err := first(h, f.Validate()); err != nil {
		return filePlan{}, err
	}
	if f.Source != nil && f.Sent == nil && !h.Unknown("source") && !h.Unknown("source_content") {
		return filePlan{}, kind.NewProblem("source", kind.CodeSource, "The content is missing", "What %s holds did not come with the request, and an empty file is not what is meant.", *f.Source)
	}
	at, err := h.Resolve(string(f.Path), f.Follow)
	if err != nil {
		return filePlan{}, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return filePlan{}, err
	}
	p := filePlan{path: at, name: f.Path, change: Change{Writes: []kind.Thing{kind.PathThing(at)}}}
	if f.State == "absent" {
		p.change.leave(before, Entry{Type: Absent})
		return p, f.planAbsent(ctx, h, &p, before)
	}
	return p, f.planPresent(ctx, h, &p, before)
}

func (f *File) planAbsent(ctx context.Context, h Host, p *filePlan, before Entry) error {
	c := &p.change
	switch before.Type {
	case Absent:
		c.Op = NoOp
		return nil
	case Plain:
		now, err := h.Read(ctx, p.path, comparedContent)
		if err != nil {
			return err
		}
		c.Before = map[string]any{"path": f.Path, "content": now}
		c.unsure = now.Unknown
	case Folder:
		if err := f.emptyFolder(h, p); err != nil {
			return err
		}
		fallthrough
	default:
		c.Before = map[string]any{"path": f.Path}
		c.seen = map[string]any{"type": string(before.Type), "target": before.Target}
	}
	c.Op = Delete
	c.Effects = []Effect{{Thing: kind.PathThing(p.path), Entry: &Entry{Type: Absent}}}
	p.uses(f.putArgs)
	if err := f.uses(h, p); err != nil {
		return err
	}
	return h.Refused(p.path, true)
}

// uses names the arguments that take part in how it is done, beside those of
// every kind that writes files.
func (f *File) uses(h Host, p *filePlan) error {
	c := &p.change
	if f.Force && (c.Op == Replace || c.Op == Delete && c.seen["type"] == string(Folder)) {
		c.Uses = append(c.Uses, "force")
	}
	if !f.replaces() && f.contents() > 0 && c.Op == Update {
		c.Uses = append(c.Uses, "replace")
	}
	if !f.Follow || c.Op == NoOp {
		return nil
	}
	link, err := h.Resolve(string(f.Path), false)
	if err == nil && link != p.path {
		c.Uses = append(c.Uses, "follow")
	}
	return err
}

// emptyFolder says why a directory at the path is not removed.
func (f *File) emptyFolder(h Host, p *filePlan) error {
	if !f.Force {
		return kind.NewProblem("path", kind.CodeInTheWay, "A directory is at the path", "%s is a directory. To remove it use the kind directory, or set force if it is empty.", p.path)
	}
	return f.isEmpty(h, p)
}

func (f *File) isEmpty(h Host, p *filePlan) error {
	names, err := h.ReadDir(p.path)
	if err == nil && len(names) > 0 {
		err = kind.NewProblem("path", kind.CodeInTheWay, "A directory is in the way", "%s is a directory with %d entries, which no file replaces. Remove it first, or name another path.", p.path, len(names))
	}
	return err
}

func (f *File) planPresent(ctx context.Context, h Host, p *filePlan, before Entry) error {
	own, err := f.ownership(h)
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
	p.show(f.putArgs, own, before)
	if err := f.uses(h, p); err != nil {
		return err
	}
	return p.permitted(h, f.putArgs, base)
}

// planNew looks at what has to be there, or out of the way, for a new file.
func (f *File) planNew(h Host, p *filePlan, before Entry) (Entry, error) {
	if before.Type == Absent && !f.creates() {
		return Entry{}, kind.NewProblem("path", kind.CodeMissing, "The file does not exist",
			"%s does not exist, no resource before this one makes it, and create is false. Leave create out to make it; where the file may be missing, ask a call of stat and set enabled.", p.path)
	}
	parent, err := parentOf(h, p.path)
	if err != nil {
		return Entry{}, err
	}
	p.change.Op = Create
	if before.Type != Absent {
		if err := f.inTheWay(h, p, before); err != nil {
			return Entry{}, err
		}
		p.change.Op = Replace
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
		return Entry{}, kind.NewProblem("path", kind.CodeNoParent, "The folder does not exist", "%s does not exist, and no resource before this one makes it. Add a resource of the kind directory.", dir)
	}
	return Entry{}, kind.NewProblem("path", kind.CodeNoParent, "The folder is no directory", "%s is a %s, so that nothing can be in it.", dir, parent.Type.noun())
}

func (f *File) inTheWay(h Host, p *filePlan, before Entry) error {
	what := before.Type.noun()
	if before.Type == Link {
		what = fmt.Sprintf("link to %s", before.Target)
	}
	if before.Type == Folder {
		if err := f.isEmpty(h, p); err != nil {
			return err
		}
	}
	if !f.Force {
		return kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path",
			"%s is a %s and no file. Set force to replace it, or follow to manage the file that a link points to.", p.path, what)
	}
	p.change.seen = map[string]any{"type": string(before.Type), "target": before.Target}
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeReplaced, "Something else is replaced", "%s is a %s and becomes a file.", p.path, what))
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
	if want == nil || !f.replaces() {
		return nil
	}
	now, err := h.Read(ctx, p.path, comparedContent)
	if err != nil {
		return err
	}
	if h.KernelFile(p.path) && now.Whole && !want.Unknown {
		form := contentOf(kernelForm(now.Data, want.Data))
		p.given, want = want.Data, &form
	}
	c.Before["content"], c.After["content"] = now, *want
	c.unsure = now.Unknown
	if !want.Equal(now) || !f.InPlace && !want.Unknown && !p.meta.empty() && loose(h, p.path, f.Links, before) {
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
