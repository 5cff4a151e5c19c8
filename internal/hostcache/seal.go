package hostcache

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Closed reports whether an agent lies in a Dir and nobody else can change or exchange it:
// others may not write to it, and the directory above its own belongs to this user or to
// root and, if others may write to it, is sticky. So the bootstrap line judges it, too.
func Closed(program string) bool {
	dir := Of(program)
	if dir == "" {
		return false
	}
	own, err := os.Lstat(program)
	if err != nil || own.Mode().Perm()&0o022 != 0 {
		return false
	}
	base, err := os.Stat(filepath.Dir(string(dir)))
	return err == nil && (OwnedByUs(base) || ownedBy(base, 0)) && (base.Mode().Perm()&0o022 == 0 || base.Mode()&os.ModeSticky != 0)
}

// Unseal takes the seal of an agent away, and the right of others to write to it.
func Unseal(program string) error {
	now := time.Now()
	return cmp.Or(os.Chmod(program, 0o700), os.Chtimes(program, now, now))
}

// Used is when an agent was used last, or was put there. It is the time of the last change
// of its content, which agents set, unless the agent is sealed: see Use.
func Used(st fs.FileInfo) time.Time {
	if sealed(st) {
		return changed(st)
	}
	return st.ModTime()
}

// Use notes that an agent is used. The seal of one that has it stays as it is, also if
// somebody breaks it at this moment; the time of the last change of its inode then tells.
func Use(program string, st fs.FileInfo, now time.Time) {
	modified := now
	if sealed(st) {
		modified = time.Time{} // os.Chtimes does not set it
	}
	_ = os.Chtimes(program, now, modified)
}

// sealed reports whether the time of the last change is the beginning of 1970. The
// bootstrap line sets that time for an agent that it has put there whole, and runs it later
// only if /bin/sh is newer than it: then nobody but its owner has written to it since.
func sealed(st fs.FileInfo) bool { return st.ModTime().Unix() == 0 }
