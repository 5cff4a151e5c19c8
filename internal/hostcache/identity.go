package hostcache

import "time"

// File tells one state of a file from all others, as long as the machine is up: whatever
// changes what a file holds sets its ctime, and no program can set that to a value of its
// choice.
type File struct {
	Dev, Ino uint64
	Size     int64
	// Mtime and Ctime are in nanoseconds since 1970.
	Mtime, Ctime int64
}

// settleTime is how long a file must not have changed before it is told apart by its
// ctime, which some file systems know to the second only.
const settleTime = 2 * time.Second

// settled reports whether a change of the file from now on would give it another ctime.
// It is not if the ctime lies ahead: the clock was set back.
func (f File) settled(now time.Time) bool {
	return now.UnixNano()-f.Ctime >= int64(settleTime)
}
