package executor_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
)

// A host reads everything again only if it is told to, when it checks and when it applies.
func TestParanoidReachesTheHosts(t *testing.T) {
	for _, paranoid := range []bool{false, true} {
		t.Run(fmt.Sprint(paranoid), func(t *testing.T) {
			l := newLab(t)
			var told []bool
			note := func(paranoid bool) { l.set(func() { told = append(told, paranoid) }) }
			service := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
			l.replace = []transport.Function{
				transport.NewFunc(kinds.CheckFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
					if err := in.Take(node); err != nil {
						return resource.CheckReply{}, err
					}
					note(in.Paranoid)
					return service.Check(ctx, in)
				}),
				transport.NewFunc(kinds.ApplyFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.ApplyRequest) (resource.ApplyReply, error) {
					if err := in.Take(node); err != nil {
						return resource.ApplyReply{}, err
					}
					note(in.Paranoid)
					return service.Apply(ctx, in)
				}),
			}
			o := l.options(`
context "local" "here" {}
resource "file" "x" {
  on      = context.local.here
  path    = "$DIR/x"
  content = "x"
}
`, nil)
			o.Paranoid = paranoid
			l.attempt(t.Context(), o, nil)
			if len(told) != 2 || told[0] != paranoid || told[1] != paranoid {
				t.Errorf("the hosts were told %v, want %v for the check and the apply", told, paranoid)
			}
		})
	}
}
