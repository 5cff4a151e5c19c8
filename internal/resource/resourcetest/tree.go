package resourcetest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// isTemp reports whether a path is one of something that is not complete, or in
// it.
func isTemp(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return strings.HasPrefix(part, ".mitoplan-") && strings.HasSuffix(part, ".tmp")
	})
}

// Tree describes everything below a directory: type, owner, permissions, links,
// content, attributes and the time of the last change of files.
func Tree(t testing.TB, root string, times bool) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(p, &st); err != nil {
			return err
		}
		s := fmt.Sprintf("%o %d:%d", st.Mode, st.Uid, st.Gid)
		switch d.Type() {
		case 0:
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			s += fmt.Sprintf(" %x", b)
			if times {
				s += fmt.Sprint(" ", st.Mtim)
			}
		case fs.ModeSymlink:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			s += " -> " + target
		}
		out[p] = s + attributes(p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// holdsOf is what a plain file holds, in the words of Tree; "" for anything else.
func holdsOf(description string) string {
	parts := strings.SplitN(description, " ", 4)
	if !strings.HasPrefix(description, "100") || len(parts) < 3 {
		return ""
	}
	return "holds " + parts[2]
}

// attributes are the extended attributes that a user may set.
func attributes(p string) string {
	buf := make([]byte, 4096)
	n, err := unix.Llistxattr(p, buf)
	if err != nil || n == 0 {
		return ""
	}
	out := ""
	for _, name := range strings.FieldsFunc(string(buf[:n]), func(r rune) bool { return r == 0 }) {
		value := make([]byte, 4096)
		if n, err := unix.Lgetxattr(p, name, value); err == nil {
			out += fmt.Sprintf(" %s=%x", name, value[:n])
		}
	}
	return out
}
