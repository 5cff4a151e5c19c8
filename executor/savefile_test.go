package executor

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// zeros are bytes without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestAHostDoesNotFillTheDisk: whatever a host sends, a part of the file system is left
// free, and what came before it was too much is gone. Others that write at the same
// time count, too, as it is looked at what is free and not at what this file has.
func TestAHostDoesNotFillTheDisk(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		size, free int64 // of the file system
		others     int64 // that others take for each byte of this file
		most       int64 // bytes that may be saved
	}{
		"a small one":        {size: 100 * mib, free: 50 * mib, most: 45 * mib},
		"others write, too":  {size: 100 * mib, free: 50 * mib, others: 1, most: 45 * mib / 2},
		"a tiny one":         {size: 20 * mib, free: 20 * mib, most: 19 * mib},
		"a large one":        {size: 1 << 40, free: 1<<30 + 10*mib, most: 10 * mib},
		"it is full already": {size: 100 * mib, free: 4 * mib, most: 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := &savedFile{}
			space := func(*os.File) (int64, int64, bool) { return c.size, c.free - f.size*(1+c.others), true }
			made, err := newSavedFile(planner.Save{Attr: "stdout_file", Path: filepath.Join(dir, "x"), Most: -1}, space, func(string) string { return "" })
			if err == nil {
				*f = *made
				_, err = io.CopyBuffer(struct{ io.Writer }{f}, io.LimitReader(zeros{}, 200*mib), make([]byte, 64<<10))
				f.drop()
			}
			var p *kind.Problem
			if !errors.As(err, &p) || p.Summary != "The disk is nearly full" || p.Attr != "stdout_file" || p.Code != kind.CodeSave {
				t.Errorf("it says %v", err)
			}
			if f.size > c.most {
				t.Errorf("%d bytes were written, of at most %d", f.size, c.most)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("there is %v", left)
			}
		})
	}
}

// TestWhyAFileIsNotSaved: each cause has words of its own, which say where it is.
func TestWhyAFileIsNotSaved(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here: ", err)
	}
	defer full.Close()
	_, err = full.Write([]byte("x"))
	f := &savedFile{Save: planner.Save{Attr: "save_as", Path: "/x/y"}}
	for want, got := range map[string]error{
		"The disk is full":  f.explain(err),
		"No such directory": f.explain(os.ErrNotExist),
		"Permission denied": f.explain(os.ErrPermission),
		"Cannot save there": f.explain(io.ErrShortWrite),
	} {
		var p *kind.Problem
		if !errors.As(got, &p) || p.Summary != want || !strings.HasPrefix(p.Detail, "/x/y ") {
			t.Errorf("want %q, got %v", want, got)
		}
	}
}

// TestALinkThatCameSinceIsRefused: a link that was made after the plan is not followed, and no
// device is replaced: where it leads stays as it is.
func TestALinkThatCameSinceIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("to", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/proc/self/fd/1", "/dev/null", filepath.Join(dir, "link")} {
		for range 2 { // the link leads nowhere at first
			_, err := newSavedFile(planner.Save{Attr: "save_as", Path: path, Most: -1}, nil, func(string) string { return "" })
			if p := (*kind.Problem)(nil); !errors.As(err, &p) || p.Summary != "Not a file" {
				t.Errorf("%s: %v", path, err)
			}
			if err := os.WriteFile(filepath.Join(dir, "to"), []byte("before"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("there is %v", left)
	}
}
