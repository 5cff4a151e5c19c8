package files

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/crc64"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// xzed is a stream of xz.
func xzed(t testing.TB, c xz.WriterConfig, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := c.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zstded is a frame of zstd.
func zstded(t testing.TB, b []byte, options ...zstd.EOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, options...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zstdFrame is a frame that is not compressed, and says how large its window is: 2 to the power of 10
// and of five bits, and more by eighths.
func zstdFrame(window byte, b []byte) []byte {
	size := len(b)<<3 | 1 // the only block
	return slices.Concat([]byte("\x28\xb5\x2f\xfd\x00"), []byte{window, byte(size), byte(size >> 8), byte(size >> 16)}, b)
}

// TestArchiveOfXZAndZstd: the forms of both formats are read, in as many parts as there are.
func TestArchiveOfXZAndZstd(t *testing.T) {
	all := packed(t, holding("a", strings.Repeat("text ", 2000), 0o644), holding("b", "x", 0o644))
	one, two := all[:700], all[700:]
	skipped := []byte("\x53\x2a\x4d\x18\x05\x00\x00\x00extra")
	both := func(join func(a, b []byte) []byte, pack func(b []byte) []byte) []byte {
		return join(pack(one), pack(two))
	}
	behind := func(between string) func(a, b []byte) []byte {
		return func(a, b []byte) []byte { return slices.Concat(a, []byte(between), b, []byte(between)) }
	}
	plain := func(b []byte) []byte { return xzed(t, xz.WriterConfig{}, b) }
	frame := func(b []byte) []byte { return zstded(t, b) }
	dir := t.TempDir()
	for what, data := range map[string][]byte{
		"xz":                             plain(all),
		"xz without checksums":           xzed(t, xz.WriterConfig{NoCheckSum: true}, all),
		"xz with CRC32":                  xzed(t, xz.WriterConfig{CheckSum: xz.CRC32}, all),
		"xz with CRC64":                  xzed(t, xz.WriterConfig{CheckSum: xz.CRC64}, all),
		"xz with SHA-256":                xzed(t, xz.WriterConfig{CheckSum: xz.SHA256}, all),
		"xz of several blocks":           xzed(t, xz.WriterConfig{BlockSize: 512, DictCap: lzma.MinDictCap}, all),
		"xz of several streams":          both(behind(""), plain),
		"xz of streams and zeros":        both(behind("\x00\x00\x00\x00\x00\x00\x00\x00"), plain),
		"xz with an empty stream":        slices.Concat(plain(nil), plain(all)),
		"zstd":                           frame(all),
		"zstd without checksums":         zstded(t, all, zstd.WithEncoderCRC(false)),
		"zstd, small":                    zstded(t, all, zstd.WithEncoderLevel(zstd.SpeedBestCompression)),
		"zstd with the largest window":   zstdFrame(0x88, all),
		"zstd of one segment":            zstded(t, all, zstd.WithSingleSegment(true)),
		"zstd of several frames":         both(behind(""), frame),
		"zstd with what is to be passed": both(behind(string(skipped)), frame),
		"zstd that begins with that":     slices.Concat(skipped, frame(all)),
	} {
		wroteFile(t, dir, "x", data)
		got, holds, err := unpackedLines(t, NewReader(dir), "x", nil, 0)
		if err != nil || !slices.Equal(got, []string{"a f", "b f"}) || holds != strings.Repeat("text ", 2000)+"x" {
			t.Errorf("%s: %q with %d bytes, %v", what, got, len(holds), err)
		}
		if _, _, err := unpackedLines(t, NewReader(dir), "x", []string{"a"}, 0); err != nil {
			t.Errorf("%s, but for what is excluded: %v", what, err)
		}
	}
}

// TestArchiveOfPrograms: what the programs of this machine pack is read, in whichever way they do it.
func TestArchiveOfPrograms(t *testing.T) {
	all := packed(t, holding("a", strings.Repeat("0123456789abcdef", 20<<10), 0o644), holding("b", "x", 0o644))
	dir, tried := t.TempDir(), 0
	for _, program := range []string{
		"xz -0", "xz -0e", "xz -0 -T2 --block-size=65536", "xz -0 --check=none", "xz -0 --check=sha256", "xz --lzma2=preset=0,lc=0,lp=2,pb=0",
		"zstd -1", "zstd -19", "zstd -1 --long=27", "zstd -T2", "zstd --no-check", "pzstd -p 2",
	} {
		argv := append(strings.Fields(program), "-c")
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Stdin = bytes.NewReader(all)
		data, err := cmd.Output()
		if err != nil {
			t.Logf("not tried: %s: %v", program, err)
			continue
		}
		tried++
		wroteFile(t, dir, "x", data)
		if got, _, err := unpackedLines(t, NewReader(dir), "x", nil, 0); err != nil || !slices.Equal(got, []string{"a f", "b f"}) {
			t.Errorf("%s: %q, %v", program, got, err)
		}
	}
	if tried == 0 {
		t.Skip("neither xz nor zstd is here")
	}
}

// blockHeader is an xz of one block whose header says that, behind its length and before its sum.
func blockHeader(t testing.TB, text string) []byte {
	t.Helper()
	b := xzed(t, xz.WriterConfig{}, packed(t, holding("a", "x", 0o644)))
	head := b[12 : 12+4*(int(b[12])+1)]
	copy(head[1:len(head)-4], text+strings.Repeat("\x00", len(head)))
	binary.LittleEndian.PutUint32(head[len(head)-4:], crc32.ChecksumIEEE(head[:len(head)-4]))
	return b
}

// streamHeader is an xz whose stream has another sort of checksums.
func streamHeader(t testing.TB, check byte) []byte {
	t.Helper()
	b := xzed(t, xz.WriterConfig{}, nil)
	b[7] = check
	binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[6:8]))
	return b
}

// TestArchivePackedAnotherWay: what is whole and is not read is not called damaged, and what takes too much memory is
// refused before it is taken.
func TestArchivePackedAnotherWay(t *testing.T) {
	all := packed(t, holding("a", strings.Repeat("text ", 2000), 0o644))
	dictionary := zstded(t, all, zstd.WithEncoderDictRaw(7, []byte("text text text ")))
	large := zstded(t, all, zstd.WithSingleSegment(true))
	segment := []byte("\x28\xb5\x2f\xfd\xe0\x01\x00\x00\x08\x00\x00\x00\x00") // one that holds 128 MiB and a byte
	dir := t.TempDir()
	for what, c := range map[string]struct {
		data []byte
		want string
	}{
		"a window of zstd":            {zstdFrame(0x89, all), "more memory than the 128 MiB"},
		"the second window of zstd":   {slices.Concat(zstded(t, all[:600]), zstdFrame(0x89, all[600:])), "more memory than the 128 MiB"},
		"the largest window of zstd":  {zstdFrame(0xff, all), "more memory than the 128 MiB"},
		"a segment of zstd":           {slices.Concat(segment, large), "more memory than the 128 MiB"},
		"a dictionary of zstd":        {dictionary, "with a dictionary of zstd"},
		"a dictionary of xz":          {blockHeader(t, "\x00\x21\x01\x1f"), "more memory than the 128 MiB"},
		"the largest of xz":           {blockHeader(t, "\x00\x21\x01\x28"), "more memory than the 128 MiB"},
		"a filter of xz for programs": {blockHeader(t, "\x01\x04\x00\x21\x01\x00"), "with a filter of xz"},
		"a filter of xz, unknown":     {blockHeader(t, "\x00\x22\x01\x00"), "with a filter of xz"},
		"sums of xz":                  {streamHeader(t, 2), "with checksums"},
	} {
		wroteFile(t, dir, "x", c.data)
		_, _, err := unpackedLines(t, NewReader(dir), "x", nil, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(strings.ToLower(err.Error()), "unpack it with") || strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: got %v, want %q", what, err, c.want)
		}
	}
}

// TestArchiveOfXZThatLies: what the header of a block says is held against the block.
func TestArchiveOfXZThatLies(t *testing.T) {
	dir := t.TempDir()
	for head, want := range map[string]string{
		"\x40\x05\x21\x01\x00":         "another size than it says",
		"\x80\x7f\x21\x01\x00":         "holds more than it says",
		"\x80\x00\x21\x01\x28":         "holds more than it says", // nothing, with the largest dictionary
		"\x80\xff\xff\x7f\x21\x01\x00": "another size than it says",
		"\x00\x21\x02\x00":             "header of a block is wrong",
		"\x00\x21\x01\x29":             "header of a block is wrong",
		"\x00\x21\x01\x00\x01":         "header of a block is wrong",
		"\x40\xff\xff\xff\xff\xff\xff": "header of a block is wrong",
		"\x00\xff\xff\xff\xff\xff\xff": "header of a block is wrong",
	} {
		wroteFile(t, dir, "x", blockHeader(t, head))
		if _, _, err := unpackedLines(t, NewReader(dir), "x", nil, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", head, err, want)
		}
	}
}

// TestArchiveThatIsCutOff: wherever an archive ends too early, it is not taken for a whole one, and
// whichever byte of it is another, it does not hold something else.
func TestArchiveThatIsCutOff(t *testing.T) {
	text := strings.Repeat("some text ", 30)
	all := packed(t, holding("a", text, 0o644))
	read := func(b []byte) (string, error) {
		u := unpacker{at: map[string]*unpacked{}, spool: spool{most: 1 << 20}}
		if err := readArchive(bytes.NewReader(b), int64(len(b)), nil, u.add); err != nil {
			return "", err
		}
		s, err := u.finish()
		if err != nil {
			return "", err
		}
		return string(s.data), nil
	}
	for what, data := range map[string][]byte{
		"xz":                   xzed(t, xz.WriterConfig{BlockSize: 1000, DictCap: lzma.MinDictCap}, all),
		"xz without checksums": xzed(t, xz.WriterConfig{NoCheckSum: true, DictCap: lzma.MinDictCap}, all),
		"zstd":                 zstded(t, all),
	} {
		if is, err := read(data); err != nil || is != text {
			t.Fatalf("%s: %q, %v", what, is, err)
		}
		for k := 6; k < len(data); k++ {
			if _, err := read(data[:k]); err == nil || !strings.Contains(err.Error(), "it ends too early") {
				t.Errorf("%s of %d bytes, cut off behind %d: %v", what, len(data), k, err)
			}
			other := slices.Clone(data)
			other[k] ^= 0x10
			if is, err := read(other); err == nil && is != text && what != "xz without checksums" {
				t.Errorf("%s of %d bytes, with another one at %d, holds %q", what, len(data), k, is)
			}
		}
		if _, err := read(slices.Concat(data, []byte("and more"))); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%s with something behind it: %v", what, err)
		}
	}
}

// windows is an xz of blocks of the largest dictionary that is let in, with that in each of them.
func windows(t testing.TB, blocks int, lzma2, sum string) *xzReader {
	one := blockHeader(t, "\x00\x21\x01\x1e")
	block := string(one[12:24]) + lzma2 + strings.Repeat("\x00", -len(lzma2)&3) + sum
	return &xzReader{in: bufio.NewReader(strings.NewReader(string(one[:12]) + strings.Repeat(block, blocks)))}
}

// TestXZTakesNoMemoryForNothing: blocks in which nothing is take no window, and small blocks with
// large windows are refused before all of them have taken theirs.
func TestXZTakesNoMemoryForNothing(t *testing.T) {
	taken := func(x *xzReader) (bytes uint64, err error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = io.Copy(io.Discard, x)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, err
	}
	if n, err := taken(windows(t, 100, "\x00", strings.Repeat("\x00", 8))); n > 64<<20 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a hundred blocks of nothing took %d bytes: %v", n, err)
	}
	sum := crc64.Checksum([]byte("x"), crc64.MakeTable(crc64.ECMA))
	x := windows(t, 100, "\x01\x00\x00x\x00", string(binary.LittleEndian.AppendUint64(nil, sum)))
	x.most = 300 << 20
	if n, err := taken(x); n > 400<<20 || err == nil || !strings.Contains(err.Error(), "many small blocks") {
		t.Errorf("a hundred blocks of one byte took %d bytes: %v", n, err)
	}
}

// TestArchivePackedOfZerosStops: a small one that holds much, or many blocks of nothing, can be
// interrupted.
func TestArchivePackedOfZerosStops(t *testing.T) {
	one := blockHeader(t, "\x00\x21\x01\x00")
	empty := string(one[12:24]) + strings.Repeat("\x00", 4+8) // the end of the data and padding, and the sum
	zeros := packed(t, holding("big", strings.Repeat("\x00", 4<<20), 0o644), tar.Header{Name: "null", Typeflag: tar.TypeChar})
	dir := t.TempDir()
	for what, c := range map[string]struct {
		data  []byte
		after int // so many times it is told of before
	}{
		"xz":           {xzed(t, xz.WriterConfig{}, zeros), 2},
		"zstd":         {zstded(t, zeros), 2},
		"empty blocks": {[]byte(string(one[:12]) + strings.Repeat(empty, 20)), 10},
	} {
		for _, exclude := range [][]string{nil, {"big"}} {
			told := 0
			r := NewReader(dir)
			r.Watch(func(string, int64, int64) error {
				if told++; told > c.after {
					return errors.New("enough")
				}
				return nil
			})
			wroteFile(t, dir, "x", c.data)
			if _, err := r.Archive("x", exclude, 0); err == nil || !strings.Contains(err.Error(), "enough") || strings.Contains(err.Error(), "damaged") || len(r.damaged) > 0 {
				t.Errorf("%s without %q: %v", what, exclude, err)
			}
		}
	}
}

// FuzzXZ: whatever a file of xz is, what is taken of it is what the library of xz takes. The sums of the
// first headers are mended, or nothing would come behind them.
func FuzzXZ(f *testing.F) {
	text := []byte("a text that is long enough, a text that is long enough")
	f.Add(xzed(f, xz.WriterConfig{BlockSize: 20, DictCap: lzma.MinDictCap}, text))
	f.Add(slices.Concat(xzed(f, xz.WriterConfig{DictCap: lzma.MinDictCap}, text), make([]byte, 8), xzed(f, xz.WriterConfig{NoCheckSum: true, DictCap: lzma.MinDictCap}, text)))
	f.Add(blockHeader(f, "\xc0\x05\x09\x21\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 12 {
			binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[6:8]))
			if end := 12 + 4*int(b[12]); end > 12 && end+4 <= len(b) {
				binary.LittleEndian.PutUint32(b[end:], crc32.ChecksumIEEE(b[12:end]))
			}
		}
		most := io.LimitReader(&xzReader{in: bufio.NewReader(bytes.NewReader(b))}, 1<<20)
		got, err := io.ReadAll(most)
		if err != nil || len(got) == 1<<20 {
			return
		}
		r, err := xz.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%q is taken: %v", b, err)
		}
		want, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q holds %q, and the library says %q, %v", b, got, want, err)
		}
	})
}
