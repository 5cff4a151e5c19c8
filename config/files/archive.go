package files

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/mitoplan/mitoplan/internal/tree"
)

// archiveFile is a file that is an archive.
type archiveFile interface {
	io.Reader
	io.ReaderAt
}

// packedWith are the beginnings of files that only other programs unpack.
var packedWith = []struct{ begins, what, program string }{
	{"\x1f\x9d", "compress", "gzip"},
	{"7z\xbc\xaf\x27\x1c", "7-Zip", "7z"}, {"Rar!", "RAR", "unrar"}, {"LZIP", "lzip", "lzip"},
}

// readArchive calls add for each thing in an archive, in its order. What the format is, its first
// bytes say, and not its name.
func readArchive(f archiveFile, size int64, tell func() error, add func(archived) error) error {
	in := bufio.NewReaderSize(f, 256<<10)
	head, err := in.Peek(6)
	if err != nil && err != io.EOF {
		return err
	}
	begins := func(text string) bool { return bytes.HasPrefix(head, []byte(text)) }
	for _, p := range packedWith {
		if begins(p.begins) {
			return errors.New("it was packed with " + p.what + ", which this version of mitoplan does not read. Unpack it with " + p.program + nameThat)
		}
	}
	switch {
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		return readZip(f, size, add)
	case begins("\x1f\x8b"):
		z, err := gzip.NewReader(in)
		if err != nil {
			return damaged(err)
		}
		return readTar(&bounded{Reader: z, tell: tell}, add)
	case begins("BZh"):
		return readTar(&bounded{Reader: bzip2.NewReader(in), tell: tell}, add)
	case begins(xzMagic):
		return readTar(&bounded{Reader: &xzReader{in: in, tell: tell}, tell: tell}, add)
	case begins("\x28\xb5\x2f\xfd"), len(head) > 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18": // The second is a frame to be skipped, as of pzstd.
		z, err := newZstdReader(in)
		if err != nil {
			return err
		}
		defer z.Close()
		return readTar(&bounded{Reader: z, tell: tell}, add)
	}
	return readTar(in, add)
}

const noArchive = "no archive that mitoplan reads (tar, alone or with gzip, bzip2, xz or zstd, and zip)"

// damaged is the error of an archive that cannot be read to its end.
func damaged(err error) error {
	if errors.Is(err, errWatch) || errors.Is(err, errUnpacked) || errors.As(err, new(notRead)) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early, so that a part of it is missing, or it is " + noArchive)
	}
	return fmt.Errorf("it is damaged, or %s: %w", noArchive, err)
}

// maxBehind is how much may stand behind the end of a tar: what is more is not looked at.
const maxBehind = 64 << 20

func readTar(in io.Reader, add func(archived) error) error {
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if err == io.EOF {
			// What gzip and the others say of the whole stands behind the end of the tar.
			if _, err := io.Copy(io.Discard, io.LimitReader(in, maxBehind)); err != nil {
				return damaged(err)
			}
			return nil
		}
		if err != nil {
			return damaged(err)
		}
		a := archived{name: h.Name, size: h.Size, mode: h.FileInfo().Mode(), open: func() (io.ReadCloser, error) { return io.NopCloser(content{r}), nil }}
		switch h.Typeflag {
		case tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg, tar.TypeGNUSparse:
			a.sort = tree.File
		case tar.TypeDir:
			a.sort = tree.Directory
		case tar.TypeSymlink:
			a.sort, a.target = tree.Link, h.Linkname
		case tar.TypeLink:
			a.sort, a.hard = tree.File, h.Linkname
		}
		if err := add(a); err != nil {
			return err
		}
	}
}

// content is what a file in an archive holds.
type content struct{ io.Reader }

func (c content) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = damaged(err)
	}
	return n, err
}

// zipEncrypted are the flags of a file in a zip that is encrypted.
const zipEncrypted = 0x1 | 0x40 | 0x2000

var errEncrypted = errors.New("it is encrypted. Unpack the archive, and name the directory with the kind directory_sync")

func readZip(f io.ReaderAt, size int64, add func(archived) error) error {
	z, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return damaged(err)
	}
	for _, file := range z.File {
		a := archived{name: file.Name, size: int64(min(file.UncompressedSize64, 1<<62)), mode: file.Mode(), open: func() (io.ReadCloser, error) { return openZipped(file) }}
		if a.mode.Perm() == 0 {
			a.mode |= 0o644 // A zip need not have permissions.
		}
		switch {
		case strings.Contains(file.Name, `\`):
			a.wrong = errBackslash
		case a.mode.IsDir():
			a.sort = tree.Directory
		case a.mode.IsRegular():
			a.sort = tree.File
		case a.mode&fs.ModeSymlink != 0:
			a.sort = tree.Link
			a.target, a.wrong = zippedTarget(file)
		}
		if err := add(a); err != nil {
			return err
		}
	}
	return nil
}

func openZipped(file *zip.File) (io.ReadCloser, error) {
	if file.Flags&zipEncrypted != 0 {
		return nil, errEncrypted
	}
	in, err := file.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		err = fmt.Errorf("it is compressed in a way (method %d of zip) that mitoplan does not read. Pack it again with the usual one", file.Method)
	}
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{content{in}, in}, nil
}

// zippedTarget is where a link in a zip points.
func zippedTarget(file *zip.File) (string, error) {
	in, err := openZipped(file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxTreePath+1))
	return string(b), err
}
