//go:build mitoplan_usual

package kinds

import "github.com/mitoplan/mitoplan/internal/kind"

// rare returns none: this is the usual edition of the agent.
func rare() []kind.Kind { return nil }
