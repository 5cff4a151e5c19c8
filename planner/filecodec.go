package planner

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// fileMagic begins every plan file, of whatever version.
const fileMagic = "mitoplan plan "

// FileVersion is the version of the format that this program reads and writes.
// The package comment has the list of them.
const FileVersion = 7

// fileFormat is the beginning of a file of this version. The seal is bound to
// it: what was sealed in one format never opens as another.
var fileFormat = fmt.Sprint(fileMagic, FileVersion)

// maxFile bounds what a plan file may unpack to, in bytes.
const maxFile = 1 << 30

// Encode gives the bytes of the file, without those of bundled sources; see Save.
func (f *File) Encode() ([]byte, error) {
	return pack([]byte(fileFormat+" "+f.Tool+"\n"), f)
}

// Save writes the file: first what Encode gives, then the bundled sources in the order
// of their names. open opens them. key is that of the seal. What is read has to be
// what the file names, or the error says that it has changed.
func (f *File) Save(w io.Writer, key []byte, open func(name string) (io.ReadCloser, error)) error {
	head, err := f.Encode()
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, name := range f.bundled() {
		if err := f.writeSource(w, key, name, open); err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
	}
	return nil
}

// maxHead bounds the first line of a plan file, in bytes.
const maxHead = 4 << 10

// ReadFile reads a plan file of that many bytes. Of one in another format it returns
// a *FormatError, of one that is no plan behind its first line a *DamageError. Bundled
// sources are not read yet: r has to stay open for them.
func ReadFile(r io.ReaderAt, size int64) (*File, error) {
	begin := make([]byte, min(maxHead, size))
	if _, err := r.ReadAt(begin, 0); err != nil && err != io.EOF {
		return nil, err
	}
	version, tool, rest, err := cutHead(begin)
	if err != nil {
		return nil, err
	}
	packed := &counter{Reader: bufio.NewReader(io.NewSectionReader(r, 0, size))}
	_, _ = io.CopyN(io.Discard, packed, int64(len(begin)-len(rest)))
	if version != FileVersion {
		return nil, &FormatError{Format: version, Tool: toolOf(tool, packed)}
	}
	raw, err := gunzip(packed)
	if err != nil {
		return nil, err
	}
	f, err := decodeFile(tool, raw)
	if err != nil {
		return nil, err
	}
	f.file, f.bundleAt = r, packed.n
	if err := f.checkBundle(size); err != nil {
		return nil, err
	}
	return f, nil
}

// counter counts what is read through it. As gzip takes single bytes of it, it takes
// none of what is behind its end.
type counter struct {
	*bufio.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (c *counter) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// decodeFile reads the part of a plan file that anybody can read.
func decodeFile(tool string, raw []byte) (*File, error) {
	f := &File{Tool: tool}
	if err := decode(raw, f); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}

var errNotAPlan = errors.New("this is not a plan file of mitoplan")

// cutHead splits off the first line, which is the same in every version:
// the magic, the version of the format, and that of the program.
func cutHead(b []byte) (version int, tool string, packed []byte, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(fileMagic))
	head, packed, whole := bytes.Cut(rest, []byte("\n"))
	format, tool, _ := strings.Cut(string(head), " ")
	n, err := strconv.ParseUint(format, 10, 31)
	if !ok || !whole || err != nil || strconv.FormatUint(n, 10) != format { // 04 is no version
		return 0, "", nil, errNotAPlan
	}
	return int(n), tool, packed, nil
}

// FormatError is a plan file of another format than this program reads.
type FormatError struct {
	Format int
	Tool   string // the version of mitoplan that made it, "" if it is not known
}

func (e *FormatError) Error() string {
	by := ""
	if e.Tool != "" {
		by = " by mitoplan " + e.Tool
	}
	return fmt.Sprintf("it was made%s in plan format %d, and this mitoplan reads format %d", by, e.Format, FileVersion)
}

// toolOf is the version that wrote a file of another format. Those up to 2 name
// it among the rest only.
func toolOf(head string, packed io.Reader) string {
	if head != "" {
		return head
	}
	var f struct {
		Tool string `cbor:"tool"`
	}
	if raw, err := gunzip(packed); err == nil {
		_ = decode(raw, &f) // without it, no version is named
	}
	return f.Tool
}

// pack appends a value to a head, as gzip over CBOR.
func pack(head []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(head)
	z := gzip.NewWriter(buf)
	if err := errors.Join(fileEncMode.NewEncoder(z).Encode(v), z.Close()); err != nil {
		return nil, fmt.Errorf("encode plan file: %w", err)
	}
	return buf.Bytes(), nil
}

// decode reads what is in a packed value. The error is a *DamageError.
func decode(raw []byte, v any) error {
	if err := fileDecMode.Unmarshal(raw, v); err == nil {
		return nil
	}
	return findDamage(raw, reflect.TypeOf(v).Elem())
}

// gunzip unpacks what pack made, of at most maxFile bytes. It reads not further than
// its end.
func gunzip(packed io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, unpackDamage(err)
	}
	z.Multistream(false)
	raw, err := io.ReadAll(io.LimitReader(z, maxFile+1))
	if err != nil {
		return nil, unpackDamage(err)
	}
	if len(raw) > maxFile {
		return nil, &DamageError{Why: fmt.Sprintf("unpacks to more than %d bytes", maxFile)}
	}
	return raw, nil
}

// fileEncMode keeps times whole: which of two recorded addresses is the later one decides
// what a plan says of their thing.
var fileEncMode = func() cbor.EncMode {
	m, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// fileDecMode bounds what a damaged or hostile plan file can make of us. Text
// of hosts is in byte strings; maps have string keys.
var fileDecMode = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		MaxNestedLevels: 64, MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 20,
		IndefLength: cbor.IndefLengthForbidden, DupMapKey: cbor.DupMapKeyEnforcedAPF,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive, DefaultByteStringType: byteStringType, DefaultMapType: anyMapType, IntDec: cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

var (
	byteStringType = reflect.TypeFor[cbor.ByteString]()
	anyMapType     = reflect.TypeFor[map[string]any]()
)
