package executor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// swollen is a value that is short on the wire and takes more than 64 MiB in
// memory.
func swollen() []any {
	maps := make([]any, 100_000)
	for i := range maps {
		maps[i] = map[string]any{}
	}
	return []any{maps, maps, maps, maps, maps, maps, maps}
}

// If a host answers with too much, its context is ended, and the problem names the
// host and the reason. The other host of the plan goes on. The lie is in one answer
// or in all of them together.
func TestAHostThatAnswersWithTooMuchIsEndedForThat(t *testing.T) {
	service := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
	long := strings.Repeat("x", 8<<20)
	lie := func(values map[string]any) []transport.Function {
		return []transport.Function{
			transport.NewFunc(kinds.CheckFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
				if err := in.Take(node); err != nil {
					return resource.CheckReply{}, err
				}
				if strings.Contains(in.Address, "liar") && values == nil {
					return resource.CheckReply{}, &kind.Problem{Summary: "no", Detail: long[:1<<17]}
				}
				r, err := service.Check(ctx, in)
				if strings.Contains(in.Address, "liar") {
					r.Change.Before = values
				}
				return r, err
			}),
			transport.NewFunc(function.CallFunc.FuncName(), func(_ context.Context, _ *transport.Node, in function.CallRequest) (function.CallReply, error) {
				return function.CallReply{WouldRun: true, Results: values}, nil
			}),
		}
	}
	const blocks = `
context "local" "here" {
  for_each = toset(["good", "liar"])
  host     = each.key
}
`
	const files = `
resource "file" "x" {
  for_each = { for n in range(COUNT) : "liar${n}" => "liar" }
  on       = context.local.here[each.value]
  path     = "$DIR/${each.key}"
  content  = "x"
}
resource "file" "y" {
  on      = context.local.here["good"]
  path    = "$DIR/good"
  content = "x"
}`
	const calls = `
call "read_file" "x" {
  on   = context.local.here["liar"]
  path = "/etc/hostname"
}
resource "file" "y" {
  on      = context.local.here["good"]
  path    = "$DIR/good"
  content = "x"
}`
	for name, c := range map[string]struct {
		source string
		values map[string]any // nil is an error that is as long as can be
		want   string
	}{
		"one check":   {strings.Replace(blocks+files, "COUNT", "1", 1), map[string]any{"content": swollen()}, "would become more than 64 MiB of values"},
		"all checks":  {blocks + files, map[string]any{"content": long}, "64 MiB"},
		"one call":    {blocks + calls, map[string]any{"content": swollen()}, "would become more than 64 MiB of values"},
		"all errors":  {strings.Replace(blocks+files, "COUNT", "600", 1), nil, "64 MiB"},
		"one message": {blocks + calls, map[string]any{"content": strings.Repeat("x", 40<<20)}, "the most that one answer may have is 28 MiB"},
	} {
		l := newLab(t)
		l.replace = lie(c.values)
		s := l.session(strings.Replace(c.source, "COUNT", "10", 1), nil)
		p, diags := s.Plan(t.Context())
		said, who := "", ""
		for _, d := range diags {
			if strings.Contains(d.Detail, c.want) {
				said = d.Detail
				who = d.Extra.(planner.Location).Address
			}
			if strings.Contains(d.Detail, "sign of life") {
				t.Errorf("%s: the problem is called silence: %s", name, d.Detail)
			}
		}
		if said == "" || name != "one message" && who != `context.local.here["liar"]` {
			t.Errorf("%s: of %d diagnostics none names the host and what it did: %.200q", name, len(diags), said)
		}
		if p.Action(`file.y`) == nil {
			t.Errorf("%s: the other host was not planned", name)
		}
	}
}
