package resource

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// move renames a directory to a path at which nothing is, in one step. Both directories
// that it changes are held open.
func (m *Machine) move(from, to string) error {
	return m.in(from, func(at anchored) error {
		return m.in(to, func(dest anchored) error {
			err := m.do("move", from, func() error { return renameNew(at.at, dest.at) })
			if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
				err = m.do("move", from, func() error { return os.Rename(at.at, dest.at) })
			}
			switch {
			case errors.Is(err, unix.EXDEV):
				return kind.NewProblem("path", kind.CodeOtherFileSystem, "It would have to be copied",
					"%s and %s are not on one file system, or something is mounted in between, so that one cannot be renamed to the other. Copy what is there by hand, and look that all of it has arrived.", from, to)
			case err != nil:
				return err
			}
			if err := m.syncDirectory(dest); err != nil {
				return err
			}
			return m.syncDirectory(at)
		})
	})
}
