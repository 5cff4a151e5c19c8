package files_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// An end does nothing at the end of a link that was put into the path of what was made since,
// whoever did so and wherever it stands, though what is there is just what the end looks for.
func TestEndsFollowNoLinkThatCameLater(t *testing.T) {
	ends := map[string]struct {
		kind string
		args map[string]any
		kept resource.Kept
	}{
		"a file":                  {"file", map[string]any{}, resource.Kept{}},
		"a file that follows":     {"file", map[string]any{"follow": true}, resource.Kept{}},
		"a file with a backup":    {"file", map[string]any{}, resource.Kept{Backup: "x.1.bak"}},
		"a directory":             {"directory", map[string]any{}, resource.Kept{}},
		"a link":                  {"link", map[string]any{"target": text("y")}, resource.Kept{}},
		"a line":                  {"line", map[string]any{"line": text("ours")}, resource.Kept{}},
		"a line with its file":    {"line", map[string]any{"line": text("ours")}, resource.Kept{Along: []kind.Thing{"x"}}},
		"a line that was adopted": {"line", map[string]any{"line": text("ours"), "regexp": "^o"}, resource.Kept{Backup: "x.1.bak"}},
	}
	for name, e := range ends {
		for _, where := range []string{"above", "above, of another user", "at its end"} {
			t.Run(name+" with a link "+where, func(t *testing.T) {
				root := t.TempDir()
				at := filepath.Join(root, "d", "x")
				place := filepath.Dir(at)
				if where == "at its end" {
					if e.kind == "link" {
						t.Skip("a link is not followed")
					}
					place = at
				}
				elsewhere := filepath.Join(root, "elsewhere")
				there := elsewhere
				if place != at {
					there = filepath.Join(elsewhere, "x")
				} else {
					must(t, os.Mkdir(filepath.Dir(at), 0o755))
				}
				must(t, os.MkdirAll(filepath.Dir(there), 0o755))
				switch e.kind {
				case "directory":
					must(t, os.Mkdir(there, 0o755))
				case "link":
					must(t, os.Symlink("y", there))
				default:
					must(t, os.WriteFile(there, []byte("ours\n"), 0o644))
					must(t, os.WriteFile(there+".1.bak", []byte("old\n"), 0o644))
				}
				must(t, os.Symlink(elsewhere, place))
				if where == "above, of another user" {
					if os.Geteuid() != 0 {
						t.Skip("only root gives a link to another user")
					}
					must(t, os.Lchown(place, 12345, 12345))
				}
				args := map[string]any{"path": text(at)}
				maps.Copy(args, e.args)
				end := &resource.End{Thing: kind.PathThing(at), Adopted: e.kept.Backup != "", Kept: e.kept}
				if end.Backup != "" {
					end.Backup = kind.Text(at + ".1.bak")
				}
				if len(end.Along) > 0 {
					end.Along = []kind.Thing{kind.PathThing(at)}
				}
				before := resourcetest.Tree(t, root, true)
				checkStays(t, e.kind, args, end)
				if after := resourcetest.Tree(t, root, true); !maps.Equal(before, after) {
					t.Errorf("before\n%v\nafter\n%v", before, after)
				}
			})
		}
	}
}

// checkStays holds that an end would do nothing, and that it is refused if it was planned
// when no link was there.
func checkStays(t *testing.T, name string, args map[string]any, end *resource.End) {
	t.Helper()
	s := newService()
	reply, err := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: name, Args: resourcetest.Encode(t, args), End: end, Key: []byte("key")})
	if must(t, err); reply.Change.Op != resource.NoOp || len(reply.Change.Stays) != 1 || reply.Change.Stays[0].Code != kind.CodeStays {
		t.Errorf("it is %s, and stays because of %v", reply.Change.Op, reply.Change.Stays)
	}
	_, err = s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: name, Args: resourcetest.Encode(t, args), End: end, Fingerprint: "00", Key: []byte("key")})
	if problem, ok := err.(*kind.Problem); !ok || problem.Code != kind.CodeMoved {
		t.Errorf("the apply ends with %v, want that it is refused", err)
	}
}
