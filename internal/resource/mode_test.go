package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode string
		old  int64
		dir  bool
		want int64
	}{
		{"0644", 0o777, false, 0o644},
		{"01777", 0, true, 0o1777},
		{"u+rwX,go-w", 0o466, false, 0o644},
		{"a+X", 0o644, false, 0o644},
		{"a+X", 0o644, true, 0o755},
		{"a+X", 0o744, false, 0o755},
		{"u=rw,g=u,o=", 0o777, false, 0o660},
		{"g+s", 0o755, true, 0o2755},
		{"+t", 0o755, true, 0o1755},
		{"u-s", 0o4755, false, 0o755},
		{"=r", 0o777, false, 0o444},
		{"u=rwx-x+s", 0, false, 0o4600},
	} {
		p, err := parseMode(c.mode)
		if err != nil {
			t.Errorf("%s: %v", c.mode, err)
			continue
		}
		if got := p.apply(c.old, c.dir); got != c.want {
			t.Errorf("%s makes of %o %o, want %o", c.mode, c.old, got, c.want)
		}
	}
	for _, bad := range []string{"", "644", "420", "0888", "00000644", "u", "u+q", "x+r", "u+r,", "rw-r--r--", "0o644", " 0644"} {
		if _, err := parseMode(bad); err == nil {
			t.Errorf("%q is taken for permissions", bad)
		}
	}
}

// FuzzMode compares with chmod(1), which knows best.
func FuzzMode(f *testing.F) {
	f.Add("u+rwX,go-w", uint16(0o644), true)
	f.Add("g=u-x", uint16(0o4751), false)
	f.Add("a=s", uint16(0o777), true)
	f.Add("0644", uint16(0), false)
	chmod, err := exec.LookPath("chmod")
	if err != nil {
		f.Skip("no chmod to compare with")
	}
	unix.Umask(0) // A clause that names nobody means all here, and what umask leaves to chmod.
	f.Fuzz(func(t *testing.T, mode string, old uint16, dir bool) {
		p, err := parseMode(mode)
		if err != nil || p.clauses == nil && dir {
			return // chmod keeps set-ID bits of directories; a number here is exact.
		}
		file := filepath.Join(t.TempDir(), "f")
		if dir {
			err = os.Mkdir(file, 0o700)
		} else {
			err = os.WriteFile(file, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Chmod(file, uint32(old)&0o7777); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(chmod, "--", mode, file)
		cmd.Env = []string{"LC_ALL=C"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("chmod does not take %q: %s", mode, out)
		}
		var st unix.Stat_t
		if err := unix.Lstat(file, &st); err != nil {
			t.Fatal(err)
		}
		unix.Chmod(file, 0o700)
		if got, want := p.apply(int64(old)&0o7777, dir), int64(st.Mode)&0o7777; got != want {
			t.Errorf("%q makes of %04o %04o, chmod makes %04o (directory %v)", mode, old&0o7777, got, want, dir)
		}
	})
}
