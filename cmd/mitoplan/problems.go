package main

import (
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// problems asks the kind itself what is wrong with arguments, before any host
// is. The agent asks again, as its own kinds are what counts there.
func problems(role kind.Role, name string, wire map[string]any) []kind.Problem {
	v, ok := receiver(role, name).(resource.Validator)
	if !ok {
		return nil
	}
	raw, err := transport.Marshal(wire)
	if err == nil {
		err = transport.Unmarshal(raw, v)
	}
	if err != nil {
		return []kind.Problem{{Summary: "Value cannot be sent", Detail: sentence(err)}}
	}
	return v.Validate()
}

// receiver is an empty value of what the arguments of a kind are decoded into;
// nil for what has nothing to say about them.
func receiver(role kind.Role, name string) any {
	switch role {
	case kind.RoleResource:
		if d, ok := resource.Lookup(name); ok {
			return d.New()
		}
	case kind.RoleContext:
		for _, t := range connectors() {
			if t.Kind == name {
				return t.New()
			}
		}
	case kind.RoleFunction:
		switch name {
		case "command":
			return &function.CommandIn{}
		case "stat":
			return &function.StatIn{}
		case "read_file":
			return &function.ReadFileIn{}
		}
	}
	return nil
}
