package executor_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
)

// BenchmarkApply applies files on 20 hosts that do nothing. It measures the apply
// itself, its journal, and the transport to agents in this process.
func BenchmarkApply(b *testing.B) {
	for _, chained := range []bool{false, true} {
		for _, each := range []int{10, 100} {
			b.Run(fmt.Sprintf("chained=%v/actions=%d", chained, 20*each), func(b *testing.B) {
				src := files(each, chained)
				for b.Loop() {
					b.StopTimer()
					l := newLab(b)
					l.replace = idle()
					s, err := executor.New(l.options(src, nil))
					if err != nil {
						b.Fatal(err)
					}
					p := l.plan(s)
					b.StartTimer()
					sum, diags := l.apply(b.Context(), s, p)
					b.StopTimer()
					if diags.HasErrors() || sum.Added != 20*each {
						b.Fatal(sum, diags)
					}
					if err := s.Close(); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			})
		}
	}
}

// files writes n blocks for each of 20 hosts, side by side or one after the other.
func files(n int, chained bool) string {
	var b strings.Builder
	b.WriteString("context \"far\" \"h\" {\n  count = 20\n  host  = count.index\n}\n")
	for k := range n {
		fmt.Fprintf(&b, "resource \"file\" \"x%d\" {\n  on   = context.far.h\n  path = \"/x%d\"\n", k, k)
		if chained && k > 0 {
			fmt.Fprintf(&b, "  depends_on = [file.x%d]\n", k-1)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// idle are the functions of an agent on an empty host, on which everything succeeds
// at once.
func idle() []transport.Function {
	made := resource.Change{Op: resource.Create, After: map[string]any{}}
	return []transport.Function{
		transport.NewFunc(kinds.CheckFunc.FuncName(), func(_ context.Context, _ *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
			c := made
			c.Writes = []kind.Thing{kind.PathThing("/" + in.Address)}
			return resource.CheckReply{Change: c}, nil
		}),
		transport.NewFunc(kinds.ApplyFunc.FuncName(), func(context.Context, *transport.Node, resource.ApplyRequest) (resource.ApplyReply, error) {
			return resource.ApplyReply{Change: made}, nil
		}),
	}
}
