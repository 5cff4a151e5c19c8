package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

const served = "what the server has\n"

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func sha512Of(text string) string {
	sum := sha512.Sum512([]byte(text))
	return "sha512:" + hex.EncodeToString(sum[:])
}

// newServer is one whose /x is served. It counts how often that is asked for.
func newServer(t *testing.T) (url string, asked *int) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	asked = new(int)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		if r.URL.Path != "/x" {
			w.WriteHeader(404)
		}
		io.WriteString(w, served)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/x", asked
}

// fromHost are arguments with which the host itself asks.
func fromHost(f testDir, url string, more args) args {
	out := args{"path": f.Arg("x"), "url": url, "from": "host"}
	for name, v := range more {
		out[name] = v
	}
	return out
}

// holds looks whether the file is what is served.
func holds(mode os.FileMode) func(t *testing.T, f testDir) {
	return func(t *testing.T, f testDir) { f.Holds(t, "x", served, mode) }
}

func TestDownload(t *testing.T) {
	url, _ := newServer(t)
	for _, c := range []fileCase{
		{
			name: "is made", want: resource.Create, verify: holds(0o644),
			args: func(f testDir) args { return fromHost(f, url, args{"checksum": sha256Of(served)}) },
		}, {
			name: "is replaced, and what was there is kept", want: resource.Update,
			args: func(f testDir) args {
				return fromHost(f, url, args{"checksum": strings.TrimPrefix(sha256Of(served), "sha256:"), "backup": true, "validate": text("grep -q server %s")})
			},
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "old", 0o600) },
			verify: func(t *testing.T, f testDir) {
				f.Holds(t, "x", served, 0o600)
				if kept, _ := filepath.Glob(f.At("x.*.bak")); len(kept) == 0 {
					t.Error("no backup is there")
				}
			},
		},
	} {
		c.kind = "download"
		c.run(t)
	}
}

// TestDownloadOfEachSort holds further cases against the first part of the contract.
func TestDownloadOfEachSort(t *testing.T) {
	url, _ := newServer(t)
	for _, c := range []fileCase{
		{
			name: "is made with permissions, of another algorithm", want: resource.Create, verify: holds(0o751),
			args: func(f testDir) args { return fromHost(f, url, args{"checksum": sha512Of(served), "mode": "0751"}) },
		}, {
			name: "is made, whatever it is", want: resource.Create, verify: holds(0o644),
			args: func(f testDir) args { return fromHost(f, url, args{"unverified": true}) },
		}, {
			name: "is as it should be", want: resource.NoOp, verify: holds(0o640),
			args: func(f testDir) args {
				return fromHost(f, url, args{"checksum": strings.ToUpper(strings.TrimPrefix(sha256Of(served), "sha256:")), "mode": "0640"})
			},
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", served, 0o640) },
		}, {
			name: "is as it should be, of another algorithm", want: resource.NoOp, verify: holds(0o640),
			args:  func(f testDir) args { return fromHost(f, url, args{"checksum": sha512Of(served)}) },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", served, 0o640) },
		}, {
			name: "is there, whatever it is", want: resource.NoOp,
			args:   func(f testDir) args { return fromHost(f, url, args{"unverified": true}) },
			setup:  func(t *testing.T, f testDir) { f.Write(t, "x", "old", 0o640) },
			verify: func(t *testing.T, f testDir) { f.Holds(t, "x", "old", 0o640) },
		}, {
			name: "gets permissions only", want: resource.Update, verify: holds(0o755),
			args: func(f testDir) args {
				return fromHost(f, url+"-that-nobody-asks", args{"checksum": sha256Of(served), "mode": "0755"})
			},
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", served, 0o644) },
		}, {
			name: "is removed", want: resource.Delete,
			args:  func(f testDir) args { return fromHost(f, url, args{"state": "absent"}) },
			setup: func(t *testing.T, f testDir) { f.Write(t, "x", "old", 0o644) },
			verify: func(t *testing.T, f testDir) {
				if _, err := os.Lstat(f.At("x")); err == nil {
					t.Error("it is still there")
				}
			},
		},
	} {
		c.kind = "download"
		c.quickly(t)
	}
}

// TestDownloadFails: what was there stays, with nothing beside it.
func TestDownloadFails(t *testing.T) {
	url, _ := newServer(t)
	for name, c := range map[string]struct {
		args args
		attr string
		code kind.Code
	}{
		"another content":      {args{"url": url, "checksum": sha256Of("else"), "from": "host"}, "checksum", kind.CodeChecksum},
		"another, by its 512":  {args{"url": url, "checksum": sha512Of("else"), "from": "host"}, "checksum", kind.CodeChecksum},
		"not there":            {args{"url": url + "/no", "checksum": sha256Of(served), "from": "host"}, "url", kind.CodeHTTP},
		"not valid":            {args{"url": url, "checksum": sha256Of(served), "from": "host", "validate": text("false %s")}, "validate", kind.CodeInvalid},
		"nobody brings it":     {args{"url": url, "checksum": sha256Of(served)}, "url", kind.CodeSource},
		"nobody listens there": {args{"url": "http://127.0.0.1:1/", "checksum": sha256Of(served), "from": "host"}, "url", kind.CodeHTTP},
	} {
		f := newTestDir(t)
		f.Empty(t)
		f.Write(t, "x", "old", 0o600)
		before := f.Snapshot(t, true)
		c.args["path"] = f.Arg("x")
		err := apply(t, newService(), "download", c.args)
		wantProblem(t, err, c.attr, c.code)
		if after := f.Snapshot(t, true); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: there is\n%v\nand was\n%v", name, after, before)
		}
	}
}

// TestDownloadHidesItsServer in what the host says of it.
func TestDownloadHidesItsServer(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	planted := args{"path": f.Arg("x"), "url": "http://127.0.0.1:1/planted", "unverified": true, "from": "host"}
	for _, hidden := range [][]string{nil, {"url"}} {
		_, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "download", Args: resourcetest.Encode(t, planted), Hidden: hidden, Key: resourcetest.PlanKey})
		if p := (*kind.Problem)(nil); !errors.As(err, &p) || strings.Contains(p.Detail+p.Said, "127.0.0.1") != (hidden == nil) {
			t.Errorf("with %v hidden: %v", hidden, err)
		}
	}
}

func TestDownloadProblems(t *testing.T) {
	ca, user, sum := "-----BEGIN", "anna", sha256Of(served)
	for _, c := range []struct {
		args args
		attr string
		code kind.Code
	}{
		{args{"url": "https://a.example/x"}, "checksum", kind.CodeChecksum},
		{args{"url": "https://a.example/x", "checksum": sum, "unverified": true}, "unverified", kind.CodeExcluded},
		{args{"url": "https://a.example/x", "checksum": "md5:d41d8cd98f00b204e9800998ecf8427e"}, "checksum", kind.CodeChecksum},
		{args{"url": "ftp://a.example/x", "checksum": sum}, "url", kind.CodeArgument},
		{args{"url": "https://anna:word@a.example/x", "checksum": sum}, "url", kind.CodeArgument},
		{args{"url": "https://a.example/a b", "checksum": sum}, "url", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "headers": args{"a b": "c"}}, "headers", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "headers": args{"a": "b\r\nc"}}, "headers", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "password": "word"}, "password", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "user": "a:b"}, "user", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "ca": ca, "from": "host", "user": user}, "ca", kind.CodeArgument},
		{args{"url": "http://a.example/x", "checksum": sum, "ca": ca}, "ca", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "connect_timeout": "1"}, "connect_timeout", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "connect_timeout": "1h"}, "connect_timeout", kind.CodeArgument},
		{args{"url": "https://a.example/x", "checksum": sum, "mode": "644"}, "mode", kind.CodeMode},
		{args{"url": "https://a.example/x", "checksum": sum, "validate": text("true")}, "validate", kind.CodeValidate},
		{args{"url": "https://a.example/x", "checksum": sum, "path": text("/tmp/x/")}, "path", kind.CodePath},
		{args{"url": "https://a.example/x", "checksum": sum, "path": text("x")}, "path", kind.CodePath},
		{args{"url": "https://a.example/x", "checksum": sum, "path": text("/proc/sys/kernel/hostname")}, "path", kind.CodePath},
		{args{"url": "https://a.example/x", "checksum": sum, "path": text("/proc")}, "path", kind.CodeInTheWay},
		{args{"url": "https://a.example/x", "checksum": sum, "path": text("/no/such/x")}, "path", kind.CodeNoParent},
	} {
		if c.args["path"] == nil {
			c.args["path"] = text("/tmp/no-such-file")
		}
		_, err := check(t, newService(), "p", step{Address: "a", Kind: "download", Args: c.args})
		wantProblem(t, err, c.attr, c.code)
	}
}

// TestDownloadIsHonest: a plan says what is known of the content, and asks no server.
func TestDownloadIsHonest(t *testing.T) {
	url, asked := newServer(t)
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "old", 0o600)
	c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "download", Args: fromHost(f, url, args{"checksum": sha512Of(served)})})
	if c.Before["checksum"] != sha512Of("old") || c.After["checksum"] != sha512Of(served) || c.After["content"] != nil {
		t.Errorf("got %v and %v", c.Before, c.After)
	}
	// A block that edits it afterwards knows that it does not know.
	s := newService()
	mustCheck(t, s, "p", step{Address: "a", Kind: "download", Args: fromHost(f, url, args{"checksum": sha256Of(served)})})
	line := mustCheck(t, s, "p", step{Address: "b", Kind: "line", Args: args{"path": f.Arg("x"), "line": text("more")}, After: []string{"a"}})
	if now, ok := line.After["content"].(resource.Content); ok && !now.Unknown {
		t.Errorf("a line after it says %v", now)
	}
	// With a checksum that an apply brings, it is known that nothing is known.
	later := mustCheck(t, newService(), "p", step{Address: "a", Kind: "download", Args: fromHost(f, url, nil), Unknown: []string{"checksum"}})
	if _, said := later.After["checksum"]; said || later.Op != resource.Update {
		t.Errorf("got %s to %v", later.Op, later.After)
	}
	if *asked != 0 {
		t.Errorf("the server was asked %d times while planning", *asked)
	}
}

// TestDownloadAfterAnother: a download sees what comes before it in the plan.
func TestDownloadAfterAnother(t *testing.T) {
	for _, sum := range []string{sha256Of(served), sha512Of(served)} {
		f, s := newTestDir(t), newService()
		f.Empty(t)
		mustCheck(t, s, "p", step{Address: "a", Kind: "file", Args: args{"path": f.Arg("x"), "content": text(served)}})
		c := mustCheck(t, s, "p", step{Address: "b", Kind: "download", Args: args{"path": f.Arg("x"), "url": "https://a.example/x", "checksum": sum}, After: []string{"a"}})
		if c.Op != resource.NoOp {
			t.Errorf("%s: got %s, %v to %v", sum, c.Op, c.Before, c.After)
		}
	}
}

// TestDownloadOfManyNames: one that others may have given another name is written anew, from
// itself.
func TestDownloadOfManyNames(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	must(t, os.Mkdir(f.At("d"), 0o700))
	must(t, os.Chmod(f.At("d"), 0o777))
	long := strings.Repeat(served, 1<<18)
	for _, holds := range []string{served, long} {
		f.Write(t, "d/x", holds, 0o644)
		must(t, os.Link(f.At("d/x"), f.At("d/y")))
		must(t, apply(t, newService(), "download", args{"path": f.Arg("d/x"), "url": "https://a.example/x", "checksum": sha256Of(holds), "mode": "0600"}))
		f.Holds(t, "d/x", holds, 0o600)
		f.Holds(t, "d/y", holds, 0o644)
		must(t, os.Remove(f.At("d/y")))
	}
}

// controller is the other end of the pipe of an apply, and has contents to pull.
type controller struct {
	says   []byte // what it answers, before the end
	has    map[[32]byte]string
	asked  int
	reads  *bytes.Reader
	pulled int
}

func (c *controller) Write(p []byte) (int, error) {
	c.asked += len(p)
	c.reads = bytes.NewReader(c.says)
	return len(p), nil
}

func (c *controller) Read(p []byte) (int, error) { return c.reads.Read(p) }

func (c *controller) Pull(_ context.Context, blob transport.Blob, offset int64) (io.ReadCloser, error) {
	c.pulled++
	return io.NopCloser(strings.NewReader(c.has[blob.Sum][offset:])), nil
}

func brought(t *testing.T, text string) []byte {
	var out bytes.Buffer
	out.Write([]byte{resource.BringGoesOn, resource.BringGoesOn})
	must(t, resource.WriteBrought(&out, transport.BlobOf([]byte(text), false)))
	return out.Bytes()
}

// TestDownloadIsBrought by the controller, and is looked at again.
func TestDownloadIsBrought(t *testing.T) {
	long := strings.Repeat(served, 1<<14)
	for name, c := range map[string]struct {
		says []byte
		sum  string
		code kind.Code
		is   string
	}{
		"it comes":            {brought(t, served), sha256Of(served), "", served},
		"a long one comes":    {brought(t, long), sha512Of(long), "", long},
		"another comes":       {brought(t, "else"), sha256Of(served), kind.CodeChecksum, ""},
		"nothing comes":       {[]byte{resource.BringGoesOn}, sha256Of(served), kind.CodeSource, ""},
		"half a name comes":   {brought(t, served)[:9], sha256Of(served), kind.CodeSource, ""},
		"what is no name":     {[]byte{resource.BringHas, 3, 1, 2, 3}, sha256Of(served), "", ""},
		"what is nothing":     {nil, sha256Of(served), kind.CodeSource, ""},
		"a name of no length": {[]byte{resource.BringHas, 0}, sha256Of(served), "", ""},
	} {
		f := newTestDir(t)
		f.Empty(t)
		from := &controller{says: c.says, has: map[[32]byte]string{}}
		for _, text := range []string{served, "else", long} {
			from.has[sha256.Sum256([]byte(text))] = text
		}
		_, err := newService().Apply(t.Context(), resource.ApplyRequest{
			Session: "r", Kind: "download", From: from, Pipe: from,
			Args: resourcetest.Encode(t, args{"path": f.Arg("x"), "url": "https://a.example/x", "checksum": c.sum}),
		})
		if c.is != "" {
			must(t, err)
			f.Holds(t, "x", c.is, 0o644)
			continue
		}
		var p *kind.Problem
		if err == nil || c.code != "" && (!errors.As(err, &p) || p.Code != c.code) {
			t.Errorf("%s: got %v", name, err)
		}
		if names, _ := os.ReadDir(f.At(".")); len(names) != 0 || from.pulled > 0 {
			t.Errorf("%s: %v is there, and %d contents were pulled", name, names, from.pulled)
		}
	}
	// What is as it should be is not asked for.
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", served, 0o644)
	from := &controller{}
	_, err := newService().Apply(t.Context(), resource.ApplyRequest{
		Session: "r", Kind: "download", From: from, Pipe: from,
		Args: resourcetest.Encode(t, args{"path": f.Arg("x"), "url": "https://a.example/x", "checksum": sha256Of(served), "mode": "0600"}),
	})
	if err != nil || from.asked > 0 {
		t.Errorf("got %v, and it was asked for %d times", err, from.asked)
	}
}
