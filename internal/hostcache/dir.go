// Package hostcache is what agents keep on a host for the agents after them, in the
// directory that their program lies in: beginnings of contents whose transfer was cut
// short, lists of directories that were synchronized, and digests of large files. It also
// tells of the program itself when it was used last, and whether others can change it.
//
// Nothing depends on what is kept. What is missing, damaged, too old, or was put there
// by somebody else is as if it was not there, and what cannot be kept is not kept.
//
// Read the files in this order: each uses only what is in the files after it.
//
//	digests.go digestfile.go identity.go identity_linux.go identity_other.go
//	parts.go partroom.go seal.go dir.go
package hostcache

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// AgentPrefix is what the names of agents begin with. 16 bytes of their SHA-256
// follow, in hexadecimal.
const AgentPrefix = "agent-"

// Dir is a directory that the bootstrap line made for agents of this user alone. In
// the empty Dir nothing is kept and nothing is found.
type Dir string

// Own is the directory of the program that this process runs. mitoplan's own program,
// which is the agent of local contexts, has one in the cache of its user. It is empty for
// any other program that lies elsewhere, as an agent that was installed does.
func Own() Dir {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasSuffix(info.Path, ownProgram) {
		home, _ := os.UserHomeDir()
		return OfUser(os.Getenv("XDG_CACHE_HOME"), home)
	}
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	return Of(program)
}

// ownProgram is how the package of mitoplan's own program ends, and that of no agent.
const ownProgram = "/cmd/mitoplan"

// OfUser is the directory of this user below a directory of caches, or below .cache of
// the home directory if the first is "". It is the one that the bootstrap line makes for
// agents there, and it is made if there is none. It is empty if somebody else could
// exchange what is in it.
func OfUser(caches, home string) Dir {
	if !filepath.IsAbs(caches) {
		if !filepath.IsAbs(home) || !safeBase(home) {
			return ""
		}
		caches = filepath.Join(home, ".cache")
		_ = os.Mkdir(caches, 0o700)
	}
	caches, err := filepath.EvalSymlinks(caches)
	if err != nil || !safeBase(caches) {
		return ""
	}
	dir := filepath.Join(caches, "mitoplan-"+strconv.Itoa(os.Getuid()))
	_ = os.Mkdir(dir, 0o700)
	if !private(dir) {
		return ""
	}
	return Dir(dir)
}

// safeBase reports whether a directory belongs to this user, and nobody else may write
// to it.
func safeBase(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && st.IsDir() && OwnedByUs(st) && st.Mode().Perm()&0o022 == 0
}

// Of is the directory of the program at a path.
func Of(program string) Dir {
	dir, name := filepath.Split(program)
	dir = filepath.Clean(dir)
	if !IsAgent(name) || filepath.Base(dir) != "mitoplan-"+strconv.Itoa(os.Getuid()) || !private(dir) {
		return ""
	}
	return Dir(dir)
}

// IsAgent reports whether a name is that of an agent.
func IsAgent(name string) bool {
	digest, ok := strings.CutPrefix(name, AgentPrefix)
	return ok && isHex(digest, 16)
}

// isHex reports whether s is so many bytes in hexadecimal.
func isHex(s string, bytes int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == bytes && strings.ToLower(s) == s
}

// private reports whether a path is a directory, not through a link, that only this
// user can look into.
func private(dir string) bool {
	st, err := os.Lstat(dir)
	return err == nil && st.IsDir() && st.Mode().Perm() == 0o700 && OwnedByUs(st)
}

// OwnedByUs reports whether a file belongs to the user of this process.
func OwnedByUs(st fs.FileInfo) bool { return ownedBy(st, os.Getuid()) }

func ownedBy(st fs.FileInfo, uid int) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == uid
}

// openOwn opens a file that this user made and nobody else can change or read.
func openOwn(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || st.Mode().Perm() != 0o600 || !OwnedByUs(st) {
		f.Close()
		return nil, fs.ErrPermission
	}
	return f, nil
}
