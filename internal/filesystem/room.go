package filesystem

import "os"

// How much of a file system is left free by what others send. Whatever is smaller counts: the
// part, as 1/keptFree, or the bytes. It is looked at whenever so many bytes have come, or half of
// those that there was room for.
const (
	keptFree     = 20
	mostKeptFree = 1 << 30
	lookEvery    = 4 << 20
)

// Room leaves some of a file system free, whatever others send into a file of it. Others that
// write there, too, count, as it looks at what is free.
type Room struct {
	File *os.File
	// Space is FreeSpace but in tests.
	Space func(*os.File) (size, free int64, ok bool)

	came int64 // bytes since it was looked at
	room int64 // bytes that may come until it is looked at again
}

// FullError is that too little would stay free.
type FullError struct{ Free, Keep int64 }

func (FullError) Error() string { return "the file system is nearly full" }

// Take is asked before bytes are written. The error is a FullError.
func (r *Room) Take(bytes int64) error {
	if r.came+bytes < r.room {
		r.came += bytes
		return nil
	}
	r.came, r.room = bytes, lookEvery
	size, free, ok := r.Space(r.File)
	if !ok {
		return nil
	}
	keep := min(size/keptFree, mostKeptFree)
	r.room = min(lookEvery, (free-keep)/2)
	if free-bytes < keep {
		return FullError{free, keep}
	}
	return nil
}
