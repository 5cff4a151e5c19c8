// Package filesystem tells in words for people what the system says of a path:
// what is there, where it leads, what is wrong with a name, and why something failed.
// Resources and functions go the same ways and say it alike.
//
// It looks at paths and changes nothing. Read the files in this order:
//
//	explain.go        why something failed
//	denied.go         what was not permitted, and who could do it
//	links.go opendir_linux.go opendir_other.go
//	                  where a path leads, and how to be led nowhere else
//	mounts.go         what is mounted
//	room.go freespace_unix.go freespace_other.go
//	                  how much of a file system has to stay free
//	path.go           what is wrong with a path before any host is asked
//	type.go           what sort of thing is at a path
package filesystem

import "golang.org/x/sys/unix"

// Type is what is at a path, such as a file or a directory. Its text is the result type
// of the function stat.
type Type string

// The types. Other is a type that no current system has.
const (
	Plain     Type = "file"
	Directory Type = "directory"
	Link      Type = "link"
	Pipe      Type = "fifo"
	Socket    Type = "socket"
	Block     Type = "block"
	Char      Type = "char"
	Other     Type = "other"
)

// TypeOf returns the type that st_mode of stat(2) stands for.
func TypeOf(mode uint32) Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Plain
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Link
	case unix.S_IFIFO:
		return Pipe
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFBLK:
		return Block
	case unix.S_IFCHR:
		return Char
	}
	return Other
}

// Noun returns the word for the type, as it is used in a sentence after "a".
func (t Type) Noun() string {
	switch t {
	case Pipe:
		return "pipe"
	case Block:
		return "block device"
	case Char:
		return "character device"
	case Other:
		return "special file"
	}
	return string(t)
}
