package system

import (
	"context"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// fstabFile lists what is mounted, and swapped to, when a machine starts.
const fstabFile = "/etc/fstab"

// ofFstab has a change of the file be one of what a line of it is about, at a path.
func ofFstab(c *resource.Change, at kind.Text) {
	if c.Op == resource.Create {
		asExisting(c)
		c.Before["content"] = resource.ContentOf(nil)
	}
	for _, side := range []map[string]any{c.Before, c.After} {
		if side != nil {
			side["path"] = at
		}
	}
	for k := range c.Warnings {
		if c.Warnings[k].Attr == "path" {
			c.Warnings[k].Attr = "fstab"
		}
	}
}

// reloadUnits has systemd make its units of /etc/fstab anew, where it runs.
func reloadUnits(ctx context.Context, h resource.Host, fstab kind.Text) error {
	is, err := h.Lstat("/run/systemd/system")
	if err != nil || is.Type != resource.TypeDirectory || fstab != fstabFile || !h.HasProgram("systemctl") {
		return err
	}
	return h.Run(ctx, resource.Tool{Argv: []string{"systemctl", "daemon-reload"}})
}

// exchangeable is the first directory above a path, from below, in which others than root may put
// something else in the place of what leads there; "" if there is none.
func exchangeable(h resource.Host, at string) (dir string, is resource.Entry, err error) {
	const others, sticky = 0o022, 0o1000
	below, err := h.Lstat(at)
	for err == nil && at != "/" {
		dir = path.Dir(at)
		if is, err = h.Lstat(dir); err != nil {
			break
		}
		kept := is.Mode&others == 0 || is.Mode&sticky != 0 && below.Owner.ID == 0
		if is.Type == resource.TypeDirectory && (is.Owner.ID != 0 || !kept) {
			return dir, is, nil
		}
		at, below = dir, is
	}
	return "", is, err
}

// childOf is what of a path is in a directory above it.
func childOf(dir, at string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(at, dir), "/"), "/")
	return path.Join(dir, name)
}
