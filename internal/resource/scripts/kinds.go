package scripts

import "github.com/mitoplan/mitoplan/internal/kind"

// Kinds returns the kinds of this family.
func Kinds() []kind.Kind { return []kind.Kind{scriptKind()} }
