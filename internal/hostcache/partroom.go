package hostcache

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// partsMost is how many bytes of beginnings are kept in all, and partKept how long.
	partsMost = 4 << 30
	partKept  = 7 * 24 * time.Hour
	// copyKept is how long a copy stays that was never completed.
	copyKept = 24 * time.Hour
)

// Tidy removes the beginnings of contents that nobody has gone on with for 7 days, and
// the oldest of them beyond 4 GiB.
func (d Dir) Tidy(now time.Time) {
	if dir := d.parts(); dir != "" {
		makeRoom(dir, 0, now)
	}
}

// makeRoom removes what is too old in a directory of beginnings, and the oldest until n
// more bytes may be kept.
func makeRoom(dir string, n int64, now time.Time) {
	entries, _ := os.ReadDir(dir)
	var kept []*keptPart
	for _, e := range entries {
		st, err := e.Info() // of a link itself, not of what it leads to
		if err != nil || !st.Mode().IsRegular() || !OwnedByUs(st) {
			continue
		}
		name, part := strings.CutSuffix(e.Name(), partSuffix)
		age := now.Sub(st.ModTime())
		switch {
		case part && isHex(name, 32) && age <= partKept:
			kept = append(kept, &keptPart{st})
			n += st.Size()
		case part && isHex(name, 32), strings.HasPrefix(e.Name(), copyPrefix) && age > copyKept:
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	slices.SortFunc(kept, func(a, b *keptPart) int { return a.ModTime().Compare(b.ModTime()) })
	for ; n > partsMost && len(kept) > 0; kept = kept[1:] {
		n -= kept[0].Size()
		_ = os.Remove(filepath.Join(dir, kept[0].Name()))
	}
}

// keptPart is one beginning. They are sorted as pointers: the code for that is in an agent
// anyway, and that for an interface has 8 KB.
type keptPart struct{ fs.FileInfo }

// free is how many bytes this user may still write to the file system of a directory.
func free(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0
	}
	return int64(st.Bavail) * int64(st.Bsize)
}
