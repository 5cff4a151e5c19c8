package resource

import (
	"os"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// refused says why a change at a resolved path would be refused.
func (m *Machine) refused(p string, inDirectory bool) error {
	dir := path.Dir(p)
	if immutable(p) {
		return immutableProblem(p)
	}
	if !inDirectory {
		return nil
	}
	if err := m.replaceable(p); err != nil {
		return err
	}
	if immutable(dir) {
		return immutableProblem(dir)
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return explain("change", p, &os.PathError{Op: filesystem.WriteIn, Path: dir, Err: err})
	}
	if filesystem.KeptByOwner(p) {
		return explain("change", p, &os.PathError{Op: filesystem.WriteIn, Path: dir, Err: unix.EPERM})
	}
	return nil
}

// replaceable returns why what is at a path can be neither replaced nor removed, or
// nil.
func (m *Machine) replaceable(p string) error {
	e, err := m.lstat(p)
	if err != nil || e.Type == TypeLink {
		return nil // What looks at the path says what is wrong with it.
	}
	if fsname := kernelFS(p); fsname != "" && e.Type != TypeDirectory {
		return kernelProblem(p, fsname, e.Type)
	}
	if e.Type == TypeAbsent || !m.isMountPoint(p) {
		return nil
	}
	if e.Type == TypeDirectory {
		return kind.NewProblem("path", kind.CodeBusy, "The directory is a mount point",
			"Something is mounted at %s, so it cannot be removed. Unmount it first: umount %s.", p, ShellQuote(p))
	}
	mounted := func(advice kind.Rule) *kind.Problem {
		return kind.NewProblem("path", kind.CodeBusy, "The file is mounted by itself",
			"%s is a mount point, as /etc/hosts and /etc/resolv.conf are in containers. It can be neither removed nor replaced. %s, or change the file that is mounted there.", p, advice)
	}
	return mounted("Unmount it first").With("in_place", mounted("Set in_place to true to write into it"))
}

// kernelProblem says that files of the kernel come and go with what they stand
// for.
func kernelProblem(p, fsname string, typ EntryType) error {
	if typ == TypeAbsent {
		return kind.NewProblem("path", kind.CodeKernelFile, "No file can be made there",
			"%s would be on %s, where only the kernel makes files. A module that makes the file may have to be loaded, or the name is wrong.", p, fsname)
	}
	owned := func(advice kind.Rule) *kind.Problem {
		return kind.NewProblem("path", kind.CodeKernelFile, "A file of the kernel cannot be replaced",
			"%s is on %s, whose files belong to the kernel. It can be neither removed nor replaced. %s.", p, fsname, advice)
	}
	return owned("Name another path").With("in_place", owned("Set in_place to true to write into it"))
}

// isMountPoint reports whether something is mounted at a path itself.
func (m *Machine) isMountPoint(p string) bool {
	if is, known := isMountRoot(p); known {
		return is
	}
	points, _ := m.mountsBelow(path.Dir(p))
	return slices.ContainsFunc(points, func(at mountPoint) bool { return at.path == p })
}

func immutableProblem(p string) error {
	return kind.NewProblem("path", kind.CodeImmutable, "The file is immutable",
		"%s has the immutable or append-only attribute. Remove the attribute with chattr -i or -a, or remove the block.", p)
}
