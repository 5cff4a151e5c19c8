package resource_test

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// The room on a disk that the beginning of a content takes may be the room that the content
// needs. A cache that is full is no error.
func TestFullDisks(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	small := func(t *testing.T, dir, size string) {
		t.Helper()
		must(t, unix.Mount("test", dir, "tmpfs", 0, "mode=700,size="+size))
		t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	}
	t.Run("that of the file", func(t *testing.T) {
		h, l := newTarget(t), newLine(lineSize, false)
		l.cut = 200_000
		if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		h.wantNames(t, 1)
		small(t, h.Path, "240k")
		l.cut = 0
		wantProblem(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil), "path", "no_space")
		h.wantNames(t, 0)
	})
	t.Run("that of the cache", func(t *testing.T) {
		h, l := newTarget(t), newLine(lineSize, false)
		small(t, string(h.cache), "240k")
		l.cut = 200_000
		if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		h.wantNames(t, 0)
	})
	t.Run("another one", func(t *testing.T) {
		h, l := newTarget(t), newLine(lineSize, false)
		small(t, string(h.cache), "4m")
		l.cut = 200_000
		if err := h.apply(t.Context(), t, h.agent(nil), l, "x", nil); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		h.wantNames(t, 1)
		l.cut, l.sent = 0, 0
		must(t, h.apply(t.Context(), t, h.agent(nil), l, "x", nil))
		h.wantFile(t, "x", l)
		if l.sent != 100_000 {
			t.Errorf("%d bytes were sent, want what was missing", l.sent)
		}
	})
}
