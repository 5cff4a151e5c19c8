// Package config reads a folder of HCL into blocks with source ranges, and
// evaluates their expressions.
//
// It is the only package that knows HCL's parser. It reads files and nothing
// else: it never talks to a host, never writes, and keeps no clock. What kinds
// exist is told to it by a Catalogue. Every file that it reads, also through
// functions such as file(), is kept in Config.Sources, from which LoadSources
// makes the same Config again without the disk.
//
// Start reading at Load, then Block.Eval and Scope.
package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Catalogue is what may be named in a configuration, by name.
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

// Config is one folder of configuration, checked as far as that goes without
// variables and hosts. Loading makes it; after that only Sources changes, as
// functions read files. A Config and its Scopes belong to one goroutine.
type Config struct {
	// Dir is the folder.
	Dir string
	// Sources is every file that was read, by path relative to Dir (absolute
	// where it lies outside of it).
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
	// compiled are the expressions of the configuration.
	compiled map[hcl.Expression]*compiled
	// dependents names, for each address, the locals that refer to it.
	dependents map[string][]string
}

// Block returns the block of that address, e.g. "file.motd", or nil.
func (c *Config) Block(address string) *Block { return c.byAddress[address] }

// ResourceKind returns a kind of resource, or nil.
func (c *Config) ResourceKind(name string) *kind.Kind { return c.catalogue.Resources[name] }
