package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
		{"+s", 0o755, false, 0o6755},
		{"-t", 0o1755, true, 0o755},
		{"a=r", 0o777, false, 0o444},
		{"u=rwx-x+s", 0, false, 0o4600},
	} {
		p, err := ParseMode(c.mode)
		if err != nil {
			t.Errorf("%s: refused with %v", c.mode, err)
			continue
		}
		if got := p.Apply(c.old, c.dir); got != c.want {
			t.Errorf("%s changes %o to %o, want %o", c.mode, c.old, got, c.want)
		}
	}
	for _, bad := range []string{"", "644", "420", "0888", "00000644", "u", "u+q", "x+r", "u+r,", "rw-r--r--", "0o644", " 0644", "+x", "=r", "-w", "+X", "=u", "u+r,+w", "+st,+x"} {
		if _, err := ParseMode(bad); err == nil {
			t.Errorf("%q was accepted as a mode", bad)
		}
	}
}

// A mode that gives other permissions when it is applied a second time is refused,
// and no other mode is. The test finds out by applying each mode to all permissions
// twice.
func TestModesThatNeverSettle(t *testing.T) {
	for mode, settles := range map[string]bool{
		"g=o,o=u": false, "g=u,u=o": false, "o=g,g=u": false, "u=g,g=o,o=u": false, "u=o,o=g": false,
		"g+u,u+o": false, "u-g,g-u": true, "g=u,u-g": false, "a=u,u-x": false, "o+g,g+u": false,
		"u+X,g=u": true, "g+X,u+x": false, "u-x,a+X": true, "a+X,a-x": true, "u=rwX,g=rX,o=": true,
		"g=u,o=g": true, "g=u-w,o=g": true, "o=u,g=u": true, "u=g": true, "go=u": true, "u+rwX,go-w": true,
		"g=o,o=": false, "g=u": true, "a-x+X": true, "0644": true, "u+s,g-s,+t": true,
	} {
		p, err := ParseMode(mode)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		byTrying := true
		for old := range int64(0o10000) {
			for _, dir := range []bool{false, true} {
				once := p.Apply(old, dir)
				byTrying = byTrying && p.Apply(once, dir) == once
			}
		}
		if byTrying != settles || p.settles() != settles {
			t.Errorf("that %s settles is %v by trying and %v by settles, want %v", mode, byTrying, p.settles(), settles)
		}
		problems := CheckMode(&mode)
		if got := len(problems) == 1 && problems[0].Code == "not_idempotent"; got == settles {
			t.Errorf("%s: the problems are %v, want one if it does not settle", mode, problems)
		}
	}
}

// modeSeeds are modes that chmod knows, too.
func modeSeeds(f *testing.F) {
	for _, mode := range []string{"u+rwX,go-w", "a+x", "a=", "=", "+s", "-s", "+t", "-t", "=t", "ug=rw,o=", "o=g-w", "go=u", "u=g+x", "a+X", "g+s,a-t", "uo+w-r"} {
		for _, old := range []uint16{0o644, 0o2751, 0o5070} {
			f.Add(mode, old, false)
			f.Add(mode, old, true)
		}
	}
	f.Add("g=u-x", uint16(0o4751), false)
	f.Add("a=s", uint16(0o777), true)
	f.Add("0644", uint16(0), false)
}

// FuzzMode: a mode is refused, or gives permissions of twelve bits. Its clauses count one
// after the other; those that name some classes leave the others alone; and one that settles
// changes nothing the second time.
func FuzzMode(f *testing.F) {
	modeSeeds(f)
	f.Fuzz(func(t *testing.T, mode string, old uint16, dir bool) {
		p, err := ParseMode(mode)
		if err != nil {
			return
		}
		is := int64(old) & 0o7777
		got := p.Apply(is, dir)
		if got&^0o7777 != 0 {
			t.Fatalf("%q makes %#o of %04o", mode, got, is)
		}
		if p.Clauses == nil {
			if number, err := strconv.ParseInt(mode, 8, 64); err != nil || got != number {
				t.Errorf("%q is the number %04o, %v", mode, got, err)
			}
			return
		}
		if p.settles() && p.Apply(got, dir) != got {
			t.Errorf("%q settles, and makes %04o of %04o, and %04o of that", mode, got, is, p.Apply(got, dir))
		}
		one := is
		for _, part := range strings.Split(mode, ",") {
			alone, err := ParseMode(part)
			if err != nil {
				t.Fatalf("%q is accepted, and %q in it is not: %v", mode, part, err)
			}
			before := one
			one = alone.Apply(one, dir)
			who := part[:strings.IndexAny(part, "+-=")]
			for class, bits := range map[string]int64{"u": userBits, "g": groupBits, "o": 0o007} {
				if who != "" && !strings.ContainsAny(who, class+"a") && (one^before)&bits != 0 {
					t.Errorf("%q changes %04o to %04o, and does not name %s", part, before, one, class)
				}
			}
		}
		if one != got {
			t.Errorf("%q makes %04o of %04o, and its clauses one by one %04o", mode, got, is, one)
		}
	})
}

// FuzzModeAsChmod compares with chmod(1), which is the authority. It runs fewer than 10,000
// times a second: each time that a mode is accepted, it makes a file and starts chmod.
func FuzzModeAsChmod(f *testing.F) {
	modeSeeds(f)
	chmod, err := exec.LookPath("chmod")
	if err != nil {
		f.Skip("no chmod to compare with")
	}
	defer unix.Umask(unix.Umask(0o027)) // What is taken never hangs on it.
	f.Fuzz(func(t *testing.T, mode string, old uint16, dir bool) {
		p, err := ParseMode(mode)
		if err != nil || p.Clauses == nil && dir {
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
			t.Fatalf("chmod refuses %q, which we accept: %s", mode, out)
		}
		var st unix.Stat_t
		if err := unix.Lstat(file, &st); err != nil {
			t.Fatal(err)
		}
		unix.Chmod(file, 0o700)
		if got, want := p.Apply(int64(old)&0o7777, dir), int64(st.Mode)&0o7777; got != want {
			t.Errorf("%q changes %04o to %04o, and chmod changes it to %04o (directory %v)", mode, old&0o7777, got, want, dir)
		}
	})
}
