package webcall

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask has an agent open the connections.
func ask(t *testing.T, in function.HTTPIn) (function.HTTPOut, error) {
	t.Helper()
	for _, p := range in.Validate() {
		return function.HTTPOut{}, &p
	}
	here, there := net.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := in.Call(t.Context(), function.Call{Pipe: there})
		there.Close()
		done <- err
	}()
	out, err := Do(t.Context(), in, here, false)
	here.Close()
	if agent := <-done; agent != nil {
		t.Errorf("the agent says %v", agent)
	}
	return out, err
}

func wantProblem(t *testing.T, err error, attr string, code kind.Code, says string) {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) || p.Attr != attr || p.Code != code || !strings.Contains(p.Summary+" "+p.Detail+" "+p.Said, says) {
		t.Errorf("got %v, want a problem on %q with the code %q that says %q", err, attr, code, says)
	}
}

func ptr[T any](v T) *T { return &v }

func text(s string) *kind.Text { return ptr(kind.Text(s)) }

// handler answers as its path says, and tells what it was asked.
func handler(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/echo":
		b, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		w.Header().Add("X-Two", "a")
		w.Header().Add("X-Two", "b")
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.Host, r.URL.RawQuery, r.Header.Get("X-Key"), user, password, string(b)}, "|"))
	case "/long":
		_, _ = w.Write(make([]byte, 300<<10))
	case "/away":
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/cut":
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "short")
	default:
		http.Error(w, "no such page", http.StatusNotFound)
	}
}

// What was asked for is asked, and the answer is what came.
func TestRequests(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(handler))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	other := httptest.NewServer(http.HandlerFunc(handler))
	defer other.Close()
	for name, row := range map[string]struct {
		in   function.HTTPIn
		body string
	}{
		"get":        {function.HTTPIn{URL: s.URL + "/echo?a=b"}, "GET|" + host + "|a=b||||"},
		"post":       {function.HTTPIn{URL: s.URL + "/echo", Method: "POST", Body: text("x\xff"), Headers: map[string]string{"X-Key": "k"}, User: ptr("u"), Password: ptr("p:w")}, "POST|" + host + "||k|u|p:w|x\xff"},
		"host":       {function.HTTPIn{URL: s.URL + "/echo", Headers: map[string]string{"Host": "h.test"}}, "GET|h.test|||||"},
		"controller": {function.HTTPIn{URL: s.URL + "/echo", From: "controller"}, "GET|" + host + "|||||"},
		"redirect":   {function.HTTPIn{URL: s.URL + "/away?to=/echo", Headers: map[string]string{"X-Key": "k"}}, "GET|" + host + "||k|||"},
		"elsewhere":  {function.HTTPIn{URL: s.URL + "/away?to=" + other.URL + "/echo", Headers: map[string]string{"X-Key": "k"}, User: ptr("u")}, "GET|" + strings.TrimPrefix(other.URL, "http://") + "|||||"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := ask(t, row.in)
			if err != nil || string(out.Body) != row.body || out.Status != 200 || out.Headers["x-two"] != "a, b" || !strings.HasSuffix(strings.Split(out.URL, "?")[0], "/echo") {
				t.Errorf("got %+v, %v, want %q", out, err, row.body)
			}
		})
	}
	out, err := ask(t, function.HTTPIn{URL: s.URL + "/long", MaxBody: ptr(int64(300 << 10))})
	if err != nil || len(out.Body) != 300<<10 {
		t.Errorf("a long one: %d bytes, %v", len(out.Body), err)
	}
	out, err = ask(t, function.HTTPIn{URL: s.URL + "/loop", Follow: ptr(false), StatusCodes: []int64{302}})
	if err != nil || out.Headers["location"] != "/loop" {
		t.Errorf("a redirect that is not followed: %+v, %v", out, err)
	}
}

func TestRefusals(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(handler))
	defer s.Close()
	other := httptest.NewServer(http.HandlerFunc(handler))
	defer other.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	for name, row := range map[string]struct {
		in   function.HTTPIn
		attr string
		code kind.Code
		says string
	}{
		"status":                  {function.HTTPIn{URL: s.URL + "/none"}, "status_codes", kind.CodeHTTP, "404"},
		"what it said":            {function.HTTPIn{URL: s.URL + "/none"}, "status_codes", kind.CodeHTTP, "no such page"},
		"too long":                {function.HTTPIn{URL: s.URL + "/long", MaxBody: ptr(int64(100))}, "max_body", kind.CodeTooLong, "100 bytes"},
		"loop":                    {function.HTTPIn{URL: s.URL + "/loop"}, "url", kind.CodeHTTP, "again and again"},
		"a body elsewhere":        {function.HTTPIn{URL: s.URL + "/away?to=" + other.URL + "/echo", Method: "POST", Body: text("x")}, "url", kind.CodeHTTP, "another server"},
		"to another protocol":     {function.HTTPIn{URL: s.URL + "/away?to=ftp://h/"}, "url", kind.CodeHTTP, "neither http nor https"},
		"cut":                     {function.HTTPIn{URL: s.URL + "/cut"}, "url", kind.CodeHTTP, "ended the connection"},
		"nobody":                  {function.HTTPIn{URL: "http://" + free}, "url", kind.CodeHTTP, "Nothing listens"},
		"nobody, controller":      {function.HTTPIn{URL: "http://" + free, From: "controller"}, "url", kind.CodeHTTP, "refused"},
		"no socket":               {function.HTTPIn{URL: "http://h/", UnixSocket: text("/no/such")}, "unix_socket", kind.CodeHTTP, "nothing at that path"},
		"no TLS":                  {function.HTTPIn{URL: "https" + strings.TrimPrefix(s.URL, "http")}, "url", kind.CodeHTTP, "no TLS"},
		"no certificate":          {function.HTTPIn{URL: "https://h", CA: ptr("x")}, "ca", kind.CodeArgument, "no certificate"},
		"bad escape":              {function.HTTPIn{URL: "http://h/%zz"}, "url", kind.CodeArgument, "cannot be understood"},
		"no scheme":               {function.HTTPIn{URL: "h/x"}, "url", kind.CodeArgument, "has to begin"},
		"user in the URL":         {function.HTTPIn{URL: "http://u:secret@h/"}, "url", kind.CodeArgument, "Set user and password"},
		"line end in a header":    {function.HTTPIn{URL: "http://h/", Headers: map[string]string{"A": "b\r\nC: d"}}, "headers", kind.CodeArgument, "line end"},
		"header without a name":   {function.HTTPIn{URL: "http://h/", Headers: map[string]string{"": "b"}}, "headers", kind.CodeArgument, "name of a header"},
		"password without a user": {function.HTTPIn{URL: "http://h/", Password: ptr("x")}, "password", kind.CodeArgument, "user is not"},
		"insecure http":           {function.HTTPIn{URL: "http://h/", Insecure: true}, "insecure", kind.CodeArgument, "there are none"},
		"status 99":               {function.HTTPIn{URL: "http://h/", StatusCodes: []int64{99}}, "status_codes", kind.CodeArgument, "99"},
		"body too long to be":     {function.HTTPIn{URL: "http://h/", MaxBody: ptr(int64(1 << 40))}, "max_body", "max_body", "12 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, row.in)
			wantProblem(t, err, row.attr, row.code, row.says)
		})
	}
}

// A certificate counts if it is trusted, and what is not trusted is told.
func TestCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	s.Config.ErrorLog = nil
	s.StartTLS()
	defer s.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	for name, in := range map[string]function.HTTPIn{
		"ca":       {URL: s.URL + "/echo", CA: &ca},
		"insecure": {URL: s.URL + "/echo", Insecure: true},
	} {
		if out, err := ask(t, in); err != nil || out.Status != 200 {
			t.Errorf("%s: got %+v, %v", name, out, err)
		}
	}
	_, err := ask(t, function.HTTPIn{URL: s.URL + "/echo"})
	wantProblem(t, err, "url", kind.CodeHTTP, "not trusted")
	_, err = ask(t, function.HTTPIn{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/echo", CA: &ca})
	wantProblem(t, err, "url", kind.CodeHTTP, "does not name it")
	plain := httptest.NewServer(http.HandlerFunc(handler))
	defer plain.Close()
	_, err = ask(t, function.HTTPIn{URL: s.URL + "/away?to=" + plain.URL, CA: &ca})
	wantProblem(t, err, "url", kind.CodeHTTP, "from https to http")
}

// A socket of the host takes the connection, and the server is told the host of the URL.
func TestUnixSocket(t *testing.T) {
	p := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", p)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(handler)}}
	s.Start()
	defer s.Close()
	for _, from := range []string{"host", "controller"} {
		out, err := ask(t, function.HTTPIn{URL: "http://docker/echo", UnixSocket: text(p), From: from})
		if err != nil || string(out.Body) != "GET|docker|||||" {
			t.Errorf("%s: got %+v, %v", from, out, err)
		}
	}
	if os.Getuid() == 0 {
		return // root may connect to all
	}
}

// A server that says nothing is left at the end of the call, and so is a pipe that ends.
func TestCallsThatEnd(t *testing.T) {
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer s.Close()
	defer close(hang)
	in := function.HTTPIn{URL: s.URL}
	for name, end := range map[string]func(cancel func(), here, there net.Conn){
		"cancelled": func(cancel func(), _, _ net.Conn) { cancel() },
		"lost":      func(_ func(), _, there net.Conn) { there.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			here, there := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = in.Call(t.Context(), function.Call{Pipe: there})
			}()
			time.AfterFunc(50*time.Millisecond, func() { end(cancel, here, there) })
			_, err := Do(ctx, in, here, false)
			var p *kind.Problem
			if err == nil || errors.As(err, &p) {
				t.Errorf("got %v", err)
			}
			here.Close()
			there.Close()
			<-done
		})
	}
}
