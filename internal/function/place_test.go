package function

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestLinksOfOthersAreNotReadThrough: a link of another user is followed to what belongs to that
// user, and to nothing else, by whatever reads a path.
func TestLinksOfOthersAreNotReadThrough(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make links of others")
	}
	const user = 12345
	root := t.TempDir()
	for _, d := range []string{"roots", "theirs", "home"} {
		must(t, os.Mkdir(filepath.Join(root, d), 0o755))
		must(t, os.WriteFile(filepath.Join(root, d, "x"), []byte("a\n"), 0o600))
	}
	must(t, os.Lchown(filepath.Join(root, "theirs"), user, user))
	for link, to := range map[string]string{"evil": "roots", "good": "theirs", "file": "roots/x", "roots-own": "roots"} {
		must(t, os.Symlink("../"+to, filepath.Join(root, "home", link)))
		must(t, os.Lchown(filepath.Join(root, "home", link), user, user))
	}
	must(t, os.Lchown(filepath.Join(root, "home/roots-own"), 0, 0))
	for _, row := range []struct {
		kind, attr, of string
		more           args
	}{
		{"read_file", "path", "evil/x", nil},
		{"read_file", "path", "file", nil},
		{"checksum", "path", "evil/x", nil},
		{"checksum", "path", "file", nil},
		{"stat", "path", "evil/x", nil},
		{"stat", "path", "file", args{"follow": true, "hash": "sha256"}},
		{"list_dir", "path", "evil", nil},
		{"find", "path", "evil", nil},
		{"glob", "pattern", "evil/*", nil},
		{"glob", "pattern", "evil/x", nil},
		{"glob", "pattern", "e*/x", nil},
		{"glob", "pattern", "e*/**/x", nil},
		{"command", "creates", "evil/x", args{"argv": []any{text1("true")}}},
		{"command", "removes", "evil/x", args{"argv": []any{text1("true")}}},
	} {
		ask := func(of string) error {
			in := args{row.attr: text1(root + "/home/" + of)}
			for k, v := range row.more {
				in[k] = v
			}
			_, err := runIt(t, request(t, row.kind, in))
			return err
		}
		t.Run(row.kind+" "+row.of, func(t *testing.T) {
			wantProblem(t, ask(row.of), row.attr, kind.CodeUnsafeLink)
		})
	}
	for _, p := range []string{"good/x", "roots-own/x"} {
		mustRun(t, "read_file", args{"path": text1(root + "/home/" + p)})
		mustRun(t, "glob", args{"pattern": text1(root + "/home/" + p)})
	}
	// The link itself is anybody's to look at.
	if r := mustRun(t, "stat", args{"path": text1(root + "/home/evil")}); r["type"] != "link" {
		t.Errorf("got %v", r)
	}
	if got := texts(t, root+"/home", mustRun(t, "find", args{"path": text1(root + "/home"), "type": "any"})["paths"]); len(got) != 5 {
		t.Errorf("got %q", got)
	}
}

// TestADirectoryExchangedForALink: what has been reached stays what is read, and no link that
// somebody puts in place of a directory is entered.
func TestADirectoryExchangedForALink(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nothing is held open here")
	}
	root := t.TempDir()
	for _, d := range []string{"meant/sub", "elsewhere/sub"} {
		must(t, os.MkdirAll(filepath.Join(root, d), 0o755))
		must(t, os.WriteFile(filepath.Join(root, d, "of-"+filepath.Dir(d)), nil, 0o644))
		must(t, os.WriteFile(filepath.Join(root, filepath.Dir(d), "f"), []byte(d), 0o644))
	}
	file, err := reach(root+"/meant/f", true)
	must(t, err)
	defer file.close()
	dir, err := openDirectory(root + "/meant")
	must(t, err)
	defer dir.Close()
	above, err := openDirectory(root)
	must(t, err)
	defer above.Close()

	must(t, os.Rename(root+"/meant", root+"/away"))
	must(t, os.Symlink("elsewhere", root+"/meant"))

	fd, err := file.open(unix.O_RDONLY)
	must(t, err)
	f := os.NewFile(uintptr(fd), "f")
	defer f.Close()
	if b, _ := io.ReadAll(f); string(b) != "meant/sub" {
		t.Errorf("read %q", b)
	}
	w := finder{walker: newWalker(t.Context(), "path", nil), in: &FindIn{}}
	must(t, w.directory(dir, root+"/meant", 1))
	if found := fmt.Sprint(w.out); !strings.Contains(found, "of-meant") || strings.Contains(found, "of-elsewhere") {
		t.Errorf("found %s", found)
	}
	if d, err := (place{dir: above, name: "meant"}).openDirectory(); err == nil {
		d.Close()
		t.Error("a link was entered")
	}
}

// What a process has open is read through the links of /proc, on which only the kernel can go
// on: their targets are names of the process, which may see other files.
func TestLinksOfTheKernelAreFollowed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	dir := t.TempDir()
	p := filepath.Join(dir, "f")
	must(t, os.WriteFile(p, []byte("open"), 0o644))
	f, err := os.Open(p)
	must(t, err)
	defer f.Close()
	d, err := os.Open(dir)
	must(t, err)
	defer d.Close()
	must(t, os.Rename(dir, dir+".away"))
	defer os.Rename(dir+".away", dir)
	number := func(f *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) }
	for _, p := range []string{number(f), number(d) + "/f"} {
		if r := mustRun(t, "checksum", args{"path": text1(p)}); r["size"] != int64(4) {
			t.Errorf("%s: got %v", p, r)
		}
		if r := mustRun(t, "stat", args{"path": text1(p), "follow": true}); r["size"] != int64(4) {
			t.Errorf("%s: got %v", p, r)
		}
	}
	if got := texts(t, number(d), mustRun(t, "list_dir", args{"path": text1(number(d))})["names"]); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	mustRun(t, "read_file", args{"path": text1("/proc/mounts")}) // a link as any other
}
