package connect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// wrongPaths are what is at agent_path and is no agent, as content and mode; "" is nothing,
// and a directory has its mode. says is what has to be told of it.
var wrongPaths = map[string]struct {
	content string
	mode    os.FileMode
	says    []string
}{
	"nothing":                 {"", 0, []string{"No such file or directory"}},
	"a directory":             {"", os.ModeDir | 0o755, []string{"is a directory"}},
	"not executable":          {"#!/bin/sh\n", 0o644, []string{"may not be executed", "-rw-r--r--"}},
	"another program":         {"#!/bin/sh\nexit 0\n", 0o755, []string{"ended with exit status 0", "did not become an agent", "It printed nothing."}},
	"one that says something": {"#!/bin/sh\necho usage: what\nexit 2\n", 0o755, []string{"ended with exit status 2", "usage: what"}},
	"one that says too much":  {"#!/bin/sh\nexec yes\n", 0o755, []string{"did not become an agent"}},
	"no program":              {"\x7fELFno", 0o755, []string{"agent"}},
}

// TestWhatIsNoAgentAtAgentPathIsBlamed holds that whatever else is at agent_path is told at
// that argument, whether a shell executes it, a program such as sudo, or this one.
func TestWhatIsNoAgentAtAgentPathIsBlamed(t *testing.T) {
	asDoas := filepath.Join(t.TempDir(), "doas")
	if err := os.WriteFile(asDoas, []byte("#!/bin/sh\n[ -f \"$3\" ] || { echo \"doas: $3: command not found\" >&2; exit 1; }\nshift 2\nexec \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, w := range wrongPaths {
		path := filepath.Join(t.TempDir(), "it's an agent")
		switch {
		case w.mode.IsDir():
			os.Mkdir(path, 0o755)
		case w.mode != 0:
			os.WriteFile(path, []byte(w.content), w.mode)
		}
		common := Common{AgentPath: path}
		for by, k := range map[string]transport.Connector{
			"this program": Local{Common: common},
			"a shell":      Exec{Common: common, Command: []string{"env"}},
			"doas":         Doas{Common: common, Path: asDoas},
		} {
			t.Run(name+", by "+by, func(t *testing.T) {
				_, err := k.Start(t.Context(), testStart(nil))
				code := kind.CodeAgentPathMissing
				if name == "one that says too much" {
					code = kind.CodeAgentNoise
				}
				p := wantCode(t, err, code)
				if p.Attr != "agent_path" || !strings.Contains(p.Detail, path) || !strings.Contains(p.Detail, "leave agent_path out") {
					t.Errorf("%q is to blame: %s", p.Attr, p.Detail)
				}
				for _, says := range w.says {
					if by == "a shell" && !strings.Contains(p.Detail, says) {
						t.Errorf("it does not say %q: %s", says, p.Detail)
					}
				}
				if by == "doas" && strings.Contains(p.Detail, "is a directory") {
					t.Errorf("what doas says is taken for a line of ls: %s", p.Detail)
				}
			})
		}
	}
}
