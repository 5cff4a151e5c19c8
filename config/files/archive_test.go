package files

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/mitoplan/mitoplan/internal/tree"
)

// packed is a tar of these things. What has no type is a file.
func packed(t testing.TB, things ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range things {
		text := ""
		if h.Typeflag == 0 {
			text, h.Uname = h.Uname, ""
			h.Size = int64(len(text))
		}
		if h.Mode == 0 && h.Typeflag != tar.TypeXGlobalHeader {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// holding is a file that holds a text.
func holding(name, text string, mode int64) tar.Header {
	return tar.Header{Name: name, Uname: text, Mode: mode}
}

func dirHeader(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}
}

func linkHeader(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// otherSum is a zip of one file of which the checksum in its directory is of other contents.
func otherSum(b []byte) []byte {
	b[bytes.Index(b, []byte("PK\x01\x02"))+16] ^= 1
	return b
}

// zipped is a zip of pairs of a name and a text; what begins with -> is a link.
func zipped(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for k := 0; k < len(pairs); k += 2 {
		h := &zip.FileHeader{Name: pairs[k], Method: zip.Deflate}
		h.SetMode(0o644)
		text, link := strings.CutPrefix(pairs[k+1], "->")
		if link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unpackedLines reads an archive: what is in it, one line each, and the contents.
func unpackedLines(t *testing.T, r *Reader, path string, exclude []string, strip int) (lines []string, contents string, err error) {
	t.Helper()
	got, err := r.Archive(path, exclude, strip)
	if err != nil {
		return nil, "", err
	}
	m, err := tree.Decode(got.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	lines = treeLines(m)
	return lines, string(got.Contents.Data), nil
}

func wroteFile(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestArchive: an archive is what it would be unpacked into, in whatever order and form it has that.
func TestArchive(t *testing.T) {
	all := packed(t,
		tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "a commit"}},
		holding("app/z", "last", 0o600), dirHeader("app/"), holding("./app/bin/run", "#!", 0o4755), linkHeader("app/run", "bin/run"),
		holding("app-b", "beside", 0o644), holding("app/a", "first", 0o644), holding("app/a", "FIRST", 0o644),
		tar.Header{Name: "app/hard", Typeflag: tar.TypeLink, Linkname: "app/z"},
		holding("app/"+strings.Repeat("long/", 60)+"x", "deep", 0o644), holding("app/empty", "", 0o644),
	)
	deep := strings.TrimSuffix(strings.Repeat("long/", 60), "/")
	var long []string
	for at := "long"; len(at) <= len(deep); at += "/long" {
		long = append(long, at+" d")
	}
	under := append([]string{"a f", "bin d", "bin/run f runs", "empty f", "hard f private"}, append(long, deep+"/x f", "run l bin/run", "z f private")...)
	whole := []string{"app d"}
	for _, line := range under {
		whole = append(whole, "app/"+line)
	}
	whole = append(whole, "app-b f")
	dir := t.TempDir()
	wroteFile(t, dir, "a.tar", all)
	wroteFile(t, dir, "a.zip", zipped(t, "app/z", "last", "app/", "", "app/bin/run", "#!", "app/run", "->bin/run"))
	wroteFile(t, dir, "odd.name", gzipped(t, all))
	disk := NewReader(dir)
	for _, c := range []struct {
		path    string
		strip   int
		exclude []string
		want    []string
		holds   string
	}{
		{"a.tar", 0, nil, whole, "FIRST#!lastdeeplastbeside"},
		{"odd.name", 1, nil, under, "FIRST#!lastdeeplast"},
		{"odd.name", 1, []string{"long", "a", "empty", "run"}, []string{"hard f private", "z f private"}, "lastlast"},
		{"a.zip", 1, nil, []string{"bin d", "bin/run f", "run l bin/run", "z f"}, "#!last"},
		{"a.zip", 2, nil, []string{"run f"}, "#!"},
	} {
		for _, r := range []*Reader{disk, nil} {
			if r == nil {
				r = NewSnapshot("/nonexistent", disk.Sources())
			}
			got, holds, err := unpackedLines(t, r, c.path, c.exclude, c.strip)
			if err != nil || !slices.Equal(got, c.want) || holds != c.holds {
				t.Errorf("%s, strip %d, without %q: %q holds %q, %v, want %q and %q", c.path, c.strip, c.exclude, got, holds, err, c.want, c.holds)
			}
		}
	}
	if _, err := NewSnapshot("/nonexistent", disk.Sources()).Archive("a.tar", nil, 1); err == nil {
		t.Error("a snapshot has what was never read")
	}
}

// TestArchiveOfTar: what tar and the programs that it packs with make on this machine is read.
func TestArchiveOfTar(t *testing.T) {
	dir := site(t)
	if out, err := exec.Command("ln", "-s", "a/run", filepath.Join(dir, "site/m")).CombinedOutput(); err != nil {
		t.Fatalf("%s%v", out, err)
	}
	want := []string{"a d private", "a/deep d", "a/deep/x f", "a/run f runs private", "b f", "m l a/run", "z f"}
	for _, form := range []string{"-c", "-cz", "-cj", "-cJ", "-c --zstd", "-c --format=ustar", "-c --format=pax", "-c --format=v7", "-c --sparse"} {
		args := append(strings.Fields(form), "--exclude=./l", "-f", filepath.Join(dir, "x"), "-C", filepath.Join(dir, "site"), ".")
		if out, err := exec.Command("tar", args...).CombinedOutput(); err != nil {
			t.Logf("not tried: tar %s: %s%v", form, out, err)
			continue
		}
		got, holds, err := unpackedLines(t, NewReader(dir), "x", nil, 0)
		if err != nil || !slices.Equal(got, want) || holds != "ex#!bee" {
			t.Errorf("of tar %s it reads %q, %q, %v", form, got, holds, err)
		}
	}
}

// TestArchiveRefuses: nothing leads out of the directory, and what cannot be unpacked is told.
func TestArchiveRefuses(t *testing.T) {
	file := func(name string) tar.Header { return holding(name, "x", 0o644) }
	good := gzipped(t, packed(t, file("a"), file("b")))
	locked := zipped(t, "a", "x")
	for k := range locked { // the flag of encryption, in both headers
		if bytes.HasPrefix(locked[k:], []byte("PK\x03\x04")) {
			locked[k+6] |= 1
		}
		if bytes.HasPrefix(locked[k:], []byte("PK\x01\x02")) {
			locked[k+8] |= 1
		}
	}
	dir := t.TempDir()
	for what, c := range map[string]struct {
		data []byte
		want string
	}{
		"an absolute path":            {packed(t, file("/etc/passwd")), `"/etc/passwd" in it: its path leads out`},
		"a parent":                    {packed(t, file("a/../../b")), "its path leads out"},
		"a parent in a zip":           {zipped(t, "../b", "x"), "its path leads out"},
		"a link to a parent":          {packed(t, linkHeader("a/l", "../../x")), "is a link that leads out"},
		"a link to the root":          {packed(t, linkHeader("l", "/")), "is a link that leads out"},
		"a link in a zip":             {zipped(t, "l", "->../x"), "is a link that leads out"},
		"a link through links":        {packed(t, dirHeader("d1/d2"), linkHeader("d1/d2/b", "../.."), linkHeader("a", "d1/d2/b/../etc/x")), `"a" in it: it is a link that leads out`},
		"a link to itself":            {packed(t, linkHeader("a", "b"), linkHeader("b", "./a")), "more than 40 links"},
		"a link with a zero byte":     {zipped(t, "l", "->a\x00b"), "is a link that leads out"},
		"a file in a link":            {packed(t, linkHeader("l", "d"), file("l/x")), "is in something that is no directory"},
		"a link where files are":      {packed(t, file("l/x"), linkHeader("l", "d")), "is there twice"},
		"a directory that is a file":  {packed(t, file("l"), dirHeader("l")), "is there twice"},
		"a hard link to nothing":      {packed(t, tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "x"}), "another name of a file"},
		"a hard link to a link":       {packed(t, linkHeader("l", "x"), tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "l"}), "another name of a file"},
		"a hard link out of it":       {packed(t, tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "../../etc/shadow"}), "leads out of the directory"},
		"a device":                    {packed(t, tar.Header{Name: "null", Typeflag: tar.TypeChar}), "is a device"},
		"a pipe":                      {packed(t, tar.Header{Name: "p", Typeflag: tar.TypeFifo}), "is a device or a pipe"},
		"a name that is too long":     {packed(t, file(strings.Repeat("x", 256))), "no file of a host"},
		"a backslash":                 {zipped(t, `a\b`, "x"), "has a backslash"},
		"an encrypted zip":            {locked, "is encrypted"},
		"more than any disk":          {huge(t), "is more than 8 GiB"},
		"half of a gzip":              {good[:len(good)-30], "it ends too early"},
		"a gzip with another sum":     {append(slices.Clone(good[:len(good)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "is damaged"},
		"a text":                      {[]byte(strings.Repeat("no archive", 100)), "no archive that mitoplan reads"},
		"nothing":                     {nil, "is empty"},
		"a tar with nothing":          {packed(t), "is empty"},
		"a zip with nothing":          {zipped(t), "is empty"},
		"an xz that is not an xz":     {[]byte("\xfd7zXZ\x00 and more"), "is damaged"},
		"a zstd that is not a zstd":   {[]byte("\x28\xb5\x2f\xfd and more"), "is damaged"},
		"a zip with another sum":      {otherSum(zipped(t, "a", "text")), "is damaged"},
		"a link with another sum":     {otherSum(zipped(t, "l", "->a")), "is damaged"},
		"lzip":                        {[]byte("LZIP\x01"), "packed with lzip"},
		"a zip that is not a zip":     {[]byte("PK\x03\x04 and more"), "is damaged"},
		"a gzip that is not a gzip":   {[]byte("\x1f\x8b and more"), "is damaged"},
		"a bzip2 that is not a bzip2": {[]byte("BZh and more"), "is damaged"},
	} {
		wroteFile(t, dir, "x", c.data)
		_, _, err := unpackedLines(t, NewReader(dir), "x", nil, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", what, err, c.want)
		}
		if err != nil && strings.Count(err.Error(), "is damaged") > 1 {
			t.Errorf("%s says it twice: %v", what, err)
		}
	}
	wroteFile(t, dir, "x", packed(t, file("a"), linkHeader("l", "/"), tar.Header{Name: "null", Typeflag: tar.TypeChar}))
	if got, _, err := unpackedLines(t, NewReader(dir), "x", []string{"l", "null"}, 0); err != nil || !slices.Equal(got, []string{"a f"}) {
		t.Errorf("without what is refused it has %q, %v", got, err)
	}
	for want, err := range map[string]error{
		"strip or exclude leave nothing": second(NewReader(dir).Archive("x", nil, 3)),
		"fewer than 0":                   second(NewReader(dir).Archive("x", nil, -1)),
		"it is not a file":               NewReader(dir).LookArchive("."),
		"no such file":                   NewReader(dir).LookArchive("none"),
		"not a regular file":             second(NewReader(dir).Archive(".", nil, 0)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestArchivePrivate: what nobody but the owner may read stays so, and so does the directory itself.
func TestArchivePrivate(t *testing.T) {
	dir := t.TempDir()
	closed := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o700} }
	for what, c := range map[string]struct {
		data  []byte
		strip int
		want  bool
	}{
		"closed":         {packed(t, closed("./"), holding("./a", "x", 0o4000)), 0, true},
		"stripped":       {packed(t, closed("top/"), holding("top/a", "x", 0o4000)), 1, true},
		"above stripped": {packed(t, closed("./"), dirHeader("top"), holding("top/a", "x", 0o4000)), 1, false},
		"open":           {packed(t, dirHeader("./"), holding("a", "x", 0o4000)), 0, false},
	} {
		wroteFile(t, dir, "x", c.data)
		got, err := NewReader(dir).Archive("x", nil, c.strip)
		if err != nil {
			t.Fatal(err)
		}
		m, err := tree.Decode(got.Manifest)
		if err != nil || m.Private != c.want || len(m.Entries) != 1 || !m.Entries[0].Private {
			t.Errorf("%s: it is %+v, %v", what, m, err)
		}
	}
}

// TestArchiveExcludesFirst: what is excluded is not looked at, and what mitoplan itself would sweep is
// left out.
func TestArchiveExcludesFirst(t *testing.T) {
	dir := t.TempDir()
	wroteFile(t, dir, "x", zipped(t, "good", "x", `etc\x2d`, "x", "l", "->"+strings.Repeat("x", 5), ".mitoplan-a.tmp", "x", "d/.mitoplan-b.tmp/c", "x"))
	if _, _, err := unpackedLines(t, NewReader(dir), "x", []string{"l"}, 0); err == nil || !strings.Contains(err.Error(), "backslash") {
		t.Errorf("of a backslash it says %v", err)
	}
	if got, _, err := unpackedLines(t, NewReader(dir), "x", []string{"l", "etc*"}, 0); err != nil || !slices.Equal(got, []string{"good f"}) {
		t.Errorf("it has %q, %v", got, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "site"), 0o755); err != nil {
		t.Fatal(err)
	}
	wroteFile(t, dir, "site/.mitoplan-a.tmp", []byte("x"))
	got, err := NewReader(dir).Tree("site", nil)
	m, decoded := tree.Decode(got.Manifest)
	if err != nil || decoded != nil || len(m.Entries) > 0 || !tree.Unfinished(".mitoplan-a.tmp") {
		t.Errorf("the directory has %+v, %v, %v", m, err, decoded)
	}
}

// TestArchiveOfZerosStops: a small archive that holds much can be interrupted, whatever is left out of
// it, keeps no file, and is not unpacked again.
func TestArchiveOfZerosStops(t *testing.T) {
	dir := t.TempDir()
	zeros := strings.Repeat("\x00", 4<<20)
	wroteFile(t, dir, "x", gzipped(t, packed(t, holding("big", zeros, 0o644), tar.Header{Name: "null", Typeflag: tar.TypeChar})))
	for _, exclude := range [][]string{nil, {"big"}} {
		r := NewReader(dir)
		r.Watch(func(string, int64, int64) error { return errors.New("enough") })
		if _, err := r.Archive("x", exclude, 0); err == nil || !strings.Contains(err.Error(), "enough") || len(r.damaged) > 0 {
			t.Errorf("without %q it gives %v", exclude, err)
		}
	}
	r := NewReader(dir)
	for range 2 {
		if _, err := r.Archive("x", nil, 0); err == nil || !strings.Contains(err.Error(), "it is a device") {
			t.Errorf("got %v", err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "x")); err != nil {
			t.Fatal(err)
		}
	}
}

// huge is the beginning of a tar whose first file says that it has 1 TiB.
func huge(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Name: "a", Mode: 0o644, Size: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestArchiveManyNames: many names of one file are no more than what an archive may hold.
func TestArchiveManyNames(t *testing.T) {
	things := []tar.Header{holding("a", strings.Repeat("x", 1000), 0o644)}
	for k := range 20 {
		things = append(things, tar.Header{Name: fmt.Sprint(k), Typeflag: tar.TypeLink, Linkname: "a"})
	}
	u := unpacker{at: map[string]*unpacked{}, spool: spool{most: 10_000}}
	if err := readArchive(bytes.NewReader(packed(t, things...)), 0, nil, u.add); err != nil {
		t.Fatal(err)
	}
	if _, err := u.finish(); !errors.Is(err, errUnpacked) {
		t.Errorf("20 names of a file are taken: %v", err)
	}
}

func second(_ Tree, err error) error { return err }

// TestArchiveLarge: contents that are long are in a file without a name, and come in the order of
// the tree from any offset. An archive that has changed since the plan is told.
func TestArchiveLarge(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	long := strings.Repeat("0123456789abcdef", Kept/16)
	dir := t.TempDir()
	wroteFile(t, dir, "x", packed(t, holding("z", "zed", 0o644), holding("m", long, 0o644), holding("e", "", 0o644), holding("a", "ay", 0o644)))
	all := "ay" + long + "zed"
	disk := NewReader(dir)
	told := int64(0)
	disk.Watch(func(_ string, done, _ int64) error { told = done; return nil })
	got, err := disk.Archive("x", nil, 0)
	if err != nil || got.Contents.Large == nil || *got.Contents.Large != (Large{sha256.Sum256([]byte(all)), int64(len(all))}) {
		t.Fatalf("it is %+v, %v", got.Contents, err)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 || told < Kept {
		t.Errorf("%v is left, and %d bytes were told", left, told)
	}
	later := NewSnapshot(dir, disk.Sources())
	later.Hold(disk.Large(), nil)
	for _, r := range []*Reader{disk, later} {
		_, open, ok := r.Open(got.Contents.Large.Sum)
		if !ok {
			t.Fatal("the contents are not found by their name")
		}
		for _, at := range []int64{0, 1, 2, 3, Kept, Kept + 2, int64(len(all)) - 1, int64(len(all))} {
			in, err := open(at)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(in)
			in.Close()
			if err != nil || string(b) != all[at:] {
				t.Errorf("from %d on there are %d bytes, %v", at, len(b), err)
			}
		}
	}
	again := NewSnapshot(dir, disk.Sources())
	again.Hold(disk.Large(), nil)
	wroteFile(t, dir, "x", packed(t, holding("a", "other", 0o644)))
	_, open, _ := again.Open(got.Contents.Large.Sum)
	if _, err := open(0); err == nil || !strings.Contains(err.Error(), "it has changed") {
		t.Errorf("of an archive that has changed since the plan it says %v", err)
	}
	stop := NewReader(dir)
	stop.Watch(func(string, int64, int64) error { return errors.New("enough") })
	wroteFile(t, dir, "x", packed(t, holding("m", long+long, 0o644)))
	if _, err := stop.Archive("x", nil, 0); err == nil || !strings.Contains(err.Error(), "enough") || strings.Contains(err.Error(), "damaged") {
		t.Errorf("a reading that is ended gives %v", err)
	}
}

// TestArchiveNames: the names of contents among the sources are read as they are written.
func TestArchiveNames(t *testing.T) {
	for _, w := range []whole{
		{key: "a"}, {key: `x", "1`, exclude: []string{`")`, ""}}, {key: "a", archive: true}, {key: "a", archive: true, strip: 12, exclude: []string{"1"}},
	} {
		got, ok := wholeOf(w.name(true))
		if got.exclude = slices.Clip(got.exclude); !ok || fmt.Sprint(got) != fmt.Sprint(w) {
			t.Errorf("%s is read as %+v", w.name(true), got)
		}
		if _, ok := wholeOf(w.name(false)); ok {
			t.Errorf("%s is taken for contents", w.name(false))
		}
	}
	for _, name := range []string{"", "files", "files(", `files("a"`, `files("a",)`, `unpacked("a")`, `unpacked("a", "x")`, "site/files(1)"} {
		if w, ok := wholeOf(name); ok {
			t.Errorf("%s is read as %+v", name, w)
		}
	}
}

// FuzzArchive: whatever an archive is, what is taken of it is a tree in one directory, with what
// its files hold.
func FuzzArchive(f *testing.F) {
	f.Add(packed(f, holding("a/b", "x", 0o644), linkHeader("l", "a"), dirHeader("d")), 0)
	f.Add(gzipped(f, packed(f, holding("a/b", "x", 0o644))), 1)
	f.Add(zipped(f, "a/", "", "a/b", "x", "l", "->a"), 0)
	f.Add(xzed(f, xz.WriterConfig{BlockSize: 1000, DictCap: lzma.MinDictCap}, packed(f, holding("a/b", "x", 0o644))), 0)
	f.Add(zstded(f, packed(f, holding("a/b", "x", 0o644))), 0)
	f.Fuzz(func(t *testing.T, b []byte, strip int) {
		u := unpacker{strip: max(strip, 0), at: map[string]*unpacked{}, spool: spool{most: 1 << 20}}
		if readArchive(bytes.NewReader(b), int64(len(b)), nil, u.add) != nil {
			return
		}
		s, err := u.finish()
		if err != nil {
			return
		}
		m, err := tree.Decode(s.manifest)
		if err != nil {
			t.Fatalf("%q: %v", s.manifest, err)
		}
		in, err := s.unpacked(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range m.Entries {
			if e.Sort == tree.Link && (filepath.IsAbs(e.Target) || !filepath.IsLocal(filepath.Join(filepath.Dir(e.Path), e.Target)) && filepath.Join(filepath.Dir(e.Path), e.Target) != ".") {
				t.Errorf("%q leads to %q", e.Path, e.Target)
			}
			sum := sha256.New()
			if _, err := io.CopyN(sum, in, e.Size); e.Sort == tree.File && (err != nil || [sha256.Size]byte(sum.Sum(nil)) != e.Sum) {
				t.Errorf("%q holds something else, %v", e.Path, err)
			}
		}
	})
}

// TestShownNames holds how people are told of what has a name among the sources.
func TestShownNames(t *testing.T) {
	for _, c := range []struct{ name, path, shown string }{
		{"a.txt", "a.txt", `the file "a.txt"`},
		{"files(.txt", "files(.txt", `the file "files(.txt"`},
		{whole{key: "site", exclude: []string{"*.bak"}}.name(true), "site", `the directory "site"`},
		{whole{key: "site"}.name(false), "site", `the directory "site"`},
		{whole{key: "s.tar", archive: true, strip: 1}.name(true), "s.tar", `the archive "s.tar"`},
	} {
		if path, shown := PathOf(c.name), Shown(c.name); path != c.path || shown != c.shown {
			t.Errorf("%s is shown as %q, %s; want %q, %s", c.name, path, shown, c.path, c.shown)
		}
	}
}
