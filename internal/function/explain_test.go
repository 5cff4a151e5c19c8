package function

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestFailuresSayTheCause lets each function meet every sort of path that it cannot
// use. Each failure comes at once, as a problem that names the cause and the path.
func TestFailuresSayTheCause(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("f"), []byte("12345"), 0o644), os.Mkdir(at("d"), 0o755), unix.Mkfifo(at("p"), 0o600),
		os.Symlink("gone", at("l")), os.Symlink("round", at("round")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	long := "/" + strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		function string
		args     args
		attr     string
		code     kind.Code
		want     string
	}{
		"below a file":          {"read_file", args{"path": text1(at("f/x"))}, "path", "not_a_directory", at("f") + " is a file, so there can be no " + at("f/x") + " in it."},
		"a directory":           {"read_file", args{"path": text1(at("d"))}, "path", "not_a_file", at("d") + " is a directory, which has no content."},
		"a pipe":                {"read_file", args{"path": text1(at("p"))}, "path", "not_a_file", at("p") + " is a pipe. Only the content of regular files is read"},
		"a device":              {"read_file", args{"path": text1("/dev/zero")}, "path", "not_a_file", "/dev/zero is a character device."},
		"too long":              {"read_file", args{"path": text1(at("f")), "max_size": 4}, "max_size", "too_long", at("f") + " has 5 bytes, and max_size is 4."},
		"too long a bound":      {"read_file", args{"path": text1(at("f")), "max_size": MaxAnswer + 1}, "max_size", "max_size", "from 0 to 12582912 (12 MiB)"},
		"a negative bound":      {"read_file", args{"path": text1(at("f")), "max_size": -1}, "max_size", "max_size", "max_size is -1"},
		"nothing":               {"read_file", args{"path": text1(at("no"))}, "path", "missing", at("no") + " does not exist. If it may be missing, check it with a call of stat"},
		"nothing above":         {"read_file", args{"path": text1(at("no/x/y"))}, "path", "missing", at("no/x/y") + " does not exist: there is no " + at("no") + "."},
		"a link to nothing":     {"read_file", args{"path": text1(at("l"))}, "path", "missing", at("l") + " is a link to gone, which does not exist."},
		"a circle":              {"read_file", args{"path": text1(at("round"))}, "path", "link_loop", "lead to each other"},
		"too long a name":       {"read_file", args{"path": text1(long)}, "path", "name_too_long", "has 301 bytes"},
		"stat, too long a name": {"stat", args{"path": text1(long)}, "path", "name_too_long", "has 301 bytes"},
		"stat, a circle":        {"stat", args{"path": text1(at("round")), "follow": true}, "path", "link_loop", "lead to each other"},
		"creates, a long name":  {"command", args{"argv": argv("true"), "creates": text1(long)}, "creates", "name_too_long", "has 301 bytes"},
		"removes, a long name":  {"command", args{"argv": argv("true"), "removes": text1(long)}, "removes", "name_too_long", "has 301 bytes"},
		"dir, a file":           {"command", args{"argv": argv("true"), "dir": text1(at("f"))}, "dir", "no_dir", at("f") + " is a file and not a directory"},
		"dir, below a file":     {"command", args{"argv": argv("true"), "dir": text1(at("f/x"))}, "dir", "not_a_directory", at("f") + " is a file"},
		"dir, missing":          {"command", args{"argv": argv("true"), "dir": text1(at("no"))}, "dir", "no_dir", "There is no directory " + at("no") + " on this machine"},
		"a zero byte":           {"command", args{"argv": argv("echo", "a\x00b")}, "argv", "argv", "argv contains a zero byte"},
		"a zero byte in shell":  {"command", args{"shell": text1("echo a\x00b")}, "shell", "shell", "shell contains a zero byte"},
		"a zero byte in env":    {"command", args{"argv": argv("env"), "env": args{"A": text1("\x00")}}, "env", "env", "env contains a zero byte"},
		"a directory to run":    {"command", args{"argv": argv(at("d"))}, "argv", "not_started", "The system refused to start " + at("d")},
		"too many arguments":    {"command", args{"argv": argv("echo", strings.Repeat("x", 200<<10))}, "argv", "too_long", "128 KiB in each"},
		"too much output":       {"command", args{"argv": argv("true"), "max_output": MaxAnswer + 1}, "max_output", "max_output", "from 0 to 12582912"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runIt(t, request(t, c.function, c.args))
			p := wantProblem(t, err, c.attr, c.code)
			if !strings.Contains(p.Detail, c.want) {
				t.Errorf("it says %q", p.Detail)
			}
		})
	}
}

// An error of the system that no test can provoke becomes a problem, too.
func TestEveryErrorOfTheSystemIsAProblem(t *testing.T) {
	for _, err := range []error{syscall.EIO, syscall.ESTALE, syscall.ENOMEM, syscall.EINVAL, fs.ErrClosed, errors.New("odd")} {
		p := explain("path", "read", "/x", &os.PathError{Op: "open", Path: "/x", Err: err})
		if p.Code != "system" || strings.Count(p.Detail, "/x") > 2 {
			t.Errorf("%v: %v", err, p)
		}
	}
	c := &command{dir: "/"}
	for _, err := range []error{syscall.EAGAIN, syscall.ENOMEM, syscall.ETXTBSY, syscall.EINVAL, errors.New("odd")} {
		p := c.missing("argv", []string{"/x"}, &os.PathError{Op: "fork/exec", Path: "/secret", Err: err})
		if strings.Contains(p.Error(), "secret") {
			t.Errorf("%v: %v", err, p)
		}
	}
}

// A file of the kernel that blocks until there is news does not block read_file.
func TestAStreamOfTheKernelIsNotWaitedFor(t *testing.T) {
	f, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no log of the kernel here: %v", err)
	}
	f.Close()
	if _, err := runIt(t, request(t, "read_file", args{"path": text1("/proc/kmsg")})); err != nil {
		p := wantProblem(t, err, "path", "not_a_file")
		if !strings.Contains(p.Detail, "stream of the kernel") {
			t.Errorf("it says %q", p.Detail)
		}
	}
}

// plainUser is set in the test process that runs as an ordinary user.
const plainUser = "MITOPLAN_TEST_PLAIN"

// TestFailuresOfAnOrdinaryUser covers files that only root may read.
func TestFailuresOfAnOrdinaryUser(t *testing.T) {
	if dir := os.Getenv(plainUser); dir != "" {
		testOrdinaryUser(t, dir)
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become an ordinary user and leave it files of others")
	}
	dir, err := os.MkdirTemp("", "plain")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, err := range []error{
		os.Chmod(dir, 0o755), os.WriteFile(dir+"/secret", nil, 0o600), os.Mkdir(dir+"/closed", 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	childtest.RunAsPlainUser(t, dir, plainUser+"="+dir)
}

func testOrdinaryUser(t *testing.T, dir string) {
	for name, c := range map[string]struct {
		function string
		args     args
		attr     string
		want     string
	}{
		"a file of root":     {"read_file", args{"path": text1(dir + "/secret")}, "path", "User 12345 may not read " + dir + "/secret: it belongs to user 0 and group 0, and its mode is 0600."},
		"below closed":       {"read_file", args{"path": text1(dir + "/closed/x")}, "path", "the directory " + dir + "/closed above it may not be entered. It belongs to user 0 and group 0, and its mode is 0700."},
		"stat below closed":  {"stat", args{"path": text1(dir + "/closed/x")}, "path", "User 12345 may not look at " + dir + "/closed/x: the directory " + dir + "/closed above it may not be entered."},
		"checksum":           {"stat", args{"path": text1(dir + "/secret"), "hash": "sha256"}, "path", "may not read"},
		"mime":               {"stat", args{"path": text1(dir + "/secret"), "mime": true}, "path", "may not read"},
		"creates":            {"command", args{"argv": argv("true"), "creates": text1(dir + "/closed/x")}, "creates", "may not look at"},
		"removes":            {"command", args{"argv": argv("true"), "removes": text1(dir + "/closed/x")}, "removes", "may not look at"},
		"dir":                {"command", args{"argv": argv("true"), "dir": text1(dir + "/closed")}, "dir", "User 12345 may not enter " + dir + "/closed: it belongs to user 0"},
		"what cannot be run": {"command", args{"argv": argv(dir + "/secret")}, "argv", "is not executable for user 12345"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runIt(t, request(t, c.function, c.args))
			p := wantProblem(t, err, c.attr, "permission")
			if !strings.Contains(p.Detail, c.want) {
				t.Errorf("it says %q", p.Detail)
			}
		})
	}
	if got := mustRun(t, "stat", args{"path": text1(dir + "/secret")}); got["exists"] != true {
		t.Errorf("%v", got)
	}
}
