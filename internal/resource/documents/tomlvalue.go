package documents

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// tomlValue is the desired state of one value in a file of TOML.
type tomlValue struct{ files.Value }

func tomlKind() kind.Kind {
	return files.ValueKind("toml_value", func() resource.Resource {
		return &tomlValue{files.Value{Format: tomlFormat{}}}
	})
}

// Manual says the texts of these arguments.
func (tomlValue) Manual() kind.Manual {
	return kind.Manual{
		Doc: "One value in a file of TOML; everything else is left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "settings" {
  on      = context.local.here
  path    = "/etc/settings.toml"
  content = "# by hand\n[log]\nlevel = 'info' # as always\n"
  replace = false
}
resource "toml_value" "level" {
  on      = context.local.here
  path    = file.settings.path
  pointer = "/log/level"
  value   = jsonencode("debug")
}
resource "toml_value" "hosts" {
  on      = context.local.here
  path    = file.settings.path
  pointer = "/hosts"
  value   = jsonencode(["a", "b"])
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The value is another one, is gone, or is there again. How it is written, such as with other quotes, with another base or as a table on lines of its own, the order of keys, comments and all other values do not count. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "It has no module for this: roles use ini_file, which takes a file of TOML for one of INI, or lineinfile with a regexp, or write the whole file anew.",
			Pyinfra: "It has none.",
			Limits:  "A file is TOML 1.0, has 1 MiB at most, and is nested at most 500 deep. A value is one that stands behind an equals sign, or in one: a table that is written on lines of its own, and an array of such tables, is neither replaced nor removed nor added to as a whole; name the keys in it. An integer is another value than a float: 10 and 10.0 differ. JSON has no dates and times, no inf and no nan, so such a value can be replaced and removed, but not be set. TOML has no null. An object becomes an inline table. Each key that is missing above a value in a table with a header becomes a part of a new header, at the end of the file. After each edit the file is read again, by a library that the edit does not use, and if anything else came of it than the value, nothing is changed, and the message says so. An element of an array is told by its number, so one that others may move is no good part of a pointer.",
			Traits:  []string{"value", "owner", "group", "mode", "content"},
		},
		End:        endOf("tables"),
		OtherNames: "toml toml_file",
		Attrs: map[string]kind.Entry{
			"path":    {Doc: "The file to edit, absolute, of at most 1 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"pointer": {Doc: "Which value is meant, as a JSON pointer: the keys on the way, each behind a slash, as in /log/level, for the key level below [log]. In an array it is the number of an element, from 0; that of the next one adds one. In a key, ~1 is a slash and ~0 a tilde. Tables that are missing on the way are made.", OtherNames: "key tomlpath"},
			"value":   {Doc: "The value, written in JSON, as jsonencode makes it: jsonencode(\"10m\") is a text, jsonencode({...}) an inline table. A number, true and false need no jsonencode; one with a point or an exponent is a float, so 10.0 is written \"10.0\". It is written on one line, and a text between single quotes if the one before was. One that is the same, however it is written, stays.", List: "Write it with the function jsonencode, which makes JSON of any value."},
		},
	}
}
