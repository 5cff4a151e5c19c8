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

// How long files stay in a cache directory on a host.
const (
	agentKept    = 30 * 24 * time.Hour // since an agent was used last
	transferKept = 24 * time.Hour      // since a transfer began that never ended
	usedEvery    = 24 * time.Hour      // how exactly the last use is known
)

// TidyCache is called by an agent when it starts. It notes in the agent's own
// file that the agent is used. From the directory of that file it removes
// agents that nobody has used for long, and what is left of transfers that
// broke off. If the program does not lie in a cache directory of this user, it
// does nothing. Nothing depends on its success.
func TidyCache() {
	path, err := os.Executable()
	if err != nil {
		return
	}
	tidyCache(path, time.Now())
}

// tidyCache is TidyCache for the program at own.
func tidyCache(own string, now time.Time) {
	dir, name := filepath.Split(own)
	if !isAgentName(name) || !isCacheDirectory(dir) {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		st, err := e.Info() // of a link itself, not of what it leads to
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

// isAgentName reports whether agentName made the name.
func isAgentName(name string) bool {
	digest, ok := strings.CutPrefix(name, agentPrefix)
	return ok && len(digest) == 32 && strings.Trim(digest, "0123456789abcdef") == ""
}

// isCacheDirectory reports whether dir was made by the bootstrap line, for this
// user alone.
func isCacheDirectory(dir string) bool {
	dir = filepath.Clean(dir)
	st, err := os.Lstat(dir)
	return err == nil && filepath.Base(dir) == "mitoplan-"+strconv.Itoa(os.Getuid()) &&
		st.IsDir() && st.Mode().Perm() == 0o700 && ownedByUs(st)
}

func ownedByUs(st fs.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Getuid()
}
