package config

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Source reads the file that an argument of a block names, relative to the
// configuration's directory, and from the snapshot if there is one. Of a long one it
// has the name. The diagnostic of a file that cannot be read is at the argument.
func (c *Config) Source(b *Block, a kind.Attr, path string) (files.Source, hcl.Diagnostics) {
	content, err := c.files.Source(path)
	if err != nil {
		return files.Source{}, hcl.Diagnostics{unreadable(b, a.Name, err)}
	}
	return content, nil
}

// Tree reads the directory that an argument of a block names, as Source does a file: the list of
// what is in it, but for what is excluded, and the contents of its files. If the argument names an
// archive, so many parts are taken off the paths in it.
func (c *Config) Tree(b *Block, a kind.Attr, path string, exclude []string, strip int) (list []byte, contents files.Source, diags hcl.Diagnostics) {
	read := c.files.Tree
	if a.Strip != "" {
		read = func(path string, exclude []string) (files.Tree, error) { return c.files.Archive(path, exclude, strip) }
	}
	t, err := read(path, exclude)
	if err != nil {
		return nil, files.Source{}, hcl.Diagnostics{unreadable(b, a.Name, err)}
	}
	return t.Manifest, t.Contents, nil
}

// SourcePath is where a source of the controller really is.
func (c *Config) SourcePath(path string) (string, error) { return c.files.Target(path) }

func unreadable(b *Block, arg string, err error) *hcl.Diagnostic {
	summary := "Cannot read source"
	if arg != "source" {
		summary = "Cannot read input file"
	}
	what := "a file"
	switch a, ok := b.Def.Args.Attr(arg); {
	case ok && a.Strip != "":
		what = "an archive"
	case ok && a.Tree != "":
		what = "a directory"
	}
	return problem(summary, fmt.Sprintf("`%s` is %s of the machine that mitoplan runs on: %s.", arg, what, err), b.AttrRange(arg))
}

// SourceIsThere looks whether a large source that an argument of a block names is still
// there, as it was when it was named. A Config of LoadSources has not looked before.
func (c *Config) SourceIsThere(b *Block, arg string, sum [sha256.Size]byte) hcl.Diagnostics {
	path, open, ok := c.files.Open(sum)
	if !ok {
		return nil
	}
	in, err := open(0)
	if err != nil {
		return hcl.Diagnostics{unreadable(b, arg, fmt.Errorf("reading %s: %w", path, files.Cause(err)))}
	}
	in.Close()
	return nil
}

// NameSource is the name of a large source, by path as in Sources.
func (c *Config) NameSource(path string) (files.Large, error) {
	return c.files.Named(path)
}

// LargeSources are the names of the sources that are too long to be in Sources, by path
// as there.
func (c *Config) LargeSources() map[string]files.Large { return c.files.Large() }

// OnlyNamed are those LargeSources that no function has read as well, so that they are not
// in Sources.
func (c *Config) OnlyNamed() map[string]files.Large {
	out := c.LargeSources()
	for name := range c.Sources {
		delete(out, name)
	}
	return out
}

// HoldSources has a Config of LoadSources know the large sources of a plan file. Those
// that have an opener come from there, all others from the disk, where they have to be
// as they were.
func (c *Config) HoldSources(large map[string]files.Large, openers map[string]files.Opener) {
	c.files.Hold(large, openers)
}

// HoldLists has a Config of LoadSources know the lists of directories and archives that hold a
// secret, of a plan file.
func (c *Config) HoldLists(lists map[string][]byte) { c.files.HoldLists(lists) }

// WatchSources has f called while a large source is read to name it; see
// files.Reader.Watch.
func (c *Config) WatchSources(f func(path string, done, of int64) error) { c.files.Watch(f) }

// OpenSource finds a large source by its SHA-256; see files.Reader.Open.
func (c *Config) OpenSource(sum [sha256.Size]byte) (name string, open files.Opener, ok bool) {
	return c.files.Open(sum)
}

// missingSources looks for what a block that surely exists names in the configuration
// itself, as the function file does.
func (c *Config) missingSources(b *Block, s *Scope) (diags hcl.Diagnostics) {
	for _, a := range b.Def.Args.Attrs {
		if a.Sends != "" && b.Attrs[a.Name] != nil && (b.Enabled == nil || b.surelyEnabled(s)) {
			diags = append(diags, c.missingSource(b, a, s)...)
		}
	}
	return diags
}

func (c *Config) missingSource(b *Block, a kind.Attr, s *Scope) hcl.Diagnostics {
	path, ok := c.ownText(b, a, s)
	if !ok {
		return nil
	}
	look := c.files.Look
	switch {
	case a.Strip != "":
		look = c.files.LookArchive
	case a.Tree != "":
		look = c.files.LookTree
	}
	if err := look(path); err != nil {
		return hcl.Diagnostics{unreadable(b, a.Name, err)}
	}
	return nil
}

// ownText is the text of an argument, if the configuration itself says what it is and it
// is no secret.
func (c *Config) ownText(b *Block, a kind.Attr, s *Scope) (string, bool) {
	as, diags := b.Eval(s)
	if diags.HasErrors() {
		return "", false // it was told
	}
	wire, _, sensitive, err := as.ToWire()
	text, ok := textOf(wire[a.Name])
	return text, ok && err == nil && !slices.Contains(sensitive, a.Name)
}
