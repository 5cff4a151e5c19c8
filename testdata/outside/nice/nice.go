// Package nice is a kind of context that was made outside of mitoplan: an agent with
// another priority than its parent.
package nice

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Nice starts an agent on its parent's machine, with nice(1).
type Nice struct {
	connect.Common
	// Level is added to the niceness of the parent, 0 … 19.
	Level int64 `cbor:"level,omitempty"`
	// Path is the program; "" is nice.
	Path string `cbor:"path,omitempty"`
}

// Type is with what another context starts such contexts.
func Type() transport.ConnectorType {
	return transport.ConnectorType{Kind: Nice{}.Kind(), New: func() transport.Connector { return &Nice{} }}
}

// Kind is "nice".
func (Nice) Kind() string { return "nice" }

// Validate says what is wrong with the arguments.
func (n Nice) Validate() []transport.Problem {
	p := n.Common.Validate()
	if n.Level < 0 || n.Level > 19 {
		p = append(p, transport.Problem{Code: "nice_level", Attr: "level", Summary: "No such niceness",
			Detail: fmt.Sprintf("The level is %d. Set it to 0 … 19.", n.Level)})
	}
	return p
}

// Start runs nice.
func (n Nice) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	program := n.Path
	if program == "" {
		program = "nice"
	}
	s.Log.Debug("program is to run nicely", "program", program)
	return connect.Prefix{
		Common: n.Common, Argv: []string{program, "-n", strconv.FormatInt(n.Level, 10)},
		Missing: func(program string, err error) *transport.Problem {
			return &transport.Problem{Code: "nice_missing", Attr: "path", Summary: "No nice on the host",
				Detail: fmt.Sprintf("%s cannot be executed: %v. Install it, or set path.", program, err)}
		},
		Explain: func(said string) error {
			if !strings.Contains(said, "cannot set niceness") {
				return nil
			}
			return &transport.Problem{Code: "nice_refused", Attr: "level", Summary: "Niceness refused",
				Detail: "The host refuses the level.", Said: said}
		},
	}.Start(ctx, s)
}
