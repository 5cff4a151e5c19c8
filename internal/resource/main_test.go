package resource_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

func TestMain(m *testing.M) {
	resource.LookupKind = kinds.Lookup
	goleak.VerifyTestMain(m)
}
