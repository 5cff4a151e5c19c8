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
