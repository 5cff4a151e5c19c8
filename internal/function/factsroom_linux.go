package function

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

const nonBlock = unix.O_NONBLOCK

// littleEndian is how this processor has numbers.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// room is how many bytes a file system has, and how many of them an ordinary user could still
// write; nil if it has none, as /proc.
func room(path string) (size, available *int64) {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil || st.Blocks == 0 {
		return nil, nil
	}
	all, left := int64(st.Blocks)*int64(st.Frsize), int64(st.Bavail)*int64(st.Frsize)
	return &all, &left
}
