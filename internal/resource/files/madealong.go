package files

import (
	"errors"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// removeAbove removes directories that were made along, as long as they are empty.
func removeAbove(h resource.Host, gone []string) error {
	for _, dir := range gone {
		err := h.Remove(dir)
		if problem := (*kind.Problem)(nil); errors.As(err, &problem) && problem.Code == kind.CodeNotEmpty {
			return nil // Somebody has just put something in there.
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// madeAbove adds the directories that were made along, from the nearest on, as long as
// nothing else is in them.
func madeAbove(h resource.Host, kept resource.Kept, at string, gone []string) ([]string, error) {
	for dir := path.Dir(at); kept.Made(kind.PathThing(dir)); dir = path.Dir(dir) {
		is, err := h.Lstat(dir)
		if err != nil {
			return nil, err
		}
		if is.Type == resource.TypeAbsent {
			continue // Cut short there, or somebody removed it.
		}
		if is.Type != resource.TypeDirectory {
			break
		}
		names, err := h.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		child := ""
		if len(gone) > 0 {
			child = path.Base(gone[len(gone)-1])
		}
		if slices.ContainsFunc(names, func(n string) bool { return n != child && !resource.Leftover(n) }) {
			break
		}
		gone = append(gone, dir)
	}
	return gone, nil
}

// alongDelete says that a directory goes along.
func alongDelete(c *resource.Change, dir string) {
	if c.Along == nil {
		c.Along = &resource.Along{}
	}
	c.Along.Add(resource.AlongDelete(dir, resource.Entry{Type: resource.TypeDirectory}))
}
