package resource_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

// BenchmarkCheck1000Files checks a thousand files that are as they should be. That
// is what a plan with nothing to do costs on a host.
func BenchmarkCheck1000Files(b *testing.B) {
	f := testDir{Path: b.TempDir()}
	var steps []step
	for i := range 1000 {
		a := args{"path": f.Arg(fmt.Sprint("f", i)), "content": text(fmt.Sprintf("file %d\n", i)), "owner": "root", "mode": "0644"}
		steps = append(steps, step{Address: fmt.Sprint("file.", i), Kind: "file", Args: a})
	}
	s := newService()
	for _, st := range steps {
		if _, err := s.Apply(b.Context(), resource.ApplyRequest{Kind: "file", Args: resourcetest.Encode(b, st.Args)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for _, st := range steps {
			if c := mustCheck(b, s, fmt.Sprint("plan", n), st); c.Op != resource.NoOp {
				b.Fatal(c.Op)
			}
		}
	}
}

// BenchmarkCheckChain checks a thousand edits of one file, each after the one
// before.
func BenchmarkCheckChain(b *testing.B) {
	f := testDir{Path: b.TempDir()}
	s := newService()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		plan := fmt.Sprint("plan", n)
		mustCheck(b, s, plan, step{Address: "0", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("")}})
		for i := range 1000 {
			mustCheck(b, s, plan, step{
				Address: fmt.Sprint(i + 1), After: []string{fmt.Sprint(i)}, Kind: "line",
				Args: args{"path": f.Arg("x"), "line": text(fmt.Sprint("line ", i))},
			})
		}
	}
}

// BenchmarkOrderedBatch makes a hundred edits of one file, together and one by one, and reports how
// often the file is put in place, and how often something is synced to disk.
func BenchmarkOrderedBatch(b *testing.B) {
	for _, together := range []bool{true, false} {
		b.Run(fmt.Sprint("together=", together), func(b *testing.B) {
			var renames, syncs int
			s := resource.NewService(resource.NewMachine(resource.Options{Fault: func(op, _ string) error {
				switch op {
				case "rename":
					renames++
				case "sync", "sync directory":
					syncs++
				}
				return nil
			}}), kinds.Lookup)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				f := testDir{Path: b.TempDir()}
				steps := []step{{Kind: "file", Args: args{"path": f.Arg("x"), "content": text("")}}}
				for i := range 99 {
					steps = append(steps, step{Kind: "line", Args: args{"path": f.Arg("x"), "line": text(fmt.Sprint("line ", i))}})
				}
				req := batchOf(b, s, steps)
				all := []resource.ApplyRequest{req}
				if !together {
					all = append(all, req.Then...)
					all[0].Then = nil
				}
				b.StartTimer()
				for _, r := range all {
					if _, err := s.Apply(b.Context(), r); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(renames)/float64(b.N), "renames/op")
			b.ReportMetric(float64(syncs)/float64(b.N), "syncs/op")
		})
	}
}

// BenchmarkReceive brings 50 MB that are pulled to a file, on disk and in place.
func BenchmarkReceive(b *testing.B) {
	const size = 50 << 20
	f := testDir{Path: b.TempDir()}
	sum := sha256.New()
	if _, err := io.CopyN(sum, endless{}, size); err != nil {
		b.Fatal(err)
	}
	name, err := transport.Blob{Sum: [32]byte(sum.Sum(nil)), Size: size}.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		request := resource.ApplyRequest{Kind: "file", From: zeros{size}, Args: resourcetest.Encode(b, args{"path": f.Arg("x"), "source": text("s"), "source_content": kind.Content{Blob: name}})}
		if _, err := newService().Apply(b.Context(), request); err != nil {
			b.Fatal(err)
		}
		if err := os.Remove(f.At("x")); err != nil {
			b.Fatal(err)
		}
	}
}
