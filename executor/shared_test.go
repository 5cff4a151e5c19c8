package executor_test

import (
	"context"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
)

// requests notes the keys of the checks and applies of each context: those that came
// with the request, and those that the agent used.
type requests struct {
	brought int
	used    map[string][]string
}

func (r *requests) note(l *lab, node *transport.Node, brought, used []byte) {
	l.set(func() {
		if brought != nil {
			r.brought++
		}
		at := node.Address().String()
		if !slices.Contains(r.used[at], string(used)) {
			r.used[at] = append(r.used[at], string(used))
		}
	})
}

// functions are those of agents that note it.
func (r *requests) functions(l *lab) []transport.Function {
	service := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
	return []transport.Function{
		transport.NewFunc(kinds.CheckFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
			brought := in.Key
			if err := in.Take(node); err != nil {
				return resource.CheckReply{}, err
			}
			r.note(l, node, brought, in.Key)
			return service.Check(ctx, in)
		}),
		transport.NewFunc(kinds.ApplyFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.ApplyRequest) (resource.ApplyReply, error) {
			brought := in.Key
			if err := in.Take(node); err != nil {
				return resource.ApplyReply{}, err
			}
			r.note(l, node, brought, in.Key)
			return service.Apply(ctx, in)
		}),
	}
}

// TestKeysTravelWithTheStart: each context gets the key of its machine once, with its
// start, and no request has it again: not in a second plan, not at the apply, and not to
// a context that is started anew because it was lost. Contexts of one machine have one
// key, and no two machines have the same.
func TestKeysTravelWithTheStart(t *testing.T) {
	l := newLab(t)
	r := &requests{used: map[string][]string{}}
	l.replace = r.functions(l)
	s := l.session(`
context "far" "a" { host = "a" }
context "far" "b" { host = "b" }
context "local" "in_a" {
  host = "in_a"
  via  = context.far.a
}
resource "file" "x" {
  for_each = { a = context.far.a, b = context.far.b, in = context.local.in_a }
  on       = each.value
  path     = "$DIR/${each.key}"
  content  = "one\n"
}
`, nil)
	l.plan(s)
	if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
		t.Fatal(diags)
	}
	l.ends["b"][0].Cut()
	_, _ = s.Plan(t.Context()) // it finds that the context is lost
	if p, diags := s.Plan(t.Context()); diags.HasErrors() || !p.Empty() {
		t.Fatalf("the plan after the apply: %+v %v", p.Summary(), diags)
	}
	if r.brought != 0 {
		t.Errorf("%d requests have brought their key", r.brought)
	}
	keys := map[string]int{}
	for at, used := range r.used {
		if len(used) != 1 || len(used[0]) != 16 {
			t.Errorf("the context %s used the keys %q", at, used)
		}
		keys[used[0]]++
	}
	if len(r.used) != 4 || len(keys) != 2 {
		t.Errorf("%d contexts used %d keys, want 4 (one was started twice) and 2", len(r.used), len(keys))
	}
}
