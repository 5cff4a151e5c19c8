package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// SavePath is where on the controller a result is saved: the value of an argument with
// the option saves, as an absolute path. Relative paths begin in the directory of the
// configuration. It is looked up and not written, and refused if something that is no file is
// there. A hidden path is not quoted.
func (c *Config) SavePath(b *Block, a kind.Attr, path string, hidden bool) (string, hcl.Diagnostics) {
	bad := func(why string) (string, hcl.Diagnostics) {
		if hidden {
			why = "the path, which is sensitive, cannot be used"
		}
		return "", hcl.Diagnostics{problem("Cannot save there", fmt.Sprintf("`%s` is a file of the machine that mitoplan runs on: %s.", a.Name, why), b.AttrRange(a.Name))}
	}
	if strings.HasSuffix(path, "/") {
		return bad(fmt.Sprintf("%q names a directory. Name the file itself", path))
	}
	at, err := c.files.Place(path)
	if err != nil {
		return bad(err.Error())
	}
	return at, nil
}

// Reserved says what a file of the controller is, by a path as SavePath returns it, that
// no result may be saved to: what a host sends would become a part of the configuration,
// or of what it reads. It is "" for any other file, as far as is known by now.
func (c *Config) Reserved(path string) string {
	if dir, err := c.files.Target("."); err == nil && filepath.Dir(path) == dir {
		switch name := filepath.Base(path); {
		case IsConfigFile(name):
			return "a file of this configuration"
		case isVariablesFile(name):
			return "a file with values of variables"
		}
	}
	if c.files.Reads(path) {
		return "a file that this configuration reads"
	}
	return ""
}

// OwnFiles are the files of the controller that Reserved speaks of, as far as they are there or
// were read by now.
func (c *Config) OwnFiles() []string {
	out := c.files.Targets()
	dir, err := c.files.Target(".")
	if err != nil {
		return out
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return out
	}
	for _, e := range names {
		if IsConfigFile(e.Name()) || isVariablesFile(e.Name()) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// ReservedSave is the problem of a result that would be saved to a file that mitoplan
// uses itself. what says which one that is.
func ReservedSave(b *Block, attr, path, what string, hidden bool) *hcl.Diagnostic {
	if hidden {
		path = "the path, which is sensitive,"
	}
	return problem("Cannot save there", fmt.Sprintf("`%s` is a file of the machine that mitoplan runs on: %s is %s, and what a host sends would take its place. Name another file.", attr, path, what), b.AttrRange(attr))
}

// badSaves looks where a block that surely exists saves a result, as far as the
// configuration itself says it.
func (c *Config) badSaves(b *Block, s *Scope) hcl.Diagnostics {
	i := slices.IndexFunc(b.Def.Args.Attrs, func(a kind.Attr) bool { return a.Saves != "" && b.Attrs[a.Name] != nil })
	if i < 0 || b.Enabled != nil && !b.surelyEnabled(s) {
		return nil
	}
	a := b.Def.Args.Attrs[i]
	path, ok := c.ownText(b, a, s)
	if !ok {
		return nil
	}
	at, diags := c.SavePath(b, a, path, false)
	if diags.HasErrors() {
		return diags
	}
	if what := c.Reserved(at); what != "" {
		return hcl.Diagnostics{ReservedSave(b, a.Name, at, what, false)}
	}
	return nil
}
