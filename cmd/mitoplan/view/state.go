package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/state"
)

// StateDocument is the JSON form of what earlier applies recorded. The file holds more
// than this; the rest is for mitoplan alone.
type StateDocument struct {
	FormatVersion string `json:"format_version"`
	// Found is false if nothing was applied yet.
	Found bool `json:"found"`
	// Tool is the version that wrote the record.
	Tool       string             `json:"mitoplan_version,omitempty"`
	Lineage    string             `json:"lineage,omitempty"`
	Serial     uint64             `json:"serial"`
	Instances  []InstanceDocument `json:"records"`
	Owed       []Owed             `json:"owed"`
	Unanswered []Unanswered       `json:"unanswered"`
	Outputs    map[string]Output  `json:"outputs"`
}

// InstanceDocument is what is known of one instance of a resource or call.
type InstanceDocument struct {
	Address string `json:"address"`
	Block   string `json:"block"`
	Kind    string `json:"kind"`
	Context string `json:"context"`
	Machine string `json:"machine,omitempty"`
	// Identity are the arguments that name it, such as "path": "/etc/motd".
	Identity map[string]string `json:"identity,omitempty"`
	// Origin is "created" or "adopted"; a call has none.
	Origin    string    `json:"origin,omitempty"`
	DependsOn []string  `json:"depends_on,omitempty"`
	Applied   time.Time `json:"applied,omitzero"`
}

// Owed is a call that has to run because of the changes of After.
type Owed struct {
	Address string   `json:"address"`
	After   []string `json:"after"`
}

// Unanswered is an action that an earlier apply began, and that failed or has no known
// end.
type Unanswered struct {
	Address string `json:"address"`
	Context string `json:"context"`
	Op      string `json:"action"`
}

// NewStateDocument returns the JSON form of the state.
func NewStateDocument(s *state.State, outputs map[string]Output) StateDocument {
	d := StateDocument{
		FormatVersion: FormatVersion, Found: s.Found(), Instances: []InstanceDocument{}, Owed: []Owed{}, Unanswered: []Unanswered{}, Outputs: outputs,
	}
	if !d.Found {
		return d
	}
	d.Tool, d.Lineage, d.Serial = s.Tool, s.Lineage, s.Serial
	for _, address := range s.Addresses() {
		r := s.Instance(address)
		d.Instances = append(d.Instances, InstanceDocument{
			Address: r.Address, Block: r.Block, Kind: r.Kind, Context: r.Context, Machine: r.Machine,
			Identity: r.Identity, Origin: string(r.Origin), DependsOn: r.DependsOn, Applied: r.Applied,
		})
	}
	for _, call := range s.Debtors() {
		d.Owed = append(d.Owed, Owed{call, s.Owed(call)})
	}
	for _, address := range sortedNames(s.Unanswered) {
		i := s.Unanswered[address]
		d.Unanswered = append(d.Unanswered, Unanswered{address, i.Context, i.Op})
	}
	return d
}

// State returns the text of what earlier applies recorded.
func (h *Human) State(s *state.State, outputs map[string]Output) string {
	var b strings.Builder
	for _, address := range s.Addresses() {
		h.instance(&b, s.Instance(address))
	}
	if len(s.Debts) > 0 {
		fmt.Fprintf(&b, "%s owed since a change; a later apply runs what is owed:\n", plural(len(s.Debts), "call is", "calls are"))
		for _, call := range s.Debtors() {
			fmt.Fprintf(&b, "    %s (after %s)\n", unbroken(call), unbroken(strings.Join(s.Owed(call), ", ")))
		}
		b.WriteString("\n")
	}
	if len(s.Unanswered) > 0 {
		fmt.Fprintf(&b, "%s begun and did not succeed, or not as far as is known; the next apply looks again:\n", plural(len(s.Unanswered), "action was", "actions were"))
		for _, address := range sortedNames(s.Unanswered) {
			fmt.Fprintf(&b, "    %s (%s)\n", unbroken(address), s.Unanswered[address].Op)
		}
		b.WriteString("\n")
	}
	if len(outputs) > 0 {
		b.WriteString("Outputs:\n\n" + h.Outputs(outputs))
	}
	if b.Len() == 0 {
		return "The record is empty.\n"
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (h *Human) instance(b *strings.Builder, r *state.Instance) {
	fmt.Fprintf(b, "# %s\n", h.Paint.bold(unbroken(r.Address)))
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
