package documents

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// yamlValue is the desired state of one value in a file of YAML.
type yamlValue struct{ files.Value }

func yamlKind() kind.Kind {
	return files.ValueKind("yaml_value", func() resource.Resource {
		return &yamlValue{files.Value{Format: yamlFormat{}}}
	})
}

// Manual says the texts of these arguments.
func (yamlValue) Manual() kind.Manual {
	return kind.Manual{
		Doc: "One value in a file of YAML; everything else is left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "settings" {
  on      = context.local.here
  path    = "/etc/settings.yaml"
  content = "# by hand\nlog:\n  level: info # as always\n"
  replace = false
}
resource "yaml_value" "level" {
  on      = context.local.here
  path    = file.settings.path
  pointer = "/log/level"
  value   = jsonencode("debug")
}
resource "yaml_value" "hosts" {
  on      = context.local.here
  path    = file.settings.path
  pointer = "/hosts"
  value   = jsonencode(["a", "b"])
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The value is another one, is gone, or is there again. How it is written, such as with quotes or in brackets, the order of keys, comments and all other values do not count. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "It has no module for this: roles use lineinfile with a regexp, which does not know the structure, or write the whole file anew.",
			Pyinfra: "It has none.",
			Limits:  "A file has 1 MiB and one document at most, and is nested at most 500 deep. A value with an anchor or a tag, an alias, and what is reached through one of these is not changed, nor is a key that is missing beside a merge key (<<). A key that a mapping has twice on the way to the value is an error that names the lines. After each edit the file is read again, and if anything else came of it than the value, nothing is changed, and the message says so; nor is it if a comment would go that stands outside of the value. Words that some parsers take for something else than text, such as yes, 0777 and 2024-01-01, are written in quotes if they are texts, and count as other values without. An element of a sequence is told by its number, so one that others may move is no good part of a pointer.",
			Traits:  []string{"value", "owner", "group", "mode", "content"},
		},
		End:        endOf("mappings"),
		OtherNames: "yaml yedit yaml_file",
		Attrs: map[string]kind.Entry{
			"path":    {Doc: "The file to edit, absolute, of at most 1 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"pointer": {Doc: "Which value is meant, as a JSON pointer: the keys on the way, each behind a slash, as in /log/level. In a sequence it is the number of an element, from 0; that of the next one adds one. In a key, ~1 is a slash and ~0 a tilde. Mappings that are missing on the way are made.", OtherNames: "key yamlpath"},
			"value":   {Doc: "The value, written in JSON, as jsonencode makes it: jsonencode(\"10m\") is a text, jsonencode({...}) a mapping. A number, true and false need no jsonencode. It is written with the layout of the file, and a text in quotes only if it needs them or the one before had them. One that is the same, however it is written, stays.", List: "Write it with the function jsonencode, which makes JSON of any value."},
		},
	}
}

// endOf says what becomes of a value that an apply added, and of the collections above it.
func endOf(collections string) string {
	return "a value that an apply added is taken out if it is as the last apply left it. Otherwise it stays, as it may be somebody else's. The " + collections + " that were made above it go, too, if they are empty by then, and a file that was made for it, if it holds nothing else. A value that was there before is put back if backup was set then and JSON has such a value; otherwise it stays. What cannot be taken back: a value that was removed, a comment in the line of one that goes, how one was written that is put back, and owner and permissions of the file."
}
