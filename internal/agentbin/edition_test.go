package agentbin

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport/connect"
)

// sourceFor makes a source of an edition that looks only where the test says.
func sourceFor(e Edition, fsys fstest.MapFS, st *store, build func() (source, error)) *Source {
	b := &builder{edition: e, store: st, log: hclog.NewNullLogger(), src: sync.OnceValues(build)}
	b.id = sync.OnceValues(b.identify)
	return &Source{edition: e, embedded: fsys, store: st, build: b, bound: time.Minute, images: map[connect.Platform]*entry{}}
}

// TestEachEditionHasItsImages: a source gives the embedded image of its edition alone, and
// knows no other digest.
func TestEachEditionHasItsImages(t *testing.T) {
	p := connect.Platform{OS: "linux", Arch: "mipsle"}
	fsys := fstest.MapFS{}
	for _, e := range []Edition{Usual, Full} {
		content := []byte("the agent " + e)
		fsys[FileName(p, e, sha256.Sum256(content))] = &fstest.MapFile{Data: Compress(content, 9)}
	}
	for _, e := range []Edition{Usual, Full} {
		s := sourceFor(e, fsys, &store{}, nowhere)
		image, err := s.Agent(t.Context(), p.OS, p.Arch)
		if err != nil {
			t.Fatal(err)
		}
		if got := assertImage(t, image); string(got) != "the agent "+string(e) {
			t.Errorf("the image of the edition %s holds %q", e, got)
		}
		if known := s.Known(); len(known) != 1 || known[p] != image.SHA256 {
			t.Errorf("the edition %s knows %x", e, known)
		}
	}
	delete(fsys, FileName(p, Full, sha256.Sum256([]byte("the agent full"))))
	if _, err := sourceFor(Full, fsys, &store{}, nowhere).Agent(t.Context(), p.OS, p.Arch); err == nil {
		t.Error("where the full edition is wanted, another one is given")
	}
}

// TestEditionsAreBuiltApart: each edition is built with its own tags, and kept beside the
// other.
func TestEditionsAreBuiltApart(t *testing.T) {
	s := fakeGo(t, `usual=full; for a; do [ "$a" = -tags=mitoplan_usual ] && usual=usual; done
while [ "$1" != -o ]; do shift; done; echo $usual >"$2"`)
	src, err := s.build.src()
	if err != nil {
		t.Fatal(err)
	}
	p := connect.Platform{OS: "plan9", Arch: "mips"}
	for range 2 { // the second time from the store
		for _, e := range []Edition{Usual, Full} {
			s := sourceFor(e, nil, s.store, func() (source, error) { return src, nil })
			image, err := s.Agent(t.Context(), p.OS, p.Arch)
			if err != nil {
				t.Fatal(err)
			}
			if got := assertImage(t, image); string(got) != string(e)+"\n" {
				t.Errorf("the edition %s was built as %q", e, got)
			}
			if f := s.build.built(); len(f) != 1 || f[0].edition != e || f[0].sum != image.SHA256 {
				t.Errorf("of the edition %s the store has %v", e, f)
			}
		}
	}
	if files := s.store.list("built-"); len(files) > 0 {
		t.Errorf("%v are of no build", files)
	}
}

// TestOwnExecutableIsForBothEditions: where neither edition can be had, the program itself is
// the agent, which has all kinds.
func TestOwnExecutableIsForBothEditions(t *testing.T) {
	st := &store{dirs: []string{t.TempDir()}}
	var sums [][32]byte
	for _, e := range []Edition{Usual, Full} {
		image, err := sourceFor(e, nil, st, nowhere).Agent(t.Context(), here.OS, here.Arch)
		if err != nil {
			if strings.Contains(err.Error(), errDynamic.Error()) {
				t.Skip(err)
			}
			t.Fatal(err)
		}
		sums = append(sums, image.SHA256)
	}
	if !slices.Equal(sums[:1], sums[1:]) {
		t.Error("the editions are not the same program")
	}
}

// maxFull is how large the full edition may be on the wire. See maxCompressed.
const maxFull = 3_065_000

// TestFullEditionIsBounded: the agent with all kinds stays small enough to be sent.
func TestFullEditionIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an agent")
	}
	if _, err := toolchain(); err != nil {
		t.Skip(err)
	}
	content, err := Build(t.Context(), "../..", here, Full)
	if err != nil {
		t.Fatal(err)
	}
	z := Compress(content, 9)
	t.Logf("full agent for %s: %d bytes, compressed %d", here, len(content), len(z))
	if len(z) > maxFull {
		t.Errorf("the full agent has %d bytes compressed; the limit is %d", len(z), maxFull)
	}
	assertNoManual(t, content)
}
