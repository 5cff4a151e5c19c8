package function

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fileWith writes a file in a new directory and returns its path.
func fileWith(t *testing.T, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestStatAgreesWithTheSystem compares the results of stat with the output of stat(1),
// for each sort of thing.
func TestStatAgreesWithTheSystem(t *testing.T) {
	dir := t.TempDir()
	file, fifo, sock, link := filepath.Join(dir, "f"), filepath.Join(dir, "p"), filepath.Join(dir, "s"), filepath.Join(dir, "l")
	if err := os.WriteFile(file, []byte("four"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, file+"2"); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("f", link); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for p, typ := range map[string]string{
		file: "file", dir: "directory", fifo: "fifo", sock: "socket", link: "link", "/dev/null": "char",
	} {
		t.Run(typ, func(t *testing.T) {
			got := mustRun(t, "stat", args{"path": text1(p)})
			said, err := exec.Command("stat", "-c", "%a %s %u %g %h %i %Hd:%Ld %t %T %X %Y %Z", p).Output()
			if err != nil {
				t.Skipf("no stat(1) that takes these: %v", err)
			}
			var mode, inode, device, major, minor string
			var size, uid, gid, links, atime, mtime, ctime int64
			if _, err := fmt.Sscan(string(said), &mode, &size, &uid, &gid, &links, &inode, &device, &major, &minor, &atime, &mtime, &ctime); err != nil {
				t.Fatalf("%s: %v", said, err)
			}
			if typ != "char" {
				major, minor = "0", "0" // %t and %T are of devices
			}
			want := args{
				"type": typ, "size": size, "uid": uid, "gid": gid, "links": links, "inode": inode, "device": device,
				"accessed": atime, "modified": mtime, "changed": ctime, "checksum": "", "mime_type": "",
			}
			for name, v := range want {
				is := got[name]
				if n, ok := v.(int64); ok && strings.HasSuffix(name, "ed") {
					at, err := time.Parse(time.RFC3339Nano, is.(string))
					if err != nil || at.Unix() != n {
						t.Errorf("%s is %v, want %d", name, is, n)
					}
					continue
				}
				if is != v {
					t.Errorf("%s is %v, want %v", name, is, v)
				}
			}
			if hex := fmt.Sprintf("%x %x", got["major"], got["minor"]); hex != major+" "+minor {
				t.Errorf("the device is %s, want %s %s", hex, major, minor)
			}
			if m := fmt.Sprintf("%04s", mode); got["mode"] != m {
				t.Errorf("mode %v, want %s", got["mode"], m)
			}
		})
	}
}

// TestStatOfADevice covers block devices, which few test hosts have.
func TestStatOfADevice(t *testing.T) {
	p := filepath.Join(t.TempDir(), "b")
	if err := unix.Mknod(p, unix.S_IFBLK|0o600, int(unix.Mkdev(7, 300))); err != nil {
		t.Skipf("no devices can be made here: %v", err)
	}
	got := mustRun(t, "stat", args{"path": text1(p), "hash": "sha256", "mime": true})
	if got["type"] != "block" || got["major"] != int64(7) || got["minor"] != int64(300) || got["mime_type"] != "inode/blockdevice" || got["checksum"] != "" {
		t.Errorf("got %v", got)
	}
}

// TestReadingLeavesTheTimeOfAccess holds that a plan does not change what the next plan
// is told.
func TestReadingLeavesTheTimeOfAccess(t *testing.T) {
	p := fileWith(t, "text\n")
	long := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(p, long, time.Now()); err != nil {
		t.Fatal(err)
	}
	ask := args{"path": text1(p), "hash": "sha256", "mime": true}
	first := mustRun(t, "stat", ask)
	mustRun(t, "read_file", args{"path": text1(p)})
	if again := mustRun(t, "stat", ask); again["accessed"] != first["accessed"] {
		t.Errorf("%v became %v", first["accessed"], again["accessed"])
	}
}

func TestStatChecksum(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 100_000)
	for _, content := range []string{"", "a", long} {
		p := fileWith(t, content)
		for _, name := range []string{"sha256", "sha512"} {
			said, err := exec.Command(name+"sum", p).Output()
			if err != nil {
				t.Skipf("no %ssum: %v", name, err)
			}
			want, _, _ := strings.Cut(string(said), " ")
			if got := mustRun(t, "stat", args{"path": text1(p), "hash": name}); got["checksum"] != want || got["mime_type"] != "" {
				t.Errorf("%s of %d bytes is %v, want %s", name, len(content), got["checksum"], want)
			}
		}
	}
	_, err := runIt(t, request(t, "stat", args{"path": text1("/"), "hash": "crc32"}))
	wantProblem(t, err, "hash", "hash")
}

// TestStatReadsOnlyWhatItIsAskedTo holds that stat does not read through a link, and
// that a pipe does not block it.
func TestStatReadsOnlyWhatItIsAskedTo(t *testing.T) {
	p := fileWith(t, "text\n")
	link, fifo := p+"l", p+"p"
	if err := os.Symlink("f", link); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ask := args{"path": text1(link), "hash": "sha256", "mime": true}
	if got := mustRun(t, "stat", ask); got["mime_type"] != "inode/symlink" || got["checksum"] != "" {
		t.Errorf("a link: %v", got)
	}
	ask["follow"] = true
	if got := mustRun(t, "stat", ask); got["mime_type"] != "text/plain" || got["checksum"] == "" {
		t.Errorf("what a link points to: %v", got)
	}
	ask["path"] = text1(fifo)
	if got := mustRun(t, "stat", ask); got["mime_type"] != "inode/fifo" || got["checksum"] != "" {
		t.Errorf("a pipe: %v", got)
	}
}

// TestMimeType compares the table of media types with file(1), if that is installed.
func TestMimeType(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"empty":     {"", "inode/x-empty"},
		"text":      {"hello\n", "text/plain"},
		"umlauts":   {"hällo\n", "text/plain"},
		"zeros":     {"a\x00b\x00c", "application/octet-stream"},
		"latin1":    {"caf\xe9\n", "application/octet-stream"}, // file(1) guesses
		"cut":       {strings.Repeat("x", sniffed-1) + "ä", "text/plain"},
		"gzip":      {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "application/gzip"},
		"xz":        {"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46", "application/x-xz"},
		"bzip2":     {"BZh91AY&SY", "application/x-bzip2"},
		"png":       {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00", "image/png"},
		"gif":       {"GIF89a\x01\x00\x01\x00\x00\x00\x00", "image/gif"},
		"pdf":       {"%PDF-1.4\n", "application/pdf"},
		"shell":     {"#!/bin/sh\necho\n", "text/x-shellscript"},
		"bash":      {"#!/usr/bin/env bash\necho\n", "text/x-shellscript"},
		"python":    {"#!/usr/bin/python3\nimport os\n", "text/x-script.python"},
		"perl":      {"#!/usr/bin/perl -w\nuse strict;\n", "text/x-perl"},
		"xml":       {"<?xml version=\"1.0\"?>\n<a/>\n", "text/xml"},
		"html":      {"<!DOCTYPE html>\n<html></html>\n", "text/html"},
		"sqlite":    {"SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20" + strings.Repeat("\x00", 80), "application/vnd.sqlite3"},
		"tar":       {"name" + strings.Repeat("\x00", 253) + "ustar\x0000" + strings.Repeat("\x00", 300), "application/x-tar"},
		"deb":       {"!<arch>\ndebian-binary   1410122664  0     0     100644  4         `\n2.0\n", "application/vnd.debian.binary-package"},
		"7z":        {"7z\xbc\xaf\x27\x1c\x00\x04", "application/x-7z-compressed"},
		"zstd":      {"\x28\xb5\x2f\xfd\x04\x58\x01\x00\x00", "application/zstd"},
		"luks":      {"LUKS\xba\xbe\x00\x02" + strings.Repeat("\x00", 200), "application/x-luks"},
		"too short": {"B", "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fileWith(t, c.content)
			if got := mustRun(t, "stat", args{"path": text1(p), "mime": true}); got["mime_type"] != c.want {
				t.Errorf("it is %v, want %s", got["mime_type"], c.want)
			}
			said, err := exec.Command("file", "--brief", "--mime-type", p).Output()
			if err != nil || name == "latin1" || name == "luks" || name == "too short" || name == "tar" {
				return
			}
			if is := strings.TrimSpace(string(said)); is != c.want {
				t.Errorf("file(1) says %s", is)
			}
		})
	}
}
