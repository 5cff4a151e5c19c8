package planner

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/mitoplan/mitoplan/config/files"
)

// Large is a source that is too long for File.Sources: its name, and whether the plan
// file holds it behind everything else.
type Large struct {
	// Sum is its SHA-256. It is empty if the source holds a secret. Then
	// Sealed.Large has it if the source is bundled. If it is not, it is an input of
	// the seal.
	Sum     []byte `cbor:"sum,omitempty"`
	Size    int64  `cbor:"size"`
	Bundled bool   `cbor:"bundled,omitempty"`
}

// maxLarge is more than a file can have, in bytes.
const maxLarge = 1 << 60

// NewLarge is a large source in a plan file. secret is true if it holds one.
func NewLarge(l files.Large, secret, bundled bool) Large {
	out := Large{Size: l.Size, Bundled: bundled}
	if !secret {
		out.Sum = l.Sum[:]
	}
	return out
}

// Secret reports whether it holds a secret. In a bundle it is encrypted.
func (l Large) Secret() bool { return len(l.Sum) == 0 }

// stored is how many bytes it has in the bundle.
func (l Large) stored() int64 {
	switch {
	case !l.Bundled:
		return 0
	case l.Secret():
		return sealedSize(l.Size)
	}
	return l.Size
}

func (f *File) bundled() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f.Large)), func(name string) bool { return !f.Large[name].Bundled })
}

func (f *File) writeSource(w io.Writer, key []byte, name string, open func(name string) (io.ReadCloser, error)) error {
	l := f.Large[name]
	in, err := open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if !l.Secret() {
		n, err := io.Copy(w, in)
		if err == nil && n != l.Size {
			err = errSourceLength
		}
		return err
	}
	return sealSource(w, in, l.Size, key, name)
}

// opener opens a bundled source. key is that of the seal; it is nil for one that holds
// no secret.
func (f *File) opener(name string, key []byte) files.Opener {
	at := f.bundleAt
	for _, before := range f.bundled() {
		if before == name {
			break
		}
		at += f.Large[before].stored()
	}
	l := f.Large[name]
	stored := io.NewSectionReader(f.file, at, l.stored())
	if l.Secret() {
		return openSealed(stored, l.Size, key, name)
	}
	return func(offset int64) (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(stored, offset, l.Size-offset)), nil
	}
}

// Bundle returns openers for the bundled sources: those that hold no secret, or, with
// what is sealed and its key, the others. Each is read once, and a *DamageError returned
// for the first that is not what it should be. tell is called all the time, as
// files.Reader.Watch says.
func (f *File) Bundle(s *Sealed, key []byte, tell func(name string, done, of int64) error) (map[string]files.Opener, error) {
	out := map[string]files.Opener{}
	for _, name := range f.bundled() {
		l := f.Large[name]
		if l.Secret() != (s != nil) {
			continue
		}
		sum := l.Sum
		if s != nil {
			sum = s.Large[name]
		}
		out[name] = f.opener(name, key)
		why, err := verify(out[name], sum, l.Size, func(done int64) error { return tell(name, done, l.Size) })
		if why != "" {
			err = (&DamageError{Why: why}).within(fmt.Sprintf("large[%q]", clip(name)))
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// LargeSources are the names of the large sources: without what is sealed, of those that
// are not sealed. One that holds a secret and is not bundled has no SHA-256.
func (f *File) LargeSources(s *Sealed) map[string]files.Large {
	out := map[string]files.Large{}
	for name, l := range f.Large {
		sum := l.Sum
		if sealed := l.Secret() && l.Bundled; sealed != (s != nil) {
			continue
		} else if sealed {
			sum = s.Large[name]
		}
		named := files.Large{Size: l.Size}
		copy(named.Sum[:], sum)
		out[name] = named
	}
	return out
}

// verify reads a bundled source once. why says what is wrong with it, err why it was not
// read to its end.
func verify(open files.Opener, sum []byte, size int64, tell func(done int64) error) (why string, err error) {
	const other = "is not the content that the plan names"
	in, err := open(0)
	if err != nil {
		return other, nil
	}
	defer in.Close()
	hash, n := sha256.New(), int64(0)
	buf := make([]byte, 1<<20)
	for err == nil {
		var k int
		k, err = in.Read(buf)
		hash.Write(buf[:k])
		n += int64(k)
		if told := tell(n); told != nil {
			return "", told
		}
	}
	if n != size || err != io.EOF || string(hash.Sum(nil)) != string(sum) {
		return other, nil
	}
	return "", nil
}

// checkBundle looks at the length of a file, whose own part ends at f.bundleAt.
func (f *File) checkBundle(size int64) error {
	rest := size - f.bundleAt
	for _, name := range f.bundled() {
		if rest -= f.Large[name].stored(); rest < 0 {
			return (&DamageError{Why: isCutShort}).within(fmt.Sprintf("large[%q]", clip(name)))
		}
	}
	if rest > 0 {
		return &DamageError{Why: "goes on behind its end"}
	}
	return nil
}

// SecretFiles are the paths of the files, directories and archives that hold a secret, so that the
// plan file has only their names, with a bundle neither. Large sources are not among them.
func (f *File) SecretFiles() (out []string) {
	for _, name := range f.SecretSources() {
		if _, large := f.Large[name]; !large {
			out = append(out, files.PathOf(name))
		}
	}
	return out
}

// SecretSources are the names in Secret without those of the lists of directories and archives,
// which come with the contents.
func (f *File) SecretSources() []string {
	lists := map[string]bool{}
	for _, name := range f.Secret {
		if list, ok := files.ListOf(name); ok {
			lists[list] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(f.Secret), func(name string) bool { return lists[name] })
}
