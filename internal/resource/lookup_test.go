package resource

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// LookupKind is kinds.Lookup. The tests of the package resource_test put it here, as they may
// import that package, which imports this one.
var LookupKind func(name string) (kind.Kind, bool)

// named returns a kind.
func named(t testing.TB, name string) *kind.Kind {
	t.Helper()
	k, ok := LookupKind(name)
	if !ok {
		t.Fatalf("there is no kind %s", name)
	}
	return &k
}
