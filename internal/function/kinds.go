package function

import "github.com/mitoplan/mitoplan/internal/kind"

// kinds returns all functions, without their schemas: a function that is called is found
// by its name. A new function is one line here and a file of its own that makes the
// definition.
func kinds() []kind.Kind {
	return []kind.Kind{
		commandKind(),
		statKind(),
		readFileKind(),
		hostnameKind(),
		listDirKind(),
		globKind(),
		findKind(),
		checksumKind(),
		portKind(),
		assertKind(),
		factsKind(),
		waitForKind(),
		processKind(),
		scriptKind(),
		envKind(),
		tempfileKind(),
		dnsKind(),
		logKind(),
		sleepKind(),
		pingKind(),
		timeKind(),
		httpKind(),
		fetchKind(),
	}
}

// Kinds returns the definitions of all functions.
func Kinds() []kind.Kind { return kind.WithSchemas(kinds()) }

// lookup returns the definition of the function with a name, without its schemas.
func lookup(name string) (kind.Kind, bool) { return kind.Find(kinds(), name) }

// Partner is the partner of the function with a name; see kind.Kind.Partner.
func Partner(name string) string {
	k, _ := lookup(name)
	return k.Partner
}
