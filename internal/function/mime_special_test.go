package function

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Something that is not a regular file has the media type that file(1) prints.
func TestSpecialFiles(t *testing.T) {
	for mode, want := range map[uint32]string{
		unix.S_IFDIR: "inode/directory", unix.S_IFLNK: "inode/symlink", unix.S_IFIFO: "inode/fifo", unix.S_IFSOCK: "inode/socket",
		unix.S_IFBLK: "inode/blockdevice", unix.S_IFCHR: "inode/chardevice", unix.S_IFREG: "",
	} {
		if got := mimeOfSpecial(mode | 0o644); got != want {
			t.Errorf("%o is %q, want %q", mode, got, want)
		}
	}
}
