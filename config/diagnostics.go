package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// problem makes an error diagnostic: a constant summary, a detail in
// sentences, the tightest range.
func problem(summary, detail string, rng hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &rng}
}

func where(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
