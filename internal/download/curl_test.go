package download

import (
	"bufio"
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// withCurl leaves a test out where there is no curl.
func withCurl(t *testing.T) {
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
}

// getByCurl downloads from a real server.
func getByCurl(t *testing.T, w Want) (string, error) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if w.ConnectTimeout == 0 {
		w.ConnectTimeout = 10 * time.Second
	}
	_, err = Get(t.Context(), Curl{w}, w, f)
	b, _ := os.ReadFile(f.Name())
	return string(b), err
}

func TestCurl(t *testing.T) {
	withCurl(t)
	user, password := "anna", `"pass" \word`
	big := strings.Repeat("0123456789abcdef", 1<<16)
	cuts := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		u, p, _ := r.BasicAuth()
		if u != user || p != password || r.Header.Get("X-A") != "\\\"x\"\t\\n" || r.Header.Get("User-Agent") != "mitoplan" {
			w.WriteHeader(403)
		}
		io.WriteString(w, content)
	})
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, r *http.Request) {
		for range 4 {
			io.WriteString(w, big[:len(big)/4])
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, content)
		w.(http.Flusher).Flush()
		w.Header().Set("X-Sum", "of another")
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(103)
		io.WriteString(w, content)
	})
	mux.HandleFunc("/like-a-head", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "HTTP/1.1 404 no\r\n\r\n") })
	mux.HandleFunc("/glob/{name}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, content) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		if cuts++; cuts < 3 {
			http.ServeContent(&cutting{w, len(big) / 3}, r, "", time.Time{}, strings.NewReader(big))
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(big))
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/empty", http.StatusFound) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	for path, want := range map[string]string{"/empty": "", "/chunked": big, "/trailer": content, "/early": content, "/like-a-head": "HTTP/1.1 404 no\r\n\r\n", "/glob/%7Ba,b%7D%5B1-2%5D": content, "/glob/{a,b}[1-2]": content, "/cut": big, "/away": ""} {
		if got, err := getByCurl(t, Want{URL: srv.URL + path}); err != nil || got != want {
			t.Errorf("%s: %d bytes, %v", path, len(got), err)
		}
	}
	if cuts != 3 {
		t.Errorf("what was cut off was asked for %d times", cuts)
	}
	if got, err := getByCurl(t, Want{URL: srv.URL + "/login", User: &user, Password: &password, Headers: map[string]string{"X-A": "\\\"x\"\t\\n", "X-Empty": ""}}); err != nil || got != content {
		t.Errorf("%q, %v", got, err)
	}
}

// cutting takes only the first bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	if n < len(p) {
		c.ResponseWriter.Write(p[:n])
		c.ResponseWriter.(http.Flusher).Flush()
		return n, io.ErrShortWrite
	}
	return c.ResponseWriter.Write(p)
}

// TestCurlSaysWhy: each failure has its own words.
func TestCurlSaysWhy(t *testing.T) {
	withCurl(t)
	tls := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, content) }))
	defer tls.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	talker, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer talker.Close()
	go func() {
		for {
			c, err := talker.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "220 mail.example\r\n")
			c.Close()
		}
	}()
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	closed.Close()
	for url, says := range map[string]string{
		tls.URL: "does not trust", "https" + strings.TrimPrefix(plain.URL, "http"): "TLS", plain.URL: "status 404",
		"http://" + closed.Addr().String(): "cannot connect", "http://" + talker.Addr().String(): "else than HTTP",
	} {
		_, err := getByCurl(t, Want{URL: url})
		var p *kind.Problem
		if !errors.As(err, &p) || !strings.Contains(p.Detail, says) {
			t.Errorf("%s: got %v, want %q", url, err, says)
		}
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CURL_CA_BUNDLE", ca)
	if got, err := getByCurl(t, Want{URL: tls.URL}); err != nil || got != content {
		t.Errorf("with its certificate: %q, %v", got, err)
	}
	t.Setenv("PATH", t.TempDir())
	_, err = getByCurl(t, Want{URL: plain.URL})
	if p := (*kind.Problem)(nil); !errors.As(err, &p) || p.Attr != "from" || p.Code != kind.CodeToolMissing {
		t.Errorf("without curl: %v", err)
	}
}

// TestCurlEnds holds what is said of some ways in which it ends, of which none shows the URL if
// that is hidden.
func TestCurlEnds(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for code, says := range map[int]string{5: "name of the proxy", 6: "has no address", 28: "did not answer within 10s", 23: "/dev/stderr", 52: "before it had answered", 77: "ended with exit status 77"} {
		old := fmt.Sprintf("#!/bin/sh\ncat >/dev/null\necho planted.example >&2\nexit %d\n", code)
		if err := os.WriteFile(filepath.Join(dir, "curl"), []byte(old), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []bool{false, true} {
			_, err := getByCurl(t, Want{URL: "http://planted.example/x", Hidden: hidden})
			var p *kind.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Detail, says) || hidden && strings.Contains(p.Detail+p.Said, "planted") {
				t.Errorf("status %d: got %v, want %q", code, err, says)
			}
		}
	}
}

// TestCurlIsTooOld: one that lacks an option is told to be, and never does without.
func TestCurlIsTooOld(t *testing.T) {
	withCurl(t)
	real, _ := exec.LookPath("curl")
	dir := t.TempDir()
	old := "#!/bin/sh\nfor a; do [ \"$a\" != --suppress-connect-headers ] || exit 2; done\nsed /suppress/d | " + real + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "curl"), []byte(old), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, content) }))
	defer srv.Close()
	got, err := getByCurl(t, Want{URL: srv.URL})
	if p := (*kind.Problem)(nil); !errors.As(err, &p) || p.Attr != "from" || p.Code != kind.CodeToolMissing || !strings.Contains(p.Detail, "7.54") {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestContentWithoutAHead: what an old curl takes for an answer is none, and is not waited for.
func TestContentWithoutAHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, to := io.Pipe()
		fromHead, toHead := io.Pipe()
		defer from.Close()
		go (&curlContent{to: to, head: toHead, known: make(chan struct{})}).Write([]byte(content))
		if _, _, err := readHead(bufio.NewReader(fromHead)); err != errHead {
			t.Errorf("got %v", err)
		}
	})
}

// TestCurlIsCancelled: it ends with its call, and is no argument of anybody's.
func TestCurlIsCancelled(t *testing.T) {
	withCurl(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	var argv []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, at := range all {
			b, _ := os.ReadFile(at)
			argv = append(argv, b...)
		}
		io.WriteString(w, content)
		w.(http.Flusher).Flush()
		cancel(why)
		<-r.Context().Done()
	}))
	defer srv.Close()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := Want{URL: srv.URL + "/?planted-in-the-url", Headers: map[string]string{"X": "planted-in-a-header"}, ConnectTimeout: time.Second}
	if _, err := Get(ctx, Curl{w}, w, f); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if !bytes.Contains(argv, []byte("curl")) || bytes.Contains(argv, []byte("planted-in-")) {
		t.Error("what is asked is an argument, or curl did not run")
	}
}

func FuzzReadHead(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 3\r\n\r\nabc")
	f.Add("HTTP/1.1 100 Continue\r\n\r\nHTTP/2 302 \r\nlocation: /x\r\n\r\n")
	f.Add("HTTP/1.0 404 Not Found\n\n")
	f.Add("220 mail\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		status, headers, err := readHead(bufio.NewReaderSize(strings.NewReader(text), 16))
		if err != nil {
			return
		}
		if status < 200 || status > 999 {
			t.Errorf("%q has the status %d", text, status)
		}
		for name, value := range headers {
			if name != strings.ToLower(name) || strings.ContainsAny(name+value, "\n") {
				t.Errorf("%q has the header %q, %q", text, name, value)
			}
		}
	})
}

func FuzzChecksum(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("0a", 32))
	f.Add(strings.Repeat("F", 128))
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := ParseChecksum(text)
		if !ok {
			return
		}
		again, ok := ParseChecksum(c.String())
		if !ok || again.String() != c.String() || !strings.HasSuffix(c.String(), strings.ToLower(text[strings.IndexByte(text, ':')+1:])) {
			t.Errorf("%q is %v", text, c)
		}
	})
}
