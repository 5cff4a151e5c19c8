package system

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// mountFlags are the options that the kernel shows as a word, and what takes each back.
var mountFlags = []struct {
	on, off string
	// always is set if the kernel has it off unless it is told. ofAll is set if all mounts of a
	// file system share it.
	always, ofAll bool
}{
	{"ro", "rw", true, false},
	{"nosuid", "suid", true, false},
	{"nodev", "dev", true, false},
	{"noexec", "exec", true, false},
	{"nosymfollow", "symfollow", true, false},
	{"sync", "async", true, true},
	{"dirsync", "", true, true},
	{"noatime", "", false, false},
	{"nodiratime", "diratime", false, false},
	{"relatime", "", false, false},
	{"lazytime", "nolazytime", false, true},
}

// wantedFlags are the flags that options ask for, by their names: whether each is to be on. The
// last option that is about a flag counts.
func wantedFlags(options []string) map[string]bool {
	out := map[string]bool{}
	for _, f := range mountFlags {
		if f.always {
			out[f.on] = false
		}
	}
	set := func(on bool, names ...string) {
		for _, name := range names {
			out[name] = on
		}
	}
	for _, o := range options {
		switch o {
		case "defaults":
			set(false, "ro", "nosuid", "nodev", "noexec", "sync")
		case "user", "users":
			set(true, "nosuid", "nodev", "noexec")
		case "owner", "group":
			set(true, "nosuid", "nodev")
		case "strictatime":
			set(false, "noatime", "relatime")
		}
		for _, f := range mountFlags {
			if o == f.on || o == f.off && o != "" {
				out[f.on] = o == f.on
			}
		}
	}
	if on, named := out["noatime"]; named && on {
		delete(out, "relatime")
	}
	return out
}

// differs are the options by which what is mounted is otherwise than the block says, in the form
// in which opts would have them.
func (m *Mount) differs(h resource.Host, is filesystem.Mount) ([]string, error) {
	own, shared := strings.Split(is.Options, ","), filesystem.MountOptions(is.Shared)
	want := wantedFlags(m.options())
	var out []string
	for _, f := range mountFlags {
		on, counts := want[f.on]
		if !counts || f.ofAll && m.binds() {
			continue
		}
		has := slices.Contains(own, f.on)
		if !m.binds() && (f.ofAll || f.on == "ro") {
			has = has || slices.Contains(shared, f.on)
		}
		switch {
		case on && !has:
			out = append(out, f.on)
		case !on && has && f.off != "":
			out = append(out, f.off)
		case !on && has:
			out = append(out, "no "+f.on)
		}
	}
	if m.binds() {
		return out, nil // All else is that of the file system.
	}
	for _, o := range m.options() {
		name, value, ok := strings.Cut(o, "=")
		if !ok {
			continue
		}
		same, err := sameValue(h, is.Type, name, value, shared)
		if err != nil {
			return nil, err
		}
		if !same {
			out = append(out, o)
		}
	}
	return out, nil
}

// sameValue reports whether a file system has an option with a value, as far as the kernel shows
// it in one form. What it does not show so counts as the same.
func sameValue(h resource.Host, fs, name, value string, shown []string) (bool, error) {
	want, err := plainValue(h, name, value)
	if want == "" || err != nil {
		return true, err
	}
	is := ""
	switch {
	case fs == "tmpfs" && name == "mode":
		is = "1777" // which the kernel does not show
	case (fs == "tmpfs" || fs == "proc") && (name == "uid" || name == "gid"), fs == "proc" && name == "hidepid":
		is = "0"
	}
	for _, o := range shown {
		if n, v, ok := strings.Cut(o, "="); ok && n == name {
			if is, err = plainValue(h, name, v); err != nil {
				return true, err
			}
		}
	}
	return is == want || is == "" && name != "size" && name != "nr_inodes", nil
}

// hidepids are the words that newer kernels show for numbers.
var hidepids = map[string]string{"off": "0", "noaccess": "1", "invisible": "2", "ptraceable": "4"}

// plainValue is the value of an option in one form, "" if it has none.
func plainValue(h resource.Host, name, value string) (string, error) {
	switch name {
	case "errors":
		return value, nil
	case "hidepid":
		if n := hidepids[value]; n != "" {
			return n, nil
		}
		return value, nil
	case "mode":
		return strings.TrimLeft(value, "0"), nil
	case "nr_inodes":
		return plainSize(value, 1), nil
	case "size":
		return plainSize(value, uint64(os.Getpagesize())), nil // A tmpfs has whole pages.
	case "uid":
		return numberOf(value, func(name string) (int64, bool, error) {
			u, err := h.LookupUser(name)
			if u == nil {
				return 0, false, err
			}
			return u.UID, true, nil
		})
	case "gid":
		return numberOf(value, func(name string) (int64, bool, error) {
			g, err := h.LookupGroup(name)
			if g == nil {
				return 0, false, err
			}
			return g.GID, true, nil
		})
	}
	return "", nil
}

// numberOf is the number of an account that is given by its name or number, "" if there is none.
func numberOf(value string, lookup func(string) (int64, bool, error)) (string, error) {
	if _, err := strconv.ParseUint(value, 10, 32); err == nil {
		return value, nil
	}
	n, ok, err := lookup(value)
	if !ok || n < 0 {
		return "", err
	}
	return strconv.FormatInt(n, 10), nil
}

// plainSize is a number with a letter for its size, as the next multiple of a unit; "" if it
// depends on the machine.
func plainSize(s string, unit uint64) string {
	shift := 0
	if s != "" {
		if at := strings.IndexByte("kmgt", s[len(s)-1]|0x20); at >= 0 {
			s, shift = s[:len(s)-1], 10*(at+1)
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > 1<<63>>shift {
		return ""
	}
	return strconv.FormatUint((n<<shift+unit-1)/unit*unit, 10)
}
