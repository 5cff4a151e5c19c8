package files

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/mitoplan/mitoplan/internal/tree"
)

// Target is where a file is or would be made, as an absolute path: ~ is the home
// directory, and relative paths begin in Dir. Links of its directory are followed, and
// so is the file itself if it is one, so that two paths of one file have one target. A
// snapshot does not look at the disk, and follows none. Nothing is remembered.
func (r *Reader) Target(path string) (string, error) {
	at, err := r.absolute(path)
	if err != nil || r.snapshot {
		return at, err
	}
	return Real(at), nil
}

// Place is Target for a file that is to be put there. It is refused if what is there now is no
// file: a link, which may lead anywhere, a directory, a device or a pipe.
func (r *Reader) Place(path string) (string, error) {
	at, err := r.absolute(path)
	if err != nil || r.snapshot {
		return at, err
	}
	at = RealPlace(at)
	if info, err := os.Lstat(at); err == nil {
		if why := NoPlace(info.Mode()); why != "" {
			return at, errors.New(at + " " + why)
		}
	}
	return at, nil
}

// NoPlace says why no file is put in the place of what is there, "" if that is a file.
func NoPlace(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "is a link, and where that leads can change. Name the file itself"
	case mode.IsDir():
		return "is a directory. Name a file in it, or another one"
	case !mode.IsRegular():
		return "is not a regular file, so it is not replaced. Name another one"
	}
	return ""
}

func (r *Reader) absolute(path string) (string, error) {
	key, err := r.key(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(r.onDisk(key))
}

// RealPlace is Real of the directory of a path: if the file itself is a link, that is not followed.
func RealPlace(path string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// Real is an absolute path without links: those of its directory, and that which the
// file itself may be. What is not there, or may not be looked at, stays as it is.
func Real(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return RealPlace(path)
}

// Reads reports whether the reader has read the file with that path, as Target returns
// it: a source, what is in one that is a directory and is not excluded, or what a function was asked
// for.
func (r *Reader) Reads(target string) bool {
	r.findTargets()
	return r.targets[target] || slices.ContainsFunc(r.trees, func(t targetTree) bool {
		rel, err := filepath.Rel(t.root, target)
		return err == nil && filepath.IsLocal(rel) && !t.exclude.Covers(filepath.ToSlash(rel), false)
	})
}

// targetTree is a directory that was read with all that is in it, but for what is excluded.
type targetTree struct {
	root    string
	exclude tree.Exclude
}

// Targets are the paths for which Reads is true, in no order.
func (r *Reader) Targets() []string {
	r.findTargets()
	return slices.Collect(maps.Keys(r.targets))
}

func (r *Reader) findTargets() {
	if n := len(r.sources) + len(r.large); r.targets == nil || n != r.targetsOf {
		r.targets, r.trees, r.targetsOf = map[string]bool{}, nil, n
		for key := range r.sources {
			r.addTarget(key)
		}
		for key := range r.large {
			r.addTarget(key)
		}
	}
}

// addTarget notes a name in Sources. That of a question is the path of no file.
func (r *Reader) addTarget(key string) {
	w, isWhole := listOf(key)
	if isWhole {
		key = w.key
	}
	at, err := r.Target(key)
	if err != nil {
		return
	}
	if r.targets[at] = true; !isWhole || w.archive {
		return
	}
	if exclude, err := tree.ParseExclude(w.exclude); err == nil {
		r.trees = append(r.trees, targetTree{at, exclude})
	}
}
