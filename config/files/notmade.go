package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// NotMade says in words why the system made no file at a path of the controller, with
// what to do, as the end of a sentence. It names no part of the path.
func NotMade(path string, err error) string {
	switch info, above := os.Stat(filepath.Dir(path)); {
	case errors.Is(err, fs.ErrNotExist) && above == nil && info.IsDir():
		return "no files can be made in its directory, which is the kernel's. Name another file"
	case errors.Is(err, fs.ErrNotExist):
		return "its directory does not exist. Make it first"
	case errors.Is(err, syscall.ENOTDIR):
		return "its directory is, or would be in, a file. Name another file"
	case errors.Is(err, syscall.EISDIR):
		return "it is a directory. Name a file in it, or another one"
	case errors.Is(err, syscall.EROFS):
		return "its file system is mounted read-only. Mount it for writing, or name another file"
	case errors.Is(err, fs.ErrPermission) && os.Geteuid() == 0:
		return "not even root may make files in its directory. Name another file"
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("user %d may not make files in its directory. Allow it, or name another file", os.Geteuid())
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Sprintf("%v. Free some space, or name another file", Cause(err))
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "its name is too long. Name another file"
	}
	return Cause(err).Error()
}
