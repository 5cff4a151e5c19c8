package system

import (
	"path"
	"testing"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// noLinks is a host on which a few paths exist, and no links.
type noLinks struct {
	resource.Host
	there []string
}

func (noLinks) Resolve(p string, _ bool) (string, error) { return path.Clean(p), nil }

func (h noLinks) Lstat(p string) (resource.Entry, error) {
	for _, t := range h.there {
		if t == p {
			return resource.Entry{Type: resource.TypeOther}, nil
		}
	}
	return resource.Entry{Type: resource.TypeAbsent}, nil
}

// rootMount is what the machine of these tests has started from.
const rootMount = "20 1 8:1 / / rw - ext4 /dev/sda1 rw"

// mountsOf are what lines of mountinfo say.
func mountsOf(t *testing.T, lines ...string) mounts {
	t.Helper()
	var out mounts
	for _, l := range lines {
		m, ok := filesystem.ParseMount(l)
		if !ok {
			t.Fatalf("%q is no line of mountinfo", l)
		}
		out = append(out, m)
	}
	return out
}

// TestIsOf: what is mounted is told from what should be, whatever the file system makes of src.
func TestIsOf(t *testing.T) {
	for _, c := range []struct {
		name           string
		src, typ, opts string
		is             string // behind the device
		want           bool
	}{
		{"device", "/dev/sdb1", "ext4", "", "/ /m rw - ext4 /dev/sdb1 rw", true},
		{"another device", "/dev/sdb1", "ext4", "", "/ /m rw - ext4 /dev/sdb2 rw", false},
		{"cifs", "//server/share", "cifs", "", "/ /m rw - cifs //server/share rw", true},
		{"cifs with a slash", "//server/share/", "cifs", "", "/ /m rw - cifs //server/share rw", true},
		{"another share", "//server/other", "cifs", "", "/ /m rw - cifs //server/share rw", false},
		{"nfs", "server:/path", "nfs", "", "/ /m rw - nfs4 server:/path rw", true},
		{"another path of nfs", "server:/other", "nfs", "", "/ /m rw - nfs4 server:/path rw", false},
		{"sshfs", "me@server:/path", "sshfs", "", "/ /m rw - fuse.sshfs me@server:/path rw", true},
		{"glusterfs", "server:/volume", "glusterfs", "", "/ /m rw - fuse.glusterfs server:/volume rw", true},
		{"several paths", "/a:/b", "fuse.mergerfs", "", "/ /m rw - fuse.mergerfs /a:/b rw", true},
		{"a name of its own", "/a:/b", "fuse.mergerfs", "fsname=pool", "/ /m rw - fuse.mergerfs pool rw", true},
		{"another name", "/a:/b", "fuse.mergerfs", "fsname=pool", "/ /m rw - fuse.mergerfs other rw", false},
		{"another program", "/a:/b", "fuse.mergerfs", "", "/ /m rw - ext4 /dev/sdb1 rw", false},
	} {
		m := &Mount{mountArgs{Path: "/m", Source: kind.Text(c.src), Type: c.typ, Options: c.opts}}
		h := noLinks{there: []string{"/dev/sdb1", "/dev/sdb2"}}
		from, why, err := m.from(t.Context(), h)
		if err != nil || why != nil {
			t.Errorf("%s: src is refused: %v, %v", c.name, why, err)
			continue
		}
		all := mountsOf(t, rootMount, "21 20 0:40 "+c.is)
		if got, err := m.isOf(t.Context(), h, all, all[1], from); got != c.want || err != nil {
			t.Errorf("%s: of %s is mounted %s: %v, %v", c.name, c.src, c.is, got, err)
		}
	}
}
