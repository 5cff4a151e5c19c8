package transport

import (
	"fmt"
	"reflect"
	"strings"
)

// check says what is wrong with what a program wants to serve, in one sentence; nil if all
// can be served.
func (o ServeOptions) check() error {
	names := map[string]bool{}
	for i, f := range o.Functions {
		if f == nil {
			return fmt.Errorf("function %d of the list is nil", i+1)
		}
		name := f.FuncName()
		switch {
		case name == "":
			return fmt.Errorf("function %d of the list has no name", i+1)
		case names[name]:
			return fmt.Errorf("two functions have the name %q", name)
		case strings.HasPrefix(name, "transport."):
			return fmt.Errorf("the function %q has a name that begins with \"transport.\", as those have that every context serves", name)
		}
		names[name] = true
		if s, ok := f.(interface{ empty() bool }); ok && s.empty() {
			return fmt.Errorf("the function %q has no body: NewFunc was given nil", name)
		}
		in, out := f.types()
		for what, t := range map[string]reflect.Type{"input": in, "result": out} {
			if err := crosses(t, map[reflect.Type]bool{}); err != nil {
				return fmt.Errorf("the function %q cannot be served: its %s has %w", name, what, err)
			}
		}
	}
	return checkTypes(o.Connectors)
}
