//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// podmanFiles are what podman and runc need to be told in a host: files in memory are no
// overlay's, there is no systemd, and limits above those of the machine cannot be set.
var podmanFiles = map[string]string{
	"/etc/containers/storage.conf": "[storage]\ndriver = \"vfs\"\nrunroot = \"/run/containers/storage\"\ngraphroot = \"/var/lib/containers/storage\"\n",
	"/etc/containers/containers.conf": `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "none"
`,
}

// PodmanAvailable returns why this machine cannot run containers in a lab, or nil if it
// can. It starts none.
func PodmanAvailable() error {
	for _, program := range []string{"podman", "runc", "conmon", "busybox"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing (Debian package %s)", program, program)
		}
	}
	_, err := cgroups()
	return err
}

// StartContainer starts a container of that name on host i, of podman and runc, whose root
// has busybox and nothing else. It ends with the host. It skips the test if the machine
// cannot run one; see PodmanAvailable.
func (l *Lab) StartContainer(i int, name string) {
	l.t.Helper()
	if err := PodmanAvailable(); err != nil {
		l.t.Skipf("no containers: %v", err)
	}
	l.mountCgroups(i)
	l.Exec(i, "mkdir", "-p", "/etc/containers", "/var/lib/containers")
	for path, content := range podmanFiles {
		l.WriteFile(i, path, content, 0o644)
	}
	root := "/srv/" + name
	l.BusyboxRoot(i, root)
	l.Exec(i, "podman", "run", "-d", "--name", name, "--network", "none", "--cgroup-parent", "/"+l.cgroup(),
		"--rootfs", root, "sleep", "1000000")
}

// cgroup is the cgroup of all containers of the lab, below the root of each hierarchy.
func (l *Lab) cgroup() string { return fmt.Sprintf("mitoplan-lab-%d", l.id.n) }

// cgroups are the mount options of the machine's hierarchies of version 1, or none if it
// has version 2 alone.
func cgroups() ([]string, error) {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("the kernel has no cgroups: %w", err)
	}
	var all []string
	for line := range strings.Lines(string(b)) {
		if f := strings.SplitN(strings.TrimSpace(line), ":", 3); len(f) == 3 && f[1] != "" {
			all = append(all, f[1])
		}
	}
	slices.Sort(all)
	return all, nil
}

// mountCgroups shows the hierarchies of the machine on host i, once.
func (l *Lab) mountCgroups(i int) {
	l.t.Helper()
	all, err := cgroups()
	l.check(err)
	script := `grep -q " /sys/fs/cgroup " /proc/self/mounts && exit
set -e
if [ $# = 0 ]; then exec mount -t cgroup2 cgroup /sys/fs/cgroup; fi
mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
for h; do
	d=/sys/fs/cgroup/${h#name=}
	mkdir -p "$d"
	mount -t cgroup -o "$h" cgroup "$d"
done`
	l.Exec(i, append([]string{"sh", "-c", script, "sh"}, all...)...)
}

// removeCgroups removes what containers left in the hierarchies of the machine that were
// in this lab, or in one of its number that was killed.
func (l *Lab) removeCgroups() error {
	var errs []error
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		found, _ := filepath.Glob(pattern + l.cgroup())
		for _, top := range found {
			errs = append(errs, removeCgroup(top))
		}
	}
	return errors.Join(errs...)
}

// removeCgroup removes a cgroup and all below it. Only directories can be removed there.
func removeCgroup(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeCgroup(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}
