package config

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// secretAdvice says why a secret value is not allowed, and what to do instead. It is
// "" for a value that is no secret. The reason completes "…, and REASON.".
func secretAdvice(v cty.Value, reason string) string {
	switch {
	case IsEphemeral(v):
		return fmt.Sprintf("is made from an ephemeral value, and %s, where no ephemeral value is allowed. Use a value that is not ephemeral.", reason)
	case IsSensitive(v):
		return fmt.Sprintf("is made from a sensitive value, and %s. If it is not secret, mark it with nonsensitive().", reason)
	}
	return ""
}

// namesThing reports an argument that names the thing on a machine that a block
// manages. Its value becomes a key in the state.
func namesThing(a kind.Attr) bool { return a.Claims != "" || a.Edits != "" }

// secretName says what is wrong with a secret in an argument that is always shown
// and stored. It is "" if nothing is wrong.
func (a *argument) secretName(of BlockType, v cty.Value) string {
	switch {
	case namesThing(*a.schema):
		return secretAdvice(v, "it says which thing is managed: it is shown in plans and kept in the record")
	case a.schema.Public && of != ContextBlock:
		return secretAdvice(v, "it is shown in plans and in what is said of the machine")
	case a.schema.Public:
		return secretAdvice(v, "it says where a context is: it is shown in plans, errors and logs, and to every hop on the way")
	}
	return ""
}
