package system

import "github.com/mitoplan/mitoplan/internal/kind"

// Kinds returns the kinds of this family, all of which only the full edition of the agent has. A
// new one is one line here and a file of its own that makes the definition.
func Kinds() []kind.Kind {
	return []kind.Kind{
		cronKind(),
		sysctlKind(),
		hostsEntryKind(),
		mountKind(),
		swapKind(),
		hostnameKind(),
		timezoneKind(),
		kernelModuleKind(),
		alternativesKind(),
		localeKind(),
	}
}
