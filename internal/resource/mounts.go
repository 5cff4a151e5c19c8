package resource

import (
	"bufio"
	"io"
	"os"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// mountsFile lists what is mounted for this process: proc_pid_mountinfo(5).
const mountsFile = "/proc/self/mountinfo"

// mountPoint is a place where something is mounted, and the number of the mount.
type mountPoint struct {
	id   uint64
	path string
}

// mountsBelow returns the mount points below a resolved directory, as mountinfo names
// them. Device numbers would not tell: files and directories of an overlay have
// different ones, a bind mount of the same file system has the same one, and each
// subvolume of btrfs has its own although nothing is mounted there.
func mountsBelow(mountinfo io.Reader, dir string) ([]mountPoint, error) {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	var out []mountPoint
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		if m, ok := filesystem.ParseMount(lines.Text()); ok && strings.HasPrefix(m.Path, prefix) {
			out = append(out, mountPoint{m.ID, m.Path})
		}
	}
	return out, lines.Err()
}

// mountedIn returns a place below a directory where something is mounted, or "". It is
// an error if the system has no list of mounts.
func (m *Machine) mountedIn(dir string) (string, error) {
	points, err := m.mountsBelow(dir)
	for _, at := range points {
		if at.reached() {
			return at.path, nil
		}
	}
	return "", err
}

func (m *Machine) mountsBelow(dir string) ([]mountPoint, error) {
	f, err := m.openMounts()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return mountsBelow(f, dir)
}

// openMounts opens the list of what is mounted.
func (m *Machine) openMounts() (*os.File, error) {
	if m.opts.Mounts == "" {
		return os.Open(mountsFile)
	}
	return os.Open(m.opts.Mounts)
}

// mounts returns what is mounted.
func (m *Machine) mounts() ([]filesystem.Mount, error) {
	f, err := m.openMounts()
	if err != nil {
		return nil, explain("read", mountsFile, err)
	}
	defer f.Close()
	var out []filesystem.Mount
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if is, ok := filesystem.ParseMount(lines.Text()); ok {
			out = append(out, is)
		}
	}
	return out, explain("read", mountsFile, lines.Err())
}

// unmounted returns the problem that something is mounted below a directory, or nil.
// On a system without a list of mounts, the removal itself finds out.
func (m *Machine) unmounted(dir string) error {
	at, err := m.mountedIn(dir)
	if err != nil || at == "" {
		return nil
	}
	return mountedProblem(dir, at)
}

func mountedProblem(dir, at string) error {
	return kind.NewProblem("path", kind.CodeBusy, "Something is mounted in the directory",
		"Something is mounted at %s, which is in %s. Removing the directory would remove what is mounted there, too. Unmount it first: umount %s.", at, path.Clean(dir), ShellQuote(at))
}
