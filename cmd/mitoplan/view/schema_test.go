package view

import (
	"testing"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view/viewtest"
)

// TestSchemaNamesEveryField: the schema describes exactly the fields that -json
// writes.
func TestSchemaNamesEveryField(t *testing.T) {
	for name, v := range map[string]any{
		"plan": Plan{}, "context": Context{}, "action": Action{}, "along": Along{}, "along_entry": AlongEntry{}, "summary": Summary{}, "targeting": Targeting{},
		"not_compared": NotCompared{}, "uncompared": Uncompared{}, "output": Output{}, "output_change": OutputChange{},
		"plan_counts": planCounts{}, "apply_counts": applyCounts{},
		"context_status": contextStatus{}, "hook": hook{}, "progress": progress{},
		"diagnostic": Diagnostic{}, "range": Range{}, "position": Pos{}, "snippet": Snippet{},
		"record": StateDocument{}, "record_of": InstanceDocument{}, "owed": Owed{}, "unanswered": Unanswered{},
	} {
		t.Run(name, func(t *testing.T) { viewtest.Fields(t, name, v) })
	}
}
