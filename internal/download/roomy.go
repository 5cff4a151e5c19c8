package download

import (
	"errors"
	"os"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// Roomy is a file that leaves some of its file system free, whatever a server sends. full is the
// error of a write that would not.
func Roomy(f *os.File, full func(filesystem.FullError) error) File {
	return &roomy{f, filesystem.Room{File: f, Space: filesystem.FreeSpace}, full}
}

type roomy struct {
	File
	room filesystem.Room
	full func(filesystem.FullError) error
}

func (r *roomy) Write(p []byte) (int, error) {
	if full := (filesystem.FullError{}); errors.As(r.room.Take(int64(len(p))), &full) {
		return 0, r.full(full)
	}
	return r.File.Write(p)
}
