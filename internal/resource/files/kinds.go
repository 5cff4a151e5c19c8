package files

import "github.com/mitoplan/mitoplan/internal/kind"

// Kinds returns the kinds of this family. A new one is one line here and a file of its own
// that makes the definition.
func Kinds() []kind.Kind {
	return []kind.Kind{
		fileKind(),
		sudoersKind(),
		downloadKind(),
		directoryKind(),
		lineKind(),
		blockKind(),
		iniKind(),
		replaceKind(),
		jsonKind(),
		linkKind(),
		authorizedKeyKind(),
		knownHostKind(),
		limitsKind(),
	}
}
