package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/state"
)

// State is the text of what earlier applies recorded.
func (h *Human) State(s *state.State, outputs map[string]Output) string {
	var b strings.Builder
	for _, address := range s.Addresses() {
		h.record(&b, s.Record(address))
	}
	if len(s.Debts) > 0 {
		fmt.Fprintf(&b, "%s owed since a change; a later apply runs what is owed:\n", plural(len(s.Debts), "call is", "calls are"))
		for _, call := range s.Debtors() {
			fmt.Fprintf(&b, "    %s (after %s)\n", Strip(call), Strip(strings.Join(s.Owed(call), ", ")))
		}
		b.WriteString("\n")
	}
	if len(s.Unanswered) > 0 {
		fmt.Fprintf(&b, "%s begun and did not succeed, or not as far as is known; the next apply looks again:\n", plural(len(s.Unanswered), "action was", "actions were"))
		for _, address := range sortedNames(s.Unanswered) {
			fmt.Fprintf(&b, "    %s (%s)\n", Strip(address), s.Unanswered[address].Op)
		}
		b.WriteString("\n")
	}
	if len(outputs) > 0 {
		b.WriteString("Outputs:\n\n" + h.Outputs(outputs))
	}
	if b.Len() == 0 {
		return "The state is empty.\n"
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (h *Human) record(b *strings.Builder, r *state.Record) {
	fmt.Fprintf(b, "# %s\n", h.Paint.bold(Strip(r.Address)))
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "    %-10s = %s\n", name, quote(value))
		}
	}
	line("context", r.Context)
	for _, thing := range sortedNames(r.Identity) {
		line(thing, r.Identity[thing])
	}
	line("origin", string(r.Origin))
	if !r.Applied.IsZero() {
		line("applied", r.Applied.UTC().Format(time.RFC3339))
	}
	b.WriteString("\n")
}
