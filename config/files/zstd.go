package files

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow is how far back in what it unpacked a decoder looks, which is most of the memory that it
// needs. An archive says how far that is. zstd has the same bound, unless it is told otherwise.
const maxWindow = 128 << 20

// zstdReader unpacks the frames of a file of zstd.
type zstdReader struct{ *zstd.Decoder }

func newZstdReader(in io.Reader) (zstdReader, error) {
	// The bound on the memory is that of frames which say no window, but how much they hold.
	d, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	return zstdReader{d}, err
}

func (z zstdReader) Read(p []byte) (int, error) {
	n, err := z.Decoder.Read(p)
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = tooFarBack("zstd", "zstd without --long")
	case errors.Is(err, zstd.ErrUnknownDictionary):
		err = notRead("it was packed with a dictionary of zstd, which is not a part of it. Unpack it with zstd -D" + nameThat)
	}
	return n, err
}

// notRead is the error of an archive that need not be damaged, and was packed in a way that is not
// read.
type notRead string

func (e notRead) Error() string { return string(e) }

// tooFarBack is the error of an archive that asks for more than maxWindow. with is how to pack one
// that does not.
func tooFarBack(program, with string) error {
	return notRead(fmt.Sprintf("unpacking it takes more memory than the %d MiB that mitoplan gives it. Pack it again with %s, or unpack it with %s%s", maxWindow>>20, with, program, nameThat))
}

// nameThat is what to do with what was unpacked otherwise.
const nameThat = ", and name the tar file that comes of it, or the directory with the kind directory_sync"
