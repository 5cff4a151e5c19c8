package function

import "github.com/mitoplan/mitoplan/internal/kind"

// define makes the definition of a function, without its schemas.
func define(name string, create func() Function, results any) kind.Kind {
	return kind.Bare(kind.RoleFunction, name, func() any { return create() }, results)
}

// reads makes the definition of a function that never changes anything.
func reads(name string, create func() Function, results any) kind.Kind {
	k := define(name, create, results)
	k.ReadOnly = true
	return k
}
