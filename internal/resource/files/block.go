package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// blockArgs are what a block of the kind block may set.
type blockArgs struct {
	Path         kind.Text  `cbor:"path" mito:"required,edits=path"`
	Content      *kind.Text `cbor:"content,omitempty" mito:"diff,parts,itself"`
	Marker       *string    `cbor:"marker,omitempty" mito:"default=# {mark} mitoplan,shows=content,end"`
	InsertAfter  *string    `cbor:"insert_after,omitempty" mito:"conflicts=insert_before,shows=content"`
	InsertBefore *string    `cbor:"insert_before,omitempty" mito:"conflicts=insert_after,shows=content"`
	State        string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	ownerArgs
	writeArgs
	Create bool `cbor:"create,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (blockArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Several lines of a file, between two lines that mark them; the others are left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "hosts" {
  on      = context.local.here
  path    = "/etc/app-hosts"
  content = "127.0.0.1 localhost\n"
  replace = false
}
resource "block" "cluster" {
  on      = context.local.here
  path    = file.hosts.path
  marker  = "# {mark} cluster"
  content = <<-EOT
    10.0.0.1 one
    10.0.0.2 two
  EOT
}
resource "block" "printers" {
  on            = context.local.here
  path          = file.hosts.path
  marker        = "# {mark} printers"
  content       = "10.0.1.1 laser"
  insert_before = "^# BEGIN cluster$"
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The lines between the markers are others, or the markers are gone or there again. Where in the file the block stands, and all other lines, do not count. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "blockinfile, with the same words for most: block is content, insertafter is insert_after. With a marker of # {mark} ANSIBLE MANAGED BLOCK a block of Ansible is taken over. Half a pair of markers is an error here; Ansible adds a second block. An empty content leaves the markers, and only state absent takes them away; in Ansible an empty block goes. There is no marker_begin and marker_end, as the words are always BEGIN and END, and no append_newline and prepend_newline.",
			Pyinfra: "files.block, whose begin and end are always BEGIN and END here, and which takes the block away where content is left out.",
			Limits:  "A file has 16 MiB at most. A block that is there stays where it is, whatever insert_after says. Blocks cannot be in each other, unless the inner one is a part of content; a marker of another block is told by its beginning, up to and with the word BEGIN, being that of this one. What another kind would change between the markers is an error of the plan that names both blocks, if this block is known while planning.",
			Traits:  []string{"content", "owner", "group", "mode"},
		},
		End:        "the markers and what is between them are taken out, wherever they are by then, if the lines between them are as the last apply left them. Otherwise they stay, as they may be somebody else's. A block of which only one marker is left stays, too. A file that was made for the block is removed with it if it holds nothing else. A block that was there before gets its former lines back if backup was set then; otherwise it stays. What cannot be taken back: a block that was removed, and owner and permissions of the file.",
		OtherNames: "blockinfile",
		Attrs: map[string]kind.Entry{
			"path":          {Doc: "The file to edit, absolute, of at most 16 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"content":       {Doc: "The lines between the markers, character for character. They get the line ends of the file, the last one too. If it is empty, nothing is between the markers. No line may be a marker of this block.", OtherNames: "block text lines body"},
			"marker":        {Doc: "The line before the block, with BEGIN in place of {mark}, and the line behind it, with END. It is a comment of the file's format, and tells several blocks in one file apart. If it is changed, the block with the former one is taken away. In HCL strings, {mark} is written as it is.", OtherNames: "marker_begin marker_end begin end"},
			"insert_after":  {Doc: "Where a new block goes: after the last line that matches this expression, or EOF, which is also where it goes if none matches.", OtherNames: "insertafter after"},
			"insert_before": {Doc: "Where a new block goes: before the last line that matches this expression, or BOF.", OtherNames: "insertbefore before"},
			"state":         {Doc: "Whether the block should be there. With absent a missing file is as it should be, and what content says, and where a new block would go, does not count; owner, group and mode of the file do.", OtherNames: "ensure present", Values: resource.Presence(), Instead: elsewhere()},
			"create":        {Doc: "Make the file if it is missing."},
		},
	}
}

func blockKind() kind.Kind {
	return resource.Define("block", func() resource.Resource { return &Block{} }, struct{}{})
}

// Block is the desired state of several lines of a file, between markers.
type Block struct{ blockArgs }

// defaultMarker is around a block of which no marker is set.
const defaultMarker = "# {mark} mitoplan"

// Validate implements Validator.
func (b *Block) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", b.Path), resource.CheckState(b.State)...)
	out = append(out, checkWriteArgs(b.ownerArgs, b.writeArgs)...)
	return append(out, b.shape().Problems()...)
}

// shape are the arguments that say what becomes of the content.
func (b *blockArgs) shape() *edit.BlockArgs {
	marker := defaultMarker
	if b.Marker != nil {
		marker = *b.Marker
	}
	return &edit.BlockArgs{Marker: marker, Content: b.Content, InsertAfter: b.InsertAfter, InsertBefore: b.InsertBefore, State: b.State}
}

// Part implements Parted.
func (*Block) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	out := resource.Part{Marker: defaultMarker}
	for _, attr := range unknown {
		if attr == "state" || attr == "marker" {
			return resource.Part{}
		}
	}
	if marker, ok := resource.WireText(args["marker"]); ok {
		out.Marker = marker
	}
	state, _ := resource.WireText(args["state"])
	out.Absent = state == "absent"
	return out
}

// Thing implements Resource.
func (b *Block) Thing() kind.Thing { return kind.PathThing(string(b.Path)) }

// Check implements Resource.
func (b *Block) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	return checkEdit(ctx, h, b)
}

// Apply implements Resource.
func (b *Block) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return applyEdit(ctx, h, b)
}

func (b *Block) target() *target {
	return &target{
		path: b.Path, absent: b.State == "absent", create: b.Create, owners: &b.ownerArgs, writeArgs: b.writeArgs,
		shapes: []string{"content", "marker", "insert_after", "insert_before", "state"}, part: "this block",
	}
}

func (b *Block) edit() edit.Any { return edit.Any{Block: b.shape()} }

// between are the lines between the markers in a content; there is false if it has no block.
func (b *Block) between(content []byte) (texts []byte, there bool) {
	return linesOf(b.shape(), content)
}

func (b *Block) adds(was, is []byte) bool {
	_, before := b.between(was)
	_, after := b.between(is)
	return after && !before
}

func (b *Block) traits(content []byte) []resource.Trait {
	texts, there := b.between(content)
	return []resource.Trait{resource.NewTrait("content", b.shape().Marker, []any{there, texts})}
}

func (b *Block) restless() *kind.Problem {
	return kind.NewProblem("content", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. Set another marker.")
}
