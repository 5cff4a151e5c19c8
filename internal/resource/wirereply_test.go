package resource

import (
	"fmt"
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
			got := answered(t, NewService(NewMachine(Options{}), LookupKind), req, own)
			if got.Op != NoOp || len(got.After) != len(c.after) || !reflect.DeepEqual(got.Before, got.After) || len(got.Writes) != 1 {
				t.Errorf("got %+v", got)
			}
			for _, attr := range c.after {
				if got.After[attr] == nil {
					t.Errorf("the answer says nothing of %s: %v", attr, got.After)
				}
			}
			reply, err := NewService(NewMachine(Options{}), LookupKind).Answer(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := transport.Marshal(reply); err != nil || len(b) > c.bytes {
				t.Errorf("the answer has %d bytes, want at most %d: %x %v", len(b), c.bytes, b, err)
			}
		})
	}
}

// unchanged are checks of n files that are as they should be, as agents get them.
func unchanged(tb testing.TB, n int) []CheckRequest {
	tb.Helper()
	dir := tb.TempDir()
	var out []CheckRequest
	for k := range n {
		path, text := filepath.Join(dir, fmt.Sprint("f", k)), fmt.Sprintf("file %d, with a line as there is one in many files of settings\n", k)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
		raw, err := transport.Marshal(map[string]any{"path": kind.Text(path), "content": kind.Text(text), "mode": "0644"})
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, CheckRequest{Plan: "p", Address: fmt.Sprint("file.x", k), Args: raw, Key: []byte("key")})
	}
	return out
}

// answers has a service answer requests, as an agent does.
func answers(tb testing.TB, s *Service, requests []CheckRequest) {
	tb.Helper()
	for _, req := range requests {
		reply, err := s.Answer(tb.Context(), req)
		if err != nil || reply.Change.Op != NoOp {
			tb.Fatal(reply.Change.Op, err)
		}
		if _, err := transport.Marshal(reply); err != nil {
			tb.Fatal(err)
		}
	}
}

// Most files of most plans are as they should be. What such a check allocates in the
// agent is a good part of what it costs.
func TestUnchangedFilesAllocateLittle(t *testing.T) {
	requests := unchanged(t, 100)
	s := NewService(NewMachine(Options{}), LookupKind)
	got := testing.AllocsPerRun(10, func() { answers(t, s, requests) }) / float64(len(requests))
	const most = 170
	if got > most {
		t.Errorf("a check of an unchanged file allocates %.0f times, want at most %d", got, most)
	}
}

// BenchmarkAnswer1000Files is what an agent does for a thousand files of a plan that are
// as they should be.
func BenchmarkAnswer1000Files(b *testing.B) {
	requests := unchanged(b, 1000)
	s := NewService(NewMachine(Options{}), LookupKind)
	b.ReportAllocs()
	for b.Loop() {
		answers(b, s, requests)
	}
}

// Of a change with very many effects the first are sent, and a warning says so. It is of no
// argument, as not every kind with such changes has the same ones.
func TestManyEffects(t *testing.T) {
	c := Change{Effects: make([]Effect, sentEffects)}
	if c.boundEffects(); len(c.Warnings) > 0 {
		t.Errorf("what is sent whole is warned of: %v", c.Warnings)
	}
	c.Effects = append(c.Effects, Effect{})
	if c.boundEffects(); len(c.Effects) != sentEffects || len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeMany || c.Warnings[0].Attr != "" {
		t.Errorf("of %d effects %d are sent, with the warnings %v", sentEffects+1, len(c.Effects), c.Warnings)
	}
}
