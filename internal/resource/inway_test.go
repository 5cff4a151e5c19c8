package resource_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWhatIsInTheWay holds that a problem says what stands at a path, if it is no
// file.
func TestWhatIsInTheWay(t *testing.T) {
	f := newTestDir(t)
	f.empty(t)
	if err := unix.Mkfifo(f.at("p"), 0o600); err != nil {
		t.Skip(err)
	}
	for kind, a := range map[string]args{
		"file":      {"path": f.arg("p"), "content": text("a")},
		"line":      {"path": f.arg("p"), "line": text("a")},
		"directory": {"path": f.arg("p")},
		"link":      {"path": f.arg("p"), "target": text("x")},
	} {
		for _, path := range []string{"p", "p/below"} {
			a["path"] = f.arg(path)
			_, err := check(t, newService(), "p", step{address: "x", kind: kind, args: a})
			if err == nil || strings.Contains(err.Error(), " other") || path == "p" && !strings.Contains(err.Error(), "is a device, pipe or socket") {
				t.Errorf("%s at %s: got %v, want that it is a device, pipe or socket", kind, path, err)
			}
		}
	}
}
