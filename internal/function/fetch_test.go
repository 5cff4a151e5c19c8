package function

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// fetched is what a call of fetch hands over.
func fetched(t *testing.T, a args) (out map[string]any, saved []byte, err error) {
	t.Helper()
	var to bytes.Buffer
	a["save_as"] = cbor.ByteString("x")
	req := request(t, "fetch", a)
	req.Pipe = &to
	reply, err := runIt(t, req)
	return reply.Results, to.Bytes(), err
}

// A directory comes as an archive that Go, and so everybody who keeps to POSIX, reads: with names
// and numbers of every length, and without what is no file, directory or link.
func TestFetchATree(t *testing.T) {
	dir := t.TempDir()
	long, target := strings.Repeat("x", 101), strings.Repeat("y", 4000)
	early, late := time.Unix(-5, 0), time.Unix(1<<33+1, 0)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "sub", long, long), 0o755))
	must(os.WriteFile(filepath.Join(dir, "sub", long, long, "größe"), []byte("deep"), 0o4711))
	must(os.Chmod(filepath.Join(dir, "sub", long, long, "größe"), 0o711|os.ModeSetuid))
	must(os.WriteFile(filepath.Join(dir, "block"), bytes.Repeat([]byte("b"), 512), 0o600))
	must(os.WriteFile(filepath.Join(dir, "a\nname"), nil, 0o600))
	must(os.WriteFile(filepath.Join(dir, "left.bak"), nil, 0o600))
	must(os.Symlink(target, filepath.Join(dir, "link")))
	must(unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	must(os.Chtimes(filepath.Join(dir, "block"), early, early))
	must(os.Chtimes(filepath.Join(dir, "a\nname"), late, late))
	out, saved, err := fetched(t, args{"path": cbor.ByteString(dir), "exclude": argv("*.bak")})
	must(err)
	type entry struct {
		typ           byte
		mode          int64
		content, link string
	}
	want := map[string]entry{
		"./": {'5', 0o755, "", ""}, "sub/": {'5', 0o755, "", ""}, "sub/" + long + "/": {'5', 0o755, "", ""}, "sub/" + long + "/" + long + "/": {'5', 0o755, "", ""},
		"sub/" + long + "/" + long + "/größe": {'0', 0o4711, "deep", ""}, "block": {'0', 0o600, strings.Repeat("b", 512), ""},
		"a\nname": {'0', 0o600, "", ""}, "link": {'2', 0o777, "", target},
	}
	times := map[string]time.Time{"block": early, "a\nname": late}
	if out["type"] != "directory" || fmt.Sprint(out["entries"], out["left_out"]) != fmt.Sprint(len(want), 1) {
		t.Errorf("got %+v, want %d entries", out, len(want))
	}
	for r := tar.NewReader(bytes.NewReader(saved)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		must(err)
		content, err := io.ReadAll(r)
		must(err)
		if got := (entry{h.Typeflag, h.Mode, string(content), h.Linkname}); got != want[h.Name] {
			t.Errorf("%q is %+v, want %+v", h.Name, got, want[h.Name])
		}
		if at, ok := times[h.Name]; ok && !h.ModTime.Equal(at) {
			t.Errorf("%q is of %s, want %s", h.Name, h.ModTime, at)
		}
		if h.Uid != os.Getuid() || h.Gid != os.Getgid() {
			t.Errorf("%q is of %d:%d", h.Name, h.Uid, h.Gid)
		}
		delete(want, h.Name)
	}
	if len(want) > 0 || len(saved)%512 != 0 {
		t.Errorf("the archive of %d bytes lacks %v", len(saved), want)
	}
}

// A file comes byte for byte; what is neither is refused, and so is more than max_size.
func TestFetch(t *testing.T) {
	dir := t.TempDir()
	file, pipe := filepath.Join(dir, "f"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(file, []byte("12345"), 0o600), unix.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args args
		code kind.Code
	}{
		{args{"path": cbor.ByteString(file)}, ""},
		{args{"path": cbor.ByteString(file), "max_size": int64(5)}, ""},
		{args{"path": cbor.ByteString(file), "max_size": int64(4)}, kind.CodeTooLong},
		{args{"path": cbor.ByteString(dir), "max_size": int64(100)}, kind.CodeTooLong},
		{args{"path": cbor.ByteString(pipe)}, kind.CodeNotAFile},
		{args{"path": cbor.ByteString(filepath.Join(dir, "none"))}, kind.CodeMissing},
		{args{"path": cbor.ByteString("f")}, kind.CodePath},
		{args{"path": cbor.ByteString(dir), "exclude": argv("a/b")}, kind.CodeArgument},
	} {
		out, saved, err := fetched(t, c.args)
		var p *kind.Problem
		switch {
		case c.code == "" && (err != nil || string(saved) != "12345" || out["type"] != "file" || fmt.Sprint(out["entries"]) != "1"):
			t.Errorf("%v: %+v, %q, %v", c.args, out, saved, err)
		case c.code != "" && (!errors.As(err, &p) || p.Code != c.code):
			t.Errorf("%v: %v, want the code %s", c.args, err, c.code)
		}
	}
}
