package hostcache

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

const (
	// digestsIn is the file of the digests, in a Dir.
	digestsIn = "digests"
	// maxDigests is how many are kept; the oldest go. maxPath bounds each.
	maxDigests, maxPath = 4096, 1024
	// maxFile is more than all of them take.
	maxFile = 8 << 20
)

// digestFile is where digests are kept. It has the SHA-256 of what follows in it, and
// then a digestList in CBOR.
type digestFile struct {
	dir  Dir
	boot string
}

// digestList is what the file holds.
type digestList struct {
	_ struct{} `cbor:",toarray"`
	// Version is digestVersion. What has another one counts for nothing.
	Version int
	// Boot tells since which start of the system they hold.
	Boot    string
	Digests []digest
}

// digestVersion changes with every change of the format.
const digestVersion = 1

// read returns what is in the file; nothing if it is damaged or of another start.
func (d digestFile) read() []digest {
	if d.dir == "" || d.boot == "" {
		return nil
	}
	f, err := openOwn(d.path())
	if err != nil {
		return nil
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil
	}
	return d.decode(raw)
}

// decode returns what such a file holds.
func (d digestFile) decode(raw []byte) []digest {
	if len(raw) < sha256.Size {
		return nil
	}
	var l digestList
	sum, body := raw[:sha256.Size], raw[sha256.Size:]
	if is := sha256.Sum256(body); !bytes.Equal(sum, is[:]) || cbor.Unmarshal(body, &l) != nil || l.Version != digestVersion || l.Boot != d.boot {
		return nil
	}
	return l.Digests
}

// merge adds digests to those in the file.
func (d digestFile) merge(added map[inode]digest) error {
	if d.dir == "" || d.boot == "" {
		return nil
	}
	all := map[inode]digest{}
	for _, is := range d.read() {
		all[inode{is.Dev, is.Ino}] = is
	}
	maps.Copy(all, added)
	content, err := digestList{Version: digestVersion, Boot: d.boot, Digests: newest(all)}.encode()
	if err != nil {
		return err
	}
	return d.replace(content)
}

// newest are the digests that are kept. Sorting pointers takes no code of its own in an
// agent, as sorting digests would.
func newest(all map[inode]digest) []digest {
	list := make([]*digest, 0, len(all))
	for _, is := range all {
		list = append(list, &is)
	}
	slices.SortFunc(list, func(a, b *digest) int { return cmp.Compare(b.Made, a.Made) })
	out := make([]digest, min(len(list), maxDigests))
	for k := range out {
		out[k] = *list[k]
	}
	return out
}

// encode is the list as the file holds it.
func (l digestList) encode() ([]byte, error) {
	body, err := cbor.Marshal(l)
	sum := sha256.Sum256(body)
	return append(sum[:], body...), err
}

// replace puts another file in place.
func (d digestFile) replace(content []byte) error {
	to, err := os.OpenFile(filepath.Join(string(d.dir), copyPrefix+rand.Text()[:16]), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err = to.Write(content); err == nil {
		err = os.Rename(to.Name(), d.path())
	}
	if err != nil {
		_ = os.Remove(to.Name())
	}
	return err
}

func (d digestFile) path() string { return filepath.Join(string(d.dir), digestsIn) }
