//go:build !mitoplan_usual

package kinds

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/documents"
	"github.com/mitoplan/mitoplan/internal/resource/files"
	"github.com/mitoplan/mitoplan/internal/resource/system"
)

// rare returns the kinds that only the full edition of the agent has: those that few need or
// that bring much along. A context gets that edition if a plan names one of them there. Every
// other program has them, too.
func rare() []kind.Kind { return slices.Concat(files.Rare(), system.Kinds(), documents.Kinds()) }
