package documents

import "github.com/mitoplan/mitoplan/internal/kind"

// Kinds returns the kinds of this family. A new one is one line here and a file of its own
// that makes the definition.
func Kinds() []kind.Kind {
	return []kind.Kind{
		tomlKind(),
		yamlKind(),
	}
}
