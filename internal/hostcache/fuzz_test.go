package hostcache

import (
	"crypto/sha256"
	"slices"
	"testing"
)

// FuzzDigests: a file of digests that is damaged, of another version or of another start
// of the system counts for nothing, and what is in one is written and read as it is.
func FuzzDigests(f *testing.F) {
	seed := func(l digestList) {
		content, err := l.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content[sha256.Size:], "boot", true)
	}
	seed(digestList{Version: digestVersion, Boot: "boot", Digests: []digest{{File: file, Sum: sum, Path: "/file", Made: 1}}})
	seed(digestList{Version: digestVersion + 1, Boot: "boot"})
	f.Add([]byte("\x83\x01dboot\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), "boot", true)
	f.Add([]byte("\x83\x01dboot\x80"), "other", false)
	f.Fuzz(func(t *testing.T, body []byte, boot string, whole bool) {
		d := digestFile{boot: boot}
		content := slices.Clone(body)
		if whole {
			is := sha256.Sum256(body)
			content = append(is[:], body...)
		}
		found := d.decode(content)
		if len(found) == 0 {
			return
		}
		again, err := digestList{Version: digestVersion, Boot: boot, Digests: found}.encode()
		if err != nil {
			t.Fatalf("%+v were read and cannot be written: %v", found, err)
		}
		if back := d.decode(again); !slices.Equal(back, found) {
			t.Errorf("%+v were written and read as %+v", found, back)
		}
		again[len(again)-1] ^= 1
		if back := d.decode(again); back != nil {
			t.Errorf("a damaged file is read as %+v", back)
		}
	})
}
