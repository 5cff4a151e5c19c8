package system

import "github.com/mitoplan/mitoplan/internal/kind"

// Kinds returns the kinds of this family. A new one is one line here and a file of its own
// that makes the definition.
func Kinds() []kind.Kind {
	return []kind.Kind{
		sysctlKind(),
	}
}

// Rare returns the kinds of this family that only the full edition of the agent has.
func Rare() []kind.Kind {
	return []kind.Kind{
		cronKind(),
		hostsEntryKind(),
		mountKind(),
		hostnameKind(),
		timezoneKind(),
		kernelModuleKind(),
		alternativesKind(),
		localeKind(),
	}
}
