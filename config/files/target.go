package files

import (
	"path/filepath"
)

// Target is where a file is or would be made, as an absolute path: ~ is the home
// directory, and relative paths begin in Dir. Links of its directory are followed, and
// so is the file itself if it is one, so that two paths of one file have one target. A
// snapshot does not look at the disk, and follows none. Nothing is remembered.
func (r *Reader) Target(path string) (string, error) {
	key, err := r.key(path)
	if err != nil {
		return "", err
	}
	at, err := filepath.Abs(r.onDisk(key))
	if err != nil || r.snapshot {
		return at, err
	}
	if real, err := filepath.EvalSymlinks(at); err == nil {
		return real, nil
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(at)); err == nil {
		return filepath.Join(dir, filepath.Base(at)), nil
	}
	return at, nil
}
