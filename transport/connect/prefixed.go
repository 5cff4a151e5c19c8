package connect

import (
	"cmp"
	"context"
	"errors"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// prefixed is how a context is started by a program that asks for no password, as data: a
// command line, and what the words of the program mean. Kinds such as Chroot make one of
// their arguments. It is sent in their place, so that an agent starts contexts of all these
// kinds and knows none of them.
type prefixed struct {
	Common
	// Argv are the program and its arguments. sh is put behind them. They tell no secrets.
	Argv []string `cbor:"argv"`
	// ProgramFrom is the argument that names the program. ToDo says what to do if the
	// program is not there; "" is what to do about the argument path.
	ProgramFrom string `cbor:"program_from"`
	ToDo        string `cbor:"to_do,omitempty"`
	// Doing says what the program is to do, before the details of Refusals.
	Doing    string   `cbor:"doing,omitempty"`
	Refusals refusals `cbor:"refusals,omitempty"`
	// KeepsLocale means that LC_ALL of the program may get through to the agent.
	KeepsLocale bool `cbor:"keeps_locale,omitempty"`
	// Client means that the program has a service start the agent.
	Client bool `cbor:"client,omitempty"`
}

// prefixKind is a kind that can be told as data.
type prefixKind interface {
	kind.Validator
	prefixed() prefixed
}

// sent is the connector that is sent in place of one of a kind.
func sent(k prefixKind) (transport.Connector, error) {
	if bad := k.Validate(); len(bad) > 0 {
		return nil, &bad[0]
	}
	p := k.prefixed()
	return &p, nil
}

// startPrefixed starts a context of a kind in this process.
func startPrefixed(ctx context.Context, k prefixKind, s transport.Start) (*transport.Link, error) {
	p, err := sent(k)
	if err != nil {
		return nil, err
	}
	return p.Start(ctx, s)
}

// prefixedType is with what a process starts all kinds that are sent so.
func prefixedType() transport.ConnectorType {
	return transport.ConnectorType{Kind: (*prefixed)(nil).Kind(), New: func() transport.Connector { return &prefixed{} }}
}

// Kind is "prefix". It is no kind of a configuration.
func (*prefixed) Kind() string { return "prefix" }

// Start runs the program.
func (p *prefixed) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	if len(p.Argv) == 0 {
		return nil, errors.New("a prefix needs a program")
	}
	return p.prefix().start(ctx, s)
}

func (p *prefixed) prefix() prefix {
	of := prefix{
		Common: p.Common, program: p.Argv[0], args: append(p.Argv[1:len(p.Argv):len(p.Argv)], "sh"),
		keepsLocale: p.KeepsLocale, missing: p.missing, by: p.ProgramFrom, client: p.Client,
	}
	if len(p.Refusals) > 0 {
		of.explain = func(_ *prompter, said saidWords) error { return p.Refusals.in(said.heard).problem(p.Doing, said.shown) }
	}
	return of
}

// missing is the problem of a program that is not there.
func (p *prefixed) missing(program string, err error) *kind.Problem {
	return missingFrom(p.ProgramFrom, cmp.Or(p.ToDo, setPath), program, err)
}
