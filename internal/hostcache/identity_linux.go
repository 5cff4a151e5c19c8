package hostcache

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Identify is the state that an open file is in. ok is false on a file system of which
// it is not known that every change sets the ctime, at once and by the clock of this
// machine: one of the network, of FUSE or of the kernel, an overlay, whose numbers of
// files and devices may change, and tmpfs, where writes through a mapping (mmap(2)) set
// no ctime.
func Identify(f *os.File) (id File, ok bool) {
	var on unix.Statfs_t
	if unix.Fstatfs(int(f.Fd()), &on) != nil {
		return File{}, false
	}
	switch int64(on.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC:
	default:
		return File{}, false
	}
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return File{}, false
	}
	return File{uint64(st.Dev), st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, true
}

// Watch makes the next write through a mapping of an open file set its ctime: the kernel
// notices such a write only where nothing waits to be written to the disk. It reports
// whether that worked.
func Watch(f *os.File) bool { return unix.Fdatasync(int(f.Fd())) == nil }

// bootID is another one after each start of the system: see random(4). It is empty if
// the system does not tell.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// changed is when the inode of a file was changed last.
func changed(st fs.FileInfo) time.Time {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return st.ModTime()
	}
	return time.Unix(sys.Ctim.Unix())
}
