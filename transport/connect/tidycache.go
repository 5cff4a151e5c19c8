package connect

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/hostcache"
)

// How long files stay in a cache directory on a host.
const (
	agentKept    = 30 * 24 * time.Hour // since an agent was used last
	transferKept = 24 * time.Hour      // since a transfer began that never ended
	usedEvery    = 24 * time.Hour      // how exactly the last use is known
	// agentsKept is how many agents stay that are not this one: those that were used last.
	agentsKept = 15
)

// TidyCache is called by an agent when it starts. It notes in the agent's own
// file that the agent is used. From the directory of that file it removes
// agents that nobody has used for long, those that are too many, and what is left of
// transfers that broke off: of the agent itself, and of contents (package hostcache).
// If the program does not lie in a cache directory of this user, it does nothing.
// Nothing depends on its success.
func TidyCache() {
	path, err := os.Executable()
	if err != nil {
		return
	}
	tidyCache(path, time.Now())
}

// tidyCache is TidyCache for the program at own.
func tidyCache(own string, now time.Time) {
	dir, name := hostcache.Of(own), filepath.Base(own)
	if dir == "" {
		return
	}
	dir.Tidy(now)
	entries, err := os.ReadDir(string(dir))
	if err != nil {
		return
	}
	remove := func(name string) { _ = os.Remove(filepath.Join(string(dir), name)) }
	var kept []fs.FileInfo // agents
	for _, e := range entries {
		st, err := e.Info() // of a link itself, not of what it leads to
		if err != nil || !st.Mode().IsRegular() || !hostcache.OwnedByUs(st) {
			continue
		}
		age := now.Sub(hostcache.Used(st))
		switch n := e.Name(); {
		case n == name && age > usedEvery:
			hostcache.Use(own, st, now)
		case n == name:
		case hostcache.IsAgent(n) && age > agentKept, strings.HasPrefix(n, "t.") && age > transferKept:
			remove(n)
		case hostcache.IsAgent(n):
			if kept = append(kept, st); len(kept) > agentsKept {
				oldest := 0
				for k := range kept {
					if hostcache.Used(kept[k]).Before(hostcache.Used(kept[oldest])) {
						oldest = k
					}
				}
				remove(kept[oldest].Name())
				kept[oldest], kept = kept[agentsKept], kept[:agentsKept]
			}
		}
	}
}
