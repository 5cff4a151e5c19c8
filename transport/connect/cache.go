package connect

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long files stay in a cache folder on a host.
const (
	agentKept    = 30 * 24 * time.Hour // after an agent was used last
	transferKept = 24 * time.Hour      // after a transfer began that never ended
	usedEvery    = 24 * time.Hour      // how exactly the last use is known
)

// TidyCache notes in an agent's own file that it is used, and removes from the
// folder that it lies in agents which nobody has used for long, and what
// transfers that broke off have left. For a process whose program does not lie
// in a cache folder of this user it does nothing. Nothing depends on its success.
func TidyCache() {
	path, err := os.Executable()
	if err != nil {
		return
	}
	tidyCache(path, time.Now())
}

func tidyCache(own string, now time.Time) {
	dir, name := filepath.Split(own)
	if !isAgentName(name) || !isCacheFolder(dir) {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		st, err := e.Info() // of a link, not of what it leads to
		if err != nil || !st.Mode().IsRegular() || !ownedByUs(st) {
			continue
		}
		age := now.Sub(st.ModTime())
		switch n := e.Name(); {
		case n == name && age > usedEvery:
			_ = os.Chtimes(own, now, now)
		case n != name && isAgentName(n) && age > agentKept, strings.HasPrefix(n, "t.") && age > transferKept:
			_ = os.Remove(filepath.Join(dir, n))
		}
	}
}

// isAgentName tells what agentName has made.
func isAgentName(name string) bool {
	digest, ok := strings.CutPrefix(name, agentPrefix)
	return ok && len(digest) == 32 && strings.Trim(digest, "0123456789abcdef") == ""
}

// isCacheFolder tells whether dir was made by the bootstrap line, for this user
// alone.
func isCacheFolder(dir string) bool {
	dir = filepath.Clean(dir)
	st, err := os.Lstat(dir)
	return err == nil && filepath.Base(dir) == "mitoplan-"+strconv.Itoa(os.Getuid()) &&
		st.IsDir() && st.Mode().Perm() == 0o700 && ownedByUs(st)
}

func ownedByUs(st fs.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Getuid()
}
