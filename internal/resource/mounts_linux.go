package resource

import (
	"path"

	"golang.org/x/sys/unix"
)

// statxFlags look at a thing itself, mount nothing to do so, and ask no server.
const statxFlags = unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT | unix.AT_STATX_DONT_SYNC

// isMountRoot reports whether something is mounted at a path, and whether the
// kernel can tell: from Linux 5.8 on.
func isMountRoot(p string) (is, known bool) {
	var st unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, p, statxFlags, 0, &st) != nil {
		return false, false
	}
	return mountRoot(&st)
}

func mountRoot(st *unix.Statx_t) (is, known bool) {
	return st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0, st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0
}

// isMountRoot is the same of what is held open.
func (n target) isMountRoot() (is, known bool) {
	var st unix.Statx_t
	if unix.Statx(int(n.f.Fd()), "", statxFlags|unix.AT_EMPTY_PATH, 0, &st) != nil {
		return false, false
	}
	return mountRoot(&st)
}

// reached reports whether the path of a mount leads to this mount, and not to a later
// one that covers it. If the kernel cannot tell, reached returns true.
func (p mountPoint) reached() bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, p.path, statxFlags, unix.STATX_MNT_ID, &st)
	return err != nil || st.Mask&unix.STATX_MNT_ID == 0 || st.Mnt_id == p.id
}

// kernelFileSystems contain no files of users. The kernel shows its own state in them.
// The numbers are those of statfs(2).
var kernelFileSystems = map[int64]string{
	unix.PROC_SUPER_MAGIC: "proc", unix.SYSFS_MAGIC: "sysfs", unix.DEBUGFS_MAGIC: "debugfs", unix.TRACEFS_MAGIC: "tracefs",
	unix.CGROUP_SUPER_MAGIC: "cgroup", unix.CGROUP2_SUPER_MAGIC: "cgroup2", unix.SECURITYFS_MAGIC: "securityfs",
	unix.SELINUX_MAGIC: "selinuxfs", unix.SMACK_MAGIC: "smackfs", unix.BINFMTFS_MAGIC: "binfmt_misc",
	unix.RDTGROUP_SUPER_MAGIC: "resctrl", configfsMagic: "configfs", fusectlMagic: "fusectl",
}

// Two that x/sys/unix has no name for; see linux/magic.h and fs/fuse/control.c.
const (
	configfsMagic = 0x62656570
	fusectlMagic  = 0x65735543
)

// kernelFS returns the name of the file system of a path if it belongs to the kernel,
// and "" otherwise. If nothing exists at the path, its directory counts.
func kernelFS(p string) string {
	var st unix.Statfs_t
	if unix.Statfs(p, &st) != nil && unix.Statfs(path.Dir(p), &st) != nil {
		return ""
	}
	return kernelFileSystems[int64(st.Type)]
}
