package files

import (
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// iniArgs are what a block of the kind ini may set.
type iniArgs struct {
	Path         kind.Text            `cbor:"path" mito:"required,edits=path"`
	Section      *string              `cbor:"section,omitempty" mito:"shows=content,end"`
	Key          string               `cbor:"key" mito:"required,shows=content,end"`
	Value        *kind.Text           `cbor:"value,omitempty" mito:"conflicts=values,shows=content,itself"`
	Values       []kind.Text          `cbor:"values,omitempty" mito:"conflicts=value,shows=content"`
	AllowNoValue bool                 `cbor:"allow_no_value,omitempty" mito:"default=false"`
	SectionHas   map[string]kind.Text `cbor:"section_has,omitempty" mito:"shows=content,end"`
	Match        string               `cbor:"match,omitempty" mito:"oneof=first|last|error,default=error,shows=content,end"`
	Comments     bool                 `cbor:"inline_comments,omitempty" mito:"default=false,end"`
	NoSpaces     bool                 `cbor:"no_extra_spaces,omitempty" mito:"default=false,shows=content"`
	State        string               `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	ownerArgs
	writeArgs
	Create bool `cbor:"create,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (iniArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "The value of one key in a file of sections and keys; everything else is left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "app" {
  on      = context.local.here
  path    = "/etc/app.ini"
  content = "[server]\n# seconds\ntimeout = 30\n"
  replace = false
}
resource "ini" "timeout" {
  on      = context.local.here
  path    = file.app.path
  section = "server"
  key     = "timeout"
  value   = "60"
}
resource "ini" "log" {
  on      = context.local.here
  path    = file.app.path
  section = "log"
  key     = "level"
  value   = "warn"
}
`,
			Reads: "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift: "The key has another value, is gone, or is there again. How its line is spaced, quotes around the value, comments and all other lines do not count. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "ini_file, with the same words: option is key, section_has_values is section_has. A key that is commented out stays so, and the new line comes right behind it; Ansible takes the comment away unless modify_inactive_option is false. " +
				"Blanks, a colon and quotes of a line that changes stay, so there is no ignore_spaces, and a new line is spaced as others of the file are. If a section is there twice and nothing says which is meant, that is an error; Ansible takes the first. values are all values of the key, as with exclusive; exclusive = false is left out. A section cannot be removed whole.",
			Pyinfra: "It has none: files.line and files.replace know no sections.",
			Limits: "A file has 16 MiB at most. Names of sections and keys are compared with their case. A comment begins with # or ; at the beginning of a line, and behind a value only if inline_comments is set. " +
				"A value of several lines is read, and replaced whole, but not written. Where it ends may not be told from the next key; that is an error that names the lines. A value in quotes counts as the same without them. A comment that the section gets later keeps its header.",
			Traits: []string{"value", "owner", "group", "mode", "content"},
		},
		End:        "a key that an apply added is taken out if it has the value that the last apply left. With another value it stays, as it may be somebody else's. The header goes with the block that made it, if the section is empty by then, and a file that was made for the key, if it holds nothing else. A key that was there before gets its former value back if backup was set then; otherwise it stays. What cannot be taken back: a key that was removed, lines of that key that were too many, and owner and permissions of the file.",
		OtherNames: "ini_file ini_setting community.general.ini_file",
		Attrs: map[string]kind.Entry{
			"path":            {Doc: "The file to edit, absolute, of at most 16 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"section":         {Doc: "The section that the key is in, without brackets. It is made at the end of the file if it is missing. Without it, the key stands before all sections."},
			"key":             {Doc: "The name of the key.", OtherNames: "option setting"},
			"value":           {Doc: "What the key is set to, on one line. If the value that is there is in quotes, the new one is put into them, too, unless it has its own. If the key is there several times, the last line stays."},
			"values":          {Doc: "All values of a key that is there once for each, in this order, instead of value."},
			"allow_no_value":  {Doc: "Has to be true if neither value nor values is set: the key then stands alone in its line.", OtherNames: "no_value"},
			"section_has":     {Doc: "Keys and values of the section, to tell it from others of the same name. If no section has them, one with them is made.", OtherNames: "section_has_values"},
			"match":           {Doc: "Which section is meant if there are several of that name: the first or the last; with error it is an error of the plan."},
			"inline_comments": {Doc: "Whether # or ; behind a value and a blank begins a comment, as in files of MySQL. Such a comment stays and is no part of the value. Without it, it is one, as programs mostly read it."},
			"no_extra_spaces": {Doc: "Write a new line without blanks around the equals sign. Without this it is spaced as other lines of the section are, or of the file."},
			"state":           {Doc: "Whether the key should be there. With absent all lines of the key in the section go, a missing file is as it should be, and value and how a line is written do not count; owner, group and mode of the file do.", OtherNames: "ensure present", Values: resource.Presence(), Instead: elsewhere()},
			"create":          {Doc: "Make the file if it is missing."},
		},
	}
}

func iniKind() kind.Kind {
	return resource.Define("ini", func() resource.Resource { return &Ini{} }, PartResults{})
}

// Ini is the desired value of one key of a file.
type Ini struct{ iniArgs }

// Validate implements Validator.
func (i *Ini) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", i.Path), resource.CheckState(i.State)...)
	out = append(out, checkWriteArgs(i.ownerArgs, i.writeArgs)...)
	if i.State != "absent" && i.Value == nil && len(i.Values) == 0 && !i.AllowNoValue {
		out = append(out, *kind.NewProblem("value", kind.CodeIni, "No value", "value is what the key is set to, and it is not set. Set it, or values; or set allow_no_value to true for a key that stands alone."))
	}
	if !slices.Contains([]string{"", "first", "last", "error"}, i.Match) {
		out = append(out, *kind.NewProblem("match", kind.CodeMatch, "No such choice", "match says which of several sections is meant: first or last; or error, if there may be only one."))
	}
	return append(out, i.shape().Problems()...)
}

// shape are the arguments that say what becomes of the content.
func (i *iniArgs) shape() *edit.IniArgs {
	match := i.Match
	if match == "error" {
		match = ""
	}
	return &edit.IniArgs{
		Section: i.Section, Key: i.Key, Value: i.Value, Values: i.Values, Has: i.SectionHas, Match: match,
		Comments: i.Comments, NoSpaces: i.NoSpaces, State: i.State,
	}
}

// Part implements Parted.
func (*Ini) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	for _, attr := range []string{"state", "section", "key", "section_has", "match"} {
		if slices.Contains(unknown, attr) {
			return resource.Part{}
		}
	}
	text := func(name string) string {
		s, ok := resource.WireText(args[name])
		if !ok {
			return ""
		}
		return s + "\x00"
	}
	key := []string{text("section"), text("key")}
	if match, _ := resource.WireText(args["match"]); match == "first" || match == "last" {
		key = append(key, match)
	}
	if has, ok := args["section_has"].(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(has)) {
			value, _ := resource.WireText(has[name])
			key = append(key, name, value)
		}
	}
	state, _ := resource.WireText(args["state"])
	return resource.Part{Key: strings.Join(key, "\x00"), KeyArg: "key", Absent: state == "absent"}
}
