package config

import (
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
)

// Scope is what the names in an expression mean. NewScope makes the outermost one
// over the values of the variables, Child makes one for each instance, and Set
// gives the value of a block as it becomes known. Variables, locals, contexts,
// resources and calls are the same in a scope and all its children. The words on,
// self, each and count are each scope's own.
//
// Evaluating costs as much as the expression refers to, however large the
// configuration is. A Scope and its children belong to one goroutine.
type Scope struct {
	// On, Self, Each and Count are the instance's own words, and nil if they
	// mean nothing. A child does not inherit them.
	On, Self *cty.Value
	Each     *Each
	Count    *int
	// Instance is the address of the instance, or "". uuid() in one expression
	// returns the same value each time for the same instance.
	Instance string

	env *env
}

// Each is what the word each means in one instance. Key and Value do not change once
// something has been evaluated with it.
type Each struct {
	Key, Value cty.Value

	object cty.Value // of both, once it was asked for
}

// env is shared by a scope and all its children.
type env struct {
	config *Config
	values map[string]cty.Value
	// locals are those evaluated so far; Set forgets the ones it changes.
	locals    map[string]cty.Value
	functions *functions.Env
	directory Directory
}

// NewScope makes the outermost scope over the values of the variables, as
// ResolveVariables gives them.
func NewScope(c *Config, vars map[string]cty.Value) *Scope {
	e := &env{config: c, values: make(map[string]cty.Value, len(vars)), locals: map[string]cty.Value{}}
	for name, v := range vars {
		e.values[VariableAddress(name)] = v
	}
	e.functions = functions.NewEnv(c.files, templates{})
	return &Scope{env: e}
}

// SetTimes sets what plantimestamp() returns, and what timestamp() does. With a
// zero now, the results of timestamp(), uuid() and bcrypt() are unknown, as they
// are while planning. Without SetTimes all of them are unknown. What uuid() and
// bcrypt() returned for an expression is kept until SetTimes is called again.
func (s *Scope) SetTimes(plan, now time.Time) {
	s.env.functions.SetTimes(plan, now)
	clear(s.env.locals)
}

// Child makes a scope for one instance.
func (s *Scope) Child() *Scope { return &Scope{env: s.env} }

// Set gives the value of "context.ssh.web", "file.motd", "call.command.kernel"
// or "local.x", for this scope, its parents and all their children. Things that
// are declared but not set are unknown. Locals that are not set are evaluated when
// they are needed, and again after something that they refer to was set.
func (s *Scope) Set(address string, v cty.Value) {
	s.env.values[address] = v
	s.env.forget(address)
}

// forget drops the remembered values of all locals that depend on an address. If a
// local is not remembered, then neither is any local that depends on it.
func (e *env) forget(address string) {
	for _, local := range e.config.dependents[address] {
		if _, ok := e.locals[local]; ok {
			delete(e.locals, local)
			e.forget(local)
		}
	}
}
