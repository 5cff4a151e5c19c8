package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// maxFile bounds how much of a state file is read, in bytes. The state of thousands
// of hosts has a few megabytes.
const maxFile = 1 << 30

// read returns the content of a file of the record, and its file information. A
// *ProblemError says what is in its place if that is no file.
func (st *Store) read(path string) ([]byte, fs.FileInfo, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() > maxFile {
		return nil, nil, &ProblemError{Path: path, Reason: fmt.Sprintf("is no record: it has %d bytes", info.Size())}
	}
	data := make([]byte, info.Size())
	n, err := f.ReadAt(data, 0)
	if n == len(data) {
		err = nil
	}
	return data[:n], info, err
}

// openRegular opens a file to read it. If there is something else in its place, it
// returns a *ProblemError. It never waits, as opening a named pipe would.
func openRegular(path string) (*os.File, error) {
	if err := checkRegular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	return f, inaccessible("read", path, err)
}

// checkRegular returns nil if a path is a regular file. The error is an
// fs.ErrNotExist if nothing is there, and otherwise a *ProblemError without a hint
// that says what is there.
func checkRegular(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if to, err := os.Readlink(path); err == nil {
			return &ProblemError{Path: path, Reason: "is a link to " + to + ", which does not exist"}
		}
		return err
	}
	if err != nil {
		return inaccessible("read", path, err)
	}
	if !info.Mode().IsRegular() {
		return &ProblemError{Path: path, Reason: "is " + fileType(info) + ", and should be a file"}
	}
	return nil
}

// hintMoveAway adds a hint to a *ProblemError that has none: to move the file out
// of the way. It is only for files whose content nobody needs.
func hintMoveAway(err error) error {
	var p *ProblemError
	if errors.As(err, &p) && p.Hint == "" {
		p.Hint = fmt.Sprintf("Move it away:\n    mv %s %s\nNothing in it is used.", ShellPath(p.Path), ShellPath(p.Path+".moved"))
	}
	return err
}

func fileType(info fs.FileInfo) string {
	switch {
	case info.IsDir():
		return "a directory"
	case info.Mode()&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case info.Mode()&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Ready returns an error if an apply could not write the record, so that it can
// fail before anything is planned or asked. The caller holds the lock. Ready writes
// as many bytes into the directory as a save will need, and removes them again.
func (st *Store) Ready() error {
	need := int64(1 << 16)
	for _, path := range []string{st.path, st.BackupPath(), st.journalPath()} {
		if err := checkRegular(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return hintMoveAway(err)
		}
		if info, err := os.Stat(path); err == nil {
			need += 2 * info.Size()
		}
	}
	path := st.target(st.path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return inaccessible("write", path, err)
	}
	return inaccessible("write", path, tryWrite(filepath.Dir(path), min(need, maxProbe)))
}

// maxProbe bounds what Ready writes, in bytes.
const maxProbe = 64 << 20

func tryWrite(dir string, size int64) (err error) {
	f, err := os.CreateTemp(dir, probePrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, 1<<16)
	for size > 0 {
		n, err := f.Write(block[:min(size, int64(len(block)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return f.Sync()
}

// probePrefix begins the names of files that Ready writes.
const probePrefix = ".probe-"

// elsewhere ends a hint.
const elsewhere = " the record elsewhere: state \"local\" { path = … } in the block mitoplan."

// inaccessible turns an error of the system into a *ProblemError that a person can
// act on. do is "read" or "write". It returns err itself if that is nil, a *ProblemError
// already or, while reading, an fs.ErrNotExist.
func inaccessible(do, path string, err error) error {
	var explained *ProblemError
	if err == nil || do == "read" && errors.Is(err, fs.ErrNotExist) || errors.As(err, &explained) {
		return err
	}
	p := &ProblemError{Path: path, Reason: fmt.Sprintf("cannot be %s: %s", map[string]string{"read": "read", "write": "written"}[do], cause(err))}
	switch {
	case errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EEXIST):
		p.Reason, p.Hint = inTheWay(path), fmt.Sprintf("A directory has to be there, for the record. Move it away:\n    mv %[1]s %[1]s.moved\nNothing in it is used.", ShellPath(fileAbove(path)))
	case errors.Is(err, syscall.EROFS):
		p.Hint = "The file system is mounted read-only. Make it writable, or keep" + elsewhere
	case errors.Is(err, fs.ErrNotExist):
		p.Reason, p.Hint = "cannot be written: no files can be made in its directory, which is the kernel's", "Keep"+elsewhere
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		p.Hint = "Free space there: without it, what an apply did could not be recorded."
	case errors.Is(err, fs.ErrPermission):
		if p.Hint = ownedByOther(path); do == "write" {
			p.Hint = strings.TrimSpace(p.Hint + " Or keep" + elsewhere)
		}
	}
	return p
}

// cause is the system's own message, without the operation and the file.
func cause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// fileAbove is the nearest existing parent of a path that is not a directory.
func fileAbove(path string) string {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return dir
		}
	}
}

func inTheWay(path string) string {
	return fmt.Sprintf("cannot be there: %s is a file", fileAbove(path))
}

// ownedByOther says who owns the path, or its nearest parent that exists, and as
// whom this process runs.
func ownedByOther(path string) string {
	at := path
	info, err := os.Stat(at)
	for err != nil && at != filepath.Dir(at) {
		at = filepath.Dir(at)
		info, err = os.Stat(at)
	}
	if err != nil {
		return ""
	}
	owner := "somebody"
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = userName(sys.Uid)
	}
	me := userName(uint32(os.Geteuid()))
	if owner == me {
		return fmt.Sprintf("%s has the mode %s. Allow its owner to: chmod u+rwX %s", at, info.Mode(), ShellPath(at))
	}
	return fmt.Sprintf("%s belongs to %s and has the mode %s, and this is %s. Run mitoplan as %s, or give the directory with all in it to %s.",
		at, owner, info.Mode(), me, owner, me)
}

func userName(uid uint32) string {
	id := strconv.Itoa(int(uid))
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "uid " + id
}
