package download

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mitoplan/mitoplan/internal/kind"
)

const content = "the content, which has some bytes"

// scripted answers each request with the next of its answers, and notes what was asked.
type scripted struct {
	answers []answer
	asked   []Request
}

// answer is an Answer. Its body ends with cut, or with the end.
type answer struct {
	status  int
	headers map[string]string
	body    string
	cut     error
	err     error // there is no answer
}

func (s *scripted) Ask(_ context.Context, r Request) (*Answer, error) {
	if len(s.asked) == len(s.answers) {
		return nil, errors.New("nobody expects that it is asked again")
	}
	a := s.answers[len(s.asked)]
	r.Headers = maps.Clone(r.Headers)
	s.asked = append(s.asked, r)
	if a.err != nil {
		return nil, a.err
	}
	if a.headers == nil {
		a.headers = map[string]string{}
	}
	end := a.cut
	if end == nil {
		end = io.EOF
	}
	return &Answer{Status: a.status, Headers: a.headers, Body: io.NopCloser(io.MultiReader(strings.NewReader(a.body), failing{end}))}, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

var errCut = errors.New("cut")

func whole(tag string) map[string]string {
	return map[string]string{"etag": tag, "content-length": strconv.Itoa(len(content))}
}

func rest(tag string, at int) map[string]string {
	n := strconv.Itoa(len(content))
	return map[string]string{"etag": tag, "content-range": "bytes " + strconv.Itoa(at) + "-" + strconv.Itoa(len(content)-1) + "/" + n}
}

func sumOf(text string) Checksum {
	s := sha256.Sum256([]byte(text))
	return Checksum{"sha256", s[:]}
}

// get downloads in a bubble, where pauses take no time, and returns what is in the file.
func get(t *testing.T, s Server, w Want) (holds string, err error) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if w.URL == "" {
		w.URL = "http://a.example/x"
	}
	var got Got
	synctest.Test(t, func(t *testing.T) { got, err = Get(t.Context(), s, w, f) })
	b, _ := os.ReadFile(f.Name())
	if err == nil && (got.SHA256 != sha256.Sum256(b) || got.Size != int64(len(b))) {
		t.Errorf("it is said to be %x, %d bytes, and holds %q", got.SHA256, got.Size, b)
	}
	return string(b), err
}

func TestGet(t *testing.T) {
	long := sha512.Sum512([]byte(content))
	unavailable := kind.NewProblem("url", kind.CodeHTTP, "No connection", "Nothing listens there.")
	for name, c := range map[string]struct {
		answers  []answer
		checksum Checksum
		code     kind.Code // of the problem; empty for none
		says     string
		ranges   []string // of the requests
	}{
		"at once":             {answers: []answer{{status: 200, body: content}}, checksum: sumOf(content)},
		"another algorithm":   {answers: []answer{{status: 200, body: content}}, checksum: Checksum{"sha512", long[:]}},
		"of any content":      {answers: []answer{{status: 200, body: content}}},
		"another content":     {answers: []answer{{status: 200, body: "other"}}, checksum: sumOf(content), code: "checksum", says: sumOf("other").String()},
		"not there":           {answers: []answer{{status: 404}}, code: "http", says: "a.example answers with status 404"},
		"a part unasked":      {answers: []answer{{status: 206, headers: rest(`"a"`, 0), body: content}}, code: "http", says: "206"},
		"no connection":       {answers: []answer{{err: unavailable}}, code: "http", says: "Nothing listens"},
		"shorter than said":   {answers: []answer{{status: 200, headers: whole(""), body: content[:9]}}, code: "http", says: "ended the connection after 9 bytes"},
		"longer each time":    {answers: slices.Repeat([]answer{{status: 200, headers: whole(`"a"`), body: content + "!"}}, 5), code: "http", says: "a.example did not end its content as announced, after 33 bytes"},
		"silent":              {answers: []answer{{status: 200, body: "x", cut: ErrIdle}}, code: "http", says: "a.example sent nothing for 60 s after 1 bytes"},
		"broken":              {answers: []answer{{status: 200, body: "x", cut: errors.New("reset")}}, code: "http", says: "a.example broke the connection (reset) after 1 bytes"},
		"elsewhere":           {answers: []answer{{status: 302, headers: map[string]string{"location": "http://b.example/"}}, {status: 404}}, code: "http", says: "b.example answers with status 404"},
		"elsewhere, and cut":  {answers: []answer{{status: 302, headers: map[string]string{"location": "http://b.example/"}}, {status: 200, headers: whole(""), body: "x"}}, code: "http", says: "b.example ended the connection after 1 bytes"},
		"elsewhere, another":  {answers: []answer{{status: 302, headers: map[string]string{"location": "http://b.example/"}}, {status: 200, body: "x"}}, checksum: sumOf(content), code: "checksum", says: "b.example gave 1 bytes"},
		"longer, then right":  {answers: []answer{{status: 200, headers: whole(`"a"`), body: content + "!"}, {status: 200, headers: whole(`"a"`), body: content}}, ranges: []string{"", ""}},
		"gone on with":        {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {status: 206, headers: rest(`"a"`, 9), body: content[9:]}}, checksum: sumOf(content), ranges: []string{"", `bytes=9- "a"`}},
		"gone on with twice":  {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {status: 206, headers: rest(`"a"`, 9), body: content[9:12], cut: errCut}, {status: 206, headers: rest(`"a"`, 12), body: content[12:]}}, ranges: []string{"", `bytes=9- "a"`, `bytes=12- "a"`}},
		"no ranges":           {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {status: 200, headers: whole(`"a"`), body: content}}, ranges: []string{"", `bytes=9- "a"`}},
		"another one by then": {answers: []answer{{status: 200, headers: whole(`"b"`), body: "old bytes", cut: errCut}, {status: 200, headers: whole(`"a"`), body: content}}, checksum: sumOf(content), ranges: []string{"", `bytes=9- "b"`}},
		"a part of another":   {answers: []answer{{status: 200, headers: whole(`"b"`), body: "old bytes", cut: errCut}, {status: 206, headers: rest(`"a"`, 9), body: content[9:]}, {status: 200, headers: whole(`"a"`), body: content}}, ranges: []string{"", `bytes=9- "b"`, ""}},
		"another part":        {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {status: 206, headers: rest(`"a"`, 8), body: content[8:]}, {status: 200, headers: whole(`"a"`), body: content}}, ranges: []string{"", `bytes=9- "a"`, ""}},
		"shorter by then":     {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {status: 416}, {status: 200, headers: whole(`"c"`), body: content}}, ranges: []string{"", `bytes=9- "a"`, ""}},
		"a wrong part":        {answers: []answer{{status: 200, headers: whole(`"a"`), body: "old bytes", cut: errCut}, {status: 206, headers: rest(`"a"`, 9), body: content[9:]}, {status: 200, headers: whole(`"a"`), body: content}}, checksum: sumOf(content), ranges: []string{"", `bytes=9- "a"`, ""}},
		"wrong parts":         {answers: []answer{{status: 200, headers: whole(`"a"`), body: "old bytes", cut: errCut}, {status: 206, headers: rest(`"a"`, 9), body: content[9:]}, {status: 200, headers: whole(`"a"`), body: "old bytes" + content[9:]}}, checksum: sumOf(content), code: "checksum"},
		"a weak tag":          {answers: []answer{{status: 200, headers: whole(`W/"a"`), body: content[:9], cut: errCut}}, code: "http", says: "does not say by which"},
		"a weak tag, verified": {answers: []answer{{status: 200, headers: whole(`W/"a"`), body: content[:9], cut: errCut}, {status: 200, headers: whole(`W/"a"`), body: content}},
			checksum: sumOf(content), ranges: []string{"", ""}},
		"a time": {answers: []answer{{status: 200, headers: map[string]string{"last-modified": "Mon, 01 Jan 2024 00:00:00 GMT", "date": "Mon, 01 Jan 2024 00:05:00 GMT"}, body: content[:9], cut: errCut}, {status: 206, headers: rest("", 9), body: content[9:]}},
			ranges: []string{"", "bytes=9- Mon, 01 Jan 2024 00:00:00 GMT"}},
		"a time just now": {answers: []answer{{status: 200, headers: map[string]string{"last-modified": "Mon, 01 Jan 2024 00:00:00 GMT", "date": "Mon, 01 Jan 2024 00:00:01 GMT"}, body: content[:9], cut: errCut}}, code: "http"},
		"busy in between": {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {status: 503}, {err: unavailable}, {status: 206, headers: rest(`"a"`, 9), body: content[9:]}}, ranges: []string{"", `bytes=9- "a"`, `bytes=9- "a"`, `bytes=9- "a"`}},
		"gone in between": {answers: []answer{{status: 200, headers: whole(`"a"`), body: content[:9], cut: errCut}, {err: unavailable}, {err: unavailable}, {err: unavailable}, {err: unavailable}, {err: unavailable}}, code: "http", says: "9 bytes had come of it. Asked for the rest: Nothing listens there."},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{answers: c.answers}
			holds, err := get(t, s, Want{Checksum: c.checksum})
			if len(s.asked) != len(c.answers) {
				t.Errorf("it was asked %d times, want %d", len(s.asked), len(c.answers))
			}
			for k, want := range c.ranges {
				h := s.asked[k].Headers
				if got := strings.TrimSpace(h["Range"] + " " + h["If-Range"]); got != want {
					t.Errorf("request %d asks for %q, want %q", k, got, want)
				}
			}
			if c.code == "" {
				if err != nil || holds != content {
					t.Errorf("got %q, %v", holds, err)
				}
				return
			}
			var p *kind.Problem
			if !errors.As(err, &p) || p.Code != c.code || !strings.Contains(p.Detail, c.says) {
				t.Errorf("got %v, want %s that says %q", err, c.code, c.says)
			}
		})
	}
}

// TestAServerThatGivesLittle: one that gives a byte each time is not asked without end.
func TestAServerThatGivesLittle(t *testing.T) {
	s := &scripted{}
	for k := range mostTries + 1 {
		status, headers := 206, rest(`"a"`, k)
		if k == 0 {
			status, headers = 200, whole(`"a"`)
		}
		s.answers = append(s.answers, answer{status: status, headers: headers, body: content[k : k+1], cut: errCut})
	}
	_, err := get(t, s, Want{})
	if p := (*kind.Problem)(nil); !errors.As(err, &p) || p.Code != "http" || len(s.asked) != mostTries+1 {
		t.Errorf("got %v after %d requests", err, len(s.asked))
	}
}

func TestRedirects(t *testing.T) {
	secret := map[string]string{"X-Token": "secret"}
	user := "anna"
	to := func(location string) answer {
		return answer{status: 302, headers: map[string]string{"location": location}}
	}
	end := answer{status: 200, body: content}
	for name, c := range map[string]struct {
		url     string
		answers []answer
		last    string // where it ends; empty for a problem that says says
		secret  bool   // whether the last server gets the headers
		says    string
	}{
		"none":                  {"https://a.example/x", []answer{end}, "https://a.example/x", true, ""},
		"relative":              {"https://a.example/x/y", []answer{to("../z?q=1#part"), end}, "https://a.example/z?q=1", true, ""},
		"elsewhere":             {"https://a.example/x", []answer{to("https://b.example/y"), end}, "https://b.example/y", false, ""},
		"another port":          {"https://a.example/x", []answer{to("https://a.example:8443/y"), end}, "https://a.example:8443/y", false, ""},
		"elsewhere and back":    {"https://a.example/x", []answer{to("https://b.example/y"), to("https://a.example/z"), end}, "https://a.example/z", false, ""},
		"to https":              {"http://a.example/x", []answer{to("https://a.example/x"), end}, "https://a.example/x", false, ""},
		"from https":            {"https://a.example/x", []answer{to("http://a.example/x")}, "", false, "from https to http"},
		"to a file":             {"https://a.example/x", []answer{to("file:///etc/shadow")}, "", false, "neither http nor https"},
		"nowhere":               {"https://a.example/x", []answer{to("")}, "", false, "does not say where to"},
		"with a user":           {"https://a.example/x", []answer{to("https://eve:word@b.example/y"), end}, "https://b.example/y", false, ""},
		"to what is no URL":     {"https://a.example/x", []answer{to("https://%zz/")}, "", false, "does not say where to"},
		"again and again":       {"https://a.example/x", []answer{to("/1"), to("/2"), to("/3"), to("/4"), to("/5"), to("/6"), to("/7"), to("/8"), to("/9"), to("/10"), to("/11")}, "", false, "again and again"},
		"to a status":           {"https://a.example/x", []answer{to("/y"), {status: 403}}, "", false, "403"},
		"a host of its own":     {"http://a.example/x", []answer{to("//b.example/y"), end}, "http://b.example/y", false, ""},
		"with a blank":          {"http://a.example/x", []answer{to("/y?a b#c d"), end}, "http://a.example/y?a%20b", true, ""},
		"to what has no host":   {"http://a.example/x", []answer{to("http:///y")}, "", false, "neither http nor https"},
		"to a name with a port": {"http://a.example:80/x", []answer{to("/y"), end}, "http://a.example:80/y", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{answers: c.answers}
			_, err := get(t, s, Want{URL: c.url, Headers: secret, User: &user})
			if c.last == "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || len(s.asked) != len(c.answers) {
					t.Errorf("got %v after %d requests", err, len(s.asked))
				}
				return
			}
			last := s.asked[len(s.asked)-1]
			if err != nil || last.URL != c.last {
				t.Fatalf("got %v at %s", err, last.URL)
			}
			if has := last.Headers["X-Token"] != "" && last.Headers["Authorization"] != ""; has != c.secret || !has && len(last.Headers["X-Token"]+last.Headers["Authorization"]) > 0 {
				t.Errorf("the last server got %v", last.Headers)
			}
		})
	}
}

// TestAHiddenURLIsNotShown in any problem.
func TestAHiddenURLIsNotShown(t *testing.T) {
	for _, a := range [][]answer{
		{{status: 404}}, {{status: 200, body: "other"}}, {{status: 302}},
		{{status: 200, headers: whole(""), body: "x"}},
		{{status: 200, body: "x", cut: errors.New("read from secret.example")}},
	} {
		_, err := get(t, &scripted{answers: a}, Want{URL: "https://secret.example/planted", Hidden: true, Checksum: Checksum{}})
		if a[0].status == 200 && a[0].body == "other" {
			_, err = get(t, &scripted{answers: a}, Want{URL: "https://secret.example/planted", Hidden: true, Checksum: sumOf("x")})
		}
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "planted") {
			t.Errorf("got %v", err)
		}
	}
}

// TestOneCaseOfHeaders: what a block says of a header takes the place of what is said otherwise,
// however its name is written.
func TestOneCaseOfHeaders(t *testing.T) {
	user := "anna"
	got := Want{User: &user, Headers: map[string]string{"user-agent": "a", "ACCEPT-ENCODING": "b", "authorization": "c", "x-Y": "d"}}.headers()
	if auth := got["Authorization"]; len(got) != 4 || got["user-agent"] != "a" || got["ACCEPT-ENCODING"] != "b" || !strings.HasPrefix(auth, "Basic ") || got["x-Y"] != "d" {
		t.Errorf("got %v", got)
	}
	if bad := CheckHeaders(map[string]string{"X-A": "1", "x-a": "2"}); len(bad) != 1 || bad[0].Attr != "headers" {
		t.Errorf("got %v", bad)
	}
}

func TestParseChecksum(t *testing.T) {
	short, long := strings.Repeat("aB", 32), strings.Repeat("0f", 64)
	for text, want := range map[string]string{
		short: "sha256:" + strings.ToLower(short), "sha256:" + short: "sha256:" + strings.ToLower(short), long: "sha512:" + long, "sha512:" + long: "sha512:" + long,
		"": "", "sha256:": "", "md5:" + strings.Repeat("0", 32): "", "sha1:" + strings.Repeat("0", 40): "", "sha512:" + short: "", "sha256:" + long: "", short + " *x": "", "sha256:" + short[1:]: "", ":" + short: "",
	} {
		got, ok := ParseChecksum(text)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
}
