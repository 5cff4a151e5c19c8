package system

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// mounts are all that is mounted.
type mounts []filesystem.Mount

// layers are what is mounted at a resolved path, the uppermost last, and the mount that the path
// is in. What later mounts cover is not among them. In a chroot that is no place of a mount the
// list has nothing for /: in is then the zero Mount for what is in no other one.
func (all mounts) layers(at string) (here []filesystem.Mount, in filesystem.Mount) {
	numbers := map[uint64]bool{}
	for _, m := range all {
		numbers[m.ID] = true
	}
	on := map[uint64][]filesystem.Mount{}
	for _, m := range all {
		parent := m.Parent
		if !numbers[parent] || parent == m.ID {
			parent = 0 // It is the first that this process sees.
		}
		on[parent] = append(on[parent], m)
	}
	seen := map[uint64]bool{}
	for _, dir := range upTo(at) {
		for {
			k := slices.IndexFunc(on[in.ID], func(m filesystem.Mount) bool { return m.Path == dir && !seen[m.ID] })
			if k < 0 {
				break
			}
			in = on[in.ID][k]
			seen[in.ID] = true
			if dir == at {
				here = append(here, in)
			}
		}
	}
	return here, in
}

// upTo are the directories from the root to a path, and that itself.
func upTo(at string) []string {
	out := []string{at}
	for at != "/" {
		at = path.Dir(at)
		out = append(out, at)
	}
	slices.Reverse(out)
	return out
}

// below are the paths below another at which something is mounted that can be reached.
func (all mounts) below(at string) (out []string) {
	for _, m := range all {
		if strings.HasPrefix(m.Path, strings.TrimSuffix(at, "/")+"/") && !slices.Contains(out, m.Path) {
			if here, _ := all.layers(m.Path); len(here) > 0 {
				out = append(out, m.Path)
			}
		}
	}
	return out
}

// sourceless are the file systems that are made of nothing, so that src is a name alone.
var sourceless = []string{"tmpfs", "ramfs", "proc", "sysfs", "devpts", "devtmpfs", "hugetlbfs", "mqueue", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "bpf", "configfs", "efivarfs", "overlay", "binfmt_misc", "fusectl", "selinuxfs"}

// deviceTags are the words by which src finds a device, and the directories that have links of
// their values.
var deviceTags = map[string]string{"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel"}

// isOf reports whether what is mounted is what the block wants to have there, whatever its
// options are. from is what src leads to.
func (m *Mount) isOf(ctx context.Context, h resource.Host, all mounts, is filesystem.Mount, from string) (bool, error) {
	if is.Path == "/" {
		return true, nil // What the machine has started from has many names.
	}
	if m.binds() {
		_, in := all.layers(from)
		if in.Path == "" {
			// Where the root of a chroot is in its file system, and which that is, is not listed.
			return strings.HasSuffix(is.Root, from), nil
		}
		return is.Device == in.Device && is.Root == path.Join(in.Root, strings.TrimPrefix(from, strings.TrimSuffix(in.Path, "/"))), nil
	}
	switch {
	case !sameType(m.Type, is.Type), !m.isWhole(is):
		return false, nil
	case slices.Contains(sourceless, is.Type):
		return true, nil
	case isFuse(is.Type) && valueOf(m.options(), "fsname") != "":
		return is.Source == valueOf(m.options(), "fsname"), nil // It has that name for what is shown.
	case strings.TrimSuffix(from, "/") == strings.TrimSuffix(is.Source, "/"):
		return true, nil
	case !isPath(from):
		return false, nil
	case !isPath(is.Source):
		return false, nil
	}
	its, err := h.Resolve(is.Source, true)
	if err != nil || its == from {
		return its == from, err
	}
	return m.isLoopOf(ctx, h, its, from)
}

// isWhole reports whether all of a file system is seen, or of btrfs the subvolume that opts names,
// and not one directory of it as a bind shows. What servers call a directory is not looked at.
func (m *Mount) isWhole(is filesystem.Mount) bool {
	switch {
	case is.Type == "btrfs":
		shown := filesystem.MountOptions(is.Shared)
		at, id := valueOf(shown, "subvol"), valueOf(shown, "subvolid")
		want, wantID := valueOf(m.options(), "subvol"), valueOf(m.options(), "subvolid")
		if wantID == "0" {
			wantID = "5" // the uppermost
		}
		return (at == "" || is.Root == at) && (want == "" || path.Join("/", want) == at) && (wantID == "" || wantID == id)
	case is.Type == "tmpfs", is.Type == "ramfs", isPath(is.Source):
		return is.Root == "/"
	}
	return true
}

// valueOf is the value of an option, the last one that is there; "" if it is not.
func valueOf(options []string, name string) (value string) {
	for _, o := range options {
		if v, ok := strings.CutPrefix(o, name+"="); ok {
			value = v
		}
	}
	return value
}

// isLoopOf reports whether a device shows what a file holds.
func (m *Mount) isLoopOf(ctx context.Context, h resource.Host, device, file string) (bool, error) {
	if !strings.HasPrefix(device, "/dev/loop") {
		return false, nil
	}
	at := "/sys/block/" + path.Base(device) + "/loop/backing_file"
	is, err := h.Lstat(at)
	if err != nil || is.Type != resource.TypeFile {
		return false, err
	}
	c, err := h.Read(ctx, at, resource.ShownContent)
	return strings.TrimSuffix(string(c.Data), "\n") == file, err
}

// sameType reports whether a type that is wanted may be shown as another one.
func sameType(want, is string) bool {
	switch {
	case want == "", want == "auto", want == "none", want == is:
		return true
	case want == "nfs" && is == "nfs4", is == "fuse."+want, strings.HasPrefix(want, "fuse") && strings.HasPrefix(is, "fuse"):
		return true
	}
	return is == "fuseblk" && strings.HasPrefix(want, "ntfs")
}

// isPath reports whether what is mounted is told by a path, and not by words of the file system,
// as //server/share of cifs and server:/path of nfs.
func isPath(source string) bool { return path.IsAbs(source) && !strings.HasPrefix(source, "//") }

// isFuse reports whether a program in user space is the file system, and makes of src what it
// likes.
func isFuse(fs string) bool { return fs == "fuse" || strings.HasPrefix(fs, "fuse.") }

// from is what src leads to: the resolved path of a device, a file or a directory, or src itself
// for what only the file system understands. why is the reason that it cannot be mounted.
func (m *Mount) from(ctx context.Context, h resource.Host) (from string, why *kind.Problem, err error) {
	src := string(m.Source)
	tag, value, _ := strings.Cut(src, "=")
	if deviceTags[tag] != "" {
		from, err = deviceOf(ctx, h, tag, value)
		if from == "" && err == nil {
			why = kind.NewProblem("src", kind.CodeNoSource, "No such device", "No device of this machine has the %s %s. Correct src, or see that the device is there first. With nofail in opts only the line is written.", tag, value)
		}
		return from, why, err
	}
	if !isPath(src) || slices.Contains(sourceless, m.Type) {
		return src, nil, nil
	}
	if from, err = h.Resolve(src, true); err != nil {
		return "", nil, err
	}
	is, err := h.Lstat(from)
	switch {
	case err != nil:
	case is.Type == resource.TypeAbsent && isFuse(m.Type):
		return src, nil, nil // As /a:/b of mergerfs.
	case is.Type == resource.TypeAbsent:
		why = kind.NewProblem("src", kind.CodeNoSource, "Nothing to mount", "%s does not exist, and no block before this one makes it. Correct src, or make it first. With nofail in opts only the line is written.", from)
	case is.Type == resource.TypeDirectory && !m.binds() && (m.Type == "" || m.Type == "auto" || m.Type == "none"):
		why = kind.NewProblem("src", kind.CodeNoSource, "A directory is no file system", "%s is a directory. Set opts to bind to have it seen at path, too.", from)
	}
	return from, why, err
}

// deviceOf is the device that has a tag; "" if there is none.
func deviceOf(ctx context.Context, h resource.Host, tag, value string) (string, error) {
	link := "/dev/disk/" + deviceTags[tag] + "/" + udevName(value)
	is, err := h.Lstat(link)
	if err != nil {
		return "", err
	}
	if is.Type != resource.TypeAbsent {
		return h.Resolve(link, true)
	}
	out, err := h.Ask(ctx, resource.Tool{Argv: []string{"findfs", tag + "=" + value}})
	var why *kind.Problem
	if errors.As(err, &why) && (why.Code == kind.CodeToolFailed || why.Code == kind.CodeToolMissing) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	device := strings.TrimSpace(string(out))
	if !path.IsAbs(device) {
		return "", nil
	}
	return h.Resolve(device, true)
}

// udevName is a value as it stands in the name of a link in /dev/disk.
func udevName(value string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		if c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("#+-.:=@_", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString(`\x` + string([]byte{digits[c>>4], digits[c&15]}))
	}
	return b.String()
}
