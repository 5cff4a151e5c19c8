package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// plain makes sentences of what an evaluator said, which puts a full stop after
// errors that end with one, and adds what to write instead.
func plain(diags hcl.Diagnostics) hcl.Diagnostics {
	out := make(hcl.Diagnostics, len(diags))
	for i, d := range diags {
		shown := *d
		shown.Detail = sentenceEnd(d.Detail)
		if hint := evaluatorHints[d.Summary]; hint != nil {
			shown.Detail += hint(d)
		}
		out[i] = &shown
	}
	return out
}

// sentenceEnd is a text with one full stop, or question mark, at its end.
func sentenceEnd(s string) string {
	s = strings.TrimRight(s, " \t\r\n")
	for _, end := range []string{"?", "!", "…", "."} {
		if before, found := strings.CutSuffix(s, end+"."); found {
			return sentenceEnd(before + end)
		}
	}
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

// evaluatorHints say what to write instead, by the evaluator's summary.
var evaluatorHints = map[string]func(*hcl.Diagnostic) string{
	"Invalid operand": func(d *hcl.Diagnostic) string {
		if !strings.HasSuffix(d.Detail, "a number is required.") {
			return ""
		}
		return ` Texts are put together in a template, "${a}${b}", and lists with concat().`
	},
	"Invalid function argument": func(d *hcl.Diagnostic) string {
		if !strings.HasSuffix(d.Detail, "must not be null.") || d.Expression == nil {
			return ""
		}
		for _, t := range d.Expression.Variables() {
			if t.RootName() == string(RefCall) {
				return ` The results of a call that does not run this time are null: say what counts then, as in coalesce(…, "none") or try(…, null).`
			}
		}
		return ` Say what counts where it is null, as in coalesce(…, "none") or try(…, null).`
	},
	"Attempt to get attribute from null value": func(*hcl.Diagnostic) string {
		return " Where it may be null, say what counts then, as in try(…, null)."
	},
	"Attempt to index null value": func(*hcl.Diagnostic) string {
		return " Where it may be null, say what counts then, as in try(…, null)."
	},
}
