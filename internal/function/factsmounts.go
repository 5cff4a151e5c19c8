package function

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsMount is one mount. What a network file system has is not asked: a server that is away
// would keep the call waiting.
type FactsMount struct {
	Path      kind.Text `cbor:"path" mito:"computed"`
	Source    kind.Text `cbor:"source" mito:"computed"`
	Type      string    `cbor:"type" mito:"computed"`
	Options   []string  `cbor:"options" mito:"computed"`
	Size      *int64    `cbor:"size" mito:"computed"`
	Available *int64    `cbor:"available" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsMount) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"path":      {Doc: "Where it is mounted.", OtherNames: "mount"},
			"source":    {Doc: "What is mounted, such as /dev/sda1 or server:/export.", OtherNames: "device"},
			"type":      {Doc: "The type of its file system, such as ext4.", OtherNames: "fstype"},
			"options":   {Doc: "The options of this mount, then those of its file system that are not among them."},
			"size":      {Doc: "Bytes that the file system has in all. Null of a file system of the network or of FUSE, which is not asked, and of one that has none.", OtherNames: "size_total"},
			"available": {Doc: "Bytes that an ordinary user could still write. Null where size is.", OtherNames: "size_available"},
		},
	}
}

// mounts are those that /proc/self/mountinfo lists: see proc_pid_mountinfo(5).
func (h here) mounts() []FactsMount {
	out := []FactsMount{}
	for _, line := range h.lines("proc/self/mountinfo") {
		m, ok := parseMount(line)
		if !ok {
			continue
		}
		if !mayHang(m.Type) {
			m.Size, m.Available = room(string(m.Path))
		}
		out = append(out, m)
	}
	return out
}

// parseMount reads a line of mountinfo.
func parseMount(line string) (FactsMount, bool) {
	is, ok := filesystem.ParseMount(line)
	m := FactsMount{Options: []string{}, Path: kind.Text(is.Path), Type: is.Type, Source: kind.Text(is.Source)}
	seen := map[string]bool{}
	for _, o := range append(filesystem.MountOptions(is.Options), filesystem.MountOptions(is.Shared)...) {
		// Of its file system, rw and ro are of the mounts together, and this mount has its own.
		if o == "" || seen[o] || len(seen) > 0 && (o == "rw" || o == "ro") {
			continue
		}
		seen[o] = true
		m.Options = append(m.Options, o)
	}
	return m, ok
}

// mayHang tells the file systems that a server or another process answers for.
func mayHang(fs string) bool {
	for _, begin := range []string{"nfs", "cifs", "smb", "fuse", "9p", "ceph", "afs", "gfs", "ocfs", "lustre", "glusterfs", "autofs", "coda", "ncp", "beegfs", "orangefs"} {
		if strings.HasPrefix(fs, begin) {
			return true
		}
	}
	return false
}
