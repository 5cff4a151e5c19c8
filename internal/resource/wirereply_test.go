package resource

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// What is as it was given is said in one byte or by name, and means the same. Of a file
// in which nothing is to be done, the answer says little more than that.
func TestAnswersOfUnchangedFiles(t *testing.T) {
	for name, c := range map[string]struct {
		args  map[string]any
		after []string
		bytes int // the most that the answer may take
	}{
		"nothing else":     {nil, []string{"content", "path"}, 48},
		"a mode":           {map[string]any{"mode": "0644"}, []string{"content", "mode", "path"}, 60},
		"one that is none": {map[string]any{"force": true}, []string{"content", "path"}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, []byte("one\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			own := OwnContent("one\n")
			own.Arg = "content"
			args := map[string]any{"path": kind.Text(path), "content": own.Name()}
			for name, v := range c.args {
				args[name] = v
			}
			raw, err := transport.Marshal(args)
			if err != nil {
				t.Fatal(err)
			}
			req := CheckRequest{Plan: "p", Address: "file.x", Kind: "file", Args: raw, Key: []byte("key")}
			got := answered(t, NewService(NewMachine(Options{})), req, own)
			if got.Op != NoOp || len(got.After) != len(c.after) || !reflect.DeepEqual(got.Before, got.After) || len(got.Writes) != 1 {
				t.Errorf("got %+v", got)
			}
			for _, attr := range c.after {
				if got.After[attr] == nil {
					t.Errorf("the answer says nothing of %s: %v", attr, got.After)
				}
			}
			reply, err := NewService(NewMachine(Options{})).Check(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			def, _ := Lookup("file")
			reply.Change = reply.Change.shortened(&def, raw)
			if b, err := transport.Marshal(reply); err != nil || len(b) > c.bytes {
				t.Errorf("the answer has %d bytes, want at most %d: %x %v", len(b), c.bytes, b, err)
			}
		})
	}
}
