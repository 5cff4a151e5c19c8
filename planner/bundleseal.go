package planner

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/mitoplan/mitoplan/config/files"
)

// sealedPiece is how many bytes of a source are encrypted together. So one can be read
// from any offset, in little memory.
const sealedPiece = 64 << 10

// sealedTag is how many bytes AES-GCM adds to each piece.
const sealedTag = 16

var errSourceLength = errors.New("it has changed since it was read for the plan. Plan again")

// sealedSize is how long a source is that is encrypted.
func sealedSize(size int64) int64 {
	return size + (size+sealedPiece-1)/sealedPiece*sealedTag
}

// pieces encrypts or decrypts the pieces of one source.
type pieces struct {
	aead cipher.AEAD
	buf  [sealedPiece + sealedTag]byte
}

// newPieces makes the key of one source from that of the seal, so that a piece stands
// for nothing in another source.
func newPieces(key []byte, name string) (*pieces, error) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("bundle " + name))
	aead, err := newAEAD(mac.Sum(nil))
	return &pieces{aead: aead}, err
}

// nonce is the number of a piece. The key belongs to one source of one file.
func nonce(piece int64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 4), uint64(piece)) }

// sealSource writes a source of that many bytes in encrypted form.
func sealSource(w io.Writer, in io.Reader, size int64, key []byte, name string) error {
	p, err := newPieces(key, name)
	if err != nil {
		return err
	}
	for k := int64(0); k*sealedPiece < size; k++ {
		plain := p.buf[:min(sealedPiece, size-k*sealedPiece)]
		if _, err := io.ReadFull(in, plain); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errSourceLength
		} else if err != nil {
			return err
		}
		if _, err := w.Write(p.aead.Seal(plain[:0], nonce(k), plain, []byte(fileFormat))); err != nil {
			return err
		}
	}
	if n, err := in.Read(p.buf[:1]); n > 0 {
		return errSourceLength
	} else if err != io.EOF {
		return err
	}
	return nil
}

// openSealed opens a source of that many bytes that sealSource has written.
func openSealed(stored io.ReaderAt, size int64, key []byte, name string) files.Opener {
	return func(offset int64) (io.ReadCloser, error) {
		p, err := newPieces(key, name)
		if err != nil {
			return nil, err
		}
		r := &sealedReader{pieces: p, stored: stored, size: size, next: offset / sealedPiece}
		switch {
		case offset >= size:
			r.size = 0 // nothing is left
		default:
			if err = r.open(); err == nil {
				r.plain = r.plain[offset%sealedPiece:]
			}
		}
		return io.NopCloser(r), err
	}
}

// sealedReader reads a source that is encrypted.
type sealedReader struct {
	*pieces
	stored io.ReaderAt
	size   int64
	next   int64  // the piece that is not open yet
	plain  []byte // what is left of the one that is
}

// open decrypts the next piece.
func (r *sealedReader) open() error {
	text := r.buf[:min(sealedPiece, r.size-r.next*sealedPiece)+sealedTag]
	if _, err := r.stored.ReadAt(text, r.next*(sealedPiece+sealedTag)); err != nil {
		return err
	}
	plain, err := r.aead.Open(text[:0], nonce(r.next), text, []byte(fileFormat))
	r.plain = plain
	r.next++
	return err
}

func (r *sealedReader) Read(b []byte) (int, error) {
	if len(r.plain) == 0 {
		if r.next*sealedPiece >= r.size {
			return 0, io.EOF
		}
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal plan file: %w", err)
	}
	return cipher.NewGCM(block)
}
