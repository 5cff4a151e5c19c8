package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// SavePath is where on the controller a result is saved: the value of an argument with
// the option saves, as an absolute path. Relative paths begin in the directory of the
// configuration. It is looked up and not written. A hidden path is not quoted.
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
	at, err := c.files.Target(path)
	if err != nil {
		return bad(err.Error())
	}
	return at, nil
}
