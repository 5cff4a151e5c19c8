package executor

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/kind"
)

func goesOn() bool { return true }

// TestDownloadsAreAskedForAgain: one that came serves all hosts of an apply, and no other; one that
// failed serves nobody.
func TestDownloadsAreAskedForAgain(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	d := newDownloads()
	defer d.end()
	defer d.giveUp()
	want := download.Want{URL: srv.URL, ConnectTimeout: time.Minute}
	for k, c := range []struct {
		fails, anew bool
		asked       int
	}{{fails: true, asked: 1}, {asked: 2}, {asked: 2}, {anew: true, asked: 3}} {
		if c.anew {
			d.forget()
		}
		if _, err := d.get(want, nil, goesOn); (err != nil) != c.fails || asked != c.asked {
			t.Errorf("%d: it was asked %d times, want %d: %v", k, asked, c.asked, err)
		}
	}
}

// TestDownloadsThatNobodyWaitsFor come no further.
func TestDownloadsThatNobodyWaitsFor(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	over, gone := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(over)
		<-r.Context().Done()
		close(gone)
	}))
	defer srv.Close()
	d := newDownloads()
	defer d.end()
	defer d.giveUp()
	if _, err := d.get(download.Want{URL: srv.URL, ConnectTimeout: time.Minute}, over, goesOn); err != errGivenUp {
		t.Errorf("got %v", err)
	}
	<-gone
}

// TestDownloadsWithoutRoom: what is wrong with the directory of this machine is said to be.
func TestDownloadsWithoutRoom(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	for dir, summary := range map[string]string{"/no/such": "No such directory", "/proc": "Cannot save there", open: "Other users may change the directory"} {
		t.Setenv("TMPDIR", dir)
		d := newDownloads()
		_, err := d.get(download.Want{URL: srv.URL, ConnectTimeout: time.Minute}, nil, goesOn)
		var p *kind.Problem
		if !errors.As(err, &p) || p.Attr != "url" || p.Summary != summary || !strings.Contains(p.Detail, "TMPDIR") || !strings.Contains(p.Detail, "mitoplan") {
			t.Errorf("%s: got %v", dir, err)
		}
		d.giveUp()
		d.end()
	}
}
