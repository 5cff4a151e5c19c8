package system

import (
	"path"
	"strings"
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
		{"a directory of a device", "/dev/sdb1", "ext4", "", "/a /m rw - ext4 /dev/sdb1 rw", false},
		{"a directory of a tmpfs", "tmpfs", "tmpfs", "", "/a /m rw - tmpfs tmpfs rw", false},
		{"a directory of a share", "//server/share/a", "cifs", "", "/a /m rw - cifs //server/share/a rw", true},
		{"a subvolume", "/dev/sdb1", "btrfs", "subvol=@home", "/@home /m rw - btrfs /dev/sdb1 rw,subvolid=256,subvol=/@home", true},
		{"another subvolume", "/dev/sdb1", "btrfs", "subvol=/@home", "/@ /m rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@", false},
		{"a subvolume by its number", "/dev/sdb1", "btrfs", "subvolid=256", "/@home /m rw - btrfs /dev/sdb1 rw,subvolid=256,subvol=/@home", true},
		{"another number", "/dev/sdb1", "btrfs", "subvolid=0", "/@home /m rw - btrfs /dev/sdb1 rw,subvolid=256,subvol=/@home", false},
		{"the default subvolume", "/dev/sdb1", "btrfs", "", "/@ /m rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@", true},
		{"a directory of a subvolume", "/dev/sdb1", "btrfs", "", "/@/a /m rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@", false},
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

// TestLayers: what is mounted at a path is found, also where the list has nothing for the root,
// as in a chroot, and what later mounts cover is not.
func TestLayers(t *testing.T) {
	const (
		proc  = "30 20 0:5 / /proc rw - proc proc rw"
		data  = "31 20 8:2 / /data rw - ext4 /dev/sda2 rw"
		inner = "32 31 0:40 / /data/m rw - tmpfs one rw"
		upper = "33 32 0:41 / /data/m rw - tmpfs two rw"
		over  = "34 31 0:42 / /data rw - tmpfs three rw"
		old   = "20 20 0:2 / / rw - rootfs rootfs rw"
		first = "21 20 8:1 / / rw - ext4 /dev/sda1 rw"
		chDir = "40 39 8:3 / / rw - ext4 /dev/sda3 rw"
	)
	for _, c := range []struct {
		name     string
		list     []string
		at, here string
		in       string
	}{
		{"a root", []string{rootMount, proc}, "/", "/dev/sda1", "/dev/sda1"},
		{"in the root", []string{rootMount, proc}, "/srv", "", "/dev/sda1"},
		{"two over each other", []string{rootMount, data, inner, upper}, "/data/m", "one two", "two"},
		{"what is covered", []string{rootMount, data, inner, over}, "/data/m", "", "three"},
		{"a root over another", []string{old, first}, "/", "rootfs /dev/sda1", "/dev/sda1"},
		{"a chroot", []string{proc, data, inner}, "/data/m", "one", "one"},
		{"the root of a chroot", []string{proc, data}, "/", "", ""},
		{"in the root of a chroot", []string{proc, data}, "/srv", "", ""},
		{"a chroot into a mount", []string{chDir, "41 40 0:5 / /proc rw - proc proc rw"}, "/proc", "proc", "proc"},
	} {
		here, in := mountsOf(t, c.list...).layers(c.at)
		var got []string
		for _, m := range here {
			got = append(got, m.Source)
		}
		if strings.Join(got, " ") != c.here || in.Source != c.in {
			t.Errorf("%s: at %s there are %q, in %q, want %q, in %q", c.name, c.at, got, in.Source, c.here, c.in)
		}
	}
	all := mountsOf(t, "41 20 8:1 /srv/root/a /b rw - ext4 /dev/sda1 rw", "42 20 8:1 /srv/root/c /d rw - ext4 /dev/sda1 rw")
	bind := &Mount{mountArgs{Path: "/b", Source: "/a", Options: "bind"}}
	for _, c := range []struct {
		is   filesystem.Mount
		want bool
	}{{all[0], true}, {all[1], false}} {
		if got, err := bind.isOf(t.Context(), noLinks{}, all, c.is, "/a"); got != c.want || err != nil {
			t.Errorf("in a chroot %s is taken for a bind of /a: %v, %v", c.is.Root, got, err)
		}
	}
}
