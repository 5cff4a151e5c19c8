package files

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// jsonArgs are what a block of the kind json_value may set.
type jsonArgs struct {
	Path    kind.Text  `cbor:"path" mito:"required,edits=path"`
	Pointer string     `cbor:"pointer" mito:"required,shows=content,end"`
	Value   *kind.Text `cbor:"value,omitempty" mito:"shows=content,itself"`
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	ownerArgs
	writeArgs
	Create bool `cbor:"create,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (jsonArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "One value in a file of JSON; everything else is left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "daemon" {
  on      = context.local.here
  path    = "/etc/daemon.json"
  content = "{\n  \"debug\": false\n}\n"
  replace = false
}
resource "json_value" "size" {
  on      = context.local.here
  path    = file.daemon.path
  pointer = "/log-opts/max-size"
  value   = jsonencode("10m")
}
resource "json_value" "debug" {
  on      = context.local.here
  path    = file.daemon.path
  pointer = "/debug"
  value   = true
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The value is another one, is gone, or is there again. How it is written, such as 1.0 for 1 or the order of keys, and all other values do not count. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "It has no module for this: roles read the file, combine it with a variable, and write all of it anew, which loses its layout.",
			Pyinfra: "It has none.",
			Limits:  "A file has 16 MiB at most, and is nested at most 500 deep. Comments as of JavaScript are passed over and stay. A key that an object has twice on the way to the value is an error that names the lines. An element of a list is told by its number, so one that others may move is no good part of a pointer.",
			Traits:  []string{"value", "owner", "group", "mode", "content"},
		},
		End:        "a value that an apply added is taken out if it is as the last apply left it. Otherwise it stays, as it may be somebody else's. The objects that were made above it go, too, if they are empty by then, and a file that was made for it, if it holds nothing else. A value that was there before is put back if backup was set then; otherwise it stays. What cannot be taken back: a value that was removed, blanks in an object that is empty afterwards, and owner and permissions of the file.",
		OtherNames: "json jq json_file",
		Attrs: map[string]kind.Entry{
			"path":    {Doc: "The file to edit, absolute, of at most 16 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"pointer": {Doc: "Which value is meant, as a JSON pointer: the keys on the way, each behind a slash, as in /log/level. In a list it is the number of an element, from 0; that of the next one adds one. In a key, ~1 is a slash and ~0 a tilde. Objects that are missing on the way are made.", OtherNames: "key jsonpath"},
			"value":   {Doc: "The value, written in JSON, as jsonencode makes it: jsonencode(\"10m\") is a text, jsonencode({...}) an object. A number, true and false need no jsonencode. It is written as it is given, and with the layout of the file. One that is the same, however it is written, stays.", List: "Write it with the function jsonencode, which makes JSON of any value."},
			"state":   {Doc: "Whether the value should be there. With absent a missing file is as it should be, and value does not count; owner, group and mode of the file do.", OtherNames: "ensure present", Values: resource.Presence(), Instead: elsewhere()},
			"create":  {Doc: "Make the file if it is missing."},
		},
	}
}

func jsonKind() kind.Kind {
	return ValueKind("json_value", func() resource.Resource { return &Value{} })
}

// ValueKind is the definition of a kind that edits one value, in whatever format. What create
// makes is a Value, or embeds one.
func ValueKind(name string, create func() resource.Resource) kind.Kind {
	return resource.Define(name, create, PartResults{})
}

// Value is the desired state of one value in a file of JSON, or of another format.
type Value struct {
	jsonArgs
	// Format is that of the file; nil is JSON.
	Format edit.Format `cbor:"-"`
}

// Validate implements Validator.
func (j *Value) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", j.Path), resource.CheckState(j.State)...)
	out = append(out, checkWriteArgs(j.ownerArgs, j.writeArgs)...)
	return append(out, j.shape().Problems()...)
}

// shape are the arguments that say what becomes of the content.
func (j *Value) shape() *edit.ValueArgs {
	return &edit.ValueArgs{Pointer: j.Pointer, Value: j.Value, State: j.State, Format: j.Format}
}

// Part implements Parted.
func (*Value) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	if slices.Contains(unknown, "state") || slices.Contains(unknown, "pointer") {
		return resource.Part{}
	}
	pointer, _ := resource.WireText(args["pointer"])
	state, _ := resource.WireText(args["state"])
	return resource.Part{Key: pointer, KeyArg: "pointer", Absent: state == "absent"}
}
