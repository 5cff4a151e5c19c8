package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
)

// problem makes an error diagnostic: a constant summary, a detail in
// sentences, the tightest range.
func problem(summary, detail string, rng hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &rng}
}

// didYouMean is " Did you mean X?" for the closest of the names, or "".
func didYouMean(given string, names []string) string {
	if best := closest(given, names); best != "" {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	return ""
}

// closest is the most similar of the names, if it is similar at all. Ties go
// to the first in order of the alphabet.
func closest(given string, names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	best, bestDistance := "", min(3, max(2, len(given)/2+1))
	for _, name := range sorted {
		if d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(name), nil); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// list writes names as "a, b and c".
func list(names []string) string {
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func where(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
