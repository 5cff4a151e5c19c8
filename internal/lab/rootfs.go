//go:build linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// shared are the top directories of the machine that a host sees, too. Everything else
// at the top is hidden, so a host has neither the files of the tests nor the toolchain.
var shared = []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "var"}

// mountRoot gives the calling thread, in a mount namespace of its own, the
// host's root: the machine's own files below, the host's in memory above.
func (h *host) mountRoot() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	top := filepath.Join(h.lab.dir, "mnt")
	if err := unix.Mount("lab", top, "tmpfs", 0, "mode=755,size=512m"); err != nil {
		return fmt.Errorf("mounting memory for the host's files: %w", err)
	}
	r := rootMaker{upper: top + "/upper", work: top + "/work", root: top + "/root"}
	for _, d := range []string{r.upper, r.work, r.root} {
		r.mkdir(d, 0o755)
	}
	r.hide()
	r.files(h)
	r.mount()
	r.devices()
	if h.lab.disk != "" {
		r.disk(filepath.Join(h.lab.disk, h.name()))
	}
	r.pivot()
	return r.err
}

// rootMaker makes one root; after the first error it does nothing.
type rootMaker struct {
	upper, work, root string
	err               error
}

func (r *rootMaker) do(what string, f func() error) {
	if r.err != nil {
		return
	}
	if err := f(); err != nil {
		r.err = fmt.Errorf("%s: %w", what, err)
	}
}

func (r *rootMaker) mkdir(path string, mode os.FileMode) {
	r.do("making a directory", func() error {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		return os.Chmod(path, mode)
	})
}

// empty makes a directory of the host that shows nothing of the machine's.
func (r *rootMaker) empty(path string, mode os.FileMode) {
	r.mkdir(r.upper+path, mode)
	r.do("emptying "+path, func() error {
		return unix.Setxattr(r.upper+path, "trusted.overlay.opaque", []byte("y"), 0)
	})
}

// hide hides the machine's private directories.
func (r *rootMaker) hide() {
	for _, d := range []string{"/home", "/mnt", "/media", "/srv", "/opt", "/proc", "/sys", "/dev", "/run", "/var/log", "/etc/sudoers.d"} {
		r.empty(d, 0o755)
	}
	r.empty("/root", 0o700)
	r.empty("/tmp", 0o1777|os.ModeSticky)
	r.empty("/var/tmp", 0o777|os.ModeSticky)
	entries, err := os.ReadDir("/")
	r.do("reading /", func() error { return err })
	for _, e := range entries {
		if _, err := os.Lstat(r.upper + "/" + e.Name()); err != nil && !slices.Contains(shared, e.Name()) {
			r.whiteout("/" + e.Name())
		}
	}
	for _, d := range ownDirectories() {
		r.whiteout(d)
	}
}

// whiteout hides one path.
func (r *rootMaker) whiteout(path string) {
	r.mkdir(filepath.Dir(r.upper+path), 0o755)
	r.do("hiding "+path, func() error { return unix.Mknod(r.upper+path, unix.S_IFCHR, 0) })
}

// ownDirectories returns the directories of the tests themselves that lie in a shared one.
func ownDirectories() []string {
	var own []string
	cwd, _ := os.Getwd()
	for _, d := range []string{moduleRoot(cwd), os.Getenv("GOPATH"), os.Getenv("GOCACHE"), os.Getenv("GOMODCACHE")} {
		first, rest, _ := strings.Cut(strings.TrimPrefix(d, "/"), "/")
		if rest != "" && slices.Contains(shared, first) && !slices.Contains(own, d) {
			own = append(own, d)
		}
	}
	return own
}

func moduleRoot(dir string) string {
	for d := dir; d != "/" && d != "."; d = filepath.Dir(d) {
		if _, err := os.Stat(d + "/go.mod"); err == nil {
			return d
		}
	}
	return dir
}

func (r *rootMaker) mount() {
	r.do("mounting the host's root", func() error {
		return unix.Mount("lab", r.root, "overlay", 0, fmt.Sprintf("lowerdir=/,upperdir=%s,workdir=%s", r.upper, r.work))
	})
	r.mountAt("/sys", "sysfs", unix.MS_RDONLY, "")
	r.mountAt("/dev", "tmpfs", unix.MS_NOSUID, "mode=755,size=64k")
	r.mountAt("/dev/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777,size=64m")
	r.mountAt("/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5")
}

func (r *rootMaker) mountAt(path, fstype string, flags uintptr, data string) {
	r.mkdir(r.root+path, 0o755)
	r.do("mounting "+path, func() error { return unix.Mount("lab", r.root+path, fstype, flags, data) })
}

// disk shows a new directory of the machine as Disk.
func (r *rootMaker) disk(dir string) {
	r.mkdir(dir, 0o777|os.ModeSticky)
	r.mkdir(r.root+Disk, 0o755)
	r.do("mounting "+Disk, func() error { return unix.Mount(dir, r.root+Disk, "", unix.MS_BIND, "") })
}

// devices fills /dev with what every host has.
func (r *rootMaker) devices() {
	for _, d := range []struct {
		name         string
		major, minor uint32
	}{{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}} {
		path := r.root + "/dev/" + d.name
		r.do("making /dev/"+d.name, func() error {
			if err := unix.Mknod(path, unix.S_IFCHR, int(unix.Mkdev(d.major, d.minor))); err != nil {
				return err
			}
			return os.Chmod(path, 0o666)
		})
	}
	for name, target := range map[string]string{"ptmx": "pts/ptmx", "fd": "/proc/self/fd",
		"stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		r.do("making /dev/"+name, func() error { return os.Symlink(target, r.root+"/dev/"+name) })
	}
}

// pivot makes the new root the root of the calling thread and unmounts that of the
// machine.
func (r *rootMaker) pivot() {
	r.do("changing the root", func() error {
		if err := unix.Chdir(r.root); err != nil {
			return err
		}
		if err := unix.PivotRoot(".", "."); err != nil {
			return err
		}
		if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
			return err
		}
		return unix.Chdir("/")
	})
}
