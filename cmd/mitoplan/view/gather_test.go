package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/planner"
)

// TestProblemsOfManyHostsAreOne: a problem that many hosts have alike is shown
// once, with the words that differ. Nothing is lost by that, and a different
// problem stays a problem of its own.
func TestProblemsOfManyHostsAreOne(t *testing.T) {
	port := func(n int) string {
		return fmt.Sprintf("127.0.0.1 is up, but nothing listens on port 22%02d. Start sshd there, or correct port.", n)
	}
	all := func(n int, detail func(int) string) (out []string) {
		for i := range n {
			out = append(out, detail(i))
		}
		return out
	}
	tests := []struct {
		name    string
		details []string // of context.ssh.web["000"] and so on
		want    []string // in the text, in this order
		count   int
	}{
		{"the same words", all(3, func(int) string { return "A wrong password." }),
			[]string{"A wrong password.", "The same on 3 contexts:", `context.ssh.web["000"], context.ssh.web["001"], context.ssh.web["002"]`, "in phase dial"}, 1},
		{"another port", all(3, port),
			[]string{"nothing listens on port 2200.", "The same on 3 contexts, but for these words:", `    context.ssh.web["000"]: 2200` + "\n", `    context.ssh.web["002"]: 2202` + "\n"}, 1},
		{"200 hosts", all(200, port), []string{"The same on 200 contexts", `context.ssh.web["019"]: 2219`, "and 180 more"}, 1},
		{"other problems", []string{"No route to host.", "No such name.", "The disk is full, so that nothing can be written."},
			[]string{"No route to host.", `in context local -> ssh web["000"] (phase dial)`, "No such name.", "The disk is full"}, 3},
		{"a few words of a few", []string{"exit 1", "exit 2"}, []string{"exit 1", `web["000"]: 1`, `web["001"]: 2`}, 1},
		{"what differs is most of it", []string{"a b c d e f", "u v w x y f"}, []string{"a b c d e f", "u v w x y f"}, 2},
		{"two kinds, mixed", []string{port(1), "It is down.", port(2), "It is down."}, []string{"port 2201", `web["000"]: 2201`, `web["002"]: 2202`, "It is down.", `web["001"], context.ssh.web["003"]`}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var diags hcl.Diagnostics
			for i, detail := range tt.details {
				key := fmt.Sprintf("web[%q]", fmt.Sprintf("%03d", i))
				diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Connection refused", Detail: detail,
					Extra: planner.Location{Address: "context.ssh." + key, Chain: []string{"local", "ssh " + key}, Phase: "dial", Host: true}})
			}
			text := func() string {
				var b strings.Builder
				shown := NewDiagnostics(diags, Sources{}, nil)
				for _, d := range shown {
					b.WriteString((&Human{Width: 200}).Diagnostic(d) + "\n")
				}
				if len(shown) != tt.count {
					t.Errorf("%d problems are shown, want %d", len(shown), tt.count)
				}
				told := map[string]string{}
				for _, d := range shown {
					for _, address := range append(d.Instances, d.Address) {
						told[address] = d.Detail
						if d.Details != nil {
							told[address] = d.Details[address]
						}
					}
				}
				for i, want := range tt.details {
					if got := told[fmt.Sprintf("context.ssh.web[%q]", fmt.Sprintf("%03d", i))]; got != want {
						t.Errorf("the JSON of host %d says %q, want %q", i, got, want)
					}
				}
				return b.String()
			}
			got := text()
			rest := got
			for _, want := range tt.want {
				at := strings.Index(rest, want)
				if at < 0 {
					t.Errorf("the text lacks %q in its place:\n%s", want, got)
					break
				}
				rest = rest[at+len(want):]
			}
			slices.Reverse(diags)
			if again := text(); again != got {
				t.Errorf("in another order:\n%s\nwant\n%s", again, got)
			}
		})
	}
}
