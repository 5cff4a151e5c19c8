package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Catalogue lists the kinds that a configuration may name: of contexts, of
// resources, and functions for calls. The program makes one from its lists of
// kinds (internal/catalogue), tests make their own with NewCatalogue. Load takes
// it to check blocks against the kinds' schemas; the Config keeps it. A Catalogue
// is never changed after it was made, so that many Configs may share it.
type Catalogue struct {
	Contexts, Resources, Functions map[string]*kind.Kind
}

// NewCatalogue is a catalogue of these kinds.
func NewCatalogue(kinds []kind.Kind) Catalogue {
	c := Catalogue{Contexts: map[string]*kind.Kind{}, Resources: map[string]*kind.Kind{}, Functions: map[string]*kind.Kind{}}
	for _, k := range kinds {
		c.byRole(k.Role)[k.Name] = &k
	}
	return c
}

func (c *Catalogue) byRole(r kind.Role) map[string]*kind.Kind {
	switch r {
	case kind.RoleContext:
		return c.Contexts
	case kind.RoleResource:
		return c.Resources
	}
	return c.Functions
}

// Config is the configuration of one directory. Load and LoadSources make it; if
// their diagnostics have no errors, it is checked as far as possible without
// variables and hosts. The planner expands its blocks and evaluates them in Scopes
// made by NewScope. After loading only Sources changes, when functions read files.
// A Config and its Scopes belong to one goroutine. It holds no open files and
// needs no Close.
type Config struct {
	// Dir is the directory as it was given to Load.
	Dir string
	// Sources is every file that was read, by path relative to Dir (absolute
	// if it lies outside of Dir), and what functions asked of the disk. Of sources
	// that are too long for that, LargeSources has the names.
	Sources map[string][]byte
	// Files are the parsed files, for hcl.NewDiagnosticTextWriter.
	Files map[string]*hcl.File
	// Settings are those of the mitoplan block, or the defaults.
	Settings  Settings
	Variables map[string]*Variable
	Locals    map[string]*Local
	Outputs   map[string]*Output
	// Contexts, Resources and Calls are in source order: files by name, then
	// by position.
	Contexts, Resources, Calls []*Block

	catalogue Catalogue
	byAddress map[string]*Block
	files     *files.Reader
	unquoted  []string // see Unquoted
	// compiled is what each expression of the configuration refers to.
	compiled map[hcl.Expression]*compiled
	// dependents are, for each address, the addresses of the locals that refer
	// to it.
	dependents map[string][]string
}

// Block returns the block of that address, e.g. "file.motd", or nil.
func (c *Config) Block(address string) *Block { return c.byAddress[address] }

// ResourceKind returns a kind of resource, or nil.
func (c *Config) ResourceKind(name string) *kind.Kind { return c.catalogue.Resources[name] }

// roles says what the first label of a block names.
var roles = map[BlockType]kind.Role{ContextBlock: kind.RoleContext, ResourceBlock: kind.RoleResource, CallBlock: kind.RoleFunction}

func (c *Catalogue) kinds(t BlockType) map[string]*kind.Kind { return c.byRole(roles[t]) }
