package planner

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config/files"
)

// bundling makes a plan file that holds these sources, and its sealed part. Those whose
// name has "secret" in it hold one.
func bundling(t *testing.T, sources map[string][]byte) []byte {
	t.Helper()
	f, s := &File{Tool: "0.1.0", Large: map[string]Large{}}, &Sealed{Large: map[string][]byte{}}
	for name, b := range sources {
		sum := sha256.Sum256(b)
		f.Large[name] = NewLarge(files.Large{Sum: sum, Size: int64(len(b))}, strings.Contains(name, "secret"), true)
		if f.Large[name].Secret() {
			s.Large[name] = sum[:]
		}
	}
	if err := f.Seal(goldenKey, s); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Save(&out, goldenKey, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(sources[name])), nil
	}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// unbundle reads all that is in a bundle, or says why it cannot.
func unbundle(raw []byte) (map[string]files.Opener, error) {
	f, err := readBytes(raw)
	if err != nil {
		return nil, err
	}
	s, err := f.Unseal(goldenKey)
	if err != nil {
		return nil, err
	}
	out := map[string]files.Opener{}
	for _, sealed := range []*Sealed{nil, s} {
		some, err := f.Bundle(sealed, goldenKey, func(string, int64, int64) error { return nil })
		if err != nil {
			return nil, err
		}
		for name, open := range some {
			out[name] = open
		}
	}
	return out, nil
}

// bytesOf are n bytes that differ from piece to piece.
func bytesOf(n int) []byte {
	b := make([]byte, n)
	for k := range b {
		b[k] = byte(k ^ k>>8 ^ k>>16)
	}
	return b
}

// TestABundleGivesWhatWasPutIn holds that each source comes back from any offset,
// whether it is encrypted or not, whatever its length is.
func TestABundleGivesWhatWasPutIn(t *testing.T) {
	sources := map[string][]byte{}
	for _, size := range []int{1, sealedPiece - 1, sealedPiece, sealedPiece + 1, 3*sealedPiece + 5} {
		sources[fmt.Sprint("open", size)] = bytesOf(size)
		sources[fmt.Sprint("secret", size)] = bytesOf(size)
	}
	raw := bundling(t, sources)
	held, err := unbundle(raw)
	if err != nil || len(held) != len(sources) {
		t.Fatalf("%d of %d, %v", len(held), len(sources), err)
	}
	for name, want := range sources {
		for _, at := range []int{0, 1, sealedPiece - 1, sealedPiece, sealedPiece + 1, len(want)} {
			if at > len(want) {
				continue
			}
			in, err := held[name](int64(at))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, want[at:]) {
				t.Errorf("%s from %d: %d bytes, %v", name, at, len(got), err)
			}
		}
	}
}

// TestASecretInABundleIsEncrypted holds that nobody reads it without the key, and that
// neither its SHA-256 is to be seen.
func TestASecretInABundleIsEncrypted(t *testing.T) {
	secret := bytesOf(2 * sealedPiece)
	raw := bundling(t, map[string][]byte{"secret": secret})
	f, err := readBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	public, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(secret)
	if bytes.Contains(raw, secret[:64]) || bytes.Contains(public, sum[:]) || f.Large["secret"].Sum != nil {
		t.Error("a secret can be read in the plan file")
	}
	s := &Sealed{Large: map[string][]byte{"secret": sum[:]}}
	if _, err := f.Bundle(s, bytes.Repeat([]byte{9}, 32), func(string, int64, int64) error { return nil }); err == nil {
		t.Error("it opens with another key")
	}
}

// TestADamagedBundleIsTold changes each part of a plan file with a bundle: it is refused,
// with the name of the source, before anything of it is used.
func TestADamagedBundleIsTold(t *testing.T) {
	sources := map[string][]byte{"a.iso": bytesOf(1000), "secret.sql": bytesOf(sealedPiece + 1000)}
	whole := bundling(t, sources)
	if _, err := unbundle(whole); err != nil {
		t.Fatal(err)
	}
	bundle := len(whole) - 1000 - int(sealedSize(sealedPiece+1000))
	flipped := func(at int) []byte {
		b := slices.Clone(whole)
		b[at] ^= 1
		return b
	}
	swapped := slices.Clone(whole) // a piece of the second source in place of another
	copy(swapped[bundle+1000:], whole[bundle+1000+sealedPiece+sealedTag:])
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"without its end":        {whole[:len(whole)-1], `large["secret.sql"] is cut short`},
		"without the last":       {whole[:bundle+1000], `large["secret.sql"] is cut short`},
		"within the first":       {whole[:bundle+999], `large["a.iso"] is cut short`},
		"without a bundle":       {whole[:bundle], `large["a.iso"] is cut short`},
		"one byte more":          {append(slices.Clone(whole), 0), "its content goes on behind its end"},
		"another plan behind it": {append(slices.Clone(whole), whole...), "its content goes on behind its end"},
		"another first byte":     {flipped(bundle), `large["a.iso"] is not the content that the plan names`},
		"another last byte":      {flipped(bundle + 999), `large["a.iso"] is not the content that the plan names`},
		"another piece":          {flipped(bundle + 1000), `large["secret.sql"] is not the content that the plan names`},
		"another tag":            {flipped(len(whole) - 1), `large["secret.sql"] is not the content that the plan names`},
		"pieces in other order":  {swapped, `large["secret.sql"] is not the content that the plan names`},
	} {
		var damage *DamageError
		if _, err := unbundle(c.file); !errors.As(err, &damage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	for name, l := range map[string]map[string]any{
		"a negative length": {"size": -1},
		"a great length":    {"size": int64(1) << 61, "bundled": true},
		"a short sum":       {"size": 5, "sum": []byte{1}},
	} {
		raw := inFormat(t, fileFormat+" 0.1.0\n", map[string]any{"large": map[string]any{"x": l}})
		if _, err := readBytes(raw); err == nil || !strings.Contains(err.Error(), `large["x"] is no name of a source`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestASourceThatChangesIsNotBundled holds that a plan file is not written with another
// content than it names.
func TestASourceThatChangesIsNotBundled(t *testing.T) {
	for _, name := range []string{"open", "secret"} {
		for _, size := range []int{0, 99, 101, sealedPiece + 100} {
			f := &File{Large: map[string]Large{name: NewLarge(files.Large{Size: 100}, name == "secret", true)}}
			err := f.Save(io.Discard, goldenKey, func(string) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(bytesOf(size))), nil
			})
			if !errors.Is(err, errSourceLength) {
				t.Errorf("%s of %d bytes in place of 100: %v", name, size, err)
			}
		}
	}
}

// TestABundleIsReadAsLongAsItIsWanted holds that who waits for a bundle can give up.
func TestABundleIsReadAsLongAsItIsWanted(t *testing.T) {
	f, err := readBytes(bundling(t, map[string][]byte{"a": bytesOf(100)}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Bundle(nil, nil, func(string, int64, int64) error { return errors.New("enough") }); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("got %v", err)
	}
}
