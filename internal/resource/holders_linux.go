package resource

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// holdersOf returns the programs that use something at or below a path, in the order of /proc.
// Those that see other mounts use another directory there, as in a container, and count only
// where what is mounted at the path is a copy that is unmounted with it.
func holdersOf(at string) []Process {
	names, err := (&Machine{}).readDir("/proc")
	if err != nil {
		return nil
	}
	var pids []string
	sees := map[string]string{} // by the number of a program: what tells what it sees
	seen := map[string]mountTable{}
	for _, name := range names {
		if _, err := strconv.ParseInt(name, 10, 64); err != nil {
			continue
		}
		mounts, err := os.Readlink("/proc/" + name + "/ns/mnt")
		root, bad := os.Readlink("/proc/" + name + "/root")
		if err != nil || bad != nil {
			continue // It has ended, or this user may not look.
		}
		pids, sees[name] = append(pids, name), mounts+" "+root
		if _, known := seen[sees[name]]; !known {
			seen[sees[name]] = tableOf("/proc/"+name, root)
		}
	}
	own, _ := os.Readlink("/proc/self/ns/mnt")
	places := copiesOf(at, tableOf("/proc/self", "/"), seen)
	var out []Process
	for _, name := range pids {
		in := places[sees[name]]
		if mounts, _, _ := strings.Cut(sees[name], " "); mounts == own {
			in = append(slices.Clip(in), at)
		}
		if len(in) > 0 && uses("/proc/"+name, in) {
			pid, _ := strconv.ParseInt(name, 10, 64)
			said, _, _ := statusOf(name)
			out = append(out, Process{PID: pid, Name: said})
		}
	}
	return out
}

// uses reports whether a program uses something at or below one of these paths.
func uses(dir string, places []string) bool {
	used := []string{dir + "/cwd", dir + "/root", dir + "/exe"}
	open, _ := (&Machine{}).readDir(dir + "/fd") // It has ended, or this user may not look.
	for _, fd := range open {
		used = append(used, dir+"/fd/"+fd)
	}
	return slices.ContainsFunc(used, func(link string) bool {
		to, err := os.Readlink(link)
		return err == nil && slices.ContainsFunc(places, func(place string) bool {
			return to == place || strings.HasPrefix(to, strings.TrimSuffix(place, "/")+"/")
		})
	})
}

// mountTable is what programs see mounted, in the order in which it was, by the number of each mount.
type mountTable struct {
	root   string // their root directory
	mounts []filesystem.Mount
	byID   map[uint64]filesystem.Mount
}

func tableOf(dir, root string) mountTable {
	v := mountTable{root: root, byID: map[uint64]filesystem.Mount{}}
	v.mounts, _ = (&Machine{opts: Options{Mounts: dir + "/mountinfo"}}).mounts() // Whoever has ended sees nothing.
	for _, m := range v.mounts {
		v.byID[m.ID] = m
	}
	return v
}

// copiesOf returns, for each table, where a mount is in it that goes when what is mounted at a path
// is unmounted: mount_namespaces(7). It goes from each mount that is in the peer group of the one
// that it is mounted on, or a slave of that, or of one of its slaves.
func copiesOf(at string, own mountTable, seen map[string]mountTable) map[string][]string {
	var below filesystem.Mount // what it is mounted on
	for _, m := range own.mounts {
		if m.Path == at {
			below = own.byID[m.Parent]
		}
	}
	if below.PeerGroup == "" {
		return nil
	}
	groups := map[string]bool{below.PeerGroup: true}
	for n := 0; n < len(groups); {
		n = len(groups)
		for _, v := range seen {
			for _, m := range v.mounts {
				if groups[m.Master] && m.PeerGroup != "" {
					groups[m.PeerGroup] = true
				}
			}
		}
	}
	where := inside(below, at)
	out := map[string][]string{}
	for name, v := range seen {
		for _, m := range v.mounts {
			if on := v.byID[m.Parent]; (groups[on.PeerGroup] || groups[on.Master]) && on.Device == below.Device && inside(on, m.Path) == where {
				out[name] = append(out[name], path.Join(v.root, m.Path))
			}
		}
	}
	return out
}

// inside is what a path on a mount is in its file system.
func inside(m filesystem.Mount, at string) string {
	return path.Join(m.Root, strings.TrimPrefix(at, m.Path))
}
