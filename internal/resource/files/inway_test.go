package files_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWhatIsInTheWay holds that a problem says what stands at a path, if it is no
// file.
func TestWhatIsInTheWay(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	if err := unix.Mkfifo(f.At("p"), 0o600); err != nil {
		t.Skip(err)
	}
	for kind, a := range map[string]args{
		"file":      {"path": f.Arg("p"), "content": text("a")},
		"line":      {"path": f.Arg("p"), "line": text("a")},
		"directory": {"path": f.Arg("p")},
		"link":      {"path": f.Arg("p"), "target": text("x")},
	} {
		for _, path := range []string{"p", "p/below"} {
			a["path"] = f.Arg(path)
			_, err := check(t, newService(), "p", step{Address: "x", Kind: kind, Args: a})
			if err == nil || strings.Contains(err.Error(), " other") || path == "p" && !strings.Contains(err.Error(), "is a device, pipe or socket") {
				t.Errorf("%s at %s: got %v, want that it is a device, pipe or socket", kind, path, err)
			}
		}
	}
}
