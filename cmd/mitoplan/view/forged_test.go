package view

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// No line of a host's text begins like a message of the program.
func TestAHostCannotForgeMessages(t *testing.T) {
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Extra: saidByHost{},
		Summary: "Failed\nError: forged",
		Detail:  "first\n\nError: forged\n\nApply complete! Resources: 9 added\nWarning: forged\n",
	}
	text := (&Human{}).Diagnostic(NewDiagnostics(hcl.Diagnostics{d}, Sources{}, nil)[0])
	for n, line := range strings.Split(text, "\n") {
		for _, start := range []string{"Error: ", "Warning: ", "Apply "} {
			if n > 0 && strings.HasPrefix(line, start) {
				t.Errorf("line %d is forged:\n%s", n+1, text)
			}
		}
	}
	own := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Ours", Detail: "first\nsecond"}
	if text := (&Human{}).Diagnostic(NewDiagnostics(hcl.Diagnostics{own}, Sources{}, nil)[0]); !strings.Contains(text, "first\nsecond") {
		t.Errorf("our own message is %q", text)
	}
}
