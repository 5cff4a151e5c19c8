package connect

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// A program that was built for several platforms has an agent for each, and says which
// if there is none for a host.
func TestExecutables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("another program"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, gone := Platform{"plan9", "mips"}, Platform{"plan9", "386"}
	agents := Executables(map[Platform]string{other: path, gone: path + ".gone"})
	image, err := agents.Agent(context.Background(), other.OS, other.Arch)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256([]byte("another program"))
	if content, err := unzip(image); err != nil || string(content) != "another program" || image.SHA256 != want || image.Size != int64(len(content)) {
		t.Errorf("the image is %q, %d bytes, %x, %v", content, image.Size, image.SHA256, err)
	}
	known := agents.(digestSource).Known()
	own := Platform{runtime.GOOS, runtime.GOARCH}
	if len(known) != 2 || known[other] != want || known[own] != self.Known()[own] {
		t.Errorf("it knows %v", known)
	}
	if _, err := agents.Agent(context.Background(), gone.OS, gone.Arch); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path+".gone") {
		t.Errorf("a file that is not there is told as %v", err)
	}
	var found *kind.Problem
	if _, err := agents.Agent(context.Background(), "solaris", "sparc"); !errors.As(err, &found) || found.Code != kind.CodeAgentPlatform || !strings.Contains(found.Detail, "plan9/386, plan9/mips") {
		t.Errorf("a platform without a build is told as %v", err)
	}
}

// An empty path, as a variable that was never set has it, names no file. It is told, and this
// process' own program is not sent in its place, not even to a host of its own platform.
func TestExecutablesOfNoPath(t *testing.T) {
	own, other := Platform{runtime.GOOS, runtime.GOARCH}, Platform{"plan9", "mips"}
	agents := Executables(map[Platform]string{own: "", other: ""})
	for _, p := range []Platform{own, other} {
		var found *kind.Problem
		if _, err := agents.Agent(context.Background(), p.OS, p.Arch); !errors.As(err, &found) || found.Code != kind.CodeAgentMissing || !strings.Contains(found.Detail, "The host is "+p.String()+", and the path") || !strings.Contains(found.Detail, "GOOS="+p.OS+" GOARCH="+p.Arch) {
			t.Errorf("an empty path for %s is told as %v", p, err)
		}
	}
	if known := agents.(digestSource).Known(); len(known) != 0 {
		t.Errorf("it knows %v", known)
	}
}
