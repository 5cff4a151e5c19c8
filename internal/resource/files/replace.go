package files

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// replaceArgs are what a block of the kind replace may set.
type replaceArgs struct {
	Path    kind.Text `cbor:"path" mito:"required,edits=path"`
	Regexp  string    `cbor:"regexp" mito:"required,shows=content,end"`
	Replace kind.Text `cbor:"replace,omitempty" mito:"shows=content,end"`
	After   *string   `cbor:"after,omitempty" mito:"shows=content,end"`
	Before  *string   `cbor:"before,omitempty" mito:"shows=content,end"`
	ownerArgs
	writeArgs
}

// Manual says the texts of these arguments.
func (replaceArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Each text of a file that matches an expression becomes another; everything else is left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "sources" {
  on      = context.local.here
  path    = "/etc/app-sources"
  content = "deb http://a.example/ x\ndeb http://b.example/ x\n"
  replace = false
}
resource "replace" "https" {
  on      = context.local.here
  path    = file.sources.path
  regexp  = "^deb http:"
  replace = "deb https:"
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The texts that regexp matches are others than the last apply left: there is one that was not there, or one is gone. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "replace, with the same words for most. The edit is made twice in memory before anything is done: if the second would change the file again, as a for aa does, that is an error of the plan. Ansible makes such a file longer at every run. A group is $1, too, and \\1 as there. There is no encoding: a file is taken byte for byte.",
			Pyinfra: "files.replace, which edits with sed; text is regexp here.",
			Limits:  "A file has 16 MiB at most, before and after. regexp is RE2: without lookaround and without references to a group in the pattern itself. In it, ^ and $ are the ends of a line, and a dot is no line end unless it begins with (?s). Before the line end of a file with CRLF is a carriage return, which $ does not pass.",
			Traits:  []string{"replace", "owner", "group", "mode", "content"},
		},
		End:        "what was replaced stays as it is and is forgotten, unless backup was set. Then the lines that the edit changed become what the backup has, if all of them are there as the edit left them; otherwise they stay. What cannot be taken back: lines that the edit joined, split or removed once something else in the file was changed, and owner and permissions of the file.",
		OtherNames: "substitute sed",
		Attrs: map[string]kind.Entry{
			"path":    {Doc: "The file to edit, absolute, of at most 16 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"regexp":  {Doc: "What is replaced, as an RE2 expression: each text that matches, in all of the file or between after and before. If nothing matches, the file is as it should be.", OtherNames: "regex text search"},
			"replace": {Doc: "What each such text becomes; nothing if it is not set. $1, ${1}, \\1 or \\g<1> is the first group of regexp, ${name} or \\g<name> a named one, $0 all that matched; $$ is a dollar and \\\\ a backslash. In HCL strings, ${ is written $${ and \\ is written \\\\.", OtherNames: "replacement with"},
			"after":   {Doc: "Replace only behind the first text that matches this expression. If none does, nothing is replaced."},
			"before":  {Doc: "Replace only before the first text that matches this expression, behind after if that is set. If none does, nothing is replaced."},
		},
	}
}

func replaceKind() kind.Kind {
	return resource.Define("replace", func() resource.Resource { return &Replace{} }, PartResults{})
}

// Replace is the desired state of all texts of a file that match an expression.
type Replace struct{ replaceArgs }

// Validate implements Validator.
func (r *Replace) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", r.Path), checkWriteArgs(r.ownerArgs, r.writeArgs)...)
	return append(out, r.shape().Problems()...)
}

// shape are the arguments that say what becomes of the content.
func (r *replaceArgs) shape() *edit.ReplaceArgs {
	return &edit.ReplaceArgs{Regexp: r.Regexp, Replace: r.Replace, After: r.After, Before: r.Before}
}

// Part implements Parted.
func (*Replace) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	var key []string
	for _, attr := range []string{"regexp", "after", "before"} {
		if slices.Contains(unknown, attr) {
			return resource.Part{}
		}
		text, _ := resource.WireText(args[attr])
		key = append(key, text)
	}
	out := resource.Part{Key: strings.Join(key, "\x00"), KeyArg: "regexp"}
	if key[1]+key[2] == "" && !slices.Contains(unknown, "replace") {
		with, _ := resource.WireText(args["replace"])
		out.Changes = (&edit.ReplaceArgs{Regexp: key[0], Replace: kind.Text(with)}).Lines()
	}
	return out
}
