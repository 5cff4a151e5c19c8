package planner_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// rareOn is a block of a rare kind.
func rareOn(name, on, more string) string {
	return `
resource "limits" "` + name + `" {
  on     = ` + on + `
  domain = "@` + name + `"
  type   = "hard"
  item   = "core"
  value  = "1"
  ` + more + `
}
`
}

// The full edition of the agent goes to a context if a rare kind is named there, or in one
// whose agent is made of the program of that. It goes to no other.
func TestWhoNeedsTheFullEdition(t *testing.T) {
	chain := twoHosts + `
context "su" "a" {
  via  = context.sudo.a
  user = "nobody"
}
context "ssh" "c" {
  via  = context.ssh.a
  host = "c"
}
`
	touch := func(contexts ...string) (src string) {
		for _, c := range contexts {
			src += "\nresource \"file\" \"" + strings.ReplaceAll(c, ".", "_") + "\" {\n  on = " + c + "\n  path = \"/t\"\n}\n"
		}
		return src
	}
	rarely := ofKind("limits")
	for name, c := range map[string]struct {
		src   string
		prior fakePrior
		opts  func(*planner.Options)
		want  string
	}{
		"no rare kind":                    {src: chain + touch(onA, onB, "context.su.a")},
		"one on a host":                   {src: chain + touch(onA, onB) + rareOn("x", onA, ""), want: onA},
		"below a host":                    {src: chain + touch(onA, onB) + rareOn("x", "context.su.a", ""), want: onA + " context.su.a context.sudo.a"},
		"behind a host":                   {src: chain + touch(onA, onB) + rareOn("x", "context.ssh.c", ""), want: "context.ssh.c"},
		"of a block that is off":          {src: chain + touch(onA) + rareOn("x", onA, "enabled = false")},
		"of a block that is left out":     {src: chain + touch(onA) + rareOn("x", onA, ""), opts: func(o *planner.Options) { o.Excludes = []string{"limits.x"} }},
		"of a block that no target names": {src: chain + touch(onA) + rareOn("x", onA, ""), opts: func(o *planner.Options) { o.Targets = []string{"file.context_ssh_a"} }, want: onA},
		"on one of several by each":       {src: chain + touch(onA, onB) + rareOn("x", "each.value", "for_each = { one = context.ssh.b }"), want: onB},
		"on all of a map":                 {src: chain + touch("context.ssh.c") + rareOn("x", "{ one = context.ssh.a, two = context.ssh.b }", ""), want: onA + " " + onB},
		"only recorded":                   {src: chain + touch(onA, onB), prior: fakePrior{"limits.x": made(onA, "/x", rarely)}, want: onA},
		"recorded below":                  {src: chain + touch(onA, onB), prior: fakePrior{"limits.x": made("context.sudo.a", "/x", rarely)}, want: onA + " context.sudo.a"},
		"recorded, and there before":      {src: chain + touch(onA), prior: fakePrior{"limits.x": made(onA, "/x", rarely, adopted)}},
		"recorded, and absent":            {src: chain + touch(onA), prior: fakePrior{"limits.x": made(onA, "/x", rarely, wasAbsent)}},
		"destroyed":                       {src: chain + rareOn("x", onA, "") + touch(onB), prior: fakePrior{"limits.x": made(onA, "/x", rarely), "file.y": made(onB, "/y")}, opts: destroying, want: onA},
		"destroyed, and not recorded":     {src: chain + rareOn("x", onA, ""), prior: fakePrior{"file.y": made(onA, "/y")}, opts: destroying},
		"drift":                           {src: chain + touch(onA, onB) + rareOn("x", onA, ""), opts: func(o *planner.Options) { o.Drift = true }, want: onA},
		"how many is known when a is":     {src: chain + touch(onB) + rareOn("x", onA, "count = length(keys(jsondecode(call.command.it.stdout)))") + asks, want: onA},
		"where it is, is known when a is": {src: chain + touch(onB) + rareOn("x", "jsondecode(call.command.it.stdout).x == 1 ? context.ssh.a : context.ssh.b", "") + asks, want: onA + " " + onB},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			if c.prior != nil {
				withRecord(c.prior)(&o)
			}
			if c.opts != nil {
				c.opts(&o)
			}
			p := planner.New(load(t, c.src), o)
			w := &world{answers: map[string]planner.Result{"call.command.it": {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text(`{"x": 1}`), "exit_code": int64(0)}}}}}
			full := map[string]bool{}
			for !p.Finished() {
				for _, s := range p.Next() {
					for h := s.Hop; h != nil; h = h.Via {
						if was, known := full[h.Address]; known && was != h.Full {
							t.Errorf("%s is said to be full: %v, and then %v", h.Address, was, h.Full)
						}
						full[h.Address] = h.Full
					}
					p.Done(s, w.answer(s))
				}
			}
			noErrors(t, p)
			maps.DeleteFunc(full, func(_ string, is bool) bool { return !is })
			if got := strings.Join(slices.Sorted(maps.Keys(full)), " "); got != c.want {
				t.Errorf("the full edition goes to %q, want %q", got, c.want)
			}
		})
	}
}

const asks = `
call "command" "it" {
  on        = context.ssh.a
  argv      = ["true"]
  read_only = true
}
`

func destroying(o *planner.Options) { o.Destroy = true }
