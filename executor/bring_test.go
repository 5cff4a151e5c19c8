package executor_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

// bringing downloads the same to two hosts.
const bringing = `
context "local" "h" {
  for_each = toset(["a", "b"])
  host     = each.value
}
resource "download" "x" {
  for_each = toset(["a", "b"])
  on       = context.local.h[each.value]
  path     = "$DIR/x-${each.value}"
  url      = "%s"
  headers  = { "X-Token" = sensitive("planted-in-a-header") }
  user     = "anna"
  password = "planted-password"
  mode     = "0600"
  %s
}
`

// served is a server with a long content, which cuts it off once.
type served struct {
	*httptest.Server
	content string
	mu      sync.Mutex
	asked   []http.Header
}

func newServed(t *testing.T) *served {
	s := &served{content: strings.Repeat("0123456789abcdef", 1<<16)}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Header)
		first := len(s.asked) == 1
		s.mu.Unlock()
		w.Header().Set("ETag", `"a"`)
		switch {
		case r.URL.Path == "/away":
			http.Redirect(w, r, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)+"/x", http.StatusFound)
		case r.URL.Path != "/x":
			http.NotFound(w, r)
		case first:
			w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
			io.WriteString(w, s.content[:100_000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		default:
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(s.content))
		}
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s
}

// args are the further arguments of a block, with which the server is trusted.
func (s *served) args(checksum string) string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return fmt.Sprintf("ca = <<-EOT\n%sEOT\n  %s", ca, checksum)
}

func (s *served) sum() string {
	sum := sha256.Sum256([]byte(s.content))
	return `checksum = "` + hex.EncodeToString(sum[:]) + `"`
}

// TestDownloadComesOnce for all hosts, goes on where it was cut off, and says no host what only
// the server has to know. Nothing of it is left on this machine.
func TestDownloadComesOnce(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	srv, l := newServed(t), newLab(t)
	var sent []string
	service := resourcetest.NewService()
	l.replace = []transport.Function{transport.NewPlainFunc(kinds.ApplyFunc.FuncName(), func(ctx context.Context, n *transport.Node, in resource.ApplyRequest) (resource.ApplyReply, error) {
		l.set(func() { sent = append(sent, string(in.Args)) })
		if !slices.Contains(in.Hidden, "headers") {
			t.Errorf("the host hides %v", in.Hidden)
		}
		if err := in.Take(n); err != nil {
			return resource.ApplyReply{}, err
		}
		return service.Apply(ctx, in)
	})}
	src := fmt.Sprintf(bringing, srv.URL+"/x", srv.args(srv.sum()))
	s := l.session(src, nil)
	p := l.plan(s)
	if len(srv.asked) > 0 {
		t.Error("the server was asked while planning")
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if l.read("x-a") != srv.content || l.read("x-b") != srv.content {
		t.Error("not all of it is there")
	}
	if len(srv.asked) != 2 || srv.asked[1].Get("Range") != "bytes=100000-" || srv.asked[1].Get("X-Token") != "planted-in-a-header" || srv.asked[1].Get("Authorization") == "" {
		t.Errorf("the server was asked with %v", srv.asked)
	}
	if all := strings.Join(sent, ""); len(sent) != 2 || strings.Contains(all, "planted") || strings.Contains(all, "BEGIN CERT") {
		t.Errorf("the hosts were sent %q", sent)
	}
	s.Close()
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	s = l.session(src, nil)
	if p := l.plan(s); !p.Empty() {
		t.Errorf("a second plan has %d actions", len(p.Actions))
	}
}

// TestDownloadThatDoesNotCome says why, at the argument, and leaves what was there.
func TestDownloadThatDoesNotCome(t *testing.T) {
	srv := newServed(t)
	srv.asked = make([]http.Header, 1) // it cuts off no more
	trusted := srv.args("")
	for name, c := range map[string]struct{ path, args, says string }{
		"another content": {"/x", srv.args(`checksum = "` + strings.Repeat("0a", 32) + `"`), "That is not what checksum says"},
		"not there":       {"/y", srv.args("unverified = true"), "answers with status 404"},
		"not trusted":     {"/x", "unverified = true", "is not trusted here"},
		"elsewhere":       {"/away", trusted + "unverified = true", "does not name it"},
		"no certificate":  {"/x", "ca = \"x\"\n  unverified = true", "ca holds no certificate"},
	} {
		l := newLab(t)
		if !strings.Contains(c.args, "unverified") {
			if err := os.WriteFile(l.Dir+"/x-a", []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := l.session(fmt.Sprintf(bringing, srv.URL+c.path, c.args), nil)
		_, diags := l.apply(t.Context(), s, l.plan(s))
		var said []string
		for _, d := range diags {
			said = append(said, d.Detail)
		}
		if all := strings.Join(said, "\n"); !diags.HasErrors() || !strings.Contains(all, c.says) {
			t.Errorf("%s: got %s", name, all)
		}
		if is := l.read("x-a"); is != "old" && !strings.Contains(is, "no such file") {
			t.Errorf("%s: there is %q", name, is)
		}
		s.Close()
	}
}
